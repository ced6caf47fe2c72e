"""The submitter: a panel that loses answers rests, and a stop never leaves a claim half made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.notices import AlertKind
from bot.domain.orders import OrderState
from bot.engine import desk, fulfilment
from bot.pollers.loop import Loops
from bot.pollers.submit import Submitter
from storage import outbox
from storage.errors import DiskTrouble, Superseded
from storage.instance import next_epoch
from storage.receipts import Receipt, ReceiptsInMemory
from tests.kit import IRIS, LINK, Bench, bench


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


class Refusing(ReceiptsInMemory):
    """Receipts on a disk that is full until somebody makes room."""

    def __init__(self) -> None:
        super().__init__()
        self.full = True
        self.refused = asyncio.Event()

    async def write(self, receipt: Receipt) -> None:
        if self.full:
            self.refused.set()
            raise DiskTrouble("full")
        await super().write(receipt)


async def test_while_a_receipt_waits_for_the_disk_nothing_new_is_sent_and_nothing_is_forgotten(shop: Bench) -> None:
    receipts = Refusing()
    shop.shop = replace(shop.shop, receipts=receipts)
    orders = [await shop.order(link=f"{LINK}/{n}") for n in range(6)]
    loops = Loops(watch)
    submitter = Submitter(shop.shop, shop.panel.name, loops, shop.clock)
    loops.every("submit", submitter.step)
    await asyncio.wait_for(receipts.refused.wait(), 10)
    waiting = await shop.panel.adds()
    later = await shop.order(link=f"{LINK}/later")
    assert await fulfilment.claim(shop.shop, shop.panel.name, shop.clock()) is None
    assert (await shop.read(later.id)).state is OrderState.RESERVED
    assert OrderState.ACTIVE not in [(await shop.read(order.id)).state for order in orders]
    receipts.full = False
    while (await shop.read(later.id)).state is not OrderState.ACTIVE:
        seen = shop.shop.bells.notices.rung
        await shop.shop.bells.notices.wait(seen, 1)
    await submitter.stop(5)
    assert waiting <= 4
    assert await shop.panel.adds() == 7
    assert not shop.shop.sending.under_way
    assert not shop.shop.sending.unstored
    assert not receipts.kept
    alerts = await shop.shop.db.read(outbox.open_alerts)
    told = [a.alert for a in alerts if a.alert.kind is AlertKind.OUTCOME_WAITED]
    assert 1 <= len(told) <= 4, "operators hear that the disk refused what a panel had answered"
    assert told[0].facts["detail"] == "full"
    await loops.stop()
    await shop.sound()


async def test_a_run_that_was_taken_over_stores_what_it_was_told_and_sends_nothing_more(shop: Bench) -> None:
    order = await shop.order(link=f"{LINK}/1")
    await shop.panel.fault("add", "slow", 1, seconds=0.3)
    loops = Loops(watch)
    submitter = Submitter(shop.shop, shop.panel.name, loops, shop.clock)
    seen = shop.shop.bells.notices.rung
    assert await submitter.step() is not None
    await shop.shop.bells.notices.wait(seen, 5)
    await shop.shop.db.write(next_epoch)
    later = await shop.order(link=f"{LINK}/2")
    with pytest.raises(Superseded):
        await submitter.step()
    await submitter.stop(5)
    assert (await shop.read(order.id)).state is OrderState.ACTIVE
    assert (await shop.read(later.id)).state is OrderState.RESERVED
    assert await shop.panel.adds() == 1
    await loops.stop()
    await shop.sound()


async def test_words_an_operator_taught_are_a_refusal_of_one_order_and_let_no_panel_rest(shop: Bench) -> None:
    """Else anybody could stop a panel for everybody by orders that it refuses in such words."""
    await shop.panel.fault("add", "refuse", None, text="Drip feed is closed today")
    first = await shop.order(link=f"{LINK}/first")
    assert await shop.submit() is not None
    await desk.teach(shop.shop, first.id, IRIS, shop.clock())
    orders = [await shop.order(link=f"{LINK}/{n}") for n in range(8)]
    loops = Loops(watch)
    submitter = Submitter(shop.shop, shop.panel.name, loops, shop.clock)
    loops.every("submit", submitter.step)
    async with asyncio.timeout(30):  # the rests after eight setbacks take minutes
        while [(await shop.read(order.id)).state for order in orders] != [OrderState.FAILED] * 8:
            seen = shop.shop.bells.notices.rung
            await shop.shop.bells.notices.wait(seen, 1)
    await submitter.stop(5)
    await loops.stop()
    await shop.sound()
