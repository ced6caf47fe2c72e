"""Everything the wire can do to an `add`: what it proves, and that it is sent once."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import tracemalloc
from contextlib import suppress

import httpx
import pytest
from pydantic import SecretStr

from bot.panels.client import PanelClient
from bot.panels.dialects import Capabilities
from bot.panels.limits import Limits
from bot.panels.outcomes import AddRequest, Lost, Placed, RefusalKind, Refused, Unsent
from bot.wire.exchange import Bounds
from bot.wire.reasons import LostReason, UnsentReason
from prove.raw import Caller, http, raw_panel
from tests.panels.conftest import KEY, QUICK
from tests.panels.scripts import answering

REQUEST = AddRequest("1", {"link": "https://example.com/p/1", "quantity": "100"})
ORDER = b'{"order": 23501}'
IN_NO_TIME = Limits(add=QUICK)
TRICKLE = Bounds(connect_seconds=0.5, write_seconds=0.3, read_seconds=0.3, total_seconds=0.6)


async def reset_at_once(caller: Caller) -> None:
    caller.reset()


async def close_at_once(caller: Caller) -> None:
    caller.writer.close()


async def reset_after_reading(caller: Caller) -> None:
    await caller.request()
    caller.reset()


async def close_after_reading(caller: Caller) -> None:
    await caller.request()


async def silence(caller: Caller) -> None:
    await caller.request()
    await caller.until_gone()


async def half_a_header_then_close(caller: Caller) -> None:
    await caller.request()
    await caller.send(b"HTTP/1.1 200 OK\r\nContent-Le")


async def half_a_header_then_silence(caller: Caller) -> None:
    await half_a_header_then_close(caller)
    await caller.until_gone()


async def half_a_body_then_close(caller: Caller) -> None:
    await caller.request()
    await caller.send(http(ORDER)[:-5])


async def half_a_body_then_reset(caller: Caller) -> None:
    await half_a_body_then_close(caller)
    caller.reset()


async def half_a_body_then_silence(caller: Caller) -> None:
    await half_a_body_then_close(caller)
    await caller.until_gone()


async def bad_chunk(caller: Caller) -> None:
    await caller.request()
    await caller.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + ORDER + b"\r\n0\r\n\r\n")


async def last_chunk_missing(caller: Caller) -> None:
    await caller.request()
    await caller.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n" + ORDER + b"\r\n")


async def crumbs(caller: Caller) -> None:
    await caller.request()
    await caller.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 10_000)


async def headers_of_300_kilobytes(caller: Caller) -> None:
    await caller.request()
    await caller.send(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 300_000 + b"\r\n\r\n" + ORDER)


async def not_http(caller: Caller) -> None:
    await caller.request()
    await caller.send(b"\x00\xffSSH-2.0-nothing of the kind\r\n\r\n")


async def endless_body(caller: Caller) -> None:
    await caller.request()
    await caller.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    for _ in range(1000):
        await caller.send(b"x" * 1_000_000)


async def endless_trickle(caller: Caller) -> None:
    await caller.request()
    await caller.send(b"HTTP/1.1 200 OK\r\n\r\n")
    with suppress(ConnectionError):
        while True:
            await caller.send(b" ")
            await asyncio.sleep(0.05)


def compressed(encoding: str) -> bytes:
    return http(gzip.compress(ORDER), "200 OK", f"Content-Encoding: {encoding}")


FAULTS = {
    "reset before the request is read": (reset_at_once, LostReason.NO_ANSWER),
    "closed before the request is read": (close_at_once, LostReason.NO_ANSWER),
    "reset after the request was read": (reset_after_reading, LostReason.NO_ANSWER),
    "closed after the request was read": (close_after_reading, LostReason.NO_ANSWER),
    "no answer in time": (silence, LostReason.TIMEOUT),
    "half a header, then closed": (half_a_header_then_close, LostReason.NO_ANSWER),
    "half a header, then silence": (half_a_header_then_silence, LostReason.TIMEOUT),
    "half a body, then closed": (half_a_body_then_close, LostReason.NO_ANSWER),
    "half a body, then reset": (half_a_body_then_reset, LostReason.NO_ANSWER),
    "half a body, then silence": (half_a_body_then_silence, LostReason.TIMEOUT),
    "a broken chunk": (bad_chunk, LostReason.NO_ANSWER),
    "no last chunk": (last_chunk_missing, LostReason.NO_ANSWER),
    "300 kB of headers": (headers_of_300_kilobytes, LostReason.NO_ANSWER),
    "not HTTP": (not_http, LostReason.NO_ANSWER),
    "crumbs": (crumbs, LostReason.TOO_LARGE),
    "a gigabyte": (endless_body, LostReason.TOO_LARGE),
    "64 kB and one byte": (answering(http(ORDER + b" " * (64 * 1024 - len(ORDER) + 1))), LostReason.TOO_LARGE),
    "gzip": (answering(compressed("gzip")), LostReason.ENCODED),
    "an unknown encoding": (answering(compressed("br")), LostReason.ENCODED),
    "an encoding announced, plain body": (
        answering(http(ORDER, "200 OK", "Content-Encoding: deflate")),
        LostReason.ENCODED,
    ),
    "200 without a body": (answering(http(b"")), LostReason.EMPTY),
    "204": (answering(b"HTTP/1.1 204 No Content\r\n\r\n"), LostReason.EMPTY),
    "301": (answering(http(b"", "301 Moved", "Location: /elsewhere")), LostReason.REDIRECTED),
    "302 with an order": (answering(http(ORDER, "302 Found", "Location: /elsewhere")), LostReason.REDIRECTED),
    "307": (answering(http(b"", "307 Temporary", "Location: /elsewhere")), LostReason.REDIRECTED),
    "308": (answering(http(b"", "308 Permanent", "Location: /elsewhere")), LostReason.REDIRECTED),
    "500 with an order": (answering(http(ORDER, "500 Oops")), LostReason.SERVER_ERROR),
    "502 page": (answering(http("<html>Bad gateway</html>", "502 Bad Gateway")), LostReason.SERVER_ERROR),
    "503 with a known refusal": (
        answering(http('{"error": "Incorrect service ID"}', "503 Unavailable")),
        LostReason.SERVER_ERROR,
    ),
    "524": (answering(http("", "524 A Timeout Occurred")), LostReason.SERVER_ERROR),
    "200 page": (answering(http("<html>Welcome</html>")), LostReason.NOT_JSON),
    "challenge": (answering(http("<title>Just a moment...</title>", "403 Forbidden")), LostReason.CHALLENGE),
    "UTF-16": (answering(http('{"order": 1}'.encode("utf-16"))), LostReason.CHARSET),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_an_answer_that_proves_nothing_is_lost_and_the_order_is_sent_once(connect, fault):
    script, reason = FAULTS[fault]
    async with raw_panel(script) as panel:
        patience = {"limits": IN_NO_TIME} if reason is LostReason.TIMEOUT else {}
        outcome = await connect(panel.url, **patience).add(REQUEST)
    assert isinstance(outcome, Lost)
    assert outcome.reason is reason
    assert outcome.redirected is (reason is LostReason.REDIRECTED)
    assert panel.connections == 1
    assert len(panel.requests) <= 1


async def test_a_slow_drip_ends_at_the_total_deadline(connect):
    async with raw_panel(endless_trickle) as panel:
        outcome = await connect(panel.url, limits=Limits(add=TRICKLE)).add(REQUEST)
    assert isinstance(outcome, Lost)
    assert outcome.reason is LostReason.TIMEOUT


async def test_a_panel_that_does_not_read_is_a_lost_order(connect):
    """The request is larger than the buffers of both sides, so writing stalls."""

    async def deaf(caller: Caller) -> None:
        caller.writer.transport.pause_reading()
        await caller.writer.wait_closed()

    request = AddRequest("1", {"comments": "x" * 20_000_000})
    async with raw_panel(deaf) as panel:
        outcome = await connect(panel.url, limits=IN_NO_TIME).add(request)
        assert isinstance(outcome, Lost)
        assert outcome.reason in (LostReason.TIMEOUT, LostReason.NO_ANSWER)
        assert outcome.facts.error == "WriteTimeout"


async def test_a_hostile_body_takes_little_memory(connect):
    async with raw_panel(endless_body) as panel:
        client = connect(panel.url)
        tracemalloc.start()
        try:
            outcome = await client.add(REQUEST)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert isinstance(outcome, Lost)
    # The server in this process holds a megabyte or two of its own.
    assert peak < 10_000_000


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


async def test_a_refused_connection_is_unsent(connect):
    outcome = await connect(f"http://127.0.0.1:{free_port()}/api/v2").add(REQUEST)
    assert isinstance(outcome, Unsent)
    assert (outcome.reason, outcome.misconfigured) == (UnsentReason.CONNECT, False)
    assert (outcome.facts.status, outcome.facts.error) == (None, "ConnectError")


async def test_a_connection_that_is_not_accepted_in_time_is_unsent(connect):
    """A listening socket whose queue is full leaves the next caller waiting."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        port = deaf.getsockname()[1]
        queue = [socket.socket() for _ in range(4)]
        try:
            for each in queue:
                each.setblocking(False)
                with suppress(BlockingIOError):
                    each.connect(("127.0.0.1", port))
            outcome = await connect(f"http://127.0.0.1:{port}/", limits=IN_NO_TIME).add(REQUEST)
        finally:
            for each in queue:
                each.close()
    assert isinstance(outcome, Unsent)
    assert outcome.reason is UnsentReason.CONNECT_TIMEOUT


async def test_a_server_without_tls_behind_an_https_address_is_unsent(connect):
    async with raw_panel(not_http_at_once) as panel:
        outcome = await connect(panel.url.replace("http:", "https:"), limits=IN_NO_TIME).add(REQUEST)
    assert isinstance(outcome, Unsent)
    assert outcome.reason is UnsentReason.TLS
    assert panel.requests == []


async def not_http_at_once(caller: Caller) -> None:
    await caller.reader.read(1)
    await caller.send(b"220 mail.example ESMTP\r\n")


async def test_a_tls_handshake_that_stalls_is_unsent(connect):
    async def stall(caller: Caller) -> None:
        await caller.until_gone()

    async with raw_panel(stall) as panel:
        outcome = await connect(panel.url.replace("http:", "https:"), limits=IN_NO_TIME).add(REQUEST)
    assert isinstance(outcome, Unsent)
    assert outcome.reason is UnsentReason.CONNECT_TIMEOUT


async def test_no_free_connection_is_unsent():
    """A pool of one connection, taken by an order that waits for its answer."""
    reading = asyncio.Event()

    async def slow(caller: Caller) -> None:
        await caller.request()
        reading.set()
        await caller.until_gone()

    transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=1), trust_env=False)
    async with (
        raw_panel(slow) as panel,
        httpx.AsyncClient(transport=transport, trust_env=False) as http_client,
        asyncio.TaskGroup() as group,
    ):
        slow_one = Limits(add=Bounds(connect_seconds=5, read_seconds=2, total_seconds=3))
        first = PanelClient("panel", panel.url, SecretStr(KEY), http_client, Capabilities(), slow_one)
        second = PanelClient("panel", panel.url, SecretStr(KEY), http_client, Capabilities(), IN_NO_TIME)
        waiting = group.create_task(first.add(REQUEST))
        await reading.wait()
        outcome = await second.add(REQUEST)
        waiting.cancel()
    assert isinstance(outcome, Unsent)
    assert outcome.reason is UnsentReason.POOL
    assert len(panel.requests) == 1


@pytest.mark.parametrize(
    "address",
    ["ftp://panel.example/api", "http://panel.example:port/api", "panel.example/api", "http:///api", "http://a\x00b/"],
)
async def test_an_address_that_can_never_work_is_unsent_and_misconfigured(connect, address):
    outcome = await connect(address).add(REQUEST)
    assert isinstance(outcome, Unsent)
    assert outcome.misconfigured


async def test_headers_that_break_the_protocol_are_unsent_and_misconfigured(connect, client_http):
    client_http.headers["X-Broken"] = "two\nlines"
    async with raw_panel(answering(http(ORDER))) as panel:
        outcome = await connect(panel.url).add(REQUEST)
    assert isinstance(outcome, Unsent)
    assert (outcome.misconfigured, outcome.facts.error) == (True, "LocalProtocolError")
    assert panel.requests == []


async def test_a_closed_client_is_unsent(connect, client_http):
    await client_http.aclose()
    outcome = await connect("http://127.0.0.1:1/").add(REQUEST)
    assert isinstance(outcome, Unsent)
    assert outcome.reason is UnsentReason.CLOSED


async def test_text_that_cannot_be_encoded_is_refused_without_a_word_to_the_panel(connect):
    async with raw_panel(answering(http(ORDER))) as panel:
        outcome = await connect(panel.url).add(AddRequest("1", {"link": "\ud800"}))
    assert isinstance(outcome, Refused)
    assert outcome.kind is RefusalKind.REQUEST
    assert panel.connections == 0


async def test_whatever_the_library_raises_after_sending_is_lost(connect, client_http, monkeypatch):
    async with raw_panel(answering(http(ORDER))) as panel:
        monkeypatch.setattr(httpx.Response, "aiter_raw", None)
        outcome = await connect(panel.url).add(REQUEST)
    assert isinstance(outcome, Lost)
    assert (outcome.reason, outcome.facts.error) == (LostReason.UNEXPECTED, "TypeError")


async def test_cancellation_passes_through(connect):
    reading = asyncio.Event()

    async def hang(caller: Caller) -> None:
        await caller.request()
        reading.set()
        await caller.until_gone()

    async with raw_panel(hang) as panel, asyncio.TaskGroup() as group:
        adding = group.create_task(connect(panel.url).add(REQUEST))
        await reading.wait()
        adding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await adding


async def test_each_add_has_a_connection_of_its_own(connect):
    """A kept connection may be dying; on a dead one nobody knows whether the order was read."""
    async with raw_panel(answering({"balance": "1", "currency": "USD"}, {"order": 1}, {"order": 2})) as panel:
        client = connect(panel.url)
        await client.balance()
        outcomes = [await client.add(REQUEST), await client.add(REQUEST)]
    assert [outcome.upstream_id for outcome in outcomes if isinstance(outcome, Placed)] == ["1", "2"]
    assert panel.connections == 3
    assert [request.headers["connection"] for request in panel.requests] == ["keep-alive", "close", "close"]


async def test_an_add_is_a_plain_form_and_its_fields_cannot_become_others(connect):
    link = "https://example.com/?x&quantity=1000000&key=other"
    async with raw_panel(answering(http(ORDER))) as panel:
        await connect(panel.url).add(AddRequest("7", {"link": link, "comments": "one\ntwo"}))
    request = panel.requests[0]
    assert request.line == "POST /api/v2 HTTP/1.1"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["accept-encoding"] == "identity"
    assert request.form == {"link": link, "comments": "one\ntwo", "service": "7", "key": KEY, "action": "add"}


@pytest.mark.parametrize("name", ["key", "action", "service"])
def test_the_clients_own_fields_cannot_be_overwritten(name):
    with pytest.raises(ValueError, match=name):
        AddRequest("1", {name: "x"})


async def test_facts_keep_what_arrived_before_the_end(connect):
    async with raw_panel(half_a_body_then_reset) as panel:
        outcome = await connect(panel.url).add(REQUEST)
    assert outcome.facts.status == 200
    assert outcome.facts.error in ("ReadError", "RemoteProtocolError")


async def test_the_placed_orders_facts_can_be_kept_as_evidence(connect):
    async with raw_panel(answering(http(ORDER, "201 Created"))) as panel:
        outcome = await connect(panel.url).add(REQUEST)
    assert isinstance(outcome, Placed)
    assert (outcome.facts.status, json.loads(outcome.facts.excerpt)) == (201, {"order": 23501})
    assert outcome.facts.sha256 is not None
    assert len(outcome.facts.sha256) == 64
