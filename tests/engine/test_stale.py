"""Active money always has a way out: what takes too long, or can be asked nowhere, comes to the operator once."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.orders import Attention, OrderState
from bot.engine import desk, upkeep
from bot.engine.shop import Shop
from tests.engine.workshop import DONE, NORD, RUNNING, SHORT, SUED, Workshop, report
from tests.kit import IRIS, LINK


def without(shop: Shop, panel: str) -> Shop:
    """The shop after a restart with one panel fewer."""
    left = {name: terms for name, terms in shop.terms.panels.items() if name != panel}
    return replace(shop, terms=replace(shop.terms, panels=left))


async def find(bench: Workshop, shop: Shop | None = None) -> int:
    return await upkeep.find_stale(shop or bench.shop, bench.clock())


async def test_an_order_active_for_more_than_a_week_comes_to_the_operator_once(rich: Workshop) -> None:
    order = await rich.tell(await rich.sent(quantity="1000"), RUNNING)
    rich.clock.forward(days=6, hours=23)
    assert await find(rich) == 0
    rich.clock.forward(hours=2)
    assert [await find(rich) for _ in range(3)] == [1, 0, 0]
    found = await rich.read(order.id)
    assert (found.state, found.attention, found.status_word) == (OrderState.ACTIVE, Attention.STALE, "In progress")
    assert await rich.alerts() == [f"order-stale:{order.id}"]
    assert (await rich.notices(IRIS)).count("alert") == 1
    await rich.sound()


async def test_what_the_panel_says_in_between_neither_clears_it_nor_tells_it_again(rich: Workshop) -> None:
    order = await rich.sent(quantity="1000")
    rich.clock.forward(days=8)
    await find(rich)
    for said in (RUNNING, report("Fail"), report("Pending"), report("Quantum"), RUNNING):
        await rich.tell(order, said, hours=2)
        await find(rich)
    assert (await rich.read(order.id)).attention is Attention.STALE
    assert await rich.alerts() == [f"order-stale:{order.id}", "status-word:nord:Quantum"]
    done = await rich.tell(order, DONE)
    assert (done.state, done.attention) == (OrderState.COMPLETED, None)
    assert f"order-stale:{order.id}" not in await rich.alerts()
    await rich.sound()


async def test_an_ending_that_settles_is_left_to_settle(rich: Workshop) -> None:
    order = await rich.sent(quantity="1000")
    rich.clock.forward(days=8)
    await rich.tell(order, SHORT)
    assert await find(rich) == 0
    assert (await rich.tell(order, SHORT, seconds=300)).state is OrderState.PARTIAL


async def test_the_operator_decides_about_a_stale_order(rich: Workshop) -> None:
    order = await rich.sent(quantity="1000")
    rich.clock.forward(days=8)
    await find(rich)
    decided = await desk.decide(rich.shop, order.id, order.charge, IRIS, rich.clock())
    assert decided.state is OrderState.CANCELED
    assert await rich.alerts() == []
    assert await find(rich) == 0
    await rich.sound()


async def test_orders_of_a_panel_that_is_configured_no_more_are_one_alert(rich: Workshop) -> None:
    first = await rich.sent(quantity="1000")
    second = await rich.tell(await rich.sent(link=f"{LINK}/2", quantity="1000"), SHORT)
    gone = without(rich.shop, NORD)
    assert [await find(rich, gone) for _ in range(3)] == [2, 0, 0]
    for order in (first, second):
        assert (await rich.read(order.id)).attention is Attention.PANEL_GONE
    assert await rich.alerts() == [f"panel-gone:{NORD}"]
    assert await find(rich, without(rich.shop, SUED)) == 0
    await desk.decide(gone, first.id, first.charge, IRIS, rich.clock())
    await rich.sound()


async def test_a_panel_that_is_configured_again_is_followed_again(rich: Workshop) -> None:
    order = await rich.sent(quantity="1000")
    await find(rich, without(rich.shop, NORD))
    await find(rich)
    assert await rich.alerts() == []
    assert (await rich.tell(order, RUNNING)).attention is None
