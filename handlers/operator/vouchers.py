"""`/voucher`: codes that bring money; typed in one line or put together by taps, shown, made, listed, closed."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.domain.errors import AlreadyDecided, BadInput, Braked, NeedsSecond, NotFound
from bot.domain.money import Money
from bot.domain.vouchers import EACH_MOST, USES_MOST, Voucher
from bot.engine import vouchers
from bot.engine.vouchers import Wanted
from handlers.context import VoucherAsked
from handlers.keyboards import Screen
from handlers.operator import screens_vouchers as screens
from handlers.operator.answers import argument_of, problem_of, show
from handlers.operator.approvals import ask_another
from handlers.operator.arguments import Unreadable
from handlers.operator.screens_asking import with_desk
from handlers.operator.screens_brake import braked_screen
from handlers.operator.steps import Asked
from handlers.operator.voucher_arguments import DAYS_MOST, VoucherRequest, in_days, read_voucher
from handlers.operator.voucher_buttons import (
    AskClose,
    AskVoucher,
    CloseVoucher,
    MakeVoucher,
    SetVoucher,
    ShowVoucher,
    ShowVouchers,
)
from handlers.steps import END
from handlers.visits import Visit
from storage import vouchers as stored
from storage.approvals import Wish, WishKind
from storage.database import Tx
from storage.views import Page, spread

PAGE_SIZE: Final = 8


async def voucher_command(visit: Visit) -> Asked | int:
    """`/voucher`, alone or with what a new one shall be."""
    argument = argument_of(visit)
    if not argument:
        return await show_vouchers(visit, ShowVouchers(1))
    return END if await _begin(visit, argument) else Asked.VOUCHER


async def show_vouchers(visit: Visit, button: ShowVouchers) -> int:
    """A page of those there are."""
    visit.memory.voucher = None
    await show(visit, screens.vouchers_screen(visit.texts, await _page(visit, button.page), visit.now))
    return END


async def show_voucher(visit: Visit, button: ShowVoucher) -> int:
    """One of them."""
    voucher = await _find(visit, button.voucher)
    if voucher is None:
        await visit.answer(visit.texts.plain("operator.not-found"))
    else:
        await show(visit, _screen(visit, voucher))
    return END


async def ask(visit: Visit, button: AskVoucher) -> Asked:
    """Ask what a new one is worth; the whole line may be typed."""
    visit.memory.voucher = None
    await show(visit, screens.ask_screen(visit.texts))
    return Asked.VOUCHER


async def take_voucher(visit: Visit) -> int | None:
    """It was typed: show what it would be."""
    return END if await _begin(visit, visit.text) else None


async def take_no_text(visit: Visit) -> None:
    """Neither text nor a command: the question stays open."""
    await visit.reply(screens.ask_screen(visit.texts, visit.texts.html("operator.ask.text-only")))


async def leave(visit: Visit) -> int:
    """`/cancel`: nothing is made."""
    visit.memory.voucher = None
    await visit.reply(with_desk(visit.texts, visit.texts.html("operator.ask.left")))
    return END


async def set_one(visit: Visit, button: SetVoucher) -> int:
    """A tap changes one thing of the voucher being made."""
    asked = visit.memory.voucher
    if asked is None or asked.update_id != button.update:
        return await _gone(visit, button.update)
    match button.what:
        case "uses" if 0 < button.value <= USES_MOST:
            asked = replace(asked, uses=button.value, each=min(asked.each, button.value))
        case "each" if 0 < button.value <= EACH_MOST:
            asked = replace(asked, each=button.value)
        case "days" if 0 <= button.value <= DAYS_MOST:
            until = in_days(button.value, visit.now).timestamp() if button.value else 0
            asked = replace(asked, until=int(until))
    visit.memory.voucher = asked
    await _preview(visit, asked)
    return END


async def make(visit: Visit, button: MakeVoucher) -> Asked | int:
    """Make it; a second tap finds it made."""
    asked = visit.memory.voucher
    if asked is None or asked.update_id != button.update:
        return await _gone(visit, button.update)
    wanted = Wanted(
        asked.update_id, visit.person.id, Money(asked.micros), asked.uses, asked.each, screens.moment_of(asked)
    )
    try:
        made = await vouchers.make(visit.shop, wanted, visit.now)
    except NeedsSecond:
        await _ask_another(visit, wanted)
    except Braked:
        await visit.reply(braked_screen(visit.texts))
        return END
    except BadInput as refused:
        note = visit.texts.html(f"problem.{refused.problem.value}", **refused.facts)
        await show(visit, screens.ask_screen(visit.texts, note))
        return Asked.VOUCHER
    else:
        await show(visit, _screen(visit, made), visit.texts.plain("operator.vouchers.made"))
    visit.memory.voucher = None
    return END


async def ask_close(visit: Visit, button: AskClose) -> int:
    """What closing means."""
    voucher = await _find(visit, button.voucher)
    if voucher is None or voucher.closed_at is not None:
        return await show_voucher(visit, ShowVoucher(button.voucher))
    await show(visit, screens.close_screen(visit.texts, voucher))
    return END


async def close(visit: Visit, button: CloseVoucher) -> int:
    """Nobody can use it any more."""
    toast = visit.texts.plain("operator.vouchers.closed")
    try:
        await vouchers.close(visit.shop, button.voucher, visit.person.id, visit.now)
    except NotFound:
        await visit.answer(visit.texts.plain("operator.not-found"))
        return END
    except AlreadyDecided:
        toast = visit.texts.plain("operator.vouchers.closed-already")
    voucher = await _find(visit, button.voucher)
    if voucher is not None:
        await show(visit, _screen(visit, voucher), toast)
    return END


async def _begin(visit: Visit, typed: str) -> bool:
    """Show what was typed as a voucher; False, and said why, when it was not understood."""
    try:
        request = read_voucher(typed, visit.shop.terms.decimals, visit.now)
    except Unreadable as refused:
        await visit.reply(screens.ask_screen(visit.texts, problem_of(visit.texts, refused)))
        return False
    visit.memory.voucher = _asked(visit.update.update_id, request)
    await _preview(visit, visit.memory.voucher)
    return True


def _asked(update_id: int, request: VoucherRequest) -> VoucherAsked:
    until = int(request.expires_at.timestamp()) if request.expires_at else 0
    return VoucherAsked(update_id, request.amount.micros, request.uses, request.each, until)


async def _preview(visit: Visit, asked: VoucherAsked) -> None:
    needs_two = visit.shop.terms.needs_two(Money(asked.micros * asked.uses))
    await show(visit, screens.preview_screen(visit.texts, asked, visit.now, needs_two=needs_two))


async def _ask_another(visit: Visit, wanted: Wanted) -> None:
    """It cannot be used until another operator agrees."""
    proposed = await vouchers.propose(visit.shop, wanted, visit.now)
    wish = Wish(WishKind.VOUCHER, proposed.id, 0, proposed.total, "")
    await ask_another(visit, wanted.update_id, wish)


async def _gone(visit: Visit, update_id: int) -> int:
    """An old button, or a second tap: the voucher it made, if it did."""

    async def work(tx: Tx) -> Voucher | None:
        return await stored.of_key(tx, str(update_id))

    made = await visit.shop.db.read(work)
    if made is None:
        await visit.answer(visit.texts.plain("operator.vouchers.gone"))
        return await show_vouchers(visit, ShowVouchers(1))
    await show(visit, _screen(visit, made))
    return END


async def _find(visit: Visit, voucher_id: int) -> Voucher | None:
    async def work(tx: Tx) -> Voucher | None:
        return await stored.get(tx, voucher_id)

    return await visit.shop.db.read(work)


async def _page(visit: Visit, wanted: int) -> Page[Voucher]:
    async def work(tx: Tx) -> Page[Voucher]:
        number, pages = spread(wanted, await stored.count_opened(tx), PAGE_SIZE)
        return Page(await stored.opened(tx, PAGE_SIZE, (number - 1) * PAGE_SIZE), number, pages)

    return await visit.shop.db.read(work)


def _screen(visit: Visit, voucher: Voucher) -> Screen:
    return screens.voucher_screen(visit.texts, voucher, visit.context.bot.username, visit.now)
