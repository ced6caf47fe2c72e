"""The real process finds its books broken at the start: it opens all the same, sells nothing, and says why."""

from __future__ import annotations

from pathlib import Path

import aiohttp

from bot.engine import brake
from storage.database import Database
from tests import databases
from tests.journeys.kit import free_port
from tests.journeys.shopping import LINK
from tests.journeys.test_restart import run_as_a_process


def plant(folder: Path, amount: int) -> None:
    databases.change_behind(folder, f"UPDATE accounts SET balance = balance + {amount} WHERE id = 'sys:adjust'")


async def is_on(folder: Path) -> bool:
    async with await Database.open(databases.address(folder)) as db:
        return await db.read(brake.engaged)


async def health(watched: str) -> tuple[int, object]:
    async with aiohttp.ClientSession() as http, http.get(f"http://{watched}/healthz") as answer:
        return answer.status, await answer.json()


async def test_a_shop_whose_books_are_broken_opens_tells_the_operator_and_confirms_nothing(tmp_path: Path) -> None:
    async with run_as_a_process(tmp_path) as (open_shop, bot):
        card = await open_shop.quote(open_shop.offer(), LINK, "100")
        assert await bot.stop() == 0
        plant(tmp_path, 1)
        watched = f"127.0.0.1:{free_port()}"
        await bot.start(WEB_LISTEN=watched)
        await open_shop.iris.sees("The brake is on", "sys:adjust by 1")
        await open_shop.mina.press("Confirm", card)
        await open_shop.mina.sees("Nothing was charged")
        assert await open_shop.adds() == []
        assert await is_on(tmp_path)
        # Whoever watches over the process hears of it too, should no operator's chat be within reach.
        assert await health(watched) == (503, {"database": True, "pollers": True, "ledger": False})
        plant(tmp_path, -1)
        await open_shop.iris.say("/brake off")
        await open_shop.iris.sees("The brake is off")
        assert (await health(watched))[0] == 200
        await open_shop.mina.press("Confirm", await open_shop.mina.sees("Nothing was charged"))
        await open_shop.mina.sees("Pending")
        assert len(await open_shop.adds()) == 1
