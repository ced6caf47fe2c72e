"""Request, pace and polling against the sandbox Bot API and its faults."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from telegram import InputFile
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter
from telegram.ext import ExtBot

from bot.transport.limits import Lane, Pace
from bot.transport.polling import LongPoll, TokenTaken
from bot.transport.request import AiohttpRequest
from tests.sandbox.telegram_kit import IRIS, MINA, PNG, THEO, TOKEN, Sandbox, running_sandbox
from tests.transport.test_polling import Source


class QuickTime:
    """Sleeps take no time and are remembered."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@asynccontextmanager
async def bot_on(server: Sandbox, time: QuickTime, retries: int = 5) -> AsyncIterator[ExtBot[Lane]]:
    pace = Pace(retries=retries, clock=lambda: time.now, sleep=time.sleep)
    request, polling = AiohttpRequest(), AiohttpRequest()
    bot = ExtBot(TOKEN, f"{server.url}/bot", request=request, get_updates_request=polling, rate_limiter=pace)
    async with bot:
        yield bot


async def test_texts_edits_and_pictures_arrive():
    async with running_sandbox() as server, bot_on(server, QuickTime()) as bot:
        sent = await bot.send_message(MINA, "one <b>two</b>", parse_mode="HTML")
        await sent.edit_text("three & سه")
        await bot.send_photo(MINA, InputFile(PNG, filename="p.png"), caption="picture")
        shown = (await server.history(MINA))[-2:]
    assert [message["text"] for message in shown] == ["three & سه", "picture"]
    assert shown[1]["photo"] is not None


async def test_a_flood_is_waited_out_and_the_message_arrives_once():
    time = QuickTime()
    async with running_sandbox() as server, bot_on(server, time) as bot:
        await server.post("/faults", flood={"chat_id": MINA, "retry_after": 3, "count": 2})
        await bot.send_message(MINA, "after the flood")
        await bot.send_message(IRIS, "at once")
        texts = [message["text"] for message in await server.history(MINA)]
    assert texts.count("after the flood") == 1
    assert time.slept == [3, 3]


async def test_a_flood_without_end_is_raised():
    async with running_sandbox() as server, bot_on(server, QuickTime(), retries=2) as bot:
        await server.post("/faults", flood={"chat_id": None, "retry_after": 1, "count": 3})
        with pytest.raises(RetryAfter):
            await bot.send_message(MINA, "never")
        assert await bot.send_message(MINA, "later")


async def test_refusals_and_dropped_connections_are_the_librarys_errors():
    async with running_sandbox() as server, bot_on(server, QuickTime()) as bot:
        sent = await bot.send_message(MINA, "same")
        with pytest.raises(BadRequest, match=r"(?i)not modified"):
            await sent.edit_text("same")
        with pytest.raises(BadRequest, match=r"(?i)chat not found"):
            await bot.send_message(THEO, "has not written yet")
        await server.post(f"/chat/{MINA}/block", blocked=True)
        with pytest.raises(Forbidden):
            await bot.send_message(MINA, "blocked")
        for when in ("before", "after"):
            await server.post("/faults", drop={"methods": ["sendMessage"], "when": when, "count": 1})
            with pytest.raises(NetworkError) as caught:
                await bot.send_message(IRIS, when)
            assert TOKEN not in str(caught.value)
        texts = [message["text"] for message in await server.history(IRIS)]
    assert "before" not in texts
    assert "after" in texts


async def test_polling_gets_what_people_write_raw_and_in_order():
    async with running_sandbox() as server, AiohttpRequest() as request:
        poll = LongPoll(request, f"{server.url}/bot{TOKEN}", ["message"], seconds=1)
        for text in ("one", "two \U0001f600"):
            await server.say(MINA, text)
        updates = await poll(None)
        assert [update["message"]["text"] for update in updates] == ["one", "two \U0001f600"]
        assert list(await poll(updates[-1]["update_id"] + 1)) == []


async def test_a_set_webhook_ends_the_polling():
    async with running_sandbox() as server, AiohttpRequest() as request:
        await server.call("setWebhook", url="http://127.0.0.1:1/hook")
        poll = LongPoll(request, f"{server.url}/bot{TOKEN}", ["message"])
        source = Source()
        source.polling._fetch = poll
        with pytest.raises(TokenTaken):
            await source.polling.run()
