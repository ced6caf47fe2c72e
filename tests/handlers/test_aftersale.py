"""What a customer asks for after the sale: the card offers what can work, each tap asks once, and the card tells."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.money import Money
from bot.domain.orders import OrderState
from bot.engine import refilling
from bot.pollers.aftersale import follow_refills, send_cancels, send_refills
from bot.sandbox.panel import Dialect
from tests.handlers.counter import Counter, Seen, counter
from tests.kit import LINK, MINA, THEO

EARLY = "The order was completed or refill was requested less than 24 hours ago"


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Counter]:
    async with counter(tmp_path) as found:
        await found.say("/start")
        await found.bench.credit("10")
        yield found


async def running(shop: Counter) -> Seen:
    """The card of an order that its panel has taken."""
    card = await shop.buy()
    await shop.bench.submit()
    await shop.deliver()
    return await shop.message(card.id)


async def completed(shop: Counter) -> Seen:
    card = await running(shop)
    order = await shop.bench.read(1)
    await shop.bench.panel.set_order(order.upstream_id, status="Completed")
    shop.bench.clock.forward(minutes=2)
    await shop.bench.track()
    await shop.deliver()
    return await shop.message(card.id)


async def carried(shop: Counter, card: Seen) -> Seen:
    """The card after the pollers' round and its notices."""
    at = shop.bench
    await send_refills(at.shop, at.panel.name, at.clock)
    await send_cancels(at.shop, at.panel.name, at.clock)
    await follow_refills(at.shop, at.panel.name, at.clock)
    await shop.deliver()
    return await shop.message(card.id)


# Refills --------------------------------------------------------------------------------------------


async def test_a_refill_is_one_tap_and_the_card_follows_it_to_the_end(shop: Counter) -> None:
    card = await completed(shop)
    assert "Ask for a refill" in card.labels
    await shop.press("Ask for a refill", card)
    card = await shop.message(card.id)
    assert "Refill: being asked for." in card.text
    assert "Ask for a refill" not in card.labels
    assert "being asked for" in (await shop.toasts())[-1]
    assert "Refill: accepted, waits for its turn." in (await carried(shop, card)).text
    await shop.bench.panel.set_refill(1, "In progress")
    shop.bench.clock.forward(minutes=3)
    assert "Refill: accepted, under way." in (await carried(shop, card)).text
    await shop.bench.panel.set_refill(1, "Completed")
    shop.bench.clock.forward(minutes=3)
    card = await carried(shop, card)
    assert "Refill: completed" in card.text
    assert "Ask for a refill" in card.labels, "what drops off again may be asked for again"
    assert "The refill of order #1 is completed." in (await shop.last()).text
    assert "Open #1" in (await shop.last()).labels


async def test_the_card_that_was_pressed_is_the_one_that_is_followed(shop: Counter) -> None:
    card = await completed(shop)
    opened = await shop.press("Open #1", await shop.last())
    await shop.press("Ask for a refill", opened)
    assert "Refill: accepted" in (await carried(shop, opened)).text
    await shop.say("/orders")
    listed = await shop.press("#1 ", await shop.last())
    assert "Refresh" in listed.labels, "a copy beside it is brought up to date by hand"
    assert "Refresh" not in (await shop.message(opened.id)).labels
    assert (await shop.message(card.id)).text


async def test_two_taps_ask_once_and_the_second_is_told_kindly(shop: Counter) -> None:
    card = await completed(shop)
    data = card.data("Ask for a refill")
    await shop.press_data(card, data)
    await shop.press_data(card, data)
    assert "under way already" in (await shop.toasts())[-1]
    await carried(shop, card)
    assert len(await shop.bench.panel.journal("refill")) == 1


async def test_a_replayed_press_asks_once(shop: Counter) -> None:
    card = await completed(shop)
    await shop.press("Ask for a refill", card)
    for update in list(shop.handled):
        await shop.handle(update)
    await carried(shop, card)
    for update in list(shop.handled):
        await shop.handle(update)
    await carried(shop, card)
    assert len(await shop.bench.panel.journal("refill")) == 1


async def test_a_refill_turned_down_is_told_with_when_it_can_be_asked_again(shop: Counter) -> None:
    card = await completed(shop)
    await shop.press("Ask for a refill", card)
    await carried(shop, card)
    await shop.bench.panel.set_refill(1, "Rejected")
    shop.bench.clock.forward(minutes=3)
    card = await carried(shop, card)
    assert "Refill: turned down" in card.text
    assert "You can ask again from 3 Jan 2026" in card.text
    assert "Ask for a refill" not in card.labels
    assert "was turned down" in (await shop.last()).text
    await shop.press_data(card, "ra:1:0")
    assert "You can ask again from" in (await shop.toasts())[-1]
    shop.bench.clock.forward(hours=25)
    assert "Ask for a refill" in (await carried(shop, card)).labels, "the card offers it by itself once it can be had"


@pytest.mark.parametrize(
    ("said", "told", "again"),
    [
        ("Refill is disabled for this service", "No refills are made for this service.", False),
        (EARLY, "It is too early", True),
        ("The refill task is not completed for this order", "running there already", True),
        ("The order is not completed", "does not count as completed", True),
        ("Something nobody has heard of", "The request was not accepted.", True),
    ],
)
async def test_each_refusal_is_told_in_plain_words(shop: Counter, said: str, told: str, again: bool) -> None:
    card = await completed(shop)
    await shop.bench.panel.fault("refill", "refuse", 1, text=said)
    await shop.press("Ask for a refill", card)
    card = await carried(shop, card)
    assert f"Refill: not granted. {'' if again else told}" in card.text
    assert told in card.text
    assert ("You can ask again from" in card.text) is again
    assert "Ask for a refill" not in card.labels
    notice = await shop.last()
    assert "No refill of order #1 for now." in notice.text
    assert told in notice.text
    assert ("You can ask again from" in notice.text) is again
    assert said not in card.text + notice.text, "the panel's words are for the operator"


async def test_an_unclear_refill_says_that_there_is_nothing_to_do(shop: Counter) -> None:
    card = await completed(shop)
    await shop.bench.panel.fault("refill", "reset_after")
    await shop.press("Ask for a refill", card)
    card = await carried(shop, card)
    assert "not confirmed yet" in card.text
    assert "Ask for a refill" not in card.labels


async def test_no_refill_for_somebody_elses_order(shop: Counter) -> None:
    await completed(shop)
    menu = await shop.say("/start", THEO)
    assert "cannot find this order" in (await shop.press_data(menu, "ra:1:0", THEO)).text
    assert "cannot find this order" in (await shop.press_data(menu, "ca:1", THEO)).text
    assert "cannot find this order" in (await shop.press_data(menu, "cy:1", THEO)).text
    assert await refilling.claim(shop.bench.shop, shop.bench.panel.name, shop.bench.clock()) == ()


# Cancel ---------------------------------------------------------------------------------------------


async def test_a_cancel_is_two_taps_and_never_promised_before_the_status_says_so(shop: Counter) -> None:
    card = await running(shop)
    question = await shop.press("Ask to cancel", card)
    assert question.id > card.id, "the card moves on meanwhile"
    assert "this is a request" in question.text
    said = await shop.press("Yes, ask to cancel", question)
    assert "is being asked for" in said.text
    card = await carried(shop, card)
    assert "Cancel requested. It is not confirmed yet" in card.text
    assert "Ask to cancel" not in card.labels
    order = await shop.bench.read(1)
    assert order.state is OrderState.ACTIVE
    assert (await shop.bench.money()).held == order.charge
    for _ in range(2):
        await shop.bench.panel.set_order(order.upstream_id, status="Canceled")
        shop.bench.clock.forward(minutes=6)
        await shop.bench.track()
    await shop.deliver()
    card = await shop.message(card.id)
    assert card.text.splitlines()[1] == "Canceled"
    assert "Cancel requested" not in card.text
    assert "was canceled" in (await shop.last()).text
    assert (await shop.bench.money()).held == Money(0)
    await shop.bench.sound()


async def test_a_cancel_that_comes_too_late_is_told_by_the_card(shop: Counter) -> None:
    card = await running(shop)
    await shop.press("Yes, ask to cancel", await shop.press("Ask to cancel", card))
    await carried(shop, card)
    await shop.bench.panel.set_order((await shop.bench.read(1)).upstream_id, status="Completed")
    shop.bench.clock.forward(minutes=2)
    await shop.bench.track()
    await shop.deliver()
    card = await shop.message(card.id)
    assert card.text.splitlines()[1] == "Completed"
    assert "but the order was completed first" in card.text
    assert "is completed" in (await shop.last()).text


async def test_keeping_the_order_asks_nobody(shop: Counter) -> None:
    card = await running(shop)
    kept = await shop.press("Keep the order", await shop.press("Ask to cancel", card))
    assert "Order #1 goes on." in kept.text
    await carried(shop, card)
    assert await shop.bench.panel.journal("cancel") == []
    assert "Ask to cancel" in (await shop.message(card.id)).labels


async def test_old_cancel_buttons_get_a_kind_answer(shop: Counter) -> None:
    card = await running(shop)
    question = await shop.press("Ask to cancel", card)
    await shop.press("Yes, ask to cancel", question)
    assert "has been asked for" in (await shop.press_data(question, "cy:1")).text
    assert "has been asked for" in (await shop.press_data(question, "cn:1")).text
    await shop.press_data(card, "ca:1")
    assert "cannot be canceled now" in (await shop.toasts())[-1]
    await carried(shop, card)
    assert len(await shop.bench.panel.journal("cancel")) == 1


async def test_a_refused_cancel_is_told_and_the_order_goes_on(shop: Counter) -> None:
    card = await running(shop)
    await shop.bench.panel.fault("cancel", "refuse", 1, text="Cancel is disabled for this service")
    await shop.press("Yes, ask to cancel", await shop.press("Ask to cancel", card))
    card = await carried(shop, card)
    assert "Cancel: not possible any more. The order goes on." in card.text
    assert "Ask to cancel" not in card.labels
    assert "Order #1 cannot be canceled." in (await shop.last()).text


async def test_a_panel_that_turns_out_to_have_no_cancel_loses_the_button(shop: Counter) -> None:
    card = await running(shop)
    await shop.bench.panel.fault("cancel", "refuse", 1, text="Incorrect request")
    await shop.press("Yes, ask to cancel", await shop.press("Ask to cancel", card))
    card = await carried(shop, card)
    assert "Cancel: not possible for this order." in card.text
    await shop.say("/start")
    other = await shop.buy("https://framely.example/p/other", "100")
    await shop.bench.submit()
    await shop.deliver()
    assert "Ask to cancel" not in (await shop.message(other.id)).labels


async def test_a_panel_without_cancel_shows_no_cancel(tmp_path: Path) -> None:
    async with counter(tmp_path, [Dialect.MARKENETS]) as at:
        await at.say("/start")
        await at.bench.credit("10")
        card = await running(at)
        assert "Pending" in card.text
        assert "Ask to cancel" not in card.labels
        shown = await at.press_data(card, "ca:1")
        assert "cannot be canceled now" in (await at.toasts())[-1]
        assert "Ask to cancel" not in shown.labels
        service = await at.press_data(await at.say("/order"), f"v:{at.bench.service()}")
        assert "Cancel while running: not possible" in service.text


async def test_before_it_is_sent_the_shop_itself_cancels_at_once(shop: Counter) -> None:
    card = await shop.buy(LINK, "100")
    assert "Cancel order" in card.labels
    assert "Ask to cancel" not in card.labels
    canceled = await shop.press("Cancel order", card)
    assert canceled.text.splitlines()[1] == "Canceled"
    assert (await shop.bench.money(MINA)).held == Money(0)
    shop.bench.clock.forward(seconds=timedelta(minutes=1).seconds)
    await carried(shop, card)
    assert await shop.bench.panel.journal("cancel") == []
