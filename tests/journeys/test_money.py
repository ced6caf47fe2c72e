"""Where the money goes when it is short, when it comes back, and when only the operator can say."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from pathlib import Path

import pytest

from bot.domain.orders import OrderState
from tests.journeys.shopping import LINK, Market, has, market, price_of, resolve, shown
from tests.kit import MINA


async def test_too_little_money_names_the_exact_gap_and_the_same_confirm_works_after_a_credit(tmp_path: Path) -> None:
    async with market(tmp_path, money="0.01") as open_shop:
        mina, iris = open_shop.mina, open_shop.iris
        offer = open_shop.offer()
        price = price_of(offer, 1000)
        gap = price - Decimal("0.01")
        card = await open_shop.quote(offer, LINK, "1000")
        assert f"Your balance is {shown(gap)} short" in card.text
        await mina.press("Confirm", card)
        assert await mina.toast(f"Your balance is {shown(gap)} short.")
        assert await open_shop.rows("SELECT id FROM orders") == []

        await mina.press("Ask the operator", card)
        await mina.until(lambda m: m.id == card.id and "The operator has been asked" in m.text)
        asked = await iris.sees("asks to be topped up", shown(gap), shown(price), str(MINA))
        command = next(line for line in asked.text.splitlines() if line.startswith("/credit"))
        await iris.say(f"{command.strip()} paid at the counter")
        await iris.sees("Credited", shown(gap), "paid at the counter", f"Balance now {shown(price)}")
        await mina.sees(f"{shown(gap)} was added to your wallet.", "paid at the counter")

        order = await open_shop.confirm(mina.messages[card.id])
        await open_shop.card(order, "Pending")
        assert await open_shop.money() == (Decimal(0), price)
        assert len(await open_shop.adds()) == 1


async def test_a_partial_settles_before_the_undelivered_part_returns(tmp_path: Path) -> None:
    async with market(tmp_path, settle_seconds=1.2) as open_shop:
        order, upstream = await open_shop.active(LINK, "1000")
        price = price_of(open_shop.offer(), 1000)
        back = (price * 333 / 1000).quantize(Decimal("0.0001"), ROUND_CEILING)
        await open_shop.place.panel.set_order(upstream, status="Partial", remains=333)
        await open_shop.card(order, "Pending", "Reported as delivered in part", shown(back), "UTC")
        assert await open_shop.money() == (10 - price, price)
        await open_shop.mina.sees(f"Order #{order} was delivered in part.", f"{shown(back)} is back in your wallet.")
        await open_shop.card(order, "Partial", "667 of 1,000", f"Returned: {shown(back)}")
        assert await open_shop.money() == (10 - price + back, Decimal(0))
        assert await open_shop.transfers(order) == [("hold", price), ("post", price - back), ("return", back)]


async def test_a_partial_that_is_taken_back_while_it_settles_returns_nothing(tmp_path: Path) -> None:
    async with market(tmp_path, settle_seconds=1) as open_shop:
        order, upstream = await open_shop.active()
        await open_shop.place.panel.set_order(upstream, status="Partial", remains=40)
        await open_shop.card(order, "Reported as delivered in part")
        await open_shop.place.panel.set_order(upstream, status="In progress", remains=20)
        card = await open_shop.card(order, "In progress", "80 of 100")
        assert "Reported" not in card.text
        price = price_of(open_shop.offer(), 100)
        assert await open_shop.transfers(order) == [("hold", price)]


async def test_an_order_canceled_by_the_panel_returns_its_whole_charge(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        order, upstream = await open_shop.active()
        price = price_of(open_shop.offer(), 100)
        await open_shop.place.panel.set_order(upstream, status="Canceled")
        await open_shop.mina.sees(f"Order #{order} was canceled.", f"{shown(price)} is back in your wallet.")
        await open_shop.card(order, "Canceled", f"Returned: {shown(price)}")
        assert await open_shop.money() == (Decimal(10), Decimal(0))
        assert await open_shop.transfers(order) == [("hold", price), ("return", price)]


async def test_a_panel_that_cancels_after_the_end_gives_the_money_back_as_a_correction(tmp_path: Path) -> None:
    """Ended orders are looked at seldom, so the next look is brought forward as time would."""
    async with market(tmp_path) as open_shop:
        order, upstream = await open_shop.active()
        price = price_of(open_shop.offer(), 100)
        await open_shop.place.panel.set_order(upstream, status="Completed")
        await open_shop.mina.sees(f"Order #{order} is completed.")
        await open_shop.place.panel.set_order(upstream, status="Refunded")
        await open_shop.plant("UPDATE orders SET next_at = 1")
        await open_shop.mina.sees(f"Order #{order} was corrected.", f"{shown(price)} more is back in your wallet.")
        assert await open_shop.money() == (Decimal(10), Decimal(0))
        assert await open_shop.transfers(order) == [("hold", price), ("post", price), ("adjust", price)]


async def _in_trouble(open_shop: Market) -> tuple[int, Decimal]:
    """An order whose panel says Fail: the customer reads that it is looked into, the operator is alerted once."""
    order, upstream = await open_shop.active(LINK, "1000")
    price = price_of(open_shop.offer(), 1000)
    await open_shop.place.panel.set_order(upstream, status="Fail")
    await open_shop.card(order, "Pending", "A problem was reported", f"{shown(price)} stays reserved")
    await open_shop.iris.sees(f"Order #{order} needs a decision", "Fail")
    assert await open_shop.money() == (10 - price, price)
    return order, price


async def test_a_failed_order_that_was_delivered_after_all_keeps_its_charge(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        order, price = await _in_trouble(open_shop)
        await resolve(open_shop.iris, "Delivered", "Confirm")
        await open_shop.iris.sees(f"Order #{order} counts as delivered")
        await open_shop.mina.sees(f"Order #{order} is completed.")
        assert await open_shop.transfers(order) == [("hold", price), ("post", price)]
        assert len(await open_shop.alerts("order-attention")) == 1


async def test_the_operator_may_return_an_amount_of_a_failed_order(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        order, price = await _in_trouble(open_shop)
        iris, back = open_shop.iris, Decimal("0.12")
        question = await resolve(iris, "An amount back")
        await iris.until(lambda m: m.id == question.id and "How much of" in m.text)
        await iris.say("a lot")
        await iris.sees("a lot is not an amount")
        await iris.say("999")
        await iris.sees(f"The charge was {shown(price)}")
        await iris.say("0.12")
        await iris.press("Confirm", await iris.sees(f"Return {shown(back)} of {shown(price)}"))
        await open_shop.mina.sees(f"Order #{order} was delivered in part.", f"{shown(back)} is back")
        assert await open_shop.money() == (10 - price + back, Decimal(0))
        assert await open_shop.transfers(order) == [("hold", price), ("post", price - back), ("return", back)]


async def test_the_operator_may_return_all_of_a_failed_order(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        order, price = await _in_trouble(open_shop)
        message = await resolve(open_shop.iris, "All back", "Confirm")
        await open_shop.mina.sees(f"Order #{order} was canceled.", f"{shown(price)} is back")
        await open_shop.iris.until(lambda m: m.id == message.id and not has(m, "Confirm"))
        assert await open_shop.money() == (Decimal(10), Decimal(0))
        assert (await open_shop.order(order)).state is OrderState.CANCELED


@pytest.mark.parametrize("amount", ["0", "-5", "1e3", "ten", "1.23456789"])
async def test_no_odd_amount_moves_money(amount: str, tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        await open_shop.iris.say(f"/credit {MINA} {amount} a gift")
        await open_shop.iris.sees("/credit <customer id> <amount> <reason>")
        assert await open_shop.money() == (Decimal(10), Decimal(0))
