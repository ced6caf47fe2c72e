"""A panel at the level of bytes: a TCP server on loopback that does what a script says."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

Script = Callable[["Caller"], Awaitable[None]]


@dataclass
class Request:
    """One request as it came over the wire."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass
class Caller:
    """One connection, as the script sees it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    panel: RawPanel

    async def read_request(self) -> Request:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        line, *rows = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (row.split(": ", 1) for row in rows)}
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        request = Request(line, headers, body)
        self.panel.requests.append(request)
        return request

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """End with RST instead of FIN."""
        self.writer.transport.abort()

    async def until_gone(self) -> None:
        """Stay silent until the other side hangs up."""
        await self.reader.read()


@dataclass
class RawPanel:
    """What arrived."""

    url: str = ""
    connections: int = 0
    requests: list[Request] = field(default_factory=list)

    @property
    def actions(self) -> list[str]:
        return [request.form["action"] for request in self.requests]


@asynccontextmanager
async def raw_panel(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawPanel]:
    """Run `script` for each connection."""
    panel = RawPanel()
    open_ones: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        panel.connections += 1
        open_ones[asyncio.current_task()] = writer
        try:
            await script(Caller(reader, writer, panel))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            del open_ones[asyncio.current_task()]

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20, ssl=tls)
    panel.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v2"
    async with server:
        yield panel
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


def answering(*replies: object, status: str = "200 OK") -> Script:
    """Answer the n-th request with the n-th reply (the last one for ever): bytes as they are, all else as JSON."""
    left = list(replies)

    async def script(caller: Caller) -> None:
        while True:
            await caller.read_request()
            reply = left.pop(0) if len(left) > 1 else left[0]
            await caller.send(reply if isinstance(reply, bytes) else http(json.dumps(reply), status))

    return script


def answering_by(decide: Callable[[dict[str, str]], object]) -> Script:
    """Answer each request by its form."""

    async def script(caller: Caller) -> None:
        while True:
            request = await caller.read_request()
            reply = decide(request.form)
            await caller.send(reply if isinstance(reply, bytes) else http(json.dumps(reply)))

    return script
