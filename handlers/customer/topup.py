"""Paying in: a way, an amount, the invoice. What an order lacks is paid from its confirm card, and the order waits."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from bot.domain.amounts import parse_amount
from bot.domain.errors import BadInput, NotOffered, TurnedAway
from bot.domain.money import Money
from bot.domain.orders import Quote
from bot.domain.topups import Gateway, Topup
from bot.engine import topups
from bot.engine.topups import Asked
from handlers.callbacks import AddMoney, AskCredit, ChooseWay, LeaveAmount, PayGap, PickAmount, TypeAmount
from handlers.customer import screens_topup as screens
from handlers.customer import vouchers
from handlers.customer.admission import turn_away
from handlers.customer.by_hand import show_instructions
from handlers.customer.confirm import show_again, turn_away_here, with_gap
from handlers.customer.crypto_invoices import show_crypto_invoice
from handlers.customer.invoices import show_invoice
from handlers.customer.order import forget_draft, resume_open
from handlers.customer.reading import open_ways
from handlers.customer.screens_order import problem
from handlers.customer.support import ask_credit
from handlers.steps import END, Next, Step
from handlers.visits import Visit

#: Shows a stored top-up in a new message: what to do now. Its result is the next step, None where nothing is asked.
Show = Callable[[Visit, Topup], Awaitable[Next]]
#: Begins a way that needs no amount; with the token of the quote that waits, if one does.
Begin = Callable[[Visit, str | None], Awaitable[Next]]

_SHOWS: Final[Mapping[Gateway, Show]] = {
    Gateway.STARS: show_invoice,
    Gateway.CRYPTOPAY: show_crypto_invoice,
    Gateway.BY_HAND: show_instructions,
}
_BEGINS: Final[Mapping[Gateway, Begin]] = {Gateway.VOUCHER: vouchers.begin}
#: A comma for the decimal point; with three digits behind it, it may as well stand between thousands.
_COMMA: Final = re.compile(r"\A(\d+),(\d{1,2})\Z", re.ASCII)


async def add_money(visit: Visit, button: AddMoney) -> Next:
    """The ways of paying in; where none is on, it is agreed with the operator."""
    ways = await open_ways(visit)
    if not screens.offered(ways):
        return await ask_credit(visit, AskCredit())
    await visit.show(screens.ways_page(visit.texts, ways))
    return None


async def choose_way(visit: Visit, button: ChooseWay) -> Next:
    """A way: its amounts, or what it asks instead."""
    way = await _offered(visit, button.way)
    if way is None:
        return await _closed(visit)
    if begin := _BEGINS.get(way):
        visit.memory.paying_by = ""
        return await begin(visit, None)
    await visit.show(screens.amounts_page(visit.texts, way, await open_ways(visit), visit.shop.terms))
    return None


async def pick_amount(visit: Visit, button: PickAmount) -> Next:
    """An amount that takes one tap."""
    way = await _offered(visit, button.way)
    if way is None or way in _BEGINS:
        return await _closed(visit)
    try:
        topup = await _asked(visit, way, Money(button.micros))
    except BadInput as error:
        note = problem(visit.texts, error)
        page = screens.amounts_page(visit.texts, way, await open_ways(visit), visit.shop.terms, note)
        await visit.show(page)
        return None
    except NotOffered:
        return await _closed(visit)
    except TurnedAway as refused:
        return await turn_away(visit, refused)
    return await _show(visit, topup)


async def type_amount(visit: Visit, button: TypeAmount) -> Next:
    """Ask for an amount; the answer is a text."""
    way = await _offered(visit, button.way)
    if way is None or way in _BEGINS:
        return await _closed(visit)
    visit.memory.paying_by = way.value
    await visit.show(screens.amount_question(visit.texts, way, await open_ways(visit), visit.shop.terms))
    return Step.AMOUNT


async def take_amount(visit: Visit) -> Next:
    """The amount; one that cannot be used is explained, and the question stays open."""
    way = await _offered(visit, visit.memory.paying_by)
    if way is None:
        await _closed(visit)
        return await _over(visit)
    try:
        topup = await _asked(visit, way, read_amount(visit.text, visit.shop.terms.currency, visit.shop.terms.decimals))
    except BadInput as error:
        note = problem(visit.texts, error)
        await visit.reply(screens.amount_question(visit.texts, way, await open_ways(visit), visit.shop.terms, note))
        return None
    except NotOffered:
        await _closed(visit)
        return await _over(visit)
    except TurnedAway as refused:
        await turn_away(visit, refused)
        return await _over(visit)
    return await _show(visit, topup)


async def refuse_other(visit: Visit) -> Next:
    """A photo, sticker or the like in place of the amount."""
    way = await _offered(visit, visit.memory.paying_by)
    if way is None:
        await _closed(visit)
        return await _over(visit)
    note = visit.texts.html("topup.text-only")
    await visit.reply(screens.amount_question(visit.texts, way, await open_ways(visit), visit.shop.terms, note))
    return None


async def ask_amount_again(visit: Visit) -> Next:
    """The question once more, below, in the language spoken by now."""
    way = await _offered(visit, visit.memory.paying_by)
    if way is None:
        return await _over(visit)
    await visit.reply(screens.amount_question(visit.texts, way, await open_ways(visit), visit.shop.terms))
    return None


async def leave_amount(visit: Visit, button: LeaveAmount) -> Next:
    """`Cancel` under the question: nothing is paid in, and an order that was open goes on."""
    await visit.show(screens.stopped(visit.texts))
    return await _over(visit)


async def leave_late(visit: Visit, button: LeaveAmount) -> Next:
    """The same when no amount is waited for any more; what is open stays open."""
    await visit.show(screens.stopped(visit.texts))
    return None


async def cancel(visit: Visit) -> Next:
    """`/cancel` in place of the amount; an order that was open ends too."""
    visit.memory.paying_by = ""
    await forget_draft(visit)
    await visit.reply(screens.stopped(visit.texts))
    return END


async def pay_gap(visit: Visit, button: PayGap) -> Next:
    """Pay what the wallet lacks for a quote, to the digit; the quote waits for it."""

    async def pay(quote: Quote, gap: screens.Gap) -> Next:
        way = next((way for way in screens.ways_for(gap) if way.value == button.way), None)
        if way is None:
            return await show_again(visit, quote.token, toast=visit.texts.plain("topup.closed-toast"))
        if begin := _BEGINS.get(way):
            visit.memory.paying_by = ""
            return await begin(visit, quote.token)
        return await _pay_gap(visit, way, quote, gap.amount)

    return await with_gap(visit, button.token, pay)


async def _pay_gap(visit: Visit, way: Gateway, quote: Quote, gap: Money) -> Next:
    try:
        topup = await _asked(visit, way, gap, quote.token)
    except BadInput as error:
        note = problem(visit.texts, error)
        return await show_again(visit, quote.token, toast=visit.texts.plain("topup.closed-toast"), note=note)
    except NotOffered:
        return await show_again(visit, quote.token, toast=visit.texts.plain("topup.closed-toast"))
    except TurnedAway as refused:
        return await turn_away_here(visit, quote.token, refused)
    step = await _SHOWS[way](visit, topup)
    await show_again(visit, quote.token, toast=visit.texts.plain("topup.below-toast"))
    return step


def read_amount(typed: str, currency: str, decimals: int) -> Money:
    """An amount as a customer types it, the shop's currency behind it or not. Raises BadInput."""
    plain = re.sub(rf"\s*{re.escape(currency)}\s*\Z", "", typed.strip(), flags=re.IGNORECASE)
    return parse_amount(_COMMA.sub(r"\1.\2", plain), decimals)


async def _asked(visit: Visit, way: Gateway, amount: Money, token: str | None = None) -> Topup:
    """Store the top-up; the same update is the same one. Raises BadInput, NotOffered or TurnedAway."""
    pressed = visit.pressed_message
    card_id = pressed.message_id if token and pressed else None
    asked = Asked(visit.person.id, visit.update.update_id, way, amount, token, card_id)
    return await topups.ask(visit.shop, asked, visit.now)


async def _show(visit: Visit, topup: Topup) -> Next:
    """What to do now, below; where that asks nothing, whatever was interrupted for the amount goes on."""
    step = await _SHOWS[topup.gateway](visit, topup)
    if step is not None:
        visit.memory.paying_by = ""
        return step
    return await _over(visit)


async def _over(visit: Visit) -> Next:
    """No amount is waited for any more: an order that was open goes on. Where none was waited for, nothing changes."""
    if not visit.memory.paying_by:
        return None
    visit.memory.paying_by = ""
    return await resume_open(visit)


async def _offered(visit: Visit, name: str) -> Gateway | None:
    """The way of this name, where customers are offered it now."""
    return next((way for way in screens.offered(await open_ways(visit)) if way.value == name), None)


async def _closed(visit: Visit) -> Next:
    """The way is closed by now: the others."""
    await visit.show(screens.ways_page(visit.texts, await open_ways(visit), visit.texts.html("topup.closed")))
    return None
