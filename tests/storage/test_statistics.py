"""What the charts show adds up, falls into the right step, and is found by index."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.money import Money
from bot.domain.orders import OrderState
from storage import statistics
from storage.statistics import CategoryTurnover, Stretch, total
from storage.views import Turnover
from tests.engine.workshop import BOOST, DONE, LIKES, SHORT, Workshop, report, workshop
from tests.kit import LINK, START

pytestmark = pytest.mark.usefixtures("both_databases")

DAY = timedelta(days=1)
FIRST = START.replace(hour=0, minute=0, second=0)
WEEK = Stretch(FIRST, DAY, 7)
LIKED = Turnover(Money(1_125_000), Money(900_000), 1)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as made:
        await made.customer("100")
        yield made


async def done(bench: Workshop, n: int) -> None:
    await bench.tell(await bench.sent(link=f"{LINK}/{n}", quantity="1000"), DONE)


async def test_what_ended_falls_into_the_step_it_ended_in(bench: Workshop) -> None:
    await done(bench, 1)
    bench.clock.time = FIRST + 2 * DAY
    await done(bench, 2)
    bench.clock.time = FIRST + 3 * DAY - timedelta(milliseconds=1)
    await bench.settled(await bench.sent(link=f"{LINK}/3", quantity="1000"), SHORT)  # ends five minutes later
    await bench.sent(link=f"{LINK}/4")
    found = await bench.shop.db.read(lambda tx: statistics.over_time(tx, WEEK))
    assert [part.orders for part in found] == [1, 0, 1, 1, 0, 0, 0]
    assert found[0] == found[2] == LIKED
    assert found[3] == Turnover(Money(675_000), Money(540_000), 1)
    assert total(found) == Turnover(Money(2_925_000), Money(2_340_000), 3)


async def test_what_ended_outside_of_the_stretch_is_no_part_of_it(bench: Workshop) -> None:
    await done(bench, 1)
    later, earlier = Stretch(FIRST + DAY, DAY, 1), Stretch(FIRST - DAY, DAY, 1)
    for stretch in (later, earlier):
        assert await bench.shop.db.read(lambda tx, s=stretch: statistics.over_time(tx, s)) == [total([])]  # type: ignore[misc]
        assert await bench.shop.db.read(lambda tx, s=stretch: statistics.by_category(tx, s)) == []  # type: ignore[misc]
        assert await bench.shop.db.read(lambda tx, s=stretch: statistics.by_state(tx, s)) == {}  # type: ignore[misc]


async def test_orders_are_counted_by_where_they_stand_now(bench: Workshop) -> None:
    await done(bench, 1)
    await bench.unknown(f"{LINK}/2")
    await bench.order(bench.number(LIKES), link=f"{LINK}/3")
    assert await bench.shop.db.read(lambda tx: statistics.by_state(tx, WEEK)) == {
        OrderState.COMPLETED: 1, OrderState.UNKNOWN: 1, OrderState.RESERVED: 1,
    }  # fmt: skip


async def test_categories_come_by_turnover_under_the_operators_name_for_them(bench: Workshop) -> None:
    await bench.list_services(LIKES, replace(BOOST, category="Vidly"))
    await done(bench, 1)
    await bench.tell(await bench.sent(BOOST, link=f"{LINK}/3"), report("Completed"))
    await bench.tell(await bench.sent(link=f"{LINK}/2", quantity="500"), report("Completed"))
    await bench.sql("UPDATE categories SET title = 'Hearts' WHERE name = 'Framely'")
    found = await bench.shop.db.read(lambda tx: statistics.by_category(tx, WEEK))
    assert found == [
        CategoryTurnover("Vidly", Turnover(Money(3_125_000), Money(2_500_000), 1)),
        CategoryTurnover("Hearts", Turnover(Money(1_687_500), Money(1_350_000), 2)),
    ]


@pytest.mark.sqlite
async def test_a_hundred_thousand_orders_are_asked_for_by_index(bench: Workshop) -> None:
    hot = [
        "SELECT finished_at / 9, SUM(charge) FROM orders WHERE finished_at >= 1 AND finished_at < 9 GROUP BY 1",
        "SELECT state, COUNT(*) FROM orders WHERE created_at >= 1 AND created_at < 9 GROUP BY state",
    ]
    for statement in hot:
        plan = [row["detail"] for row in await bench.rows(f"EXPLAIN QUERY PLAN {statement}")]
        assert any("SEARCH orders USING" in step for step in plan), (statement, plan)
