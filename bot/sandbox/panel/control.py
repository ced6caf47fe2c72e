"""The control API: the hand that moves orders, breaks the wire and changes the catalogue."""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import web

from bot.sandbox.panel.actions import Action
from bot.sandbox.panel.amounts import amount_text, parse_amount
from bot.sandbox.panel.catalogue import Change
from bot.sandbox.panel.errors import RefusedError
from bot.sandbox.panel.faults import ANY_ACTION, Fault, FaultKind
from bot.sandbox.panel.generation import generate
from bot.sandbox.panel.keys import PANEL
from bot.sandbox.panel.orders import Order
from bot.sandbox.panel.panel import Panel
from bot.sandbox.panel.refills import Refill
from bot.sandbox.panel.wishes import WishError, Wishes, read_wishes

MOST_ORDERS_SHOWN = 200
MOST_SERVICES = 100_000


def add_control(app: web.Application) -> None:
    """Adds every control route to a panel's application."""
    app.router.add_get("/control/state", _get_state)
    app.router.add_get("/control/journal", _get_journal)
    app.router.add_post("/control/orders/{id}", _post_order)
    app.router.add_post("/control/refills/{id}", _post_refill)
    app.router.add_post("/control/advance", _post_advance)
    app.router.add_post("/control/faults", _post_faults)
    app.router.add_delete("/control/faults", _delete_faults)
    app.router.add_post("/control/balance", _post_balance)
    app.router.add_post("/control/services", _post_services)
    app.router.add_post("/control/speed", _post_speed)


@web.middleware
async def answer_bad_wishes(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """400 for a control request that cannot be read, 404 for an id that does not exist."""
    try:
        return await handler(request)
    except WishError as error:
        return web.json_response({"error": str(error)}, status=400)
    except RefusedError as refusal:
        return web.json_response({"error": refusal.text.value}, status=404)


async def _get_state(request: web.Request) -> web.Response:
    return _state(request.app[PANEL])


async def _get_journal(request: web.Request) -> web.Response:
    after = request.query.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) <= 18):
        raise WishError("after: not a whole number")
    return web.json_response([entry.shown() for entry in request.app[PANEL].journal.after(int(after))])


async def _post_order(request: web.Request) -> web.Response:
    """Status, remains and a percentage to deliver more; the order then moves by hand only."""
    panel, wishes = request.app[PANEL], await read_wishes(request)
    order = panel.account.order(request.match_info["id"])
    percent = wishes.number("advance")
    if percent is not None and percent < 0:
        raise WishError("advance: below nothing")
    panel.account.set_order(order, wishes.text("status"), wishes.number("remains"), percent)
    return web.json_response(_order_row(panel, order))


async def _post_refill(request: web.Request) -> web.Response:
    panel, wishes = request.app[PANEL], await read_wishes(request)
    task = panel.account.refill_task(request.match_info["id"])
    task.held = wishes.text("status") or task.held
    return web.json_response(_refill_row(panel, task))


async def _post_advance(request: web.Request) -> web.Response:
    panel = request.app[PANEL]
    panel.account.advance()
    return _state(panel)


async def _post_faults(request: web.Request) -> web.Response:
    panel, wishes = request.app[PANEL], await read_wishes(request)
    action = wishes.text("action") or ANY_ACTION
    if action not in {ANY_ACTION, *Action}:
        raise WishError(f"action: {action} is none of {', '.join([ANY_ACTION, *Action])}")
    panel.faults.put(action, _fault(wishes))
    return _state(panel)


def _fault(wishes: Wishes) -> Fault:
    kind, count = wishes.text("kind"), wishes.number("count")
    if kind not in set(FaultKind):
        raise WishError(f"kind: {kind} is none of {', '.join(FaultKind)}")
    if count is not None and count < 1:
        raise WishError("count: below one")
    fault = Fault(FaultKind(kind), count, processed=wishes.flag("processed"), text=wishes.text("text"))
    seconds = wishes.seconds("seconds")
    return fault if seconds is None else replace(fault, seconds=seconds)


async def _delete_faults(request: web.Request) -> web.Response:
    panel = request.app[PANEL]
    panel.faults.clear()
    return _state(panel)


async def _post_balance(request: web.Request) -> web.Response:
    panel, wishes = request.app[PANEL], await read_wishes(request)
    try:
        panel.account.balance = parse_amount(wishes.text("balance") or "")
    except ValueError as error:
        raise WishError("balance: not an amount") from error
    return _state(panel)


async def _post_services(request: web.Request) -> web.Response:
    """Another number of services, other rates (nonsense included), names and flags, removals."""
    panel, wishes = request.app[PANEL], await read_wishes(request)
    count, changes = wishes.number("count"), _changes(wishes)
    if count is not None and not 0 <= count <= MOST_SERVICES:
        raise WishError(f"count: not between 0 and {MOST_SERVICES}")
    if count is not None:
        panel.catalogue.regenerate(generate(panel.config, count))
    panel.catalogue.change(changes)
    return _state(panel)


def _changes(wishes: Wishes) -> dict[int, Change]:
    return {
        _service_id(name): Change(
            inner.text("rate"),
            inner.text("name"),
            inner.flag("remove") or False,
            inner.flag("refill"),
            inner.flag("cancel"),
        )
        for name, inner in wishes.inner("change").items()
    }


def _service_id(name: str) -> int:
    if not (name.isascii() and name.isdigit() and len(name) <= 18):
        raise WishError(f"change: {name} is no service id")
    return int(name)


async def _post_speed(request: web.Request) -> web.Response:
    panel, wishes = request.app[PANEL], await read_wishes(request)
    if "seconds_per_step" not in wishes:
        raise WishError("seconds_per_step: missing")
    panel.steps.set_speed(wishes.seconds("seconds_per_step"))
    return _state(panel)


def _state(panel: Panel) -> web.Response:
    """Everything the drawer shows; orders newest first."""
    account = panel.account
    newest = itertools.islice(reversed(account.orders.values()), MOST_ORDERS_SHOWN)
    refills = itertools.islice(reversed(account.refills.values()), MOST_ORDERS_SHOWN)
    return web.json_response(
        {
            "name": panel.config.name,
            "dialect": panel.config.dialect,
            "balance": amount_text(account.balance),
            "currency": panel.config.currency,
            "speed": panel.steps.seconds_per_step,
            "faults": {action: _fault_row(fault) for action, fault in panel.faults.waiting.items()},
            "services": len(panel.catalogue.on_sale),
            "adds": account.adds,
            "orders": [_order_row(panel, order) for order in newest],
            "refills": [_refill_row(panel, task) for task in refills],
        }
    )


def _fault_row(fault: Fault) -> dict[str, object]:
    return {
        "kind": fault.kind,
        "count": fault.count,
        "seconds": fault.seconds,
        "processed": fault.carries_out,
        "text": fault.text,
    }


def _order_row(panel: Panel, order: Order) -> dict[str, object]:
    reading = panel.account.reading(order)
    return {
        "id": str(order.id),
        "service": order.service.id,
        "service_name": order.service.name,
        "type": order.service.type,
        "link": order.link,
        "quantity": order.quantity,
        "status": reading.status,
        "start_count": order.start_count if reading.started else None,
        "remains": reading.remains,
        "charge": amount_text(order.charge),
        "cancel_asked": order.cancel_step is not None,
        "created": int(order.created),
    }


def _refill_row(panel: Panel, task: Refill) -> dict[str, object]:
    return {"id": str(task.id), "order": str(task.order), "status": task.status(panel.steps.now())}
