"""Giving money back that nobody asked for: a payment to where it came from. Typed, shown, and done after a tap."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.errors import AlreadyDecided, BadInput, Braked, NeedsSecond, NotFound, NotOffered, ShortOfMoney
from bot.domain.money import Money
from bot.domain.text import sendable
from bot.domain.topups import spelled
from bot.engine import refunding
from bot.engine.refunding import REASON_MAX_CHARACTERS, Giving
from handlers.context import GivingAsked
from handlers.operator import screens_giving as screens
from handlers.operator import words
from handlers.operator.answers import problem_of, show
from handlers.operator.approvals import ask_another
from handlers.operator.arguments import Unreadable, read_amount
from handlers.operator.payment_buttons import AskGive, Give, ShowPayment
from handlers.operator.payments import show_payment, view_of
from handlers.operator.screens_brake import braked_screen
from handlers.operator.screens_giving import GivingView
from handlers.operator.screens_payments import can_give
from handlers.operator.screens_requests import number_of
from handlers.operator.steps import Asked
from handlers.steps import END
from handlers.visits import Visit
from storage.approvals import Wish, WishKind


async def ask_give(visit: Visit, button: AskGive) -> Asked | int:
    """Give a payment back: all of it, or first how much."""
    asked = GivingAsked("payment", button.payment, part=bool(button.part))
    if (view := await _view(visit, asked)) is None:
        return await _lost(visit, asked)
    visit.memory.giving = asked
    if button.part:
        await show(visit, screens.amount_question(visit.texts, view))
        return Asked.GIVE_AMOUNT
    await show(visit, screens.reason_question(visit.texts, view))
    return Asked.GIVE_REASON


async def take_amount(visit: Visit) -> Asked | int | None:
    """The amount was typed: ask why."""
    asked = visit.memory.giving
    view = await _view(visit, asked) if asked else None
    if asked is None or view is None:
        return await _lost(visit, asked)
    try:
        amount = read_amount(visit.text.strip(), visit.shop.terms.decimals)
    except Unreadable as refused:
        await visit.reply(screens.amount_question(visit.texts, view, problem_of(visit.texts, refused)))
        return None
    if amount > view.most:
        note = visit.texts.html("operator.giving.too-much", most=view.most)
        await visit.reply(screens.amount_question(visit.texts, view, note))
        return None
    visit.memory.giving = replace(asked, micros=amount.micros)
    await visit.reply(screens.reason_question(visit.texts, replace(view, amount=amount)))
    return Asked.GIVE_REASON


async def take_reason(visit: Visit) -> int | None:
    """The reason was typed: show what it means."""
    asked = visit.memory.giving
    view = await _view(visit, asked) if asked else None
    if asked is None or view is None:
        return await _lost(visit, asked)
    reason = sendable(visit.text)
    if not 0 < len(reason) <= REASON_MAX_CHARACTERS:
        note = visit.texts.html("operator.refunds.no-too-long", length=len(reason), limit=REASON_MAX_CHARACTERS)
        await visit.reply(screens.reason_question(visit.texts, view, note))
        return None
    update_id = visit.update.update_id
    visit.memory.giving = replace(asked, reason=reason, update_id=update_id)
    await visit.reply(screens.confirm_screen(visit.texts, view, reason, update_id))
    return END


async def take_no_text(visit: Visit) -> int | None:
    """Neither text nor a command: the question stays open."""
    asked = visit.memory.giving
    view = await _view(visit, asked) if asked else None
    if view is None:
        return await _lost(visit, asked)
    note = visit.texts.html("operator.ask.text-only")
    ask = screens.amount_question if asked and asked.part and not asked.micros else screens.reason_question
    await visit.reply(ask(visit.texts, view, note))
    return None


async def leave(visit: Visit) -> int:
    """`/cancel`: nothing was given back."""
    return await _lost(visit, visit.memory.giving)


async def give(visit: Visit, button: Give) -> int:
    """The tap: what was shown is done, once."""
    asked = visit.memory.giving
    if asked is None or asked.update_id != button.update or not asked.reason:
        await visit.answer(visit.texts.plain("operator.giving.gone"), alert=True)
        return await _lost(visit, asked)
    visit.memory.giving = None
    await _give(visit, asked)
    return END


async def _give(visit: Visit, asked: GivingAsked) -> None:
    amount = Money(asked.micros) if asked.micros else None
    giving = Giving(asked.update_id, visit.person.id, asked.number, amount, asked.reason)
    try:
        await refunding.begin(visit.shop, giving, visit.now)
    except (AlreadyDecided, NotFound, NotOffered, BadInput):
        await _say(visit, asked, "operator.giving.late")
    except ShortOfMoney as short:
        note = visit.texts.html("operator.giving.short", available=short.available)
        await show_payment(visit, asked.number, note)
    except Braked:
        await show(visit, braked_screen(visit.texts))
    except NeedsSecond:
        await _ask_second(visit, asked)
    else:
        await _say(visit, asked, "operator.refunds.begun")


async def _ask_second(visit: Visit, asked: GivingAsked) -> None:
    view = await _view(visit, asked)
    if view is None:
        await _say(visit, asked, "operator.giving.late")
        return
    wish = Wish(WishKind.REFUND, asked.number, 0, view.amount, asked.reason)
    try:
        await ask_another(visit, asked.update_id, wish)
    except (AlreadyDecided, NotFound):
        await _say(visit, asked, "operator.giving.late")


async def _say(visit: Visit, asked: GivingAsked, said: str) -> None:
    await show_payment(visit, asked.number, visit.texts.html(said))


async def _lost(visit: Visit, asked: GivingAsked | None) -> int:
    """Back to what it was about."""
    await show_payment(visit, asked.number if asked else 0)
    return END


async def _view(visit: Visit, asked: GivingAsked) -> GivingView | None:
    """What is given back, while it can be."""
    found = await view_of(visit, asked.number)
    if found is None or not can_give(found.look):
        return None
    look = found.look
    amount = Money(asked.micros) if asked.micros else look.left.amount
    if amount > look.left.amount:
        return None
    return GivingView(
        number_of(look.payment), "payment", words.person(visit.texts, look.payment.customer_id or 0, found.customer),
        look.left.amount, amount, spelled(look.left.share(look.payment, amount), look.payment.currency),
        look.unspent(found.unspent), ShowPayment(look.payment.id),
    )  # fmt: skip
