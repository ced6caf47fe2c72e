"""`/find` and `/resolve`: an order in full, and the walk through those that need a decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from bot.domain.orders import Order, OrderState
from handlers.operator import words
from handlers.operator.answers import argument_of, refuse, show
from handlers.operator.arguments import Unreadable, read_order
from handlers.operator.buttons import OpenOrder
from handlers.operator.decision_buttons import DecideAnyway, ShowDecision
from handlers.operator.payments import show_found
from handlers.operator.screens_asking import with_desk
from handlers.operator.screens_decisions import Place, anyway_screen, decision_screen, nothing_waits
from handlers.operator.screens_orders import OrderView, load, order_screen
from handlers.visits import Visit
from storage import views
from storage.database import Tx

#: So many decisions are counted and walked through; the rest follows once these are made.
DECISIONS_MAX: Final = 200


async def find(visit: Visit) -> None:
    """`/find <number of an order, a payment or a top-up, or a charge id>`."""
    await find_named(visit, argument_of(visit))


async def find_named(visit: Visit, typed: str) -> bool:
    """The order, or payment, somebody typed the number or the charge id of; False, and said why, when there is none."""
    try:
        order_id = read_order(typed)
    except Unreadable as refused:
        if await show_found(visit, typed):
            return True
        await refuse(visit, refused, "find")
        return False
    # A gateway may call its payments by plain numbers too; orders come first.
    if await view_of(visit, order_id) is None and await show_found(visit, typed):
        return True
    return await show_order(visit, order_id)


async def press_order(visit: Visit, button: OpenOrder) -> None:
    """The same as `/find`, by a button."""
    await show_order(visit, button.order)


async def show_order(visit: Visit, order_id: int, note: Markup | None = None, toast: str | None = None) -> bool:
    """An order in full, as it stands now; False, and said so, when there is none."""
    view = await view_of(visit, order_id)
    if view is None:
        html = visit.texts.html("operator.problem.no-order", order=str(order_id))
        await show(visit, with_desk(visit.texts, html), toast)
        return False
    await show(visit, order_screen(visit.texts, view, note), toast)
    return True


async def resolve(visit: Visit) -> None:
    """`/resolve`: the first order that needs a decision."""
    await show_decision(visit, 0)


async def press_decision(visit: Visit, button: ShowDecision) -> None:
    """The same, by a button that names the order."""
    await show_decision(visit, button.order)


async def press_anyway(visit: Visit, button: DecideAnyway) -> None:
    """The choices about an active order, whatever the panel says of it."""
    view = await fresh(visit, button.order, button.version, OrderState.ACTIVE)
    if view is None:
        await already_decided(visit, button.order)
        return
    await show(visit, anyway_screen(visit.texts, view))


async def show_decision(visit: Visit, order_id: int, note: Markup | None = None) -> None:
    """An order that needs a decision: the wanted one, else why not and the next."""
    waiting = await decisions(visit)
    wanted = next((o for o in waiting if o.id == order_id), None)
    if order_id and wanted is None and note is None:
        note = await _moved_on(visit, order_id)
    if not waiting:
        await show(visit, nothing_waits(visit.texts, note))
        return
    order = wanted or next((o for o in waiting if o.id > order_id), waiting[0])
    view = await view_of(visit, order.id)
    if view is not None:
        await show(visit, decision_screen(visit.texts, view, _place(waiting, order.id), note))


async def show_next(visit: Visit, order_id: int, note: Markup) -> None:
    """The decision behind an order; without one, what was said of it and the way to the desk."""
    after = next((order for order in await decisions(visit) if order.id > order_id), None)
    if after is None:
        await show(visit, with_desk(visit.texts, note))
    else:
        await show_decision(visit, after.id, note)


async def already_decided(visit: Visit, order_id: int) -> None:
    """An old button, or another operator was faster: what became of the order instead."""
    note = await _moved_on(visit, order_id)
    await show_order(visit, order_id, note, visit.texts.plain("operator.decision.moved-on"))


async def decisions(visit: Visit) -> list[Order]:
    """The orders that wait, oldest first."""

    async def work(tx: Tx) -> list[Order]:
        return await views.decisions(tx, DECISIONS_MAX)

    return await visit.shop.db.read(work)


async def view_of(visit: Visit, order_id: int) -> OrderView | None:
    """Everything about an order; None where there is none."""

    async def work(tx: Tx) -> OrderView | None:
        return await load(tx, visit.shop, order_id, visit.now)

    return await visit.shop.db.read(work)


async def fresh(visit: Visit, order_id: int, version: int, state: OrderState) -> OrderView | None:
    """The order a button was made for, if it still stands as it did then."""
    view = await view_of(visit, order_id)
    if view is None or view.order.version != version or view.order.state is not state:
        return None
    return view


async def _moved_on(visit: Visit, order_id: int) -> Markup:
    view = await view_of(visit, order_id)
    if view is None:
        return visit.texts.html("operator.problem.no-order", order=str(order_id))
    facts = {"order": str(order_id), "state": words.state(visit.texts, view.order)}
    name = "moved-on" if view.open else "decided-already"
    return visit.texts.html(f"operator.decision.{name}", **facts)


def _place(waiting: Sequence[Order], order_id: int) -> Place:
    index = [order.id for order in waiting].index(order_id)
    before = waiting[index - 1].id if index else None
    after = waiting[index + 1].id if index + 1 < len(waiting) else None
    return Place(index + 1, len(waiting), before, after)
