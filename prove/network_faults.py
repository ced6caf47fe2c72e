"""Everything the wire can do to a question: what is done to it, and what may be concluded from that alone."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from prove.raw import Caller, http

#: Does its harm to one request; the body is what a healthy panel would have said.
Harm = Callable[[Caller, bytes], Awaitable[None]]
_CHUNKED: Final = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Where(StrEnum):
    """How far a request gets."""

    NOWHERE = "nowhere"  # no connection stands: the panel cannot have processed anything
    UNREAD = "unread"  # connected; the panel reads the request only where it also processes it
    READ = "read"  # the panel reads it, and processes it or not


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to break an exchange."""

    name: str
    #: What `add` makes of it: a class and a reason.
    add: str
    harm: Harm | None = None
    where: Where = Where.READ
    #: Ends by the shop's own deadline only: for one step, or for the whole where a little comes all the time.
    stalls: bool = False
    drips: bool = False
    #: What the other actions make of it, where that does not follow from what `add` does.
    others: str | None = None
    #: Needs a request larger than the buffers of both sides, which only a long list in an `add` can be.
    large: bool = False
    #: How the address is changed, for what goes wrong before a connection stands.
    address: Callable[[str], str] = str


def _writes(make: Callable[[bytes], bytes]) -> Harm:
    async def harm(caller: Caller, body: bytes) -> None:
        await caller.send(make(body))

    return harm


def _says(status: str, content: bytes | None = None, *headers: str) -> Harm:
    return _writes(lambda body: http(body if content is None else content, status, *headers))


def _denies(text: str, status: str = "200 OK") -> Harm:
    return _says(status, json.dumps({"error": text}).encode())


def _then_silence(harm: Harm) -> Harm:
    async def silent(caller: Caller, body: bytes) -> None:
        await harm(caller, body)
        await caller.until_gone()

    return silent


def _then_reset(harm: Harm) -> Harm:
    async def reset(caller: Caller, body: bytes) -> None:
        await harm(caller, body)
        caller.reset()

    return reset


async def _close(caller: Caller, body: bytes) -> None:
    del body
    caller.writer.close()


async def _nothing(caller: Caller, body: bytes) -> None:
    del caller, body


async def _pause(caller: Caller, body: bytes) -> None:
    del body
    caller.writer.transport.pause_reading()  # type: ignore[attr-defined] # a socket's transport reads and writes
    await caller.writer.wait_closed()


async def _endless(caller: Caller, body: bytes) -> None:
    del body
    await caller.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
    while not caller.writer.is_closing():
        await caller.send(b"x" * 1_000_000)


def _drips(start: bytes) -> Harm:
    async def drip(caller: Caller, body: bytes) -> None:
        del body
        await caller.send(start)
        with suppress(ConnectionError):
            while not caller.writer.is_closing():
                await caller.send(b" ")
                await asyncio.sleep(0.01)

    return drip


def _two_lengths(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: %d\r\n\r\n" % len(body) + body


_half_header: Final = _writes(lambda body: b"HTTP/1.1 200 OK\r\nContent-Le")
_half_body: Final = _writes(lambda body: http(body)[:-3])
_page: Final = b"<html><h1>Bad gateway</h1></html>"

FAULTS: Final[tuple[Fault, ...]] = (
    Fault("name not found", "unsent connect", where=Where.NOWHERE, address=lambda _: "http://nobody.example/api/v2"),
    Fault("resolver fails", "unsent connect", where=Where.NOWHERE, address=lambda _: "http://later.example/api/v2"),
    Fault("refused", "unsent connect", where=Where.NOWHERE, address=lambda _: "http://127.0.0.1:{refused}/api/v2"),
    Fault("connection not accepted", "unsent connect-timeout", where=Where.NOWHERE, stalls=True,
          address=lambda _: "http://127.0.0.1:{full}/api/v2"),
    Fault("no TLS", "unsent tls", _writes(lambda _: b"220 mail.example ESMTP\r\n"), Where.NOWHERE,
          address=lambda url: url.replace("http:", "https:")),
    Fault("TLS alert", "unsent tls", _writes(lambda _: b"\x15\x03\x03\x00\x02\x02\x28"), Where.NOWHERE,
          address=lambda url: url.replace("http:", "https:")),
    Fault("TLS stalls", "unsent connect-timeout", _then_silence(_nothing), Where.NOWHERE, stalls=True,
          address=lambda url: url.replace("http:", "https:")),
    Fault("TLS cut off", "unsent tls", _close, Where.NOWHERE, address=lambda url: url.replace("http:", "https:")),
    Fault("unusable address", "unsent address", where=Where.NOWHERE, address=lambda url: url.replace("http:", "htp:")),
    Fault("RST without a word", "lost no-answer", _then_reset(_nothing), Where.UNREAD),
    Fault("FIN without a word", "lost no-answer", _close, Where.UNREAD),
    Fault("silence", "lost timeout", _then_silence(_nothing), Where.UNREAD, stalls=True),
    Fault("write stalls", "lost timeout", _then_silence(_pause), Where.UNREAD, stalls=True, large=True),
    Fault("half a header, FIN", "lost no-answer", _half_header),
    Fault("half a header, RST", "lost no-answer", _then_reset(_half_header)),
    Fault("half a header, silence", "lost timeout", _then_silence(_half_header), stalls=True),
    Fault("half a body, FIN", "lost no-answer", _half_body),
    Fault("half a body, RST", "lost no-answer", _then_reset(_half_body)),
    Fault("half a body, silence", "lost timeout", _then_silence(_half_body), stalls=True),
    Fault("bad chunk", "lost no-answer", _writes(lambda body: _CHUNKED + b"zz\r\n" + body + b"\r\n0\r\n\r\n")),
    Fault("no last chunk", "lost no-answer", _writes(lambda body: _CHUNKED + b"%x\r\n" % len(body) + body + b"\r\n")),
    Fault("body drips", "lost timeout", _drips(b"HTTP/1.1 200 OK\r\n\r\n"), drips=True),
    Fault("header drips", "lost timeout", _drips(b"HTTP/1.1 200 OK\r\nX-Slow: "), drips=True),
    Fault("endless body", "lost too-large", _endless),
    Fault("header of 300 kB", "lost no-answer",
          _writes(lambda body: b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 300_000 + b"\r\n\r\n" + body)),
    Fault("not HTTP", "lost no-answer", _writes(lambda _: b"\x00\xffSSH-2.0-nothing of the kind\r\n\r\n")),
    Fault("another HTTP", "lost no-answer", _writes(lambda _: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
    Fault("two lengths", "lost no-answer", _writes(_two_lengths)),
    Fault("negative length", "lost no-answer",
          _writes(lambda body: b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + body)),
    Fault("length too short", "lost not-json",
          _writes(lambda body: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) - 1) + body)),
    Fault("length too long", "lost no-answer",
          _writes(lambda body: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) + 1) + body)),
    Fault("HTTP/1.0 cut short", "lost not-json", _writes(lambda body: b"HTTP/1.0 200 OK\r\n\r\n" + body[:-1])),
    Fault("gzip", "lost encoded", _writes(lambda body: http(gzip.compress(body), "200 OK", "Content-Encoding: gzip"))),
    Fault("br", "lost encoded", _says("200 OK", b"\x8b\x07\x80", "Content-Encoding: br")),
    Fault("deflate announced, plain", "lost encoded", _says("200 OK", None, "Content-Encoding: deflate")),
    *(
        Fault(status[:3], "lost redirected", _says(status, None, "Location: /elsewhere"))
        for status in ("301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect",
                       "308 Permanent Redirect")
    ),
    *(
        Fault(status[:3], "lost server-error", _says(status, content))
        for status, content in (
            ("500 Internal Server Error", None), ("502 Bad Gateway", _page), ("503 Service Unavailable", _page),
            ("504 Gateway Timeout", b""), ("520 Unknown", _page), ("521 Down", _page), ("522 Timed Out", _page),
            ("523 Unreachable", b""), ("524 A Timeout Occurred", b""), ("599 Nothing", None),
        )
    ),
    Fault("200 page", "lost not-json", _says("200 OK", _page)),
    Fault("403 challenge", "lost challenge", _says("403 Forbidden", b"<title>Just a moment...</title>")),
    Fault("429 page", "lost not-json", _says("429 Too Many Requests", _page)),
    Fault("200 without a body", "lost empty", _says("200 OK", b"")),
    Fault("204", "lost empty", _writes(lambda _: b"HTTP/1.1 204 No Content\r\n\r\n")),
    Fault("UTF-16", "lost charset", _writes(lambda body: http(body.decode().encode("utf-16")))),
    Fault("429 words", "later rate-limit", _denies("Too many requests", "429 Too Many Requests")),
    Fault("401 words", "later key", _denies("Invalid API key", "401 Unauthorized")),
    Fault("no funds", "later funds", _denies("Not enough funds on balance")),
    Fault("account blocked", "later account", _denies("Your account has been suspended", "403 Forbidden")),
    Fault("no such service", "refused service", _denies("Incorrect service ID"), others="denied service"),
    Fault("100 before the answer", "placed",
          _writes(lambda body: b"HTTP/1.1 100 Continue\r\n\r\n" + http(body)), others="answered"),
    Fault("kept connection dead on reuse", "placed", where=Where.READ, others="answered"),
)  # fmt: skip


def can_be_processed(fault: Fault) -> bool:
    """Whether the panel may have processed the request; one that says in known words that it did not is believed."""
    refuses = fault.add.startswith(("later", "refused"))
    return not (fault.where is Where.NOWHERE or fault.large or refuses)


def expected(fault: Fault, action: str) -> str:
    """What an action must make of a fault, as a class and a reason."""
    if action == "add":
        return fault.add
    if fault.others:
        return "unusable shape" if (fault.others, action) == ("denied service", "balance") else fault.others
    kind, _, reason = fault.add.partition(" ")
    if kind == "later":
        return f"denied {reason}"
    if action == "cancel" and reason == "empty":
        return "denied unsupported"  # scripts say nothing to an action that they do not have
    broke_off = kind == "unsent" or reason in {"no-answer", "timeout"}
    return f"{'unreachable' if broke_off else 'unusable'} {reason}"
