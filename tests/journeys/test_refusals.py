"""What a panel says no to: for good, for now, or not at all."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from bot.domain.orders import OrderState
from handlers.callbacks import WithdrawOrder
from tests.journeys.shopping import LINK, NORA, eventually, market, price_of, shown


async def test_a_refused_order_fails_in_plain_words_with_its_money_back(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        await open_shop.place.panel.fault("add", "duplicate_link")
        order = await open_shop.buy()
        price = price_of(open_shop.offer(), 100)
        await open_shop.mina.sees(f"Order #{order} failed.", f"{shown(price)} is back in your wallet.")
        await open_shop.card(order, "Failed", "Another order for this link is still running there.")
        assert await open_shop.money() == (Decimal(10), Decimal(0))
        assert await open_shop.transfers(order) == [("hold", price), ("void", price)]
        assert len(await open_shop.adds()) == 1


async def test_a_panel_without_funds_is_asked_again_and_takes_the_order_once(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        await open_shop.place.panel.fault("add", "not_enough_funds")
        order = await open_shop.buy()
        await open_shop.card(order, "Sending", "tried again by itself")
        await open_shop.iris.sees("The balance at fixedmember is low")
        await open_shop.card(order, "Pending")
        assert [add["order"] is not None for add in await open_shop.adds()] == [False, True]
        assert (await open_shop.order(order)).attempts == 2
        assert len(await open_shop.alerts("panel-balance-low")) == 1


async def test_an_order_that_waits_for_its_panel_can_be_taken_back(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        await open_shop.place.panel.fault("add", "not_enough_funds", None)
        order = await open_shop.buy()
        card = await open_shop.card(order, "Sending", "you can still cancel")
        await open_shop.mina.press("Cancel order", card)
        await open_shop.card(order, "Canceled", "You canceled it before it was sent.")
        assert await open_shop.mina.toast("is back in your wallet")
        assert await open_shop.money() == (Decimal(10), Decimal(0))
        await open_shop.place.panel.heal()
        assert await open_shop.place.panel.adds() == 0


async def test_an_order_that_cannot_be_sent_in_time_is_canceled_by_itself(tmp_path: Path) -> None:
    async with market(tmp_path, reserve_ttl_seconds=1.5) as open_shop:
        await open_shop.place.panel.fault("add", "not_enough_funds", None)
        order = await open_shop.buy()
        await open_shop.mina.sees(f"Order #{order} was canceled.")
        await open_shop.card(order, "Canceled", "It could not be sent in time.")
        assert await open_shop.money() == (Decimal(10), Decimal(0))


async def test_behind_a_hanging_panel_only_what_was_not_sent_can_be_taken_back(tmp_path: Path) -> None:
    """The first `add` hangs, so another order for the same link still waits."""
    async with market(tmp_path, friends={NORA: "Nora"}) as open_shop:
        (nora,) = open_shop.friends
        await open_shop.place.panel.fault("add", "hang", None)
        first = await open_shop.buy()
        await eventually(open_shop.adds)
        second = await open_shop.buy(phone=nora)
        await nora.press("Cancel order", await open_shop.card(second, "Sending", phone=nora))
        await open_shop.card(second, "Canceled", "You canceled it before it was sent.", phone=nora)
        await open_shop.press(WithdrawOrder(first, 0))
        assert await open_shop.mina.toast("Too late: the order is on its way.")
        price = price_of(open_shop.offer(), 100)
        assert await open_shop.money() == (10 - price, price)
        assert await open_shop.money(NORA) == (Decimal(10), Decimal(0))
        assert (await open_shop.order(first)).state is OrderState.SUBMITTING
        assert [add["params"]["link"] for add in await open_shop.adds()] == [LINK]
