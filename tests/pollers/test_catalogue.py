"""One dead action of a panel is told, though all its others work."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.engine.panels import Action
from bot.pollers.catalogue import refresh_panel
from bot.pollers.track import track_panel
from storage import outbox
from tests.kit import Bench, bench


async def alerts(on_bench: Bench) -> list[str]:
    return [entry.alert.key for entry in await on_bench.shop.db.read(outbox.open_alerts)]


async def rounds(on_bench: Bench, minutes: int) -> None:
    name = on_bench.panel.name
    for _ in range(minutes):
        on_bench.clock.forward(minutes=1)
        await refresh_panel(on_bench.shop, name, on_bench.clock)
        await track_panel(on_bench.shop, name, on_bench.clock)


@pytest.mark.parametrize("dead", [Action.BALANCE, Action.SERVICES, Action.STATUS])
async def test_one_action_that_stays_dead_is_told_and_over_once_it_works(tmp_path: Path, dead: Action) -> None:
    async with bench(tmp_path) as found:
        await found.customer()
        await found.active_order()
        await found.panel.fault(dead.value, "http_500", count=None)
        await rounds(found, 30)
        assert await alerts(found) == []
        await rounds(found, 15)  # the older an order is, the rarer it is asked about
        assert await alerts(found) == [f"panel-failing:{found.panel.name}"]
        await found.panel.heal()
        await rounds(found, 15)
        assert await alerts(found) == []
