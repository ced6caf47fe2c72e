"""Twenty-odd replies made to exhaust memory or time, and the panel that gives them."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Final

from prove.raw import Caller, Script, http, raw_panel

_KILO, _MEGA = 1000, 1_000_000
Send = Callable[[Caller], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Bomb:
    """One reply, the action it answers, and what the client may tell of it."""

    name: str
    action: str
    send: Send
    told: tuple[str, ...]
    #: How many ids are asked about.
    ids: int = 1
    #: Only a deadline ends it.
    slow: bool = False


def _body(make: Callable[[], bytes], *headers: str) -> Send:
    async def send(caller: Caller) -> None:
        await caller.send(http(make(), "200 OK", *headers))

    return send


def _stream(piece: bytes, times: int, head: bytes = b"") -> Send:
    async def send(caller: Caller) -> None:
        await caller.send(b"HTTP/1.1 200 OK\r\n\r\n" + head)
        for _ in range(times):
            await caller.send(piece)

    return send


async def _drip(caller: Caller) -> None:
    await caller.send(b"HTTP/1.1 200 OK\r\n\r\n{")
    while not caller.writer.is_closing():
        await caller.send(b" ")
        await asyncio.sleep(0.02)


async def _tiny_chunks(caller: Caller) -> None:
    await caller.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 200_000)


async def _headers(caller: Caller) -> None:
    await caller.send(b"HTTP/1.1 200 OK\r\n")
    for number in range(200_000):
        await caller.send(b"X-%d: y\r\n" % number)


async def _interim(caller: Caller) -> None:
    for _ in range(200_000):
        await caller.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")


def _row(**more: object) -> dict[str, object]:
    return {"service": 1, "name": "x", "type": "Default", "category": "c", "rate": "1", "min": 1, "max": 9, **more}


def _repeated(piece: bytes, size: int, ends: bytes = b"[]") -> bytes:
    return ends[:1] + b",".join([piece] * (size // (len(piece) + 1))) + ends[1:]


def _keys(size: int) -> bytes:
    return b"{" + b",".join(b'"%d":1' % number for number in range(size // 12)) + b"}"


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


_FACE: Final = "\U0001f600"
_BATCH: Final = 1_000 * _KILO
_CATALOGUE: Final = 32 * _MEGA

BOMBS: Final[tuple[Bomb, ...]] = (
    Bomb("arrays in arrays", "add", _body(lambda: b"[" * 19_000), ("lost not-json",)),
    Bomb("objects in objects", "add", _body(lambda: b'{"order":' * 7_000), ("lost not-json",)),
    Bomb("arrays in arrays", "status", _body(lambda: b"[" * _BATCH), ("unusable too-large",)),
    Bomb("a row of arrays in arrays", "services", _body(lambda: b"[[" + b"[" * _CATALOGUE), ("unusable not-json",)),
    Bomb("a field of arrays in arrays", "services", _body(lambda: b'[{"x":' + b"[" * 20 * _MEGA),
         ("unusable not-json",)),
    Bomb("5,000 digits", "add", _body(lambda: b'{"order":' + b"1" * 5_000 + b"}"), ("lost not-json",)),
    Bomb("900,000 digits", "status", _body(lambda: b'{"status":"Partial","remains":' + b"9" * 900_000 + b"}"),
         ("unusable not-json",)),
    Bomb("exponent of 9 digits", "balance", _body(lambda: b'{"balance":1e999999999}'), ("unusable shape",)),
    Bomb("60,000 digits behind the point", "balance", _body(lambda: b'{"balance":"0.' + b"1" * 60_000 + b'"}'),
         ("unusable shape", "balance")),
    Bomb("1 GB", "add", _stream(b" " * _MEGA, 1000), ("lost too-large",)),
    Bomb("1 GB", "status", _stream(b" " * _MEGA, 1000), ("unusable too-large",)),
    Bomb("1 GB", "services", _stream(b" " * _MEGA, 1000), ("unusable too-large",)),
    Bomb("1 GB in gzip", "balance", _body(lambda: gzip.compress(b" " * 50 * _MEGA), "Content-Encoding: gzip"),
         ("unusable encoded",)),
    Bomb("1 GB in gzip", "services", _body(lambda: gzip.compress(b" " * 50 * _MEGA), "Content-Encoding: gzip"),
         ("unusable encoded",)),
    Bomb("a hundred thousand keys", "status", _body(lambda: _keys(_BATCH)), ("unusable too-large",), ids=9),
    Bomb("empty objects", "status", _body(lambda: _repeated(b"{}", _BATCH)), ("unusable too-large",)),
    Bomb("fractions", "refill_status", _body(lambda: _repeated(b"1.5", _BATCH)), ("unusable too-large",), ids=9),
    Bomb("a long error", "cancel", _body(lambda: _json({"error": _FACE * 200_000})),
         ("denied unrecognised", "dict")),
    Bomb("a long word", "status", _body(lambda: b'{"status":"' + b"a " * 490_000 + b'"}'), ("dict",)),
    Bomb("words that nearly match", "add", _body(lambda: b'{"error":"' + b"refill cancel not " * 3_000 + b'"}'),
         ("lost unrecognised-error",)),
    Bomb("a page that nearly is a challenge", "status", _body(lambda: b"attention required! | " * 45_000),
         ("unusable not-json",)),
    Bomb("a slow drip", "add", _drip, ("lost timeout",), slow=True),
    Bomb("chunks of one byte", "add", _tiny_chunks, ("lost too-large",)),
    Bomb("chunks of one byte", "status", _tiny_chunks, ("unusable too-large",)),
    Bomb("headers without end", "add", _headers, ("lost no-answer",)),
    Bomb("interim answers without end", "status", _interim,
         ("unreachable timeout", "unreachable no-answer"), slow=True),
    Bomb("a million services", "services",
         _stream(b",".join([json.dumps(_row()).encode()] * _KILO) + b",", _KILO, b"["), ("unusable too-large",)),
    Bomb("numbers for rows", "services", _body(lambda: _repeated(b"0", _CATALOGUE)), ("unusable too-large",)),
    Bomb("empty rows", "services", _body(lambda: _repeated(b"{}", _CATALOGUE)), ("unusable too-large",)),
    Bomb("a name of 30 MB", "services",
         _body(lambda: _json([_row(name=_FACE * 7 * _MEGA)])), ("servicesanswer",)),
    Bomb("a description of line breaks", "services",
         _body(lambda: json.dumps([_row(description="<br>\n" * 5 * _MEGA)]).encode()), ("servicesanswer",)),
)  # fmt: skip


def _script(bomb: Bomb) -> Script:
    async def script(caller: Caller) -> None:
        while True:
            action = (await caller.request()).action
            if action == "balance" and bomb.action != "balance":
                await caller.send(http(b'{"balance":"1","currency":"USD"}'))
                continue
            with suppress(ConnectionError):
                await bomb.send(caller)
            return

    return script


async def serve() -> AsyncIterator[dict[str, str]]:
    """Serve every one at an address of its own, until closed."""
    async with AsyncExitStack() as stack:
        urls = {}
        for bomb in BOMBS:
            urls[f"{bomb.name} in {bomb.action}"] = (await stack.enter_async_context(raw_panel(_script(bomb)))).url
        yield urls


async def _serve_for_ever() -> None:
    async for urls in serve():
        print(json.dumps(urls), flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Serve, and print the addresses, until somebody ends it."""
    asyncio.run(_serve_for_ever())
