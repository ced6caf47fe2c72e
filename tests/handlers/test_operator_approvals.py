"""What is too much for one operator alone: the other one gets a card, and only their yes moves money."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.money import ZERO
from bot.domain.orders import OrderState
from handlers.operator import decision_buttons as buttons
from tests.handlers.operator_desk import Desk, desk
from tests.kit import IRIS, MINA, THEO, money


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """The customer's 10.00 were credited by the bench, in whose shop nobody needs a second."""
    async with desk(tmp_path, "0.05") as found:
        yield found
        await found.bench.sound()


async def asked_for_release(at_desk: Desk) -> int:
    order = await at_desk.unknown_order()
    asked = await at_desk.after("Give back", await at_desk.say("/resolve"))
    waits = await at_desk.after("Confirm", asked)
    assert "needs a second operator" in waits.text
    assert waits.labels[0] == "Take it back"
    assert (await at_desk.bench.read(order.id)).state is OrderState.UNKNOWN
    return order.id


async def test_money_goes_back_with_the_others_yes(at_desk: Desk) -> None:
    order_id = await asked_for_release(at_desk)
    await at_desk.counter.deliver()
    card = await at_desk.newest("Your yes is needed", THEO)
    assert f"order #{order_id}" in card.text
    done = await at_desk.after("Yes", card, THEO)
    assert "Agreed to by Theo" in done.text
    assert (await at_desk.bench.read(order_id)).state is OrderState.FAILED
    assert (await at_desk.bench.money()).held == ZERO
    await at_desk.counter.deliver()
    assert "Agreed to by Theo" in (await at_desk.counter.last(IRIS)).text


async def test_whoever_asked_has_no_yes_whatever_they_press(at_desk: Desk) -> None:
    order_id = await asked_for_release(at_desk)
    mine = await at_desk.newest("needs a second operator")
    assert not any("Yes" in label for label in mine.labels)
    still = await at_desk.press_data_of(mine, buttons.Grant(1).pack())
    assert "needs a second operator" in still.text
    assert "another operator has to agree" in (await at_desk.counter.toasts())[-1]
    assert (await at_desk.bench.read(order_id)).state is OrderState.UNKNOWN
    await at_desk.press_data_of(mine, buttons.Grant(99).pack())
    assert (await at_desk.counter.toasts())[-1] == "There is no such entry."


async def test_a_no_is_told_and_leaves_the_order_waiting(at_desk: Desk) -> None:
    order_id = await asked_for_release(at_desk)
    await at_desk.counter.deliver()
    card = await at_desk.newest("Your yes is needed", THEO)
    assert "Turned down by Theo" in (await at_desk.after("No", card, THEO)).text
    assert "Turned down by Theo" in (await at_desk.press_data_of(card, buttons.Grant(1).pack(), THEO)).text
    assert (await at_desk.bench.read(order_id)).state is OrderState.UNKNOWN
    await at_desk.counter.deliver()
    assert "Turned down by Theo" in (await at_desk.counter.last(IRIS)).text


async def test_a_large_credit_is_asked_for_and_made_once(at_desk: Desk) -> None:
    waits = await at_desk.say(f"/credit {MINA} 25 bank transfer")
    assert "needs a second operator" in waits.text
    assert (await at_desk.bench.money()).available == money("10")
    await at_desk.counter.deliver()
    card = await at_desk.newest("Your yes is needed", THEO)
    assert "bank transfer" in card.text
    agreed = await at_desk.press("Yes", card, THEO)
    assert "nothing has moved" not in agreed.text
    assert "is needed" not in agreed.text, "nothing is asked of anybody any more"
    await at_desk.press_data_of(card, buttons.Grant(1).pack(), THEO)
    assert (await at_desk.bench.money()).available == money("35")
    assert "agree to customer 1001: credit of 25" in (await at_desk.say("/audit", THEO)).text


async def test_what_is_taken_back_is_not_said_to_be_turned_down(at_desk: Desk) -> None:
    waits = await at_desk.say(f"/credit {MINA} 25 bank transfer")
    back = await at_desk.press("Take it back", waits)
    assert "Taken back by" in back.text
    assert (await at_desk.bench.money()).available == money("10")


async def test_a_customers_press_of_it_does_nothing(at_desk: Desk) -> None:
    order_id = await asked_for_release(at_desk)
    await at_desk.counter.press_data(await at_desk.counter.last(MINA), buttons.Grant(1).pack(), MINA)
    assert (await at_desk.bench.read(order_id)).state is OrderState.UNKNOWN
