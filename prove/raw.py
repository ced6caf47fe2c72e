"""A panel at the level of bytes: a TCP server on loopback that does to each connection what a script says."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs

Script = Callable[["Caller"], Awaitable[None]]
#: What a panel in good health answers to each action.
GOOD: Final[dict[str, object]] = {
    "services": [
        {"service": 1, "name": "Framely Likes", "type": "Default", "category": "Framely", "rate": "0.90",
         "min": "10", "max": "10000", "refill": True, "cancel": True},
    ],
    "add": {"order": 23501},
    "status": {"charge": "0.27819", "start_count": "3572", "status": "Partial", "remains": "157", "currency": "USD"},
    "refill": {"refill": "1"},
    "refill_status": {"status": "Completed"},
    "balance": {"balance": "100.84292", "currency": "USD"},
    "cancel": [{"order": 23501, "cancel": 1}],
}  # fmt: skip
ORDER: Final = "23501"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came over the wire."""

    line: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """Its fields."""
        return {name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}

    @property
    def action(self) -> str:
        """What it asks for."""
        return self.form["action"]


@dataclass(slots=True)
class Caller:
    """One connection, as the script sees it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    panel: RawPanel

    async def request(self) -> Request:
        """Read one request to its end."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        line, *rows = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (row.partition(": ") for row in rows)}
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        request = Request(line, headers, body)
        self.panel.requests.append(request)
        return request

    async def send(self, data: bytes) -> None:
        """Write, and wait until it is on its way."""
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """End with RST instead of FIN."""
        self.writer.transport.abort()

    async def until_gone(self) -> None:
        """Stay silent until the other side hangs up."""
        await self.reader.read()


@dataclass(slots=True)
class RawPanel:
    """What arrived."""

    url: str = ""
    connections: int = 0
    requests: list[Request] = field(default_factory=list)

    @property
    def actions(self) -> list[str]:
        """What was asked for, in order."""
        return [request.action for request in self.requests]


@asynccontextmanager
async def raw_panel(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawPanel]:
    """Run `script` for each connection."""
    panel = RawPanel()
    open_ones: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        panel.connections += 1
        open_ones[asyncio.current_task()] = writer
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await script(Caller(reader, writer, panel))
        finally:
            writer.close()
            del open_ones[asyncio.current_task()]

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20, ssl=tls)
    panel.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v2"
    try:
        yield panel
    finally:
        server.close()
        for writer in open_ones.values():
            writer.transport.abort()
        while open_ones:
            await asyncio.wait([task for task in open_ones if task])


def http(body: bytes | str, status: str = "200 OK", *headers: str) -> bytes:
    """A whole HTTP answer."""
    if isinstance(body, str):
        body = body.encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: text/html", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def good(action: str) -> bytes:
    """The body of a healthy answer."""
    return json.dumps(GOOD[action]).encode()
