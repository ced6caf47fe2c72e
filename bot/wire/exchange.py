"""The HTTP client that panels and gateways are spoken to with, and one exchange over it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import anyio._backends._asyncio  # noqa: F401 - httpx would import it at the first request, with everybody waiting
import httpx

from bot.wire.reasons import Breakdown, LostReason, UnsentReason, breakdown_of

_log: Final = logging.getLogger(__name__)
#: Some panels sit behind filters that turn away what does not name itself like a browser.
_USER_AGENT: Final = "Mozilla/5.0 (compatible; Panelgram)"
_HEADERS: Final = {
    "User-Agent": _USER_AGENT,
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Content-Type": "application/x-www-form-urlencoded",
}
_FRESH: Final = {"Connection": "close"}
_NO_HEADERS: Final[Mapping[str, str]] = {}
#: So many pieces of an answer may be smaller than this on average.
_MOST_CRUMBS: Final = 2_000
_CRUMB_BYTES: Final = 16
_MAX_CONNECTIONS: Final = 32
_KEPT_CONNECTIONS: Final = 4
_KEPT_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """One kind of exchange: seconds for each step, seconds for the whole, bytes of the answer."""

    connect_seconds: float = 5
    write_seconds: float = 10
    read_seconds: float = 20
    total_seconds: float = 40
    body_bytes: int = 64 * 1024


def open_http() -> httpx.AsyncClient:
    """A client for one panel or gateway; close it with `aclose`.

    HTTP/1.1, no retries, no redirects, nothing read from the environment, certificates always checked. A request with
    `Connection: close` gets a connection of its own: a kept one may be dying, and then nobody knows what was read.
    """
    return httpx.AsyncClient(transport=_KeptOrFresh(), follow_redirects=False, trust_env=False)


class _KeptOrFresh(httpx.AsyncBaseTransport):
    """Two pools: one keeps connections for reading, the other never reuses one."""

    def __init__(self) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        self._kept, self._fresh = (
            httpx.AsyncHTTPTransport(
                verify=context,
                trust_env=False,
                retries=0,
                limits=httpx.Limits(
                    max_connections=_MAX_CONNECTIONS,
                    max_keepalive_connections=kept,
                    keepalive_expiry=_KEPT_SECONDS,
                ),
            )
            for kept in (_KEPT_CONNECTIONS, 0)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fresh = request.headers.get("connection") == "close"
        return await (self._fresh if fresh else self._kept).handle_async_request(request)

    async def aclose(self) -> None:
        await self._kept.aclose()
        await self._fresh.aclose()


@dataclass(slots=True)
class Exchange:
    """One POST: what arrived, and how far it got when it broke off."""

    status: int | None = None
    encoding: str = ""
    chunks: list[bytes] = field(default_factory=list)
    size: int = 0
    #: The answer was longer than allowed, or came in too many pieces, and is cut.
    too_large: bool = False
    breakdown: Breakdown | None = None
    #: The class name of the exception it broke off with.
    error: str | None = None
    #: Whether a connection was made for it, and whether bytes of the request may have left on it.
    connected: bool = False
    sent: bool = False

    @property
    def body(self) -> bytes:
        """What arrived of the answer, within the bound."""
        return b"".join(self.chunks)

    @property
    def crumbled(self) -> bool:
        """Whether the answer comes in crumbs that cost far more than they hold."""
        return len(self.chunks) > _MOST_CRUMBS and self.size < len(self.chunks) * _CRUMB_BYTES

    @property
    def whole(self) -> bool:
        """Whether the answer arrived from end to end."""
        return self.breakdown is None and not self.too_large

    @property
    def flaw(self) -> LostReason | None:
        """Why an answer is not even read: it points elsewhere, broke off, is too large or compressed."""
        if self.status is not None and 300 <= self.status < 400:
            return LostReason.REDIRECTED
        if isinstance(self.breakdown, LostReason):
            return self.breakdown
        if self.too_large:
            return LostReason.TOO_LARGE
        return None if self.encoding in ("", "identity") else LostReason.ENCODED

    @property
    def died_idle(self) -> bool:
        """Whether it broke, without a word from the other side, on a connection kept from before."""
        return self.breakdown is LostReason.NO_ANSWER and self.status is None and not self.connected

    async def witness(self, event: str, info: Mapping[str, Any]) -> None:
        """Follow the transport's own account of itself (httpcore's trace events)."""
        if event == "connection.connect_tcp.complete":
            self.connected = True
        elif event == "http11.send_request_headers.complete":
            self.sent = True
        elif event == "http11.send_request_headers.failed":
            # Headers that break the protocol are refused before they are written.
            self.sent = type(info["exception"]).__name__ != "LocalProtocolError"

    def broke(self, error: Exception) -> None:
        """Record the end by an exception."""
        self.breakdown = breakdown_of(error, sent=self.sent)
        self.error = type(error).__name__


async def post(
    http: httpx.AsyncClient,
    url: str,
    form: bytes,
    bounds: Bounds,
    *,
    fresh: bool,
    headers: Mapping[str, str] = _NO_HEADERS,
) -> Exchange:
    """POST a form and collect the answer within `bounds`; whatever goes wrong is in the exchange, never raised.

    `headers` come on top of the usual ones. Only cancellation passes through.
    """
    exchange = Exchange()
    if http.is_closed:
        exchange.breakdown = UnsentReason.CLOSED
        return exchange
    try:
        async with asyncio.timeout(bounds.total_seconds):
            sent = _HEADERS | _FRESH if fresh else _HEADERS
            await _converse(http, url, form, bounds, exchange, {**sent, **headers})
    # The border to a foreign library: an order's fate must be recorded whatever it raises.
    except Exception as error:  # noqa: BLE001
        exchange.broke(error)
        if exchange.breakdown is LostReason.UNEXPECTED:
            _log.exception("unexpected error in an exchange")
    return exchange


async def _converse(
    http: httpx.AsyncClient, url: str, form: bytes, bounds: Bounds, exchange: Exchange, headers: Mapping[str, str]
) -> None:
    timeout = httpx.Timeout(
        connect=bounds.connect_seconds,
        write=bounds.write_seconds,
        read=bounds.read_seconds,
        pool=bounds.connect_seconds,
    )
    async with http.stream(
        "POST",
        url,
        content=form,
        headers=headers,
        timeout=timeout,
        extensions={"trace": exchange.witness},
    ) as response:
        exchange.status = response.status_code
        exchange.encoding = response.headers.get("content-encoding", "").strip().lower()
        async for chunk in response.aiter_raw():
            room = bounds.body_bytes - exchange.size
            exchange.chunks.append(chunk[:room])
            exchange.size += len(chunk)
            if exchange.size > bounds.body_bytes or exchange.crumbled:
                exchange.too_large = True
                break
