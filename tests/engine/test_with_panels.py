"""The engine against real panels over HTTP: what is bought arrives once, whatever breaks on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.errors import UpstreamMismatch
from bot.domain.inputs import RULES
from bot.domain.money import ZERO
from bot.domain.orders import Order, OrderState
from bot.engine import desk
from bot.sandbox.panel import Dialect
from tests.kit import IRIS, LINK, Bench, bench

#: What each fault on `add` leaves behind: the order's state, and how many orders the panel took.
FAULTS = {
    "reset_before": (OrderState.UNKNOWN, 0),
    "reset_after": (OrderState.UNKNOWN, 1),
    "http_500": (OrderState.UNKNOWN, 0),
    "http_503": (OrderState.UNKNOWN, 0),
    "html": (OrderState.UNKNOWN, 0),
    "challenge": (OrderState.UNKNOWN, 0),
    "broken_json": (OrderState.UNKNOWN, 1),
    "wrong_shape": (OrderState.UNKNOWN, 1),
    "empty": (OrderState.UNKNOWN, 0),
    "not_enough_funds": (OrderState.RESERVED, 0),
    "duplicate_link": (OrderState.FAILED, 0),
}


async def buy(shop: Bench, kind: str, link: str) -> Order:
    order = await shop.order(shop.service(kind), link=link)
    await shop.submit()
    return await shop.read(order.id)


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_every_sold_type_is_bought_followed_and_paid_in_every_dialect(tmp_path: Path, dialect: Dialect) -> None:
    async with bench(tmp_path, [dialect]) as shop:
        await shop.customer("1000")
        sold = {o.service.type for c in shop.shop.shelf.catalogue.categories for o in c.offers}
        assert sold == set(RULES)
        bought = [await buy(shop, kind, f"{LINK}/{n}") for n, kind in enumerate(sorted(sold))]
        assert await shop.panel.adds() == len(RULES)
        for order in bought:
            assert order.state is OrderState.ACTIVE
            await shop.panel.set_order(order.upstream_id, status="Completed")
        shop.clock.forward(minutes=2)
        await shop.track()
        assert {(await shop.read(order.id)).state for order in bought} == {OrderState.COMPLETED}
        assert (await shop.money()).held == ZERO
        await shop.sound()


@pytest.mark.parametrize("kind", list(FAULTS))
async def test_no_fault_makes_a_second_order_or_loses_money(tmp_path: Path, kind: str) -> None:
    state, taken = FAULTS[kind]
    async with bench(tmp_path) as shop:
        await shop.customer("1000")
        await shop.panel.fault("add", kind)
        order = await shop.order()
        await shop.submit()
        found = await shop.read(order.id)
        assert (found.state, await shop.panel.adds()) == (state, taken)
        for _ in range(3):
            shop.clock.forward(seconds=400)
            await shop.submit()
        assert await shop.panel.adds() == max(taken, 1 if state is OrderState.RESERVED else 0)
        await shop.sound()


async def test_a_lost_reply_is_found_at_the_panel_and_attached(tmp_path: Path) -> None:
    async with bench(tmp_path) as shop:
        await shop.customer("1000")
        await shop.panel.fault("add", "reset_after")
        order = await shop.order()
        await shop.submit()
        upstream = (await shop.panel.state())["orders"][0]["id"]
        with pytest.raises(UpstreamMismatch) as mismatch:
            await desk.inspect_upstream(shop.shop, order.id, "999999999")
        assert mismatch.value.problem == "not-found"
        report = await desk.inspect_upstream(shop.shop, order.id, upstream)
        assert report.status is not None
        await desk.attach(shop.shop, order.id, upstream, IRIS, shop.clock())
        await shop.panel.set_order(upstream, status="Partial", remains=40)
        for _ in range(2):
            shop.clock.forward(minutes=6)
            await shop.track()
        ended = await shop.read(order.id)
        assert ended.state is OrderState.PARTIAL
        assert ZERO < ended.returned < ended.charge
        assert await shop.panel.adds() == 1
        await shop.sound()
