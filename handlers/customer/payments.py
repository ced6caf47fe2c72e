"""`/paysupport`: a customer's own payments, and asking for one back. Nothing moves here: operators decide."""

from __future__ import annotations

from bot.domain.errors import AlreadyDecided, NotFound, NotOffered, TooMany
from bot.domain.pages import PageName
from bot.domain.reasons import TOLD_MOST
from bot.domain.standing import Look, Unspent
from bot.domain.text import sendable
from bot.engine import refunding
from bot.engine.refunding import ASKS_MOST
from handlers.customer import screens_payments as screens
from handlers.customer.order import forget_draft, resume_open
from handlers.customer.pages import text_of
from handlers.customer.payment_buttons import AskRefund, GiveNoReason, OpenPayment, ShowPayments
from handlers.customer.screens_payments import CAN_GO_BACK, PER_PAGE
from handlers.steps import END, Next, Step
from handlers.visits import Visit
from storage import payment_views
from storage.database import Tx
from storage.views import Page


async def paysupport(visit: Visit) -> Next:
    """`/paysupport`."""
    await _list(visit, 1)
    return None


async def show_payments(visit: Visit, button: ShowPayments) -> Next:
    """The same, by a button, with another page of payments."""
    await _list(visit, button.page)
    return None


async def open_payment(visit: Visit, button: OpenPayment) -> Next:
    """What became of a payment."""
    await _show(visit, button.payment, button.page)
    return None


async def ask_refund(visit: Visit, button: AskRefund) -> Next:
    """Ask why it shall go back, where it still can."""
    look, unspent = await _look(visit, button.payment)
    if look is None or look.chance(unspent, ASKS_MOST) not in CAN_GO_BACK:
        await _show(visit, button.payment, 1)
        return None
    visit.memory.refund_of = button.payment
    await visit.show(screens.reason_question(visit.texts, look))
    return Step.REASON


async def take_reason(visit: Visit) -> Next:
    """The reason was typed."""
    reason = sendable(visit.text)
    if len(reason) > TOLD_MOST:
        facts = {"length": len(reason), "limit": TOLD_MOST}
        return await _ask_again(visit, "payment.reason-too-long", **facts)
    await _ask(visit, visit.memory.refund_of, reason)
    return await resume_open(visit)


async def no_reason(visit: Visit, button: GiveNoReason) -> Next:
    """They would rather not say why."""
    await _ask(visit, button.payment, "")
    return await resume_open(visit)


async def no_reason_late(visit: Visit, button: GiveNoReason) -> Next:
    """The same when no reason is waited for any more; what is open stays open."""
    await _ask(visit, button.payment, "")
    return None


async def leave_reason(visit: Visit, button: OpenPayment) -> Next:
    """`Cancel` under the question: nothing was asked for, and an order that was open goes on."""
    await _show(visit, button.payment, button.page)
    return await resume_open(visit)


async def refuse_other(visit: Visit) -> Next:
    """A photo, sticker or the like in place of the reason."""
    return await _ask_again(visit, "payment.reason-text-only")


async def cancel(visit: Visit) -> Next:
    """`/cancel` in place of the reason: nothing was asked for; an order that was open ends too."""
    await forget_draft(visit)
    await _show(visit, visit.memory.refund_of, 1)
    return END


async def ask_anew(visit: Visit) -> Next:
    """The question once more, as in another language."""
    look, _ = await _look(visit, visit.memory.refund_of)
    if look is None:
        await visit.reply(screens.gone_screen(visit.texts))
        return await resume_open(visit)
    await visit.reply(screens.reason_question(visit.texts, look))
    return None


async def _ask(visit: Visit, payment_id: int, reason: str) -> None:
    """Ask for it back; whatever stands in the way shows on the payment itself."""
    visit.memory.refund_of = 0
    try:
        await refunding.ask(visit.shop, visit.update.update_id, visit.person.id, payment_id, reason, visit.now)
    except NotFound:
        await visit.show(screens.gone_screen(visit.texts))
    except (NotOffered, AlreadyDecided):
        await _show(visit, payment_id, 1)
    except TooMany:
        await _show_noted(visit, payment_id, "payment.asked-too-many")
    else:
        await _show_noted(visit, payment_id, "payment.asked")


async def _show_noted(visit: Visit, payment_id: int, note: str) -> None:
    look, unspent = await _look(visit, payment_id)
    if look is not None:
        await visit.show(screens.payment_screen(visit.texts, look, unspent, 1, visit.texts.html(note)))


async def _ask_again(visit: Visit, why: str, **facts: int) -> Next:
    look, _ = await _look(visit, visit.memory.refund_of)
    if look is None:
        await visit.reply(screens.gone_screen(visit.texts))
        return await resume_open(visit)
    await visit.reply(screens.reason_question(visit.texts, look, visit.texts.html(why, **facts)))
    return None


async def _list(visit: Visit, page: int) -> None:
    async def work(tx: Tx) -> tuple[Page[Look], Unspent]:
        customer_id = visit.person.id
        found = await payment_views.payments_page(tx, customer_id, page, PER_PAGE)
        return found, await payment_views.unspent_of(tx, customer_id)

    found, unspent = await visit.shop.db.read(work)
    intro = await text_of(visit, PageName.PAYSUPPORT)
    await visit.show(screens.payments_screen(visit.texts, intro, found, unspent))


async def _show(visit: Visit, payment_id: int, page: int) -> None:
    visit.memory.refund_of = 0
    look, unspent = await _look(visit, payment_id)
    if look is None:
        await visit.show(screens.gone_screen(visit.texts))
    else:
        await visit.show(screens.payment_screen(visit.texts, look, unspent, page))


async def _look(visit: Visit, payment_id: int) -> tuple[Look | None, Unspent]:
    """The customer's own payment of this number."""

    async def work(tx: Tx) -> tuple[Look | None, Unspent]:
        return await payment_views.look_at(tx, payment_id), await payment_views.unspent_of(tx, visit.person.id)

    look, unspent = await visit.shop.db.read(work)
    return (look if look is not None and look.payment.customer_id == visit.person.id else None), unspent
