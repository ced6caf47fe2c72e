"""Just enough of HTTP/1.1 for the benchmark's stand-ins, and as fast as Python serves it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, cast

#: Where the JSON of an answer goes; it may be called later.
Respond = Callable[[bytes], None]
#: What a stand-in does with a request: its path, its body, and how to answer.
Handle = Callable[[str, bytes, Respond], None]

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"
_ANSWER_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Line(asyncio.Protocol):
    """One connection; a request at a time, as HTTP clients do."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(_HEAD_END)
        if end < 0:
            return
        head = self._buffer[:end]
        whole = end + len(_HEAD_END) + _length_of(head)
        if len(self._buffer) >= whole:
            body, self._buffer = self._buffer[end + len(_HEAD_END) : whole], self._buffer[whole:]
            self._handle(head.split(b" ", 2)[1].decode("ascii"), body, self._respond)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def _respond(self, body: bytes) -> None:
        if self._transport is not None:
            self._transport.write(_ANSWER_HEAD % len(body) + body)


def _length_of(head: bytes) -> int:
    lowered = head.lower()
    start = lowered.find(_LENGTH)
    return 0 if start < 0 else int(lowered[start + len(_LENGTH) :].partition(b"\r\n")[0])


@asynccontextmanager
async def serve(handle: Handle) -> AsyncIterator[str]:
    """Serve on a free port of this machine; the base address."""
    server = await asyncio.get_running_loop().create_server(lambda: Line(handle), "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
