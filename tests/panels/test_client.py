"""The seven actions against servers that answer in every dialect."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.panels.client import PanelClient
from bot.panels.denials import Denial
from bot.panels.errors import Denied, PanelError, Unreachable, Unusable
from bot.panels.limits import Limits
from bot.panels.wire_requests import CancelAccepted
from bot.wire.exchange import Bounds
from bot.wire.reasons import LostReason, UnsentReason
from prove.raw import Caller, http, raw_panel
from tests.panels.conftest import KEY, QUICK
from tests.panels.scripts import answering

IN_NO_TIME = Limits(balance=QUICK, batch=QUICK, services=QUICK)
DONE = {"status": "Completed"}


def kinds(results: dict[str, object]) -> dict[str, object]:
    return {each: result.kind if isinstance(result, Denied) else result for each, result in results.items()}


# Canceling.


@pytest.mark.parametrize(
    "reply",
    [
        None,
        http(b""),
        http("<html>", "404 Not Found"),
        http("<html>", "405 Not Allowed"),
        http("<html>", "501 Not Implemented"),
        {"error": "Incorrect request"},
        {"error": "Invalid action: cancel"},
        {"error": "Cancellation via API is not supported. Contact support."},
    ],
    ids=["null", "empty", "404", "405", "501", "incorrect request", "invalid action", "not supported"],
)
async def test_a_panel_without_cancel_is_asked_once(connect, reply):
    async with raw_panel(answering(reply)) as panel:
        client = connect(panel.url)
        for _ in range(2):
            assert kinds(await client.cancel(["1", "2"])) == {"1": Denial.UNSUPPORTED, "2": Denial.UNSUPPORTED}
        assert client.capabilities.cancel is False
    assert len(panel.requests) == 1


async def test_a_catalogue_without_the_word_tells_that_there_is_no_cancel(connect):
    row = {"service": 1, "name": "x", "type": "Default", "category": "y", "rate": "1", "min": "1", "max": "2"}
    async with raw_panel(answering([row], [row | {"cancel": False}], [{"order": 1, "cancel": 1}])) as panel:
        client = connect(panel.url)
        await client.services()
        assert kinds(await client.cancel(["1"])) == {"1": Denial.UNSUPPORTED}
        await client.services()
        assert await client.cancel(["1"]) == {"1": CancelAccepted()}


async def test_an_empty_catalogue_tells_nothing_about_cancel(connect):
    async with raw_panel(answering([])) as panel:
        client = connect(panel.url)
        await client.services()
        assert client.capabilities.cancel is None


async def test_one_refused_cancel_is_its_own_result(connect):
    async with raw_panel(answering({"error": "Incorrect order ID"})) as panel:
        client = connect(panel.url)
        assert kinds(await client.cancel(["1"])) == {"1": Denial.ORDER}
        with pytest.raises(Denied):
            await client.cancel(["1", "2"])
        assert client.capabilities.cancel is None


@pytest.mark.parametrize("reply", [http("<html>"), http("<html>", "502 Bad"), {"x": 1}])
async def test_an_unusable_answer_to_cancel_teaches_nothing(connect, reply):
    async with raw_panel(answering(reply)) as panel:
        client = connect(panel.url)
        with pytest.raises(Unusable):
            await client.cancel(["1"])
        assert client.capabilities.cancel is None


# Reading, when the wire or the panel misbehaves.


async def hang(caller: Caller) -> None:
    await caller.request()
    await caller.until_gone()


async def reset(caller: Caller) -> None:
    await caller.request()
    caller.reset()


async def half(caller: Caller) -> None:
    await caller.request()
    await caller.send(http('{"balance": "1", "currency": "USD"}')[:-4])


ORDINARY = json.dumps({"balance": "1", "currency": "USD"})
READ_FAULTS = {
    "silence": (hang, Unreachable, LostReason.TIMEOUT),
    "reset": (reset, Unreachable, LostReason.NO_ANSWER),
    "half": (half, Unreachable, LostReason.NO_ANSWER),
    "redirect": (answering(http("", "302 Found", "Location: /x")), Unusable, LostReason.REDIRECTED),
    "502": (answering(http("<html>", "502 Bad")), Unusable, LostReason.SERVER_ERROR),
    "500 with data": (answering(http(ORDINARY, "500 Oops")), Unusable, LostReason.SERVER_ERROR),
    "500 with an unknown error": (answering(http('{"error":"x"}', "500 Oops")), Unusable, LostReason.SERVER_ERROR),
    "page": (answering(http("<html>")), Unusable, LostReason.NOT_JSON),
    "challenge": (answering(http("<title>Just a moment...", "403 No")), Unusable, LostReason.CHALLENGE),
    "empty": (answering(http("")), Unusable, LostReason.EMPTY),
    "null": (answering(None), Unusable, LostReason.SHAPE),
    "wrong shape": (answering([1]), Unusable, LostReason.SHAPE),
    "too large": (answering(http(" " * 70_000 + ORDINARY)), Unusable, LostReason.TOO_LARGE),
    "gzip": (answering(http(ORDINARY, "200 OK", "Content-Encoding: gzip")), Unusable, LostReason.ENCODED),
    "latin-1": (answering(http(b'{"balance":"\xe9"}')), Unusable, LostReason.CHARSET),
}


@pytest.mark.parametrize("fault", READ_FAULTS)
@pytest.mark.parametrize("verb", ["balance", "services", "status", "refill", "refill_status", "cancel"])
async def test_every_read_ends_in_one_of_our_errors(connect, verb, fault):
    script, kind, reason = READ_FAULTS[fault]
    async with raw_panel(script) as panel:
        client = connect(panel.url, **({"limits": IN_NO_TIME} if reason is LostReason.TIMEOUT else {}))
        try:
            await call(client, verb)
        except PanelError as error:
            caught = error
        else:
            # `null` is an answer to some, "empty" is a panel without cancel, an error may be about the one order.
            assert fault in ("null", "empty", "wrong shape")
            return
    if verb == "balance":
        assert isinstance(caught, kind)
        assert caught.reason is reason
    assert KEY not in repr(caught) + repr(caught.facts)


async def call(client: PanelClient, verb: str) -> object:
    method = getattr(client, verb)
    return await (method() if verb in ("balance", "services") else method(["1"]))


async def test_a_panel_that_is_down_is_unreachable(connect):
    with pytest.raises(Unreachable) as caught:
        await connect("http://127.0.0.1:1/").balance()
    assert caught.value.reason is UnsentReason.CONNECT


@pytest.mark.parametrize("verb", ["balance", "services", "status"])
async def test_what_changes_nothing_is_read_again_when_a_kept_connection_was_dead(connect, verb):
    """The server closes after each answer without saying so beforehand."""
    answers = {"balance": json.loads(ORDINARY), "services": [], "status": DONE}

    async def script(caller: Caller) -> None:
        request = await caller.request()
        await caller.send(http(json.dumps(answers[request.form["action"]])))
        await caller.request()
        caller.reset()

    async with raw_panel(script) as panel:
        client = connect(panel.url)
        await call(client, verb)
        await call(client, verb)
    assert panel.actions == [verb, verb, verb]
    assert panel.connections == 2


async def test_reading_keeps_its_connection(connect):
    async with raw_panel(answering(json.loads(ORDINARY))) as panel:
        client = connect(panel.url)
        for _ in range(3):
            await client.balance()
    assert panel.connections == 1


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "400 Bad Request", "422 Unprocessable"])
async def test_json_counts_at_any_status_below_500(connect, status):
    async with raw_panel(answering(json.loads(ORDINARY), status=status)) as panel:
        assert (await connect(panel.url).balance()).currency == "USD"


async def test_a_slow_read_ends_at_the_total_deadline(connect):
    async def drip(caller: Caller) -> None:
        await caller.request()
        await caller.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await caller.send(b" ")
            await asyncio.sleep(0.05)

    slow = Limits(balance=Bounds(read_seconds=0.3, total_seconds=0.5))
    async with raw_panel(drip) as panel:
        with pytest.raises(Unreachable) as caught:
            await connect(panel.url, limits=slow).balance()
    assert caught.value.reason is LostReason.TIMEOUT


# Catalogues.


def catalogue(count: int) -> list[dict[str, object]]:
    return [
        {"service": number, "name": f"Service {number}", "type": "Default", "category": f"Category {number % 100}",
         "rate": "0.90", "min": "50", "max": "10000", "refill": True, "cancel": True}
        for number in range(1, count + 1)
    ]  # fmt: skip


async def test_a_large_catalogue_is_decoded_beside_the_loop(connect, monkeypatch):
    threads = []
    to_thread = asyncio.to_thread

    async def counted(function, *arguments):
        threads.append(function)
        return await to_thread(function, *arguments)

    monkeypatch.setattr(asyncio, "to_thread", counted)
    async with raw_panel(answering(catalogue(10_000), catalogue(10))) as panel:
        client = connect(panel.url)
        assert len((await client.services()).services) == 10_000
        assert len(threads) == 1
        assert len((await client.services()).services) == 10
        assert len(threads) == 1


async def test_an_unchanged_catalogue_keeps_its_services(connect):
    async with raw_panel(answering(catalogue(5))) as panel:
        client = connect(panel.url)
        first = await client.services()
        second = await client.services()
    assert all(ours is again for ours, again in zip(first.services, second.services, strict=True))


async def test_a_catalogue_with_an_error_status_is_no_catalogue(connect):
    async with raw_panel(answering(catalogue(1), status="400 Bad")) as panel:
        with pytest.raises(Unusable):
            await connect(panel.url).services()


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized", "422 Unprocessable"])
async def test_a_refused_catalogue_is_denied(connect, status):
    async with raw_panel(answering({"error": "Invalid API key"}, status=status)) as panel:
        with pytest.raises(Denied) as caught:
            await connect(panel.url).services()
    assert caught.value.kind is Denial.KEY


async def test_an_endless_catalogue_ends_at_its_bound(connect):
    async def endless(caller: Caller) -> None:
        await caller.request()
        await caller.send(b"HTTP/1.1 200 OK\r\n\r\n[")
        while True:
            await caller.send(b" " * 100_000)

    small = Limits(services=Bounds(body_bytes=500_000))
    async with raw_panel(endless) as panel:
        with pytest.raises(Unusable) as caught:
            await connect(panel.url, limits=small).services()
    assert caught.value.reason is LostReason.TOO_LARGE
