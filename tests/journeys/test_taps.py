"""Presses that come twice, late, or from another time: one order, and always a kind answer."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from handlers.callbacks import (
    BeginOrder,
    Button,
    ConfirmQuote,
    OrderAgain,
    PickQuantity,
    ShowOrder,
    ShowService,
    ShowServices,
    WithdrawOrder,
)
from tests.journeys.shopping import LINK, NORA, market, number_on, price_of
from tests.kit import MINA


async def test_confirm_pressed_three_times_at_once_is_one_order(tmp_path: Path) -> None:
    """A thumb that trembles, and the same account on a second device."""
    async with market(tmp_path) as open_shop:
        mina = open_shop.mina
        card = await open_shop.quote(open_shop.offer(), LINK, "100")
        async with open_shop.place.phone(MINA) as tablet:
            same = await tablet.until(lambda m: m.id == card.id)
            presses = [mina.press("Confirm", card, force=True), tablet.press("Confirm", same, force=True)]
            await asyncio.gather(*presses, mina.press("Confirm", card, force=True))
            placed = await tablet.until(lambda m: m.id == card.id and "Order #" in m.text)
        await open_shop.card(number_on(placed), "Pending")
        price = price_of(open_shop.offer(), 100)
        assert await open_shop.money() == (10 - price, price)
        assert [row["n"] for row in await open_shop.rows("SELECT COUNT(*) AS n FROM orders")] == [1]
        assert len(await open_shop.adds()) == 1


async def test_a_quote_whose_time_is_over_is_renewed_and_bought(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        mina = open_shop.mina
        card = await open_shop.quote(open_shop.offer(), LINK, "100")
        await open_shop.plant("UPDATE quotes SET expires_at = 1")
        await mina.press("Confirm", card)
        over = await mina.until(lambda m: m.id == card.id and "no longer valid" in m.text)
        assert await open_shop.money() == (Decimal(10), Decimal(0))
        await mina.press("Get a fresh price", over)
        fresh = await mina.sees("Please check and confirm", LINK, "Quantity: 100")
        assert await open_shop.confirm(fresh) == 1


ODD_BUTTONS: tuple[tuple[Button | str, str], ...] = (
    (ShowServices(9999, 1), "nothing for sale any more"),
    (ShowService(9999), "not for sale any more"),
    (BeginOrder(9999), "not for sale any more"),
    (PickQuantity(1, 100), "no longer open"),
    (ConfirmQuote("a-token-nobody-gave-out"), "no longer open"),
    (ShowOrder(9999, 0), "I cannot find this order."),
    (WithdrawOrder(9999, 0), "I cannot find this order."),
    ("zz:of:another:age", "This button is out of date."),
    ("0" * 64, "This button is out of date."),
    ("v:" + "9" * 40, "This button is out of date."),
    ("odA:1:1:mark", "This button is out of date."),
)


@pytest.mark.parametrize(("button", "words"), ODD_BUTTONS, ids=[str(entry[0])[:20] for entry in ODD_BUTTONS])
async def test_a_button_of_another_time_is_answered_kindly(button: Button | str, words: str, tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        await open_shop.mina.press_data(open_shop.mina.last, button if isinstance(button, str) else button.pack())
        await open_shop.mina.sees(words)
        assert await open_shop.alerts("update-poisoned") == []


async def test_nobody_opens_cancels_or_repeats_the_order_of_somebody_else(tmp_path: Path) -> None:
    async with market(tmp_path, friends={NORA: "Nora"}) as open_shop:
        (nora,) = open_shop.friends
        order, _ = await open_shop.active()
        menu = nora.last
        for button in (ShowOrder(order, 0), WithdrawOrder(order, 0)):
            await nora.press_data(menu, button.pack())
            await nora.until(lambda m: m.id == menu.id and "I cannot find this order." in m.text)
        await nora.press_data(menu, OrderAgain(order).pack())
        await nora.toast("I cannot find this order.")
        token = (await open_shop.rows("SELECT token FROM quotes"))[0]["token"]
        await nora.press_data(menu, ConfirmQuote(token).pack())
        await nora.until(lambda m: m.id == menu.id and "no longer open" in m.text)
        assert await open_shop.money(NORA) == (Decimal(10), Decimal(0))


async def test_a_cancel_button_under_an_order_that_moved_on_says_that_it_is_too_late(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        order, upstream = await open_shop.active()
        await open_shop.press(WithdrawOrder(order, 0))
        assert await open_shop.mina.toast("Too late: the order is on its way.")
        await open_shop.place.panel.set_order(upstream, status="Completed")
        await open_shop.mina.sees(f"Order #{order} is completed.")


async def test_an_order_placed_again_asks_only_what_is_not_known_yet(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        mina = open_shop.mina
        order, upstream = await open_shop.active()
        await open_shop.place.panel.set_order(upstream, status="Completed")
        done = await open_shop.card(order, "Completed")
        await mina.press("Order again", done)
        await mina.sees("What quantity?", f"Link: {LINK}")
        await mina.say("100")
        again = await open_shop.confirm(await mina.sees("Please check and confirm", LINK))
        assert again == order + 1
        assert "Completed" in mina.messages[done.id].text, "the old card stays"
