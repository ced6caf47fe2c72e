"""Whom to ask when, and what becomes of orders a panel no longer knows."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.orders import Attention, OrderState, StatusReport
from bot.engine import tracking
from storage.orders import Due
from tests.engine.workshop import DONE, NORD, RUNNING, SHORT, Workshop, report
from tests.kit import IRIS, LINK


async def test_a_panel_that_forgot_an_order_three_times_over_a_day_brings_it_to_the_operator(rich: Workshop) -> None:
    order = await rich.sent()
    for hours in (0, 12, 11):
        rich.clock.forward(hours=hours)
        await tracking.missing(rich.shop, [order], rich.clock())
        assert (await rich.read(order.id)).attention is None
    rich.clock.forward(hours=1)
    await tracking.missing(rich.shop, [order], rich.clock())
    assert (await rich.read(order.id)).attention is Attention.UNKNOWN_ID
    assert (await rich.read(order.id)).state is OrderState.ACTIVE
    await tracking.missing(rich.shop, [order], rich.clock())
    assert (await rich.notices(IRIS)).count("alert") == 1


@pytest.mark.parametrize("said", [RUNNING, SHORT, report("Fail"), report("Quantum")])
async def test_an_order_that_is_found_again_starts_to_count_anew(rich: Workshop, said: StatusReport) -> None:
    order = await rich.sent()
    for _ in range(2):
        await tracking.missing(rich.shop, [order], rich.clock())
        rich.clock.forward(hours=20)
    found = await rich.tell(order, said)
    assert (found.missing_since, found.missing_count) == (None, 0)
    await tracking.missing(rich.shop, [order], rich.clock())
    assert (await rich.read(order.id)).attention is not Attention.UNKNOWN_ID


async def test_an_order_that_ended_meanwhile_is_not_missed(rich: Workshop) -> None:
    order = await rich.sent()
    for _ in range(3):
        await tracking.missing(rich.shop, [order], rich.clock())
        rich.clock.forward(hours=20)
    done = await rich.tell(order, DONE)
    await tracking.missing(rich.shop, [replace(order, missing_count=9)], rich.clock())
    assert await rich.read(order.id) == done
    assert await rich.alerts() == []


async def test_an_order_is_asked_about_once_by_whoever_is_first(rich: Workshop) -> None:
    order = await rich.sent()
    rich.clock.forward(minutes=2)
    found = await asyncio.gather(*(tracking.due(rich.shop, NORD, rich.clock()) for _ in range(20)))
    assert [o.id for many in found for o in many] == [order.id]
    assert (await rich.read(order.id)).next_at > rich.clock()  # type: ignore[operator]


async def test_a_hundred_orders_are_asked_about_at_a_time_the_most_overdue_first(rich: Workshop) -> None:
    await rich.credit("1000")
    for n in range(103):
        await rich.sent(link=f"{LINK}/{n}")
        rich.clock.forward(seconds=1)
    rich.clock.forward(minutes=2)
    found = await tracking.due(rich.shop, NORD, rich.clock())
    assert [order.id for order in found] == list(range(1, 101))
    assert len(await tracking.due(rich.shop, NORD, rich.clock())) == 3
    assert await tracking.due(rich.shop, "sued", rich.clock()) == []


async def test_the_rhythm_slows_with_age_and_differs_a_little(rich: Workshop) -> None:
    placed = await rich.sent()
    order = Due(placed.id, "1", placed.sent_at or placed.created_at, None)
    poll = rich.shop.terms.status_poll

    def pace(**age: float) -> float:
        return tracking.rhythm(rich.shop, order, rich.clock() + timedelta(**age)) / poll

    assert 0.9 <= pace(minutes=1) <= 1.1
    assert 4.5 <= pace(minutes=11) <= 5.5
    assert 27 <= pace(hours=7) <= 33
    ended = replace(order, finished_at=rich.clock())
    assert 324 <= tracking.rhythm(rich.shop, ended, rich.clock()) / poll <= 396
    assert len({tracking.rhythm(rich.shop, replace(order, id=n), rich.clock()) for n in range(50)}) > 10
