"""The reconciler against a panel over HTTP: what it reads and when, and what that tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.evidence import Verdict
from bot.domain.orders import Order, OrderState, Reason
from bot.engine import desk as operator
from bot.engine import fulfilment
from bot.panels.outcomes import Lost
from bot.pollers.loop import Loops
from bot.pollers.reconcile import Forsaken, Reconciler
from bot.pollers.submit import Submitter
from bot.wire.reasons import HttpFacts, LostReason
from storage.database import Kind
from tests.kit import IRIS, LINK, Bench, bench


@pytest.fixture
async def shop(tmp_path: Path, both_databases: Kind) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        await made.customer("10")
        yield made


async def watch(_name: str, _error: Exception | None) -> None:
    """Nobody is told here."""


class Desk:
    """A submitter and a reconciler of one panel; the reconciler's rounds are made by hand."""

    def __init__(self, shop: Bench) -> None:
        self.shop = shop
        self.loops = Loops(watch)
        self.submitter = Submitter(shop.shop, shop.panel.name, self.loops, shop.clock)
        self.reconciler = Reconciler(shop.shop, shop.panel.name, self.submitter.quiet, shop.clock)

    async def rounds(self, minutes: int) -> None:
        for _ in range(minutes):
            await self.reconciler.step()
            self.shop.clock.forward(minutes=1)
        await self.reconciler.step()

    async def balances(self) -> int:
        return len(await self.shop.panel.journal("balance"))

    async def read(self, order: Order) -> Order:
        return await self.shop.read(order.id)


@asynccontextmanager
async def at_work(shop: Bench) -> AsyncIterator[Desk]:
    desk = Desk(shop)
    yield desk
    await desk.submitter.stop(1)
    await desk.loops.stop()


async def until(so: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is so."""
    for _ in range(1000):
        if await so():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never became so")


async def placed(shop: Bench, order: Order) -> bool:
    return (await shop.read(order.id)).state is OrderState.ACTIVE


async def more_than(desk: Desk, balances: int) -> bool:
    return await desk.balances() > balances


async def lost(shop: Bench, kind: str, link: str = LINK) -> Order:
    """An order whose answer was lost, before or after the panel took it."""
    order = await shop.order(link=link)
    await shop.panel.fault("add", kind)
    await shop.submit()
    assert (await shop.read(order.id)).state is OrderState.UNKNOWN
    return order


@pytest.mark.parametrize(("kind", "verdict"), [("reset_before", Verdict.ZERO), ("reset_after", Verdict.MATCH)])
async def test_the_balance_tells_which_it_was_and_the_panel_never_sees_a_second_add(
    shop: Bench, kind: str, verdict: Verdict
) -> None:
    order = await lost(shop, kind)
    seen = len(await shop.panel.journal("add"))
    async with at_work(shop) as desk:
        await desk.rounds(61)
        assert (await desk.read(order)).verdict is verdict
        assert await desk.balances() <= 1 + 1 + 4  # of the catalogue, of the start, of the evidence
    assert len(await shop.panel.journal("add")) == seen
    assert (await shop.read(order.id)).state is OrderState.UNKNOWN
    await shop.sound()


async def test_the_panel_is_told_nothing_while_a_balance_is_read_for_the_evidence(shop: Bench) -> None:
    order = await lost(shop, "reset_after")
    async with at_work(shop) as desk:
        desk.loops.every("submit", desk.submitter.step)
        await desk.rounds(1)
        more = [await shop.order(link=f"{LINK}/{n}") for n in range(5)]
        await shop.panel.fault("balance", "slow", 1, seconds=0.2)
        shop.shop.bells.submit.ring()
        shop.clock.forward(minutes=4)
        await desk.rounds(1)
        (row,) = await shop.shop.db.read(
            lambda tx: tx.all("SELECT in_flight FROM panel_snapshots ORDER BY id DESC LIMIT 1")
        )
        assert row["in_flight"] == 0
        for one in more:
            await until(lambda one=one: placed(shop, one))  # type: ignore[misc]
        await desk.rounds(20)
        assert (await desk.read(order)).verdict is Verdict.MATCH


async def test_a_balance_is_read_once_sending_has_fallen_idle_and_not_for_each_order(
    shop: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = 0.0
    async with at_work(shop) as desk:
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: time)
        await desk.rounds(0)
        before = await desk.balances()
        for n in range(5):
            await shop.active_order(link=f"{LINK}/{n}")
            await desk.rounds(0)
        time = 59.0
        await desk.rounds(0)
        assert await desk.balances() == before
        time = 61.0
        await desk.rounds(3)
        assert await desk.balances() == before + 1
        monkeypatch.undo()


async def test_a_panel_that_does_not_answer_is_asked_again_and_an_order_waits_on(shop: Bench) -> None:
    order = await lost(shop, "reset_after")
    await shop.panel.fault("balance", "http_500", None)
    async with at_work(shop) as desk:
        await desk.rounds(20)
        assert (await desk.read(order)).verdict is Verdict.PENDING
        await shop.panel.heal()
        await desk.rounds(2)
        assert (await desk.read(order)).verdict is Verdict.MATCH


async def test_a_stop_does_not_wait_for_a_balance_that_hangs(shop: Bench) -> None:
    await lost(shop, "reset_after")
    async with at_work(shop) as desk:
        await desk.rounds(0)
        shop.clock.forward(minutes=2)
        await shop.panel.fault("balance", "hang", 1)
        asked = await desk.balances()
        task: asyncio.Task[Any] = desk.loops.every("reconcile", desk.reconciler.step, shop.shop.bells.evidence)
        await until(lambda: more_than(desk, asked))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_went_back_and_was_placed_all_the_same_is_asked_about_until_the_panel_says_what_it_took(
    shop: Bench,
) -> None:
    order = await shop.order()
    claimed = await fulfilment.claim(shop.shop, shop.panel.name, shop.clock())
    assert claimed is not None
    placed = await shop.shop.panels[shop.panel.name].add(claimed.request)
    await fulfilment.record(shop.shop, claimed, Lost(LostReason.TIMEOUT, HttpFacts()), shop.clock())
    await operator.release(shop.shop, order.id, Reason.GOODWILL, IRIS, shop.clock())
    await fulfilment.record(shop.shop, claimed, placed, shop.clock())
    before = await shop.money()

    async def spent() -> int:
        (row,) = await shop.shop.db.read(lambda tx: tx.all("SELECT spent FROM orders WHERE id = $1", order.id))
        return int(row["spent"])

    async with at_work(shop) as desk:
        await shop.panel.fault("status", "http_500", 1)
        await desk.rounds(30)
        assert (len(await shop.panel.journal("status")), await spent()) == (1, 0)
        await desk.rounds(31)
        assert (len(await shop.panel.journal("status")), await spent()) == (2, order.cost.micros)
    assert await shop.money() == before, "the customer keeps what came back"
    await shop.sound()


async def test_operators_are_told_in_the_shops_words(shop: Bench) -> None:
    order = await lost(shop, "reset_after")
    async with at_work(shop) as desk:
        await desk.rounds(2)
    told = await shop.shop.db.read(
        lambda tx: tx.all("SELECT key FROM notices WHERE chat_id = $1 AND kind = 'alert' ORDER BY id", IRIS)
    )
    assert [row["key"].rpartition(":")[2] for row in told] == [str(IRIS), "match"]
    assert (await shop.read(order.id)).upstream_id is None


async def test_unknown_orders_of_a_panel_that_is_configured_no_more_go_back_at_the_deadline(shop: Bench) -> None:
    before = await shop.money()
    order = await lost(shop, "reset_after")
    forsaken = Forsaken(replace(shop.shop, panels={}), shop.clock)
    for minute in range(0, 24 * 60 + 10, 5):
        await forsaken.step()
        shop.clock.forward(minutes=5)
        if minute == 20 * 60:
            assert (await shop.read(order.id)).state is OrderState.UNKNOWN
    released = await shop.read(order.id)
    assert (released.state, released.reason) == (OrderState.FAILED, Reason.DEADLINE)
    assert await shop.money() == before
    await shop.sound()


async def test_orders_of_panels_that_are_configured_are_left_to_their_own_rounds(shop: Bench) -> None:
    order = await lost(shop, "reset_after")
    forsaken = Forsaken(shop.shop, shop.clock)
    for _ in range(26 * 12):
        await forsaken.step()
        shop.clock.forward(minutes=5)
    assert (await shop.read(order.id)).state is OrderState.UNKNOWN


async def test_a_balance_that_cannot_be_read_holds_sending_back_once_and_not_at_every_answer(shop: Bench) -> None:
    await lost(shop, "reset_after")
    await shop.panel.fault("balance", "http_500", None)
    async with at_work(shop) as desk:
        await desk.reconciler.step()
        shop.clock.forward(minutes=1)
        await desk.reconciler.step()
        looked = await desk.balances()
        for _ in range(5):  # the bell rings for each answer that is stored
            await desk.reconciler.step()
        assert await desk.balances() == looked
