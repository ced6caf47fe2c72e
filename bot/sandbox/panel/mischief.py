"""Faults played on the wire: what a client sees when one meets its request."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from bot.sandbox.panel.actions import Action, carry_out, encoded, number
from bot.sandbox.panel.errors import ErrorText
from bot.sandbox.panel.faults import Fault, FaultKind
from bot.sandbox.panel.inputs import Form
from bot.sandbox.panel.journal import Entry, Outcome
from bot.sandbox.panel.panel import Late, Panel

#: how often a handler that waits looks whether its client is still there
_LOOK_SECONDS = 0.02

_SERVER_ERROR_PAGE = (
    "<html><head><title>500 Internal Server Error</title></head>"
    "<body><center><h1>500 Internal Server Error</h1></center><hr></body></html>"
)
_HOME_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form><h1>Sign in</h1></form></body></html>"
_CHALLENGE_PAGE = (
    "<!DOCTYPE html><html><head><title>Just a moment…</title></head>"
    '<body><script src="/cdn-cgi/challenge-platform/x.js"></script></body></html>'
)
_MAINTENANCE = {"error": "MAINTENANCE_MODE", "message": "The panel is under maintenance"}

#: answers that parse and mean nothing, by action
_WRONG_SHAPES: Mapping[str, object] = {
    Action.ADD: {"order": None},
    Action.SERVICES: {"status": "success", "data": "Empty Data"},
    Action.REFILL: {"refill": None},
    Action.BALANCE: {"balance": None, "currency": []},
}


@dataclass(frozen=True, slots=True)
class Scene:
    """A request that a fault has met."""

    panel: Panel
    request: web.Request
    fault: Fault
    action: str
    form: Form
    entry: Entry
    #: the true answer, where the request was carried out
    body: bytes | None


async def play(panel: Panel, request: web.Request, form: Form, entry: Entry, fault: Fault) -> web.Response:
    """Carries the request out where the fault does, and gives its client what the fault gives."""
    entry.fault = fault.kind
    entry.outcome = _OUTCOMES.get(fault.kind, Outcome.BROKEN)
    body = carry_out(panel, form, entry, panel.steps.clock()) if fault.carries_out else None
    return await _PLAYS[fault.kind](Scene(panel, request, fault, entry.action, form, entry, body))


_OUTCOMES = {
    FaultKind.HANG: Outcome.HUNG,
    FaultKind.RESET_BEFORE: Outcome.RESET,
    FaultKind.RESET_AFTER: Outcome.RESET,
    FaultKind.LATE: Outcome.RESET,
    FaultKind.SLOW: Outcome.ANSWERED,
    FaultKind.NOT_ENOUGH_FUNDS: Outcome.ANSWERED,
    FaultKind.DUPLICATE_LINK: Outcome.ANSWERED,
    FaultKind.OVERCHARGE: Outcome.ANSWERED,
    FaultKind.REFUSE: Outcome.ANSWERED,
    FaultKind.REFUSE_EACH: Outcome.ANSWERED,
    FaultKind.SWAP_TYPES: Outcome.ANSWERED,
}

#: what a refusal without words says, by action
_USUAL_WORDS: Mapping[str, ErrorText] = {
    Action.REFILL: ErrorText.REFILL_DISABLED,
    Action.REFILL_STATUS: ErrorText.REFILL,
    Action.CANCEL: ErrorText.CANCEL_DISABLED,
    Action.STATUS: ErrorText.ORDER,
    Action.ADD: ErrorText.LINK,
}
#: what an answer for one id and for many ids is called, by action
_RESULTS: Mapping[str, tuple[str, str, str]] = {
    Action.REFILL: ("order", "orders", "refill"),
    Action.REFILL_STATUS: ("refill", "refills", "status"),
    Action.CANCEL: ("order", "orders", "cancel"),
}


def json_response(body: bytes, status: int = 200) -> web.Response:
    """A JSON answer."""
    return web.Response(body=body, status=status, content_type="application/json")


def _page(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html")


async def _hang(scene: Scene) -> web.Response:
    await _wait(scene, None)
    return _gone(scene)


async def _reset(scene: Scene) -> web.Response:
    return _gone(scene)


async def _late(scene: Scene) -> web.Response:
    due = scene.panel.steps.clock() + scene.fault.seconds
    scene.panel.late.append(Late(due, scene.form, scene.entry))
    return _gone(scene)


def _gone(scene: Scene) -> web.Response:
    """Cuts the connection; the returned response goes nowhere."""
    if scene.request.transport is not None:
        scene.request.transport.abort()
    return web.Response()


async def _slow(scene: Scene) -> web.Response:
    """Carried out before the wait, unless the fault says otherwise; the answer comes after it."""
    await _wait(scene, scene.fault.seconds)
    if scene.body is None:
        return json_response(carry_out(scene.panel, scene.form, scene.entry, scene.panel.steps.clock()))
    return json_response(scene.body)


async def _wait(scene: Scene, seconds: float | None) -> None:
    """Waits so long, or for ever; ends early when the client leaves or the server stops."""
    loop = asyncio.get_running_loop()
    end = None if seconds is None else loop.time() + seconds
    while not scene.panel.closing.is_set() and (end is None or loop.time() < end):
        transport = scene.request.transport
        if transport is None or transport.is_closing():
            return
        await asyncio.sleep(_LOOK_SECONDS)


async def _http_500(_scene: Scene) -> web.Response:
    return _page(_SERVER_ERROR_PAGE, 500)


async def _http_503(_scene: Scene) -> web.Response:
    response = json_response(encoded(_MAINTENANCE), 503)
    response.headers["Retry-After"] = "300"
    return response


async def _html(_scene: Scene) -> web.Response:
    return _page(_HOME_PAGE)


async def _challenge(_scene: Scene) -> web.Response:
    return _page(_CHALLENGE_PAGE, 403)


async def _broken_json(scene: Scene) -> web.Response:
    """The true answer cut off in the middle."""
    body = scene.body or b"{}"
    return json_response(body[: max(1, len(body) * 2 // 3)])


async def _wrong_shape(scene: Scene) -> web.Response:
    return json_response(encoded(_WRONG_SHAPES.get(scene.action, [])))


async def _empty(_scene: Scene) -> web.Response:
    return json_response(b"")


async def _not_enough_funds(scene: Scene) -> web.Response:
    return _refusal(scene, ErrorText.FUNDS)


async def _duplicate_link(scene: Scene) -> web.Response:
    return _refusal(scene, ErrorText.DUPLICATE_LINK)


async def _overcharge(scene: Scene) -> web.Response:
    """The true answer; an order it created costs twice its price."""
    if scene.entry.order is not None:
        scene.panel.account.overcharge(scene.entry.order)
    return json_response(scene.body or b"{}")


def _refusal(scene: Scene, text: str) -> web.Response:
    scene.entry.error = text
    return json_response(encoded({"error": str(text)}))


async def _refuse(scene: Scene) -> web.Response:
    return _refusal(scene, _words(scene))


async def _refuse_each(scene: Scene) -> web.Response:
    """The error inside the answer, where the action answers about ids: in each row, or in place of the one result."""
    if scene.action not in _RESULTS:
        return _refusal(scene, _words(scene))
    one, many, result = _RESULTS[scene.action]
    error = {"error": _words(scene)}
    scene.entry.error = error["error"]
    if many not in scene.form:
        return json_response(encoded({result: error}))
    ids = [part.strip() for part in scene.form[many].split(",") if part.strip()]
    return json_response(encoded([{one: number(name), result: error} for name in ids]))


def _words(scene: Scene) -> str:
    return scene.fault.text or str(_USUAL_WORDS.get(scene.action, ErrorText.REQUEST).value)


async def _swap_types(scene: Scene) -> web.Response:
    return json_response(encoded(_swapped(json.loads(scene.body or b"{}"))))


def _swapped(value: object) -> object:
    """Whole numbers as strings, strings of digits as numbers, wherever they stand."""
    if isinstance(value, dict):
        return {name: _swapped(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_swapped(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


_PLAYS: Mapping[FaultKind, Callable[[Scene], Awaitable[web.Response]]] = {
    FaultKind.HANG: _hang,
    FaultKind.RESET_BEFORE: _reset,
    FaultKind.RESET_AFTER: _reset,
    FaultKind.HTTP_500: _http_500,
    FaultKind.HTTP_503: _http_503,
    FaultKind.HTML: _html,
    FaultKind.CHALLENGE: _challenge,
    FaultKind.BROKEN_JSON: _broken_json,
    FaultKind.SLOW: _slow,
    FaultKind.WRONG_SHAPE: _wrong_shape,
    FaultKind.EMPTY: _empty,
    FaultKind.NOT_ENOUGH_FUNDS: _not_enough_funds,
    FaultKind.DUPLICATE_LINK: _duplicate_link,
    FaultKind.LATE: _late,
    FaultKind.OVERCHARGE: _overcharge,
    FaultKind.REFUSE: _refuse,
    FaultKind.REFUSE_EACH: _refuse_each,
    FaultKind.SWAP_TYPES: _swap_types,
}
