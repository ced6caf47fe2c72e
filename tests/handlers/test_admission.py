"""What customers meet who cannot order: a kind word once, the way on, and nothing lost."""

from __future__ import annotations

import pytest

from bot.domain.orders import OrderState
from bot.engine import admission
from bot.engine import brake as braking
from tests.handlers.counter import Counter
from tests.kit import IRIS, LINK, MINA


@pytest.fixture(autouse=True)
async def mina(shop: Counter) -> None:
    await shop.say("/start")
    await shop.bench.credit("10")


async def ban(shop: Counter) -> None:
    assert await admission.ban(shop.bench.shop, MINA, IRIS, "", shop.bench.clock())


async def maintenance(shop: Counter, *, on: bool = True) -> None:
    assert await admission.set_maintenance(shop.bench.shop, IRIS, shop.bench.clock(), on=on)


async def test_a_banned_customer_is_told_where_an_order_would_begin_and_shown_the_way_to_support(shop: Counter) -> None:
    await ban(shop)
    told = await shop.to_question()
    assert "You cannot place orders here" in told.text
    assert "/support" in told.text
    assert "Support" in told.labels
    written = await shop.press("Support", told)
    assert "What would you like to tell us" in written.text
    assert "Delivered." in (await shop.say("Why?")).text


async def test_a_banned_customer_still_sees_orders_wallet_help_and_shelves(shop: Counter) -> None:
    await shop.buy()
    await ban(shop)
    assert "Your orders" in (await shop.say("/orders")).text
    assert "Balance" in (await shop.say("/wallet")).text
    assert "How it works" in (await shop.say("/help")).text
    assert "Pick a category" in (await shop.say("/order")).text


async def test_a_confirm_card_from_before_the_ban_buys_nothing(shop: Counter) -> None:
    card = await shop.to_confirm()
    await ban(shop)
    told = await shop.press("Confirm", card)
    assert "You cannot place orders here" in told.text
    assert (await shop.bench.money()).held.micros == 0


async def test_answers_given_after_a_ban_lead_to_no_quote(shop: Counter) -> None:
    await shop.to_question()
    await shop.say(LINK)
    await ban(shop)
    assert "You cannot place orders here" in (await shop.say("100")).text
    assert "I did not understand" in (await shop.say("100")).text


async def test_order_again_is_refused_below_the_card_which_stays(shop: Counter) -> None:
    card = await shop.buy()
    await ban(shop)
    await shop.press_data(card, "a:1")
    assert "You cannot place orders here" in (await shop.last()).text
    assert "Order #1" in (await shop.message(card.id)).text


async def test_in_a_maintenance_the_menu_and_the_shelves_say_so_and_no_order_begins(shop: Counter) -> None:
    await maintenance(shop)
    assert "nothing can be ordered just now" in (await shop.say("/start")).text
    shelves = await shop.say("/order")
    assert "nothing can be ordered just now" in shelves.text
    card = await shop.press_data(shelves, f"v:{shop.bench.service()}")
    assert "nothing can be ordered just now" in card.text
    told = await shop.press("Order", card)
    assert "We are in maintenance" in told.text
    assert "Pick a category" in (await shop.press("Look around", told)).text
    await maintenance(shop, on=False)
    assert "maintenance" not in (await shop.say("/order")).text


async def test_an_order_that_was_filled_in_is_kept_through_a_maintenance(shop: Counter) -> None:
    await shop.to_question()
    await shop.say(LINK)
    await maintenance(shop)
    kept = await shop.say("100")
    assert "What you entered is kept" in kept.text
    assert "What you entered is kept" in (await shop.press("Try again", kept)).text
    await shop.restart()
    await maintenance(shop, on=False)
    card = await shop.press("Try again", kept)
    assert LINK in card.text
    await shop.press("Confirm", card)
    assert (await shop.bench.read(1)).state is OrderState.RESERVED


async def test_a_confirm_in_a_maintenance_charges_nothing_and_works_after_it(shop: Counter) -> None:
    card = await shop.to_confirm()
    await maintenance(shop)
    told = await shop.press("Confirm", card)
    assert "We are in maintenance" in told.text
    assert "Nothing was charged" in (await shop.toasts())[-1]
    assert (await shop.bench.money()).held.micros == 0
    await maintenance(shop, on=False)
    assert "Order #1" in (await shop.press("Confirm", told)).text


async def test_an_order_placed_before_is_shown_by_its_old_confirm_button(shop: Counter) -> None:
    card = await shop.to_confirm()
    await shop.press("Confirm", card)
    await maintenance(shop)
    assert "Order #1" in (await shop.press_data(card, card.data("Confirm"))).text


async def brake_on(shop: Counter) -> None:
    assert await braking.engage(shop.bench.shop, [braking.Broken("L1", "an entry")], shop.bench.clock())


async def test_while_the_brake_is_on_customers_are_told_that_their_money_is_safe(shop: Counter) -> None:
    card = await shop.to_confirm()
    await brake_on(shop)
    told = await shop.press("Confirm", card)
    assert "has stopped taking orders for a check" in told.text
    assert "your money is safe" in told.text
    assert "Nothing was charged" in (await shop.toasts())[-1]
    assert "stopped taking orders for a check" in (await shop.say("/start")).text
    assert (await shop.bench.money()).held.micros == 0
    await braking.let_go(shop.bench.shop, IRIS, shop.bench.clock())
    await shop.press("Confirm", told)
    assert (await shop.bench.read(1)).state is OrderState.RESERVED


async def test_what_was_filled_in_before_the_brake_is_kept(shop: Counter) -> None:
    await shop.to_question()
    await shop.say(LINK)
    await brake_on(shop)
    assert "What you entered is kept" in (await shop.say("100")).text
    await braking.let_go(shop.bench.shop, IRIS, shop.bench.clock())
    assert "Please check and confirm" in (await shop.press("Try again")).text
