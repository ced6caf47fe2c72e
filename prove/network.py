"""Row "network": every fault of the wire, at every action, before and after the panel processed the request.

`add` goes through the engine: whatever broke, the shop goes on for a while on a healthy wire, and the panel must not
have taken more than one order.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
from pydantic import SecretStr

from bot.domain.money import Money
from bot.domain.orders import OrderState
from bot.engine import fulfilment, ordering
from bot.panels.client import PanelClient
from bot.panels.dialects import Capabilities
from bot.panels.errors import Denied, Unreachable, Unusable
from bot.panels.limits import Limits
from bot.panels.outcomes import AddOutcome, AddRequest, Later, Lost, Placed, Refused, Unsent
from bot.wire.exchange import Bounds, open_http
from prove.counter import PANEL, START, Counter, counter
from prove.network_faults import FAULTS, Fault, Where, can_be_processed, expected
from prove.raw import GOOD, ORDER, Caller, Script, good, raw_panel
from prove.row import Share, Tally

ACTIONS: Final = tuple(GOOD)
#: Bounds for what stalls, so that it costs tens of milliseconds; a busy machine must not reach the wrong one first.
_CONNECT: Final = Bounds(connect_seconds=0.06, write_seconds=10, read_seconds=10, total_seconds=10)
_STEP: Final = Bounds(connect_seconds=10, write_seconds=0.06, read_seconds=0.06, total_seconds=10)
_WHOLE: Final = Bounds(connect_seconds=10, write_seconds=10, read_seconds=10, total_seconds=0.1)
_CUSTOMER: Final = 1001
_SECRET: Final = SecretStr("a-panel-key")
_AFTERWARDS: Final = (OrderState.ACTIVE, OrderState.UNKNOWN, OrderState.FAILED)


def cells() -> list[tuple[Fault, str, bool]]:
    """Every fault with every action, unprocessed and processed, as far as the panel can have done either."""
    return [
        (fault, action, processed)
        for fault in FAULTS
        for action in ACTIONS
        for processed in (False, True)
        if not processed or can_be_processed(fault)
        if action == "add" or not fault.large
    ]


def run(share: Share) -> Tally:
    """Try a part of the matrix."""
    mine = cells()[share.first : share.first + share.count]
    broken = asyncio.run(_all(share, mine))
    return Tally(len(mine), tuple(broken), {"faults": len(FAULTS)} if share.index == 0 else {})


async def _all(share: Share, mine: list[tuple[Fault, str, bool]]) -> list[str]:
    broken: list[str] = []
    async with _ground(share) as ground:
        for fault, action, processed in mine:
            found = await _cell(ground, fault, action, processed=processed)
            when = "after" if processed else "before"
            broken += (f"{action}, {fault.name}, {when} it was processed: {problem}" for problem in found)
        broken += await ground.counter.sound()
    return broken


@dataclass(slots=True)
class _Ground:
    """What all cells share: a shop, an HTTP client, ports where nobody answers."""

    counter: Counter
    panels: dict[str, PanelClient]
    http: httpx.AsyncClient
    ports: dict[str, int]
    booked: int = 0
    names: itertools.count[int] = field(default_factory=lambda: itertools.count(int(ORDER)))
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def client(self, url: str, fault: Fault | None = None) -> PanelClient:
        """A client with bounds that fit what will be done to it."""
        limits = Limits()
        if fault and (fault.stalls or fault.drips):
            short = _WHOLE if fault.drips else _CONNECT if fault.where is Where.NOWHERE else _STEP
            limits = Limits(add=short, balance=short, batch=short, services=short)
        return PanelClient(PANEL, url, _SECRET, self.http, Capabilities(), limits)

    def book(self, action: str, *, really: bool = True) -> bytes:
        """The panel processes a request: of an `add` it makes an order, or only says so."""
        if action != "add":
            return good(action)
        self.booked += really
        return json.dumps({"order": next(self.names)}).encode()

    async def healthy(self, caller: Caller) -> None:
        """Answer for as long as there are questions."""
        while True:
            body = self.book((await caller.request()).action)
            await caller.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@asynccontextmanager
async def _ground(share: Share) -> AsyncIterator[_Ground]:
    panels: dict[str, PanelClient] = {}
    with _dead_ports() as ports:
        _break_the_resolver()
        async with counter(f"sqlite:///{share.scratch / 'shop.db'}", panels=panels) as shop:
            await shop.customer(_CUSTOMER, Money(10**12))
            http = open_http()
            try:
                yield _Ground(shop, panels, http, ports)
            finally:
                await http.aclose()


def _break_the_resolver() -> None:
    """No name is known here, and nobody outside is asked."""
    loop = asyncio.get_running_loop()
    known = loop.getaddrinfo

    async def getaddrinfo(host: Any, port: Any, **more: Any) -> Any:  # noqa: ANN401 - the loop's own signature
        name = host.decode() if isinstance(host, bytes) else host
        if name.endswith(".example"):
            raise socket.gaierror(socket.EAI_AGAIN if name.startswith("later") else socket.EAI_NONAME, "unknown")
        return await known(host, port, **more)

    loop.getaddrinfo = getaddrinfo  # type: ignore[method-assign] # the one door of this loop to the resolver


@contextlib.contextmanager
def _dead_ports() -> Any:  # noqa: ANN401 - a context manager of ports by their names
    """A port that nobody listens on, and one whose queue is full."""
    with contextlib.ExitStack() as stack:
        refused, full = (stack.enter_context(socket.socket()) for _ in range(2))
        refused.bind(("127.0.0.1", 0))
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 - the socket's own word
            with contextlib.suppress(BlockingIOError):
                waiting.connect(full.getsockname())
        yield {"refused": refused.getsockname()[1], "full": full.getsockname()[1]}


def _script(ground: _Ground, fault: Fault, *, processed: bool) -> Script:
    async def script(caller: Caller) -> None:
        action = "balance"
        if fault.harm is None:  # answers once, and hangs up on the next question without having said so
            body = ground.book((await caller.request()).action)
            await caller.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            with contextlib.suppress(asyncio.IncompleteReadError):
                await caller.reader.readexactly(1)
            caller.reset()
            return
        if fault.where is Where.NOWHERE:
            await caller.reader.read(1)
        elif fault.where is Where.READ or processed:
            action = (await caller.request()).action
        body = ground.book(action, really=processed)
        await fault.harm(caller, body)

    return script


async def _cell(ground: _Ground, fault: Fault, action: str, *, processed: bool) -> list[str]:
    async with raw_panel(_script(ground, fault, processed=processed)) as panel:
        client = ground.client(fault.address(panel.url).format(**ground.ports), fault)
        before = ground.booked
        if fault.large:
            request = AddRequest("1", {"comments": "x" * 20_000_000})
            found = told(await client.add(request))
            return [] if found == fault.add else [f"{found}, not {fault.add}"]
        if fault.harm is None and fault.where is Where.READ:
            await client.balance()  # leaves a connection that dies when it is used again
        if action == "add":
            found, more = await _add(ground, client)
        else:
            found, more = await _ask(client, action), []
        connections = panel.connections
    wanted = expected(fault, action)
    problems = [] if found == wanted else [f"{found}, not {wanted}"]
    most = 2 if fault.harm is None and fault.where is Where.READ else 1
    if connections > most:
        problems.append(f"{connections} connections")
    if ground.booked - before > 1:
        problems.append(f"the panel took {ground.booked - before} orders")
    return problems + more


async def _ask(client: PanelClient, action: str) -> str:
    try:
        answer = await _call(client, action)
    except (Unreachable, Unusable) as error:
        return f"{type(error).__name__.lower()} {error.reason}"
    except Denied as denied:
        return f"denied {denied.kind}"
    except Exception as error:  # noqa: BLE001 - whatever else is raised breaks the promise
        return f"raised {error!r}"
    held = answer.get(ORDER) if isinstance(answer, dict) else answer
    return f"denied {held.kind}" if isinstance(held, Denied) else "answered"


async def _call(client: PanelClient, action: str) -> object:
    if action == "services":
        return await client.services()
    if action == "balance":
        return await client.balance()
    return await getattr(client, action)([ORDER])


def told(outcome: AddOutcome) -> str:
    """An outcome as a class and a reason."""
    match outcome:
        case Placed():
            return "placed"
        case Unsent(reason=reason) | Lost(reason=reason):
            return f"{type(outcome).__name__.lower()} {reason}"
        case Later(kind=later):
            return f"later {later}"
        case Refused(kind=kind):
            return f"refused {kind}"


async def _add(ground: _Ground, client: PanelClient) -> tuple[str, list[str]]:
    """Confirm an order, send it over the broken wire, and go on over a healthy one for as long as it waits."""
    shop, number = ground.counter.shop, next(ground.numbers)
    now = START + timedelta(hours=number)
    quote = await ground.counter.quote(_CUSTOMER, number, now=now)
    order = (await ordering.place_order(shop, quote.token, _CUSTOMER, None, now)).order
    ground.panels[PANEL] = client
    outcome = await _send(ground, now)
    if outcome is None:
        return "not sent at all", []
    booked = ground.booked
    async with raw_panel(ground.healthy) as panel:
        ground.panels[PANEL] = ground.client(panel.url)
        for round_ in range(1, 4):
            await _send(ground, now + timedelta(minutes=6 * round_))
    state = (await ground.counter.order(order.id)).state
    problems = [] if state in _AFTERWARDS else [f"the order is {state} in the end"]
    if isinstance(outcome, Lost) and ground.booked != booked:
        problems.append("it was sent again though nobody could tell")
    return told(outcome), problems


async def _send(ground: _Ground, now: datetime) -> AddOutcome | None:
    shop = ground.counter.shop
    claimed = await fulfilment.claim(shop, PANEL, now)
    if claimed is None:
        return None
    outcome: AddOutcome = await ground.panels[PANEL].add(claimed.request)
    await fulfilment.record(shop, claimed, outcome, now)
    return outcome
