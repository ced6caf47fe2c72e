"""The broadcast's rounds: close together while one runs, and none without a bell otherwise."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.engine import broadcasting
from bot.pollers.broadcast import feed
from tests.kit import IRIS, bench


async def test_a_running_broadcast_goes_on_soon_and_the_next_one_rings(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await made.customer("0")
        shop, clock = made.shop, made.clock
        assert await feed(shop, clock) == timedelta(minutes=10)
        rung = shop.bells.broadcast.rung
        drafted, _ = await broadcasting.draft(shop, 1, IRIS, "News", clock())
        await broadcasting.start(shop, drafted.id, IRIS, None, clock())
        assert shop.bells.broadcast.rung == rung + 1
        assert await feed(shop, clock) == timedelta(seconds=2)
