"""A broadcast through the whole shop: paused and resumed, past one who blocked the bot, over a kill."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from tests.journeys.kit import Phone, Seen
from tests.journeys.process import BotProcess
from tests.journeys.shopping import Market, eventually, has, market, next_answer

NEWS = "Our shop has a new shelf"
CROWD = {2000 + n: f"Customer {n}" for n in range(30)}


async def started(iris: Phone, count: int) -> Seen:
    await next_answer(iris, "/broadcast")
    said = await iris.say(NEWS)
    asked = await iris.until(lambda m: m.from_bot and m.id > said and has(m, f"Send to {count} customers"))
    await iris.press("Send to", asked)
    return asked


def copies(phone: Phone) -> int:
    return sum(message.text == NEWS for message in phone.messages.values())


async def test_a_broadcast_is_paused_resumed_and_done_and_tells_how_many_it_reached(tmp_path: Path) -> None:
    async with market(tmp_path, friends=CROWD) as open_shop:
        iris, everybody = open_shop.iris, [open_shop.mina, *open_shop.friends]
        await open_shop.friends[-1].block()
        await eventually(lambda: blocked(open_shop))
        asked = await started(iris, len(everybody) - 1)
        await iris.press("Pause", await iris.until(lambda m: m.id == asked.id and has(m, "Pause")))
        await iris.until(lambda m: m.id == asked.id and "paused" in m.text)
        await iris.press("Resume", iris.messages[asked.id])
        await iris.until(lambda m: m.id == asked.id and f"Sent {len(everybody) - 1} ·" in m.text and "done" in m.text)
        assert [copies(phone) for phone in everybody] == [1] * (len(everybody) - 1) + [0]


async def blocked(open_shop: Market) -> bool:
    return bool(await open_shop.rows("SELECT 1 FROM customers WHERE blocked = 1"))


async def test_a_kill_in_the_middle_loses_nobody_and_doubles_at_most_what_was_on_its_way(tmp_path: Path) -> None:
    async with market(tmp_path, friends=CROWD) as open_shop:
        iris, everybody = open_shop.iris, [open_shop.mina, *open_shop.friends]
        await open_shop.close()
        bot = BotProcess(open_shop.place.environment(), tmp_path)
        await bot.start()
        try:
            asked = await started(iris, len(everybody))
            await everybody[8].until(lambda m: m.text == NEWS)
            bot.kill()
            await bot.wait()
            before = Counter(copies(phone) for phone in everybody)
            assert before[1] < len(everybody), "it was in its middle"
            await bot.start()
            await iris.until(lambda m: m.id == asked.id and "done" in m.text)
            assert min(copies(phone) for phone in everybody) == 1
            assert max(copies(phone) for phone in everybody) <= 2
            assert sum(copies(phone) for phone in everybody) <= len(everybody) + 8
        finally:
            await asyncio.wait_for(bot.stop(), 20)
