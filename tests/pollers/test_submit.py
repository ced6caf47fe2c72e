"""The submitter: a panel that loses answers rests, and a stop never leaves a claim half made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.orders import OrderState
from bot.pollers.loop import Loops
from bot.pollers.submit import Submitter
from tests.kit import LINK, Bench, bench


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        await made.customer("10")
        yield made


async def watch(_name: str, _error: Exception | None) -> None:
    """Nobody is told here."""


async def test_a_panel_that_loses_answers_does_not_burn_the_queue(shop: Bench) -> None:
    orders = [await shop.order(link=f"{LINK}/{n}") for n in range(10)]
    await shop.panel.fault("add", "reset_after", None)
    loops = Loops(watch)
    submitter = Submitter(shop.shop, shop.panel.name, loops, shop.clock)
    loops.every("submit", submitter.step)
    while await shop.panel.adds() < 2:
        seen = shop.shop.bells.notices.rung
        await shop.shop.bells.notices.wait(seen, 1)
    await submitter.stop(5)
    states = [(await shop.read(order.id)).state for order in orders]
    assert states.count(OrderState.RESERVED) >= 10 - 5, "four may be in flight before the first is known to be lost"
    assert OrderState.SUBMITTING not in states
    await loops.stop()
    await shop.sound()


async def test_a_polite_stop_waits_for_the_order_being_sent(shop: Bench) -> None:
    order = await shop.order()
    await shop.panel.fault("add", "slow", 1, seconds=0.3)
    loops = Loops(watch)
    submitter = Submitter(shop.shop, shop.panel.name, loops, shop.clock)
    seen = shop.shop.bells.notices.rung
    loops.every("submit", submitter.step)
    await shop.shop.bells.notices.wait(seen, 5)
    await submitter.stop(5)
    assert (await shop.read(order.id)).state is OrderState.ACTIVE
    await loops.stop()


async def test_a_stop_that_runs_out_of_patience_leaves_the_order_unknown(shop: Bench) -> None:
    order = await shop.order()
    await shop.panel.fault("add", "hang", 1)
    loops = Loops(watch)
    submitter = Submitter(shop.shop, shop.panel.name, loops, shop.clock)
    seen = shop.shop.bells.notices.rung
    loops.every("submit", submitter.step)
    await shop.shop.bells.notices.wait(seen, 5)
    await submitter.stop(0.1)
    assert (await shop.read(order.id)).state is OrderState.UNKNOWN
    await loops.stop()
    await shop.sound()


async def test_a_stopped_submitter_claims_nothing(shop: Bench) -> None:
    loops = Loops(watch)
    submitter = Submitter(shop.shop, shop.panel.name, loops, shop.clock)
    task = loops.every("submit", submitter.step)
    await asyncio.sleep(0)
    await submitter.stop(1)
    await task
    order = await shop.order()
    assert await submitter.step() is None
    assert (await shop.read(order.id)).state is OrderState.RESERVED
