"""Refills and cancels against real panels over HTTP: how many requests, what each fault leaves, and a polite stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.domain.cancels import Cancel, CancelState
from bot.domain.orders import Order
from bot.domain.refills import Refill, RefillState
from bot.engine import cancelling, refills
from bot.pollers.aftersale import Errand, follow_refills, refilling_errand, send_cancels, send_refills
from bot.pollers.loop import Loops
from bot.sandbox.panel import Dialect
from storage import cancels as cancel_rows
from storage import refills as refill_rows
from tests.journeys.shopping import eventually
from tests.kit import LINK, MINA, Bench, bench

MARKENETS, FIXEDMEMBER = Dialect.MARKENETS, Dialect.FIXEDMEMBER


async def requests(shop: Bench, action: str) -> list[dict[str, Any]]:
    """The parameters of every request of an action the panel received."""
    return [entry["params"] for entry in await shop.panel.journal(action)]


async def completed(shop: Bench, count: int) -> list[Order]:
    orders = [await shop.active_order(link=f"{LINK}/{n}") for n in range(count)]
    for order in orders:
        await shop.panel.set_order(order.upstream_id, status="Completed")
    shop.clock.forward(minutes=2)
    await shop.track()
    return [await shop.read(order.id) for order in orders]


async def asked(shop: Bench, orders: list[Order]) -> list[Refill]:
    return [await refills.ask_refill(shop.shop, order.id, MINA, 5000 + order.id, shop.clock()) for order in orders]


async def refill(shop: Bench, number: int = 1) -> Refill:
    found = await shop.shop.db.read(lambda tx: refill_rows.get(tx, number))
    assert found is not None
    return found


async def cancel(shop: Bench, order: Order) -> Cancel:
    found = await shop.shop.db.read(lambda tx: cancel_rows.get(tx, order.id))
    assert found is not None
    return found


async def sent(shop: Bench) -> bool:
    return await send_refills(shop.shop, shop.panel.name, shop.clock)


@pytest.mark.parametrize("dialect", [FIXEDMEMBER, Dialect.SOSYALZIRVEMEDYA])
async def test_refills_that_wait_go_in_one_request_and_are_followed_in_one(tmp_path: Path, dialect: Dialect) -> None:
    async with bench(tmp_path, [dialect]) as shop:
        await shop.customer("100")
        orders = await completed(shop, 3)
        waiting = await asked(shop, orders)
        assert await sent(shop)
        assert not await sent(shop)
        assert await requests(shop, "refill") == [{"orders": ",".join(str(o.upstream_id) for o in orders)}]
        assert {(await refill(shop, found.id)).state for found in waiting} == {RefillState.ACTIVE}
        await shop.panel.set_refill(1, "Completed")
        await shop.panel.set_refill(2, "Rejected")
        shop.clock.forward(minutes=2)
        await follow_refills(shop.shop, shop.panel.name, shop.clock)
        assert await requests(shop, "refill_status") == [{"refills": "1,2,3"}]
        states = [(await refill(shop, found.id)).state for found in waiting]
        assert states == [RefillState.COMPLETED, RefillState.REJECTED, RefillState.ACTIVE]
        await shop.sound()


async def test_a_panel_that_takes_one_at_a_time_is_asked_one_at_a_time(tmp_path: Path) -> None:
    """The first time it is asked for many and says no; from then on each goes alone, so that each is told apart."""
    async with bench(tmp_path, [MARKENETS]) as shop:
        await shop.customer("100")
        orders = await completed(shop, 4)
        await asked(shop, orders[:2])
        assert await sent(shop)
        first = await requests(shop, "refill")
        assert [sorted(params) for params in first] == [["orders"], ["order"], ["order"]]
        await asked(shop, orders[2:])
        while await sent(shop):
            pass
        singles = [params["order"] for params in (await requests(shop, "refill"))[1:]]
        assert sorted(singles) == sorted(str(order.upstream_id) for order in orders), "each once"
        assert {(await refill(shop, n)).state for n in range(1, 5)} == {RefillState.ACTIVE}
        shop.clock.forward(minutes=2)
        await follow_refills(shop.shop, MARKENETS.value, shop.clock)
        statuses = await requests(shop, "refill_status")
        assert sorted(params["refill"] for params in statuses if "refill" in params) == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("kind", "state", "taken"),
    [
        ("reset_before", RefillState.UNKNOWN, 0), ("reset_after", RefillState.UNKNOWN, 1),
        ("http_500", RefillState.UNKNOWN, 0), ("http_503", RefillState.UNKNOWN, 0), ("html", RefillState.UNKNOWN, 0),
        ("broken_json", RefillState.UNKNOWN, 1), ("wrong_shape", RefillState.UNKNOWN, 1),
        ("empty", RefillState.UNKNOWN, 0), ("not_enough_funds", RefillState.ASKED, 0),
    ],
)  # fmt: skip
async def test_no_fault_makes_a_second_request(tmp_path: Path, kind: str, state: RefillState, taken: int) -> None:
    async with bench(tmp_path) as shop:
        await shop.customer("100")
        await asked(shop, await completed(shop, 1))
        await shop.panel.fault("refill", kind)
        await sent(shop)
        assert (await refill(shop)).state is state
        assert len((await shop.panel.state())["refills"]) == taken
        for _ in range(3):
            shop.clock.forward(hours=2)
            await sent(shop)
        assert len(await requests(shop, "refill")) == (2 if state is RefillState.ASKED else 1)
        await shop.sound()


async def test_cancels_that_wait_go_in_one_request(tmp_path: Path) -> None:
    async with bench(tmp_path) as shop:
        await shop.customer("100")
        orders = [await shop.active_order(link=f"{LINK}/{n}") for n in range(2)]
        for order in orders:
            await cancelling.ask_cancel(shop.shop, order.id, MINA, shop.clock())
        assert await send_cancels(shop.shop, shop.panel.name, shop.clock)
        assert await requests(shop, "cancel") == [{"orders": ",".join(str(o.upstream_id) for o in orders)}]
        assert {(await cancel(shop, order)).state for order in orders} == {CancelState.ACCEPTED}
        await shop.sound()


async def test_a_lost_cancel_is_asked_three_times_and_the_status_tells_the_rest(tmp_path: Path) -> None:
    async with bench(tmp_path) as shop:
        await shop.customer("100")
        order = await shop.active_order()
        await cancelling.ask_cancel(shop.shop, order.id, MINA, shop.clock())
        await shop.panel.fault("cancel", "reset_before", None)
        for _ in range(5):
            await send_cancels(shop.shop, shop.panel.name, shop.clock)
            shop.clock.forward(minutes=6)
        assert len(await requests(shop, "cancel")) == 3
        assert (await cancel(shop, order)).state is CancelState.UNKNOWN
        assert (await shop.money()).held == order.charge


async def watch(_name: str, _error: Exception | None) -> None:
    """Nobody is told here."""


async def test_a_polite_stop_waits_for_the_refill_being_asked_for(tmp_path: Path) -> None:
    async with bench(tmp_path) as shop:
        await shop.customer("100")
        await asked(shop, await completed(shop, 1))
        await shop.panel.fault("refill", "slow", 1, seconds=0.3)
        assert await stopped(shop, 5) is RefillState.ACTIVE


async def test_a_stop_that_runs_out_of_patience_leaves_the_refill_unknown(tmp_path: Path) -> None:
    async with bench(tmp_path) as shop:
        await shop.customer("100")
        await asked(shop, await completed(shop, 1))
        await shop.panel.fault("refill", "hang", 1)
        assert await stopped(shop, 0.1) is RefillState.UNKNOWN
        assert len(await requests(shop, "refill")) == 1


async def stopped(shop: Bench, patience: float) -> RefillState:
    """Start the errand, stop it while its request is under way, and say what became of the refill."""
    loops = Loops(watch)
    errand = refilling_errand(shop.shop, shop.panel.name, shop.clock)
    loops.every("refills", errand.step)
    await eventually(lambda: requests(shop, "refill"))
    await errand.stop(patience)
    await loops.stop()
    return (await refill(shop)).state


async def test_a_stopped_errand_begins_nothing_more() -> None:
    async def never() -> bool:
        raise AssertionError("a round after the stop")

    errand = Errand(never, rest=None)  # type: ignore[arg-type]
    await errand.stop(1)
    assert await errand.step() is None
