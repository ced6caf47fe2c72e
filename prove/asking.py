"""The real client before a panel that gives one reply to whatever it is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import httpx
from pydantic import SecretStr

from bot.domain.orders import StatusReport
from bot.domain.refills import RefillReport
from bot.panels.client import PanelClient
from bot.panels.dialects import Capabilities
from bot.panels.errors import Denied, PanelError, Unreachable, Unusable
from bot.panels.outcomes import AddRequest, Later, Lost, Placed, Refused
from bot.panels.wire_requests import Balance, CancelAccepted, RefillAccepted
from bot.panels.wire_services import ServicesAnswer

_KEY: Final = SecretStr("a-panel-key")
_REQUEST: Final = AddRequest("1", {"link": "https://framely.example/p/1", "quantity": "100"})


class Parrot:
    """A panel's whole wire that knows one answer.

    One reply in ten passes through httpx and a transport of its own; the others through the four names of httpx that
    the shop uses, because httpx takes longer to carry a reply than the shop to read it.
    """

    def __init__(self) -> None:
        self.calls = 0
        self._status, self._body = 200, b""
        self._through_httpx = httpx.AsyncClient(transport=httpx.MockTransport(self._answer), trust_env=False)
        self._clients = [self._fresh(through_httpx=True), self._fresh(through_httpx=False)]

    @property
    def is_closed(self) -> bool:
        """As httpx says it."""
        return False

    @asynccontextmanager
    async def stream(self, *request: object, **more: object) -> AsyncIterator[Response]:
        """As httpx names it: the answer to a request."""
        del request, more
        self.calls += 1
        yield Response(self._status, {}, self._body)

    async def ask(self, action: str, ids: Sequence[str], status: int, body: bytes, *, through_httpx: bool) -> object:
        """What a client that knows nothing of this panel makes of the reply. Raises what the client raises."""
        self._status, self._body, self.calls = status, body, 0
        if self._clients[not through_httpx].capabilities != Capabilities():
            self._clients[not through_httpx] = self._fresh(through_httpx=through_httpx)
        return await call(self._clients[not through_httpx], action, ids)

    async def close(self) -> None:
        """Let go of the wire."""
        await self._through_httpx.aclose()

    def _fresh(self, *, through_httpx: bool) -> PanelClient:
        wire = self._through_httpx if through_httpx else self
        return PanelClient("nord", "http://panel.example/api/v2", _KEY, wire, Capabilities())  # type: ignore[arg-type]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        return httpx.Response(self._status, stream=httpx.ByteStream(self._body), request=request)


@dataclass(frozen=True, slots=True)
class Response:
    """What the shop uses of a response."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes

    async def aiter_raw(self) -> AsyncIterator[bytes]:
        """As httpx names it: the body."""
        yield self.body


async def call(client: PanelClient, action: str, ids: Sequence[str]) -> object:
    """Ask a panel for an action; `ids` for those that take some. Raises what the client raises."""
    match action:
        case "services":
            return await client.services()
        case "balance":
            return await client.balance()
        case "add":
            return await client.add(_REQUEST)
    return await getattr(client, action)(ids)


def told(answer: object) -> str:
    """An answer or a documented error in words, as the labels have it."""
    if isinstance(answer, dict):
        return "; ".join(f"{each}: {told(answer[each])}" for each in answer) or "nothing"
    match answer:
        case Placed(upstream_id=upstream):
            return f"placed {upstream}"
        case Refused(kind=refusal):
            return f"refused {refusal}"
        case Later(kind=later):
            return f"later {later}"
        case Lost(reason=reason):
            return f"lost {reason}"
        case Denied(kind=denial):
            return f"denied {denial}"
        case Unusable(reason=reason):
            return f"unusable {reason}"
        case Unreachable(reason=broke_off):
            return f"unreachable {broke_off}"
        case Balance(amount=amount, currency=currency):
            return f"{amount} {currency}".strip()
        case RefillAccepted(refill_id=refill):
            return f"refill {refill}"
        case CancelAccepted():
            return "cancel"
        case RefillReport(status=refill_status):
            return refill_status.value if refill_status else "another word"
        case StatusReport():
            return _status(answer)
        case ServicesAnswer(services=services, rejected=rejected):
            rows = [f"{s.id} at {s.rate}, {s.minimum} to {s.maximum}" for s in services]
            return "; ".join(rows + [f"not {row.id}: {row.reason}" for row in rejected]) or "nothing"
    return f"raised {answer!r}"


def _status(report: StatusReport) -> str:
    words = [report.status.value if report.status else "another word"]
    facts: dict[str, int | Decimal | None] = {
        "remains": report.remains, "over": report.over or None, "charge": report.charge, "start": report.start_count,
    }  # fmt: skip
    words += [f"{name} {value}" for name, value in facts.items() if value is not None]
    return ", ".join(words)


async def heard(
    parrot: Parrot, action: str, ids: Sequence[str], status: int, body: bytes, *, through_httpx: bool = True
) -> object:
    """What the client answers, or the documented error it raises; anything else it raises is raised here."""
    try:
        return await parrot.ask(action, ids, status, body, through_httpx=through_httpx)
    except PanelError as error:
        return error
