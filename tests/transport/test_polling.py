"""Long polling: the offset follows the store, trouble is waited out, and a taken token ends it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut
from telegram.request import BaseRequest, HTTPXRequest

from bot.transport.polling import LongPoll, Polling, TokenTaken, Updates
from bot.transport.request import AiohttpRequest
from tests.transport.kit import TOKEN, BotApi, message, serving


class Source:
    """Gives the answers in turn (errors are raised), then stops the polling."""

    def __init__(self, *answers: Any, random: Callable[[], float] = lambda: 1.0) -> None:
        self.answers = list(answers)
        self.offsets: list[int | None] = []
        self.received: list[int] = []
        self.slept: list[float] = []
        self.polling = Polling(self.fetch, self.receive, sleep=self.sleep, random=random)

    async def fetch(self, offset: int | None) -> Updates:
        self.offsets.append(offset)
        if not self.answers:
            self.polling.stop()
            await asyncio.Event().wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return [{"update_id": number} for number in answer]

    async def receive(self, updates: Updates) -> None:
        self.received.extend(update["update_id"] for update in updates)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def test_the_offset_moves_past_what_was_received():
    source = Source([5, 7], [], [8])
    await source.polling.run()
    assert source.offsets == [None, 8, 8, 9]
    assert source.received == [5, 7, 8]


async def test_the_offset_stays_when_updates_could_not_be_stored():
    source = Source([5], [5])
    broken = True

    async def receive(updates: Updates) -> None:
        nonlocal broken
        if broken:
            broken = False
            raise OSError("disk full")

    source.polling = Polling(source.fetch, receive, sleep=source.sleep, random=lambda: 1.0)
    await source.polling.run()
    assert source.offsets == [None, None, 6]
    assert source.slept == [1]


async def test_a_timeout_is_an_ordinary_empty_answer():
    source = Source(TimedOut(), TimedOut(), [1])
    await source.polling.run()
    assert source.slept == []
    assert source.received == [1]


async def test_trouble_is_waited_out_longer_and_longer_up_to_half_a_minute():
    source = Source(*[NetworkError("x")] * 7, [1], BadRequest("x"), Forbidden("x"))
    await source.polling.run()
    assert source.slept == [1, 2, 4, 8, 16, 30, 30, 1, 2]
    assert source.received == [1]


async def test_the_pauses_are_spread_by_chance():
    source = Source(*[NetworkError("x")] * 3, random=lambda: 0.0)
    await source.polling.run()
    assert source.slept == [0.5, 1, 2]


@pytest.mark.parametrize("timedelta", ["1", "0"])
@pytest.mark.filterwarnings("ignore:.*In a future major version attribute `retry_after`")
async def test_retry_after_is_obeyed(timedelta: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PTB_TIMEDELTA", timedelta)
    source = Source(RetryAfter(17), [1])
    await source.polling.run()
    assert source.slept == [17]


async def test_a_taken_token_and_a_wrong_one_end_the_polling():
    with pytest.raises(TokenTaken, match="other getUpdates"):
        await Source(Conflict("terminated by other getUpdates request")).polling.run()
    with pytest.raises(InvalidToken):
        await Source(InvalidToken("x")).polling.run()


async def test_stopping_ends_a_pause_between_attempts():
    source = Source(NetworkError("x"))

    async def for_ever(seconds: float) -> None:
        source.polling.stop()
        source.polling.stop()
        await asyncio.Event().wait()

    source.polling = Polling(source.fetch, source.receive, sleep=for_ever, random=lambda: 1.0)
    await source.polling.run()
    assert source.offsets == [None]


@pytest.mark.parametrize("request_class", [AiohttpRequest, HTTPXRequest])
async def test_updates_come_raw_over_http_with_what_is_allowed(request_class: type[BaseRequest]):
    api = BotApi()
    strange = {"update_id": 3, "of_the_future": {"half": "\ud83d"}}
    api.add(message(2, 7, "hello"), strange)
    async with serving(api.answer) as address, request_class() as request:
        poll = LongPoll(request, f"{address}/bot{TOKEN}", ["message", "callback_query"], seconds=20)
        assert list(await poll(None)) == [message(2, 7, "hello"), strange]
        assert list(await poll(3)) == [strange]
    assert api.polls[0]["timeout"] == "20"
    assert json.loads(api.polls[0]["allowed_updates"]) == ["message", "callback_query"]
    assert "offset" not in api.polls[0]
    assert api.polls[1]["offset"] == "3"


async def test_the_library_waits_longer_than_the_server_holds_back():
    release = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        await release.wait()
        return web.json_response({"ok": True, "result": []})

    async with serving(answer) as address, AiohttpRequest(read_timeout=0.05) as request:
        with pytest.raises(TimedOut):
            await LongPoll(request, f"{address}/bot{TOKEN}", [], seconds=0)(None)
        asyncio.get_running_loop().call_later(0.2, release.set)
        assert list(await LongPoll(request, f"{address}/bot{TOKEN}", [], seconds=1)(None)) == []


@pytest.mark.parametrize("result", [{}, None, "x"])
async def test_an_answer_of_the_wrong_shape_is_trouble_and_no_crash(result: Any):
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "result": result})

    async with serving(answer) as address, AiohttpRequest() as request:
        poll = LongPoll(request, f"{address}/bot{TOKEN}", [])
        source = Source()
        polled = False

        async def fetch(offset: int | None) -> Updates:
            nonlocal polled
            if polled:
                source.polling.stop()
                return []
            polled = True
            return await poll(offset)

        source.polling = Polling(fetch, source.receive, sleep=source.sleep, random=lambda: 1.0)
        await source.polling.run()
    assert source.slept == [1]
