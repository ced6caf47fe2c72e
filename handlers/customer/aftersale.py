"""What a customer can ask for after the sale: a refill by one tap, a cancel of what is under way by two."""

from __future__ import annotations

from bot.domain.errors import AlreadyDecided, NotFound, NotOffered
from bot.engine.aftersale import after_sale
from bot.engine.cancelling import ask_cancel
from bot.engine.refills import ask_refill
from handlers.callbacks import AskCancel, AskRefill, KeepOrder, RequestCancel
from handlers.cards_aftersale import cancel_question, cancel_said
from handlers.customer import screens_account as screens
from handlers.customer.history import show_card
from handlers.customer.reading import own_order
from handlers.steps import Next
from handlers.visits import Visit


async def press_refill(visit: Visit, button: AskRefill) -> Next:
    """Ask for a refill; where none can be had now, the card and a word say why."""
    card_id = visit.pressed_message.message_id if visit.pressed_message else None
    try:
        await ask_refill(visit.shop, button.order, visit.person.id, visit.update.update_id, visit.now, card_id)
    except NotFound:
        await visit.show(screens.ways_on(visit.texts, "card.not-found"))
        return None
    except AlreadyDecided:
        toast = visit.texts.plain("refill.open-toast")
    except NotOffered:
        toast = await _why_no_refill(visit, button.order)
    else:
        toast = visit.texts.plain("refill.asked-toast")
    if order := await own_order(visit, button.order):
        await show_card(visit, order, button.page, toast)
    return None


async def _why_no_refill(visit: Visit, order_id: int) -> str:
    order = await own_order(visit, order_id)
    again_at = (await after_sale(visit.shop, order, visit.now)).refills.again_at if order else None
    if again_at is None:
        return visit.texts.plain("refill.none-toast")
    return visit.texts.plain("refill.early-toast", at=again_at)


async def press_cancel(visit: Visit, button: AskCancel) -> Next:
    """Ask once more before an order under way is asked to be canceled; below, for the card moves on meanwhile."""
    order = await own_order(visit, button.order)
    if order is None:
        await visit.show(screens.ways_on(visit.texts, "card.not-found"))
    elif (await after_sale(visit.shop, order, visit.now)).cancel.possible:
        await visit.reply(cancel_question(visit.texts, order))
    else:
        await show_card(visit, order, 0, visit.texts.plain("cancel.none", order=str(order.id)))
    return None


async def request_cancel(visit: Visit, button: RequestCancel) -> Next:
    """The second tap: the panel is asked."""
    try:
        await ask_cancel(visit.shop, button.order, visit.person.id, visit.now)
    except NotFound:
        await visit.show(screens.ways_on(visit.texts, "card.not-found"))
        return None
    except AlreadyDecided:
        text = "cancel.asked-already"
    except NotOffered:
        text = "cancel.none"
    else:
        text = "cancel.sent"
    await visit.show(cancel_said(visit.texts, text, button.order))
    return None


async def keep_order(visit: Visit, button: KeepOrder) -> Next:
    """`Keep the order` under the question; where it was asked already, that is said."""
    order = await own_order(visit, button.order)
    asked = order and (await after_sale(visit.shop, order, visit.now)).cancel.request
    await visit.show(cancel_said(visit.texts, "cancel.asked-already" if asked else "cancel.kept", button.order))
    return None
