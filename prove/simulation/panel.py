"""The panel of this world: what it took, what it says, and how the wire between it and the shop fails."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qsl

import httpx

from prove.simulation.loop import ProcessLoop, Turns

RATES: Final = {"1": Decimal("1.20"), "2": Decimal("0.90")}
_SERVICES: Final = [
    {
        "service": int(number), "name": f"Followers {number}", "type": "Default", "category": "Followers",
        "rate": str(rate), "min": "10", "max": "100000", "refill": True, "cancel": True,
    }
    for number, rate in RATES.items()
]  # fmt: skip
_PAGE: Final = b"<html><title>Just a moment...</title></html>"
_REFUSALS: Final = (
    "Incorrect service ID", "neworder.error.link", "Quantity less than minimal 10",
    "You have active order with this link",
)  # fmt: skip
_LATERS: Final = ("Not enough funds on balance", "Too many requests", "Invalid API key")
_STRANGE: Final = ("Something went wrong", "computer says no")
#: How long the panel may still act on a request whose reply was given up.
LATEST: Final = 1500.0

#: Which exchanges of `add` prove that nothing was placed, as long as the shop was there to hear it.
PROOFS: Final = frozenset({"unsent", "refusal", "later"})
_ADD_FAULTS: Final = (
    ("unsent", 4), ("lost request", 3), ("lost reply", 4), ("late", 5), ("5xx", 4), ("page", 2), ("refusal", 4),
    ("later", 4), ("strange", 2), ("empty", 1), ("killer", 5),
)  # fmt: skip
_READ_FAULTS: Final = ("unsent", "lost reply", "5xx", "page", "empty", "killer")
_UNSENT: Final[tuple[type[httpx.RequestError], ...]] = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_BROKEN: Final[tuple[type[httpx.RequestError], ...]] = (
    httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.WriteError,
)  # fmt: skip

Key = tuple[str, str]


@dataclass(slots=True)
class Upstream:
    """One order the panel took."""

    id: str
    key: Key
    cost: Decimal
    taken_at: float
    #: (from this age on, word, remains)
    story: list[tuple[float, str, str]]
    #: What was said of it and heard by a living process: (wall-clock second, word, remains).
    heard: list[tuple[float, str, str]] = field(default_factory=list)

    def stands(self, now: float) -> tuple[str, str]:
        """The word and the remains at a moment."""
        age = now - self.taken_at
        word, remains = "Pending", self.key[1]
        for since, said, left in self.story:
            if age >= since:
                word, remains = said, left
        return word, remains


@dataclass(slots=True)
class Add:
    """One `add` a process of the shop sent."""

    key: Key
    fate: str
    process: str
    at: float
    #: Whether the shop heard an answer that proves that nothing was placed.
    proven: bool = False


class Panel:
    """What the panel knows; nothing of it is ever forgotten."""

    def __init__(self, turns: Turns, chance: random.Random, note: Callable[[str], None]) -> None:
        self._turns = turns
        self._chance = chance
        self._note = note
        self.faulty = 0.0
        self.faults = 0
        self.orders: dict[str, Upstream] = {}
        self.adds: list[Add] = []
        self.taken: dict[Key, list[Upstream]] = {}
        self.balance = Decimal(1000)
        self._refills = 0
        self._next_id = 7000
        #: Called with each `add` before anything of it leaves.
        self.on_add: Callable[[Add], None] = lambda _: None
        self.on_taken: Callable[[Upstream], None] = lambda _: None
        self.wall: Callable[[], float] = lambda: 0.0
        #: Of an order that only ever finishes well.
        self.kind = False

    def fate_of(self, action: str) -> str:
        """How an exchange goes."""
        if self._chance.random() >= self.faulty:
            return "well"
        self.faults += 1
        if action != "add":
            return self._chance.choice(_READ_FAULTS)
        names, weights = zip(*_ADD_FAULTS, strict=True)
        return str(self._chance.choices(names, weights)[0])

    def add(self, form: dict[str, str]) -> Upstream:
        """Take an order."""
        self._next_id += self._chance.randint(1, 9)
        key = (form["link"], form["quantity"])
        cost = RATES[form["service"]] * int(form["quantity"]) / 1000
        order = Upstream(str(self._next_id), key, cost, self._turns.now, self._story(int(form["quantity"])))
        self.orders[order.id] = order
        self.taken.setdefault(key, []).append(order)
        self.balance -= cost
        self._note(f"panel takes {key} as {order.id}")
        self.on_taken(order)
        return order

    def answer(self, action: str, form: dict[str, str]) -> Any:  # noqa: ANN401
        """What the panel says to anything but an `add`."""
        if action == "services":
            return _SERVICES
        if action == "balance":
            return {"balance": f"{self.balance:.4f}", "currency": "USD"}
        if action == "status":
            return self._status(form)
        if action == "cancel":
            return [{"order": int(each), "cancel": self._cancel(each)} for each in form["orders"].split(",")]
        if action == "refill":
            return self._refill(form)
        asked = (form.get("refills") or form.get("refill") or "").split(",")
        rows = [{"refill": int(each), "status": "Completed"} for each in asked if each]
        return rows if "refills" in form else {"status": "Completed"}

    def _refill(self, form: dict[str, str]) -> Any:  # noqa: ANN401
        asked = (form.get("orders") or form.get("order") or "").split(",")
        rows = []
        for each in asked:
            self._refills += 1
            rows.append({"order": int(each), "refill": self._refills})
        return rows if "orders" in form else {"refill": self._refills}

    def _cancel(self, order_id: str) -> Any:  # noqa: ANN401
        order = self.orders.get(order_id)
        if order is None:
            return {"error": "Incorrect order ID"}
        age = self._turns.now - order.taken_at
        over = any(age >= since and word in ("Completed", "Partial", "Canceled") for since, word, _ in order.story)
        if over:
            return {"error": "Order cannot be canceled"}
        if self._chance.random() < 0.6:
            order.story = [*((s, w, r) for s, w, r in order.story if s <= age), (age + 60, "Canceled", order.key[1])]
        return 1

    def _status(self, form: dict[str, str]) -> Any:  # noqa: ANN401
        if "orders" not in form:
            return self._row(form["order"])
        return {each: self._row(each) for each in form["orders"].split(",")}

    def _row(self, order_id: str) -> dict[str, str]:
        order = self.orders.get(order_id)
        if order is None:
            return {"error": "Incorrect order ID"}
        word, remains = order.stands(self._turns.now)
        return {
            "charge": f"{order.cost:.5f}", "start_count": "100", "status": word, "remains": remains, "currency": "USD",
        }  # fmt: skip

    def heard(self, form: dict[str, str], body: Any) -> None:  # noqa: ANN401
        """A living process heard this answer to `status`."""
        rows = body if "orders" in form else {form["order"]: body}
        for order_id, row in rows.items():
            if "status" in row:
                self.orders[order_id].heard.append((self.wall(), row["status"], row["remains"]))

    def _story(self, quantity: int) -> list[tuple[float, str, str]]:
        chance = self._chance
        if self.kind:
            return [(chance.uniform(60, 1200), "Completed", "0")]
        start, end = chance.uniform(5, 60), chance.uniform(60, 1200)
        left = str(chance.randint(1, quantity - 1))
        story = [(start, chance.choice(("In progress", "Processing", "inprogress")), left)]
        kind = chance.random()
        if kind < 0.35:
            return [*story, (end, "Completed", "0")]
        if kind < 0.55:
            return [*story, (end, "Partial", left)]
        if kind < 0.68:
            return [*story, (end, chance.choice(("Canceled", "Cancelled", "Refunded")), str(quantity))]
        if kind < 0.84:  # it flaps: what is canceled now runs again
            word = chance.choice(("Canceled", "Partial"))
            return [
                *story, (end, word, left), (end + chance.uniform(10, 200), "In progress", left),
                (end + chance.uniform(201, 600), "Completed", "0"),
            ]  # fmt: skip
        if kind < 0.94:  # it is corrected after its end
            after = end + chance.uniform(60, 2500)
            return [*story, (end, "Completed", "0"), (after, chance.choice(("Partial", "Refunded")), left)]
        return [*story, (end, chance.choice(("Fail", "Blue moon")), left)]


class PanelWire(httpx.AsyncBaseTransport):
    """One process' connection to the panel, under the real client."""

    def __init__(
        self, panel: Panel, turns: Turns, loop: ProcessLoop, chance: random.Random,
        on_fatal: Callable[[ProcessLoop, str], None],
    ) -> None:  # fmt: skip
        self._panel = panel
        self._turns = turns
        self._loop = loop
        self._chance = chance
        self._on_fatal = on_fatal

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange: what is to go wrong is known before it begins."""
        form = dict(parse_qsl(request.content.decode("ascii"), keep_blank_values=True))
        action = form["action"]
        fate = self._panel.fate_of(action)
        sent = None
        if action == "add":
            sent = Add((form["link"], form["quantity"]), fate, self._loop.name, self._turns.now)
            self._panel.on_add(sent)
        answer: asyncio.Future[httpx.Response] = self._loop.create_future()
        if fate == "unsent":
            self._later(self._fails, answer, sent, self._chance.choice(_UNSENT))
        else:
            trace = request.extensions["trace"]
            await trace("connection.connect_tcp.complete", {})
            await trace("http11.send_request_headers.complete", {})
            self._later(self._arrives, answer, sent, action, form, fate)
        return await answer

    def _later(self, callback: Callable[..., object], *args: object) -> None:
        self._turns.later(self._chance.choice((0.01, 0.2, 1.5, 9.0)), callback, *args)

    def _arrives(
        self, answer: asyncio.Future[httpx.Response], sent: Add | None, action: str, form: dict[str, str], fate: str
    ) -> None:
        """The request is at the panel, if it gets there, whoever still lives to hear the answer."""
        if sent is not None:
            body, status, error = self._take(form, fate)
        else:
            body, status, error = self._read(action, form, fate)
        if fate == "killer":
            self._on_fatal(self._loop, f"{action} was at the panel")
        if error is not None:
            self._later(self._fails, answer, sent, error)
        else:
            self._later(self._answers, answer, sent, action, form, status, body)

    def _take(self, form: dict[str, str], fate: str) -> tuple[Any, int, type[httpx.RequestError] | None]:
        chance, panel = self._chance, self._panel
        if fate in ("well", "killer"):
            return {"order": int(panel.add(form).id)}, 200, None
        if fate == "refusal":
            return {"error": chance.choice(_REFUSALS)}, 200, None
        if fate == "later":
            return {"error": chance.choice(_LATERS)}, 200, None
        if fate != "lost request" and chance.random() < 0.6:
            if fate == "late":
                self._turns.later(chance.uniform(1, LATEST), panel.add, form)
            else:
                panel.add(form)
        if fate == "5xx":
            return _PAGE, chance.choice((500, 502, 504, 524)), None
        if fate in ("page", "empty"):
            return (_PAGE if fate == "page" else b""), chance.choice((200, 403)), None
        if fate == "strange":
            return {"error": chance.choice(_STRANGE)}, 200, None
        return None, 0, chance.choice(_BROKEN)

    def _read(
        self, action: str, form: dict[str, str], fate: str
    ) -> tuple[Any, int, type[httpx.RequestError] | None]:  # fmt: skip
        if fate == "lost reply":
            if action in ("cancel", "refill") and self._chance.random() < 0.5:
                self._panel.answer(action, form)
            return None, 0, self._chance.choice(_BROKEN)
        if fate in ("5xx", "page", "empty"):
            return (b"" if fate == "empty" else _PAGE), (502 if fate == "5xx" else 200), None
        return self._panel.answer(action, form), 200, None

    def _fails(self, answer: asyncio.Future[httpx.Response], sent: Add | None, error: type[httpx.RequestError]) -> None:
        if self._loop.dead or answer.done():
            return
        if sent is not None and sent.fate == "unsent":
            sent.proven = True
        answer.set_exception(error("as the world would have it"))

    def _answers(
        self, answer: asyncio.Future[httpx.Response], sent: Add | None, action: str, form: dict[str, str], status: int,
        body: Any,  # noqa: ANN401
    ) -> None:  # fmt: skip
        if self._loop.dead or answer.done():
            return
        if sent is not None and sent.fate in PROOFS:
            sent.proven = True
        if action == "status" and not isinstance(body, bytes):
            self._panel.heard(form, body)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer.set_result(httpx.Response(status, stream=_Once(content)))


class _Once(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> Any:  # noqa: ANN401
        yield self._content
