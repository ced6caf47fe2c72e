"""The pace between the library and the wire."""

from __future__ import annotations

import asyncio

from telegram import Bot
from telegram.ext import ExtBot

from bot.transport.limits import Lane, Pace
from bot.transport.request import AiohttpRequest
from tests.transport.kit import TOKEN, BotApi, VirtualTime, serving


async def test_the_library_hands_its_calls_through_the_pace():
    api, time = BotApi(), VirtualTime()
    async with serving(api.answer) as address:
        bot: ExtBot[Lane] = ExtBot(
            TOKEN, base_url=f"{address}/bot", request=AiohttpRequest(), get_updates_request=AiohttpRequest(),
            rate_limiter=Pace(clock=time.clock, sleep=time.sleep),
        )  # fmt: skip
        async with bot:
            assert isinstance(bot, Bot)
            await bot.send_message(1, "notice", rate_limit_args=Lane.NOTICE)
            for number in range(5):
                await bot.send_message(1, f"{number}")
            async with asyncio.TaskGroup() as group:
                late = group.create_task(bot.send_message(1, "late"))
                await time.until(lambda: bool(time._sleepers) or late.done())
                assert not late.done()
                time.wake_next()
    assert [text for _, text in api.sent] == ["notice", "0", "1", "2", "3", "4", "late"]
