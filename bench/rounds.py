"""P6 and P7: the catalogue read again, and open orders asked about."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median
from typing import Any, Final

from bench import stock
from bench.figures import MILLISECONDS, Curve, Figure, Found
from bench.ground import Ground
from bench.processes import child

_REFRESHING: Final = "bench.work.refreshing"
_TRACKING: Final = "bench.work.tracking"
_ROUNDS: Final = 8
#: A page costs the same, but for what a clock can tell.
_SAME: Final = 1.2


async def catalogue(ground: Ground) -> Found:
    """P6: reading the whole catalogue again, one service in a hundred at a new price."""
    most = ground.size.services[-1]
    ratios, stalls, firsts, renamed = [], [], [], []
    costs: dict[int, list[float]] = {services: [] for services in ground.size.services}
    for _ in range(ground.size.repeats):
        for services, measured in costs.items():
            async with _panel(ground, services) as panel:
                empty = stock.address(ground.new_path("empty.db"))
                shop = await _told(ground, _REFRESHING, "shop", panel, empty, _ROUNDS)
                floor = await _told(ground, _REFRESHING, "floor", panel, empty, _ROUNDS)
            measured.append(shop["cpu"])
            if services == most:
                ratios.append(shop["cpu"] / floor["cpu"])
                stalls.append(shop["stall"] * 1000)
                firsts.append(shop["first"] * 1000)
                renamed.append(shop["renamed"] * 1000)
    pages, lists = await _pages(ground)
    base = median(costs[most]) or 1.0
    points = tuple((f"{services:,}", f"{median(each) / base:.3f}") for services, each in costs.items())
    return Found(
        [
            Figure(
                f"refresh of {most:,} services: CPU, of decoding and comparing", tuple(ratios), 3.0, 2.0, more=False
            ),
            _stall("the same: longest stall of the event loop", stalls),
            _stall(f"first reading of {most:,} services: longest stall", firsts),
            _stall("every service under a new id: longest stall", renamed),
            Figure(
                f"a page of services at {most:,}, of the same at {ground.size.services[0]:,}", pages, _SAME, more=False
            ),
            Figure("the same of a page of categories", lists, _SAME, more=False),
        ],
        [Curve(f"CPU of a refresh by services listed, {most:,} being 1", points)],
    )


async def statuses(ground: Ground) -> Found:
    """P7: a round of questions about open orders, a hundred in each."""
    few, _, many = ground.size.orders
    costs: dict[int, list[float]] = {orders: [] for orders in ground.size.orders}
    ratios = []
    for _ in range(ground.size.repeats):
        floor = await _round(ground, "floor", ground.size.orders[1])
        for orders, measured in costs.items():
            measured.append(await _round(ground, "shop", orders))
        ratios.append(costs[ground.size.orders[1]][-1] / floor)
    grown = tuple(large / small for large, small in zip(costs[many], costs[few], strict=True))
    base = median(costs[few]) or 1.0
    points = tuple((f"{orders:,}", f"{median(each) / base:.2f}") for orders, each in costs.items())
    return Found(
        [
            Figure("status round: CPU of an order, of the floor", tuple(ratios), 4.0, 2.5, more=False),
            Figure(f"CPU of an order at {many:,}, of that at {few:,}", grown, 1.5, 1.3, more=False),
        ],
        [Curve(f"CPU of an order by open orders, {few:,} being 1", points)],
    )


def _stall(what: str, values: list[float]) -> Figure:
    return Figure(what, tuple(values), 20.0, 10.0, more=False, form=MILLISECONDS)


async def _pages(ground: Ground) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """What a page costs at the largest catalogue, by what it costs at the smallest."""
    services, categories = [], []
    for _ in range(ground.size.repeats):
        costs = []
        for size in (ground.size.services[0], ground.size.services[-1]):
            async with _panel(ground, size) as panel:
                database = stock.address(ground.new_path("pages.db"))
                async with stock.stocked(database, panel, 0):
                    pass
                costs.append(await _told(ground, _REFRESHING, "page", panel, database, 3))
        small, large = costs
        services.append(large["services"] / small["services"])
        categories.append(large["categories"] / small["categories"])
    return tuple(services), tuple(categories)


async def _round(ground: Ground, way: str, orders: int) -> float:
    database = stock.address(ground.new_path("floor.db"))
    if way == "shop":
        database = stock.copy_of(ground.database, ground.new_path("shop.db"))
    return float((await _told(ground, _TRACKING, way, ground.panel_url, database, orders))["cpu"])


async def _told(ground: Ground, module: str, way: str, panel: str, database: str, number: int) -> dict[str, Any]:
    async with child(ground.folder, module, way, panel, database, str(number)) as worker:
        told: dict[str, Any] = json.loads(await worker.rest())
        return told


@asynccontextmanager
async def _panel(ground: Ground, services: int) -> AsyncIterator[str]:
    """A panel of its own that lists so many services; its address."""
    async with child(ground.folder, "bench.panel", str(services)) as panel:
        yield await panel.line()
