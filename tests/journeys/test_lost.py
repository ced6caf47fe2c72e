"""Orders whose fate nobody can tell: held, asked about once, decided by evidence, never sent a second time."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.orders import OrderState
from tests.journeys.shopping import NORA, PAVEL, Market, eventually, market, price_of, resolve, shown


async def _checking(open_shop: Market, kind: str) -> int:
    """An order whose `add` met a fault: its money is held, the customer and the operator know."""
    await open_shop.place.panel.fault("add", kind)
    order = await open_shop.buy()
    await _stands_checking(open_shop, order)
    return order


async def _stands_checking(open_shop: Market, order: int) -> None:
    price = price_of(open_shop.offer(), 100)
    await open_shop.card(order, "Checking", f"{shown(price)} stays reserved")
    await open_shop.iris.sees(f"Order #{order} needs a decision", "Its money stays held")
    assert await open_shop.money() == (10 - price, price)
    assert len(await open_shop.alerts("order-unknown")) == 1


async def test_a_lost_reply_is_attached_by_the_panels_order_id_and_completes(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        iris, panel = open_shop.iris, open_shop.place.panel
        order = await _checking(open_shop, "reset_after")
        await open_shop.mina.sees(f"Order #{order}: Checking.", "there is nothing to do")
        upstream = (await panel.state())["orders"][0]["id"]
        await resolve(iris, "Attach id")
        await iris.sees("Send the id that")
        await iris.say("99999999")
        await iris.sees("does not know an order 99999999")
        await iris.say(upstream)
        facts = await iris.sees("about its order", upstream, "Status: Pending")
        await iris.press("Confirm", facts)
        await iris.sees(f"Order #{order} is active as {upstream}")
        await open_shop.card(order, "Pending")
        await panel.set_order(upstream, status="Completed")
        await open_shop.mina.sees(f"Order #{order} is completed.")
        assert await panel.adds() == 1
        assert len(await open_shop.adds()) == 1
        price = price_of(open_shop.offer(), 100)
        assert await open_shop.transfers(order) == [("hold", price), ("post", price)]


@pytest.mark.parametrize(("button", "reason"), [("Not placed", "never placed"), ("Give back", "could not find out")])
async def test_an_order_the_panel_never_took_fails_with_its_money_back(
    button: str, reason: str, tmp_path: Path
) -> None:
    async with market(tmp_path) as open_shop:
        order = await _checking(open_shop, "reset_before")
        await resolve(open_shop.iris, button, "Confirm")
        price = price_of(open_shop.offer(), 100)
        await open_shop.mina.sees(f"Order #{order} failed.", f"{shown(price)} is back in your wallet.")
        await open_shop.card(order, "Failed", reason)
        assert await open_shop.money() == (Decimal(10), Decimal(0))
        assert await open_shop.transfers(order) == [("hold", price), ("void", price)]
        assert len(await open_shop.adds()) == 1, "never asked a second time"
        assert await open_shop.place.panel.adds() == 0


@pytest.mark.parametrize("kind", ["html", "challenge", "http_500", "http_503", "broken_json", "wrong_shape", "empty"])
async def test_an_answer_nobody_can_read_is_never_answered_by_a_second_add(kind: str, tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        order = await _checking(open_shop, kind)
        assert len(await open_shop.adds()) == 1
        assert (await open_shop.order(order)).attempts == 1


async def test_a_panel_that_hangs_when_the_shop_closes_leaves_the_order_to_be_checked(tmp_path: Path) -> None:
    async with market(tmp_path) as first_day:
        await first_day.place.panel.fault("add", "hang")
        order = await first_day.buy()
        await eventually(first_day.adds)
    assert (await first_day.order(order)).state is OrderState.UNKNOWN
    price = price_of(first_day.offer(), 100)
    assert await first_day.money() == (10 - price, price)


async def test_while_one_order_is_checked_others_go_through_and_one_for_the_same_link_waits(tmp_path: Path) -> None:
    async with market(tmp_path, friends={NORA: "Nora", PAVEL: "Pavel"}) as open_shop:
        nora, pavel = open_shop.friends
        first = await _checking(open_shop, "reset_before")
        same = await open_shop.buy(phone=nora)
        other = await open_shop.buy(open_shop.offer(), "https://framely.example/p/other", "100", phone=pavel)
        await open_shop.card(other, "Pending", phone=pavel)
        await open_shop.card(same, "Sending", phone=nora)
        assert await open_shop.place.panel.adds() == 1
        await resolve(open_shop.iris, "Not placed", "Confirm")
        await open_shop.card(same, "Pending", phone=nora)
        assert (await open_shop.order(first)).state is OrderState.FAILED
        assert await open_shop.place.panel.adds() == 2


async def test_words_taught_as_a_refusal_give_the_money_back_now_and_at_once_from_then_on(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        panel = open_shop.place.panel
        await panel.fault("add", "refuse", count=2, text="Closed for today")
        order = await open_shop.buy()
        await _stands_checking(open_shop, order)
        await resolve(open_shop.iris, "This always means refused", "Yes, always refused")
        await open_shop.mina.sees(f"Order #{order} failed.", "did not accept the order")
        again = await open_shop.buy(open_shop.offer(), "https://framely.example/p/other", "100")
        await open_shop.card(again, "Failed", "did not accept the order")
        assert (await open_shop.order(again)).state is OrderState.FAILED
        assert await open_shop.money() == (Decimal(10), Decimal(0))
        assert len(await open_shop.alerts("order-unknown")) == 1
        assert await panel.adds() == 0
