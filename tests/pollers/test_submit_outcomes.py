"""What becomes of an order whose panel cannot be reached, or whose outcome cannot be stored or comes too late."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from bot.app import open_panels
from bot.domain.orders import Order, OrderState
from bot.engine import recovery
from bot.engine.leases import Sweeper
from bot.pollers.loop import Loops
from bot.pollers.submit import Submitter
from storage import catalog
from storage.database import Kind
from storage.instance import next_epoch
from tests import databases
from tests.engine.test_leases import loop_clock
from tests.kit import LINK, Bench, bench, settings

#: Vetoes of the database itself, as a defect of ours would meet them.
VETO = (
    "CREATE TRIGGER veto BEFORE UPDATE OF state ON orders WHEN NEW.state IN ({states})"
    " BEGIN SELECT RAISE(ABORT, 'vetoed'); END"
)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Bench]:
    with databases.standing_on(Kind.SQLITE):
        async with bench(tmp_path) as made:
            await made.customer("10")
            yield made


async def watch(_name: str, _error: Exception | None) -> None:
    """Nobody is told here."""


class Desk:
    """A submitter whose steps are made by hand."""

    def __init__(self, shop: Bench) -> None:
        self.shop = shop
        self.loops = Loops(watch)
        self.submitter = Submitter(shop.shop, shop.panel.name, self.loops, shop.clock)

    async def send(self) -> None:
        """Send one order, and wait until its outcome has landed."""
        await self.submitter.step()
        async with self.submitter.quiet():
            pass

    async def state(self, order: Order) -> OrderState:
        return (await self.shop.read(order.id)).state

    async def failing(self) -> bool:
        record = await self.shop.shop.db.read(lambda tx: catalog.panel(tx, self.shop.panel.name))
        return record.failing_since is not None


@asynccontextmanager
async def at_work(shop: Bench) -> AsyncIterator[Desk]:
    desk = Desk(shop)
    yield desk
    await desk.submitter.stop(0.05)
    await desk.loops.stop()


@contextmanager
def nobody_listening() -> Iterator[str]:
    """An address that refuses every connection."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@asynccontextmanager
async def panel_away(shop: Bench, folder: Path) -> AsyncIterator[None]:
    """Meanwhile nobody listens where the panel was."""
    name, there = shop.panel.name, shop.shop.panels[shop.panel.name]
    with nobody_listening() as address:
        async with open_panels(settings(folder, {name: address})) as clients:
            shop.shop.panels[name] = clients[name]  # type: ignore[index]
            yield
            shop.shop.panels[name] = there  # type: ignore[index]


async def test_while_a_panel_cannot_be_reached_nothing_is_spent_on_trying_and_then_each_order_is_sent_once(
    shop: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await shop.order(link=f"{LINK}/1"), await shop.order(link=f"{LINK}/2")
    async with at_work(shop) as desk:
        async with panel_away(shop, tmp_path):
            await desk.send()
        assert await desk.failing()
        assert (await shop.read(first.id)).attempts == 1
        with loop_clock(monkeypatch) as clock:
            resting = asyncio.gather(desk.submitter.step())
            await asyncio.sleep(0.05)
            assert not resting.done(), "the panel rests, though another order is due"
            assert (await shop.read(second.id)).attempts == 0
            clock[0] += 6
            await resting
            await desk.send()
            shop.clock.forward(seconds=6)
            await desk.send()
        assert not await desk.failing(), "it answered"
        assert [await desk.state(first), await desk.state(second)] == [OrderState.ACTIVE, OrderState.ACTIVE]
    assert await shop.panel.adds() == 2
    await shop.sound()


async def test_never_more_than_four_orders_are_on_their_way_to_a_panel(shop: Bench) -> None:
    orders = [await shop.order(link=f"{LINK}/{n}") for n in range(5)]
    await shop.panel.fault("add", "hang", None)
    async with at_work(shop) as desk:
        for _ in range(4):
            await desk.submitter.step()
        fifth = asyncio.gather(desk.submitter.step())
        await asyncio.sleep(0.05)
        assert not fifth.done()
        await desk.submitter.stop(0.05)
        await fifth
    states = [await desk.state(order) for order in orders]
    assert states == [OrderState.UNKNOWN] * 4 + [OrderState.RESERVED]
    await shop.sound()


async def test_an_id_that_the_database_refuses_leaves_the_order_unknown_and_the_next_start_attaches_it(
    shop: Bench, tmp_path: Path
) -> None:
    order = await shop.order()
    databases.change_behind(tmp_path, VETO.format(states="'active'"))
    async with at_work(shop) as desk:
        await desk.send()
        assert await desk.state(order) is OrderState.UNKNOWN
        assert (await shop.money()).held == order.charge
    databases.change_behind(tmp_path, "DROP TRIGGER veto")
    assert await recovery.recover(shop.shop, shop.clock()) == 0
    assert await desk.state(order) is OrderState.ACTIVE
    assert await shop.panel.adds() == 1
    await shop.sound()


async def test_what_cannot_even_be_stored_as_unknown_is_given_up_by_the_next_run_and_never_sent_again(
    shop: Bench, tmp_path: Path
) -> None:
    order = await shop.order()
    databases.change_behind(tmp_path, VETO.format(states="'active', 'unknown'"))
    await shop.panel.fault("add", "reset_after", 1)
    async with at_work(shop) as desk:
        await desk.send()
        assert await desk.state(order) is OrderState.SUBMITTING
        assert not shop.shop.sending.under_way, "whoever sweeps may have it"
    databases.change_behind(tmp_path, "DROP TRIGGER veto")
    assert await recovery.recover(shop.shop, shop.clock()) == 1
    assert await desk.state(order) is OrderState.UNKNOWN
    assert (await shop.money()).held == order.charge
    assert await shop.submit() is None
    assert await shop.panel.adds() == 1
    await shop.sound()


async def test_what_a_run_that_was_taken_over_could_not_tell_is_left_to_the_newer_one(
    shop: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    order = await shop.order()
    await shop.panel.fault("add", "hang", 1)
    async with at_work(shop) as desk:
        await desk.submitter.step()
        newer = await shop.shop.db.write(next_epoch)
        await desk.submitter.stop(0.05)
        assert await desk.state(order) is OrderState.SUBMITTING
    assert "an outcome came too late" in caplog.text
    assert newer > shop.shop.epoch
    assert await Sweeper(shop.shop).sweep(shop.clock.forward(days=1)) == 0, "it has no say any more"
    assert (await shop.money()).held == order.charge
    await shop.sound()
