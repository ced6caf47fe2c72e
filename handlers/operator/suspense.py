"""Whose a payment is that fits nobody: asked for, shown, and credited after a second tap."""

from __future__ import annotations

from markupsafe import Markup

from bot.domain.errors import AlreadyDecided, Braked, NeedsSecond, NotFound
from bot.domain.standing import Standing
from bot.engine import suspense
from bot.engine.suspense import Assigning
from handlers.context import GivingAsked
from handlers.operator import screens_payments as screens
from handlers.operator.answers import problem_of, show
from handlers.operator.approvals import ask_another
from handlers.operator.arguments import Unreadable, read_customer
from handlers.operator.payment_buttons import AskAssign, AskWhose, Assign
from handlers.operator.payments import show_payment, view_of
from handlers.operator.screens_brake import braked_screen
from handlers.operator.steps import Asked
from handlers.operator.wallets import customer_of
from handlers.steps import END
from handlers.visits import Visit
from storage.approvals import Wish, WishKind
from storage.customers import Customer
from storage.payment_views import PaymentView


async def ask_whose(visit: Visit, button: AskWhose) -> Asked | int:
    """Ask whose it is, while it fits nobody."""
    view = await _waiting(visit, button.payment)
    if view is None:
        await show_payment(visit, button.payment, visit.texts.html("operator.payment.assigned-already"))
        return END
    visit.memory.giving = GivingAsked("suspense", button.payment)
    await show(visit, screens.whose_screen(visit.texts, view, await _payer(visit, view)))
    return Asked.WHOSE


async def take_whose(visit: Visit) -> int | None:
    """The customer's id was typed."""
    asked = visit.memory.giving
    if asked is None:
        await show(visit, screens.gone_screen(visit.texts))
        return END
    try:
        customer_id = read_customer(visit.text.strip())
    except Unreadable as refused:
        return await _ask_again(visit, asked.number, problem_of(visit.texts, refused))
    if await customer_of(visit, customer_id) is None:
        problem = visit.texts.html("operator.problem.no-customer", id=str(customer_id))
        return await _ask_again(visit, asked.number, problem)
    return await _confirm(visit, asked.number, customer_id)


async def take_no_text(visit: Visit) -> int | None:
    """Neither text nor a command: the question stays open."""
    asked = visit.memory.giving
    return await _ask_again(visit, asked.number if asked else 0, visit.texts.html("operator.ask.text-only"))


async def leave(visit: Visit) -> int:
    """`/cancel`: the payment still fits nobody."""
    asked = visit.memory.giving
    await show_payment(visit, asked.number if asked else 0)
    return END


async def ask_assign(visit: Visit, button: AskAssign) -> int:
    """Whoever paid it: what saying so means."""
    return await _confirm(visit, button.payment, button.customer)


async def assign(visit: Visit, button: Assign) -> int:
    """The second tap: it is credited."""
    visit.memory.giving = None
    assigning = Assigning(visit.person.id, button.payment, button.customer)
    try:
        payment = await suspense.assign(visit.shop, assigning, visit.now)
    except (AlreadyDecided, NotFound):
        await show_payment(visit, button.payment, visit.texts.html("operator.payment.assigned-already"))
    except Braked:
        await show(visit, braked_screen(visit.texts))
    except NeedsSecond:
        await _ask_second(visit, button)
    else:
        note = visit.texts.html("operator.payment.assigned", amount=payment.amount)
        await show_payment(visit, button.payment, note)
    return END


async def _ask_second(visit: Visit, button: Assign) -> None:
    view = await _waiting(visit, button.payment)
    if view is None:
        await show_payment(visit, button.payment, visit.texts.html("operator.payment.assigned-already"))
        return
    wish = Wish(WishKind.ASSIGN, button.payment, 0, view.look.payment.amount, str(button.customer))
    try:
        await ask_another(visit, visit.update.update_id, wish)
    except (AlreadyDecided, NotFound):
        await show_payment(visit, button.payment, visit.texts.html("operator.payment.assigned-already"))


async def _confirm(visit: Visit, payment_id: int, customer_id: int) -> int:
    visit.memory.giving = None
    view, customer = await _waiting(visit, payment_id), await customer_of(visit, customer_id)
    if view is None or customer is None:
        await show_payment(visit, payment_id, visit.texts.html("operator.payment.assigned-already"))
    else:
        await show(visit, screens.confirm_whose_screen(visit.texts, view.look.payment, customer))
    return END


async def _ask_again(visit: Visit, payment_id: int, note: Markup) -> int | None:
    view = await _waiting(visit, payment_id)
    if view is None:
        await show_payment(visit, payment_id)
        return END
    await visit.reply(screens.whose_screen(visit.texts, view, await _payer(visit, view), note))
    return None


async def _waiting(visit: Visit, payment_id: int) -> PaymentView | None:
    """The payment, while it fits nobody."""
    view = await view_of(visit, payment_id)
    return view if view is not None and view.look.standing is Standing.SUSPENSE else None


async def _payer(visit: Visit, view: PaymentView) -> Customer | None:
    """Whoever paid, where the shop knows them."""
    try:
        return await customer_of(visit, read_customer(view.look.payment.payer or ""))
    except Unreadable:  # gateways name people as they like
        return None
