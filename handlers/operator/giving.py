"""Giving money back that nobody asked for: a payment to where it came from, or money of an order to the wallet.

How much and why is typed, shown, and done after a tap.
"""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from bot.domain.errors import AlreadyDecided, BadInput, Braked, NeedsSecond, NotFound, NotOffered, ShortOfMoney
from bot.domain.money import ZERO, Money
from bot.domain.reasons import TOLD_MOST
from bot.domain.text import sendable
from bot.engine import giving_back, refunding
from bot.engine.giving_back import GivingBack
from bot.engine.refunding import Refunding
from handlers.context import GivingAsked
from handlers.operator import screens_giving as screens
from handlers.operator import words
from handlers.operator.answers import problem_of, show
from handlers.operator.approvals import ask_another
from handlers.operator.arguments import Unreadable, read_amount
from handlers.operator.buttons import OpenOrder
from handlers.operator.orders import show_order
from handlers.operator.orders import view_of as order_of
from handlers.operator.payment_buttons import AskGive, AskGiveOrder, Give, ShowPayment
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
    return await _begin(visit, GivingAsked("payment", button.payment, part=bool(button.part)))


async def ask_give_order(visit: Visit, button: AskGiveOrder) -> Asked | int:
    """Give money of an order back: all that was kept, or first how much."""
    return await _begin(visit, GivingAsked("order", button.order, part=bool(button.part)))


async def _begin(visit: Visit, asked: GivingAsked) -> Asked | int:
    if (view := await _view(visit, asked)) is None:
        return await _lost(visit, asked)
    visit.memory.giving = asked
    if asked.part:
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
    if not 0 < len(reason) <= TOLD_MOST:
        note = visit.texts.html("operator.refunds.no-too-long", length=len(reason), limit=TOLD_MOST)
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
    try:
        await _done(visit, asked)
    except (AlreadyDecided, NotFound, NotOffered, BadInput):
        await _say(visit, asked, visit.texts.html("operator.giving.late"))
    except ShortOfMoney as short:
        await _say(visit, asked, visit.texts.html("operator.giving.short", available=short.available))
    except Braked:
        await show(visit, braked_screen(visit.texts))
    except NeedsSecond:
        await _ask_second(visit, asked)
    else:
        said = "operator.giving.returned" if asked.kind == "order" else "operator.refunds.begun"
        await _say(visit, asked, visit.texts.html(said))


async def _done(visit: Visit, asked: GivingAsked) -> None:
    amount, by = Money(asked.micros) if asked.micros else None, visit.person.id
    if asked.kind == "order":
        of_order = GivingBack(asked.update_id, by, asked.number, amount, asked.reason)
        await giving_back.give_back(visit.shop, of_order, visit.now)
    else:
        await refunding.begin(visit.shop, Refunding(asked.update_id, by, asked.number, amount, asked.reason), visit.now)


async def _ask_second(visit: Visit, asked: GivingAsked) -> None:
    view = await _view(visit, asked)
    if view is None:
        await _say(visit, asked, visit.texts.html("operator.giving.late"))
        return
    kind = WishKind.GIVE_BACK if asked.kind == "order" else WishKind.REFUND
    try:
        wish = Wish(kind, asked.number, view.version, view.amount, asked.reason)
        await ask_another(visit, asked.update_id, wish)
    except (AlreadyDecided, NotFound):
        await _say(visit, asked, visit.texts.html("operator.giving.late"))


async def _say(visit: Visit, asked: GivingAsked, said: Markup | None) -> None:
    """What it was about as it stands now, below what was said of it."""
    visit.memory.giving = None
    if asked.kind == "order":
        await show_order(visit, asked.number, said)
    else:
        await show_payment(visit, asked.number, said)


async def _lost(visit: Visit, asked: GivingAsked | None) -> int:
    """Back to what it was about."""
    await _say(visit, asked or GivingAsked("payment", 0), None)
    return END


async def _view(visit: Visit, asked: GivingAsked) -> GivingView | None:
    """What is given back, while so much of it can be."""
    view = await (_of_order(visit, asked) if asked.kind == "order" else _of_payment(visit, asked))
    return view if view is not None and ZERO < view.amount <= view.most else None


async def _of_payment(visit: Visit, asked: GivingAsked) -> GivingView | None:
    found = await view_of(visit, asked.number)
    if found is None or not can_give(found.look):
        return None
    look, left = found.look, found.look.left
    amount = Money(asked.micros) if asked.micros else left.amount
    person = words.person(visit.texts, look.payment.customer_id or 0, found.customer)
    received = visit.texts.received(left.share(look.payment, amount), look.payment.currency)
    return GivingView(
        number_of(look.payment), "payment", person, left.amount, amount, received, look.unspent(found.unspent),
        ShowPayment(look.payment.id),
    )  # fmt: skip


async def _of_order(visit: Visit, asked: GivingAsked) -> GivingView | None:
    found = await order_of(visit, asked.number)
    if found is None:
        return None
    order, most = found.order, giving_back.left_of(found.order)
    amount = Money(asked.micros) if asked.micros else most
    person = words.person(visit.texts, order.customer_id, found.customer)
    return GivingView(f"#{order.id}", "order", person, most, amount, "", None, OpenOrder(order.id), order.version)
