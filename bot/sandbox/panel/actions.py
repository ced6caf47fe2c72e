"""The seven actions of API v2, answered in the forms and types of the panels' own pages."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.sandbox.panel.amounts import amount_text
from bot.sandbox.panel.dialects import service_row
from bot.sandbox.panel.errors import ErrorText, RefusedError
from bot.sandbox.panel.inputs import Form
from bot.sandbox.panel.journal import Entry
from bot.sandbox.panel.orders import Order
from bot.sandbox.panel.panel import Panel


class Action(StrEnum):
    """What a client may ask for."""

    SERVICES = "services"
    ADD = "add"
    STATUS = "status"
    REFILL = "refill"
    REFILL_STATUS = "refill_status"
    CANCEL = "cancel"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True)
class Answer:
    """A body ready for the wire, and the order it tells of when one was created."""

    body: bytes
    order: int | None = None


def perform(panel: Panel, form: Form, moment: float) -> Answer:
    """Carries out a request at a moment in unix seconds; RefusedError in the panel's words."""
    if form.get("key") != panel.config.key:
        raise RefusedError(ErrorText.KEY)
    answer = _ACTIONS.get(form.get("action", ""))
    if answer is None:
        raise RefusedError(ErrorText.REQUEST)
    return answer(panel, form, moment)


def carry_out(panel: Panel, form: Form, entry: Entry, moment: float) -> bytes:
    """The body a request is answered with, refusals included; the journal learns what happened."""
    try:
        answer = perform(panel, form, moment)
    except RefusedError as refusal:
        entry.error = refusal.text
        return encoded(_error(refusal))
    entry.order = None if answer.order is None else str(answer.order)
    return answer.body


def settle(panel: Panel, now: float) -> None:
    """Carries out what became due by now: late requests first, then cancel requests."""
    due = [late for late in panel.late if late.due <= now]
    panel.late = [late for late in panel.late if late.due > now]
    for late in sorted(due, key=lambda late: late.due):
        carry_out(panel, late.form, late.entry, late.due)
    panel.account.settle()


def encoded(body: object) -> bytes:
    """JSON without spaces, as panels send it."""
    return json.dumps(body, separators=(",", ":")).encode()


def _services(panel: Panel, _form: Form, _moment: float) -> Answer:
    """Encoded once for each state of the catalogue, which may hold ten thousand rows."""
    version = panel.catalogue.version
    if panel.encoded_services is None or panel.encoded_services[0] != version:
        rows = [service_row(service, panel.can) for service in panel.catalogue.on_sale.values()]
        panel.encoded_services = (version, encoded(rows))
    return Answer(panel.encoded_services[1])


def _add(panel: Panel, form: Form, moment: float) -> Answer:
    order = panel.account.place(form, moment)
    return Answer(encoded({"order": order.id}), order.id)


def _status(panel: Panel, form: Form, _moment: float) -> Answer:
    def status(order_id: str) -> Mapping[str, object]:
        return _status_row(panel, panel.account.order(order_id))

    if "orders" in form:
        return Answer(encoded({name: _or_error(status, name) for name in _ids(panel, form["orders"])}))
    return Answer(encoded(status(_single(form, "order"))))


def _status_row(panel: Panel, order: Order) -> Mapping[str, object]:
    """Numbers are strings; the start count is null until the order has started."""
    reading = panel.account.reading(order)
    return {
        "charge": amount_text(order.charge),
        "start_count": str(order.start_count) if reading.started else None,
        "status": reading.status,
        "remains": str(reading.remains),
        "currency": panel.config.currency,
    }


def _refill(panel: Panel, form: Form, _moment: float) -> Answer:
    """A single refill's id is a string, those of a list are numbers."""

    def requested(order_id: str) -> int:
        return panel.account.refill(order_id).id

    if panel.can.many_refills and "orders" in form:
        return _rows(panel, form["orders"], "order", "refill", requested)
    return Answer(encoded({"refill": str(requested(_single(form, "order")))}))


def _refill_status(panel: Panel, form: Form, _moment: float) -> Answer:
    def status(refill_id: str) -> str:
        return panel.account.refill_task(refill_id).status(panel.steps.now())

    if panel.can.many_refills and "refills" in form:
        return _rows(panel, form["refills"], "refill", "status", status)
    return Answer(encoded({"status": status(_single(form, "refill"))}))


def _cancel(panel: Panel, form: Form, _moment: float) -> Answer:
    """1 means that the request was taken, not that the order is canceled."""

    def accepted(order_id: str) -> int:
        panel.account.cancel(order_id)
        return 1

    if not panel.can.cancel:
        raise RefusedError(ErrorText.REQUEST)
    return _rows(panel, _single(form, "orders"), "order", "cancel", accepted)


def _balance(panel: Panel, _form: Form, _moment: float) -> Answer:
    return Answer(encoded({"balance": amount_text(panel.account.balance), "currency": panel.config.currency}))


def _single(form: Form, field: str) -> str:
    if field not in form:
        raise RefusedError(ErrorText.REQUEST)
    return form[field]


def _ids(panel: Panel, text: str) -> list[str]:
    """The ids of a comma-separated list, each once; RefusedError when there are none or too many."""
    ids = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    most = panel.can.most_ids
    if not ids or (most is not None and len(ids) > most):
        raise RefusedError(ErrorText.REQUEST)
    return ids


def _rows(panel: Panel, ids: str, subject: str, result: str, act: Callable[[str], object]) -> Answer:
    """One row for each id of a list: what came of it, or its own error."""
    rows = [{subject: number(name), result: _or_error(act, name)} for name in _ids(panel, ids)]
    return Answer(encoded(rows))


def _or_error(act: Callable[[str], object], name: str) -> object:
    try:
        return act(name)
    except RefusedError as refusal:
        return _error(refusal)


def _error(refusal: RefusedError) -> dict[str, object]:
    return {"error": refusal.text.value}


def number(order_id: str) -> int | str:
    """An id of a list as answers write it: a number where it is one."""
    return int(order_id) if order_id.isascii() and order_id.isdigit() and len(order_id) <= 18 else order_id


_ACTIONS: Mapping[str, Callable[[Panel, Form, float], Answer]] = {
    Action.SERVICES: _services,
    Action.ADD: _add,
    Action.STATUS: _status,
    Action.REFILL: _refill,
    Action.REFILL_STATUS: _refill_status,
    Action.CANCEL: _cancel,
    Action.BALANCE: _balance,
}
