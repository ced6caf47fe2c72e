"""After the end: what a panel takes back comes to the customer, once, and nothing ever goes the other way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.money import Money
from bot.domain.orders import OrderState, StatusReport
from bot.engine import tracking
from tests.engine.workshop import CANCELED, DONE, NORD, RUNNING, SHORT, Workshop, report
from tests.kit import MINA, money


@pytest.mark.parametrize(
    ("said", "state", "back"),
    [(SHORT, OrderState.PARTIAL, 450_000), (CANCELED, OrderState.CANCELED, 1_125_000)],
)
async def test_a_panel_that_takes_a_completion_back_owes_the_customer(
    rich: Workshop, said: StatusReport, state: OrderState, back: int
) -> None:
    order = await rich.tell(await rich.sent(quantity="1000"), DONE)
    early = await rich.tell(order, said, days=3)
    assert early.state is OrderState.COMPLETED
    order = await rich.tell(order, said, seconds=300)
    assert (order.state, order.returned) == (state, Money(back))
    assert await rich.entries(order) == {"hold": 1_125_000, "post": 1_125_000, "adjust": back}
    assert (await rich.notices(MINA)).count("corrected") == 1
    for _ in range(4):
        await rich.tell(order, said, seconds=400)
    assert (await rich.entries(order))["adjust"] == back
    await rich.sound()


async def test_a_correction_held_against_an_order_that_was_corrected_meanwhile_moves_nothing(rich: Workshop) -> None:
    read = await rich.tell(await rich.tell(await rich.sent(quantity="1000"), DONE), SHORT, days=3)
    corrected = await rich.tell(read, SHORT, seconds=300)
    before = await rich.entries(read), await rich.notices(MINA), await rich.money()
    late = rich.clock.forward(seconds=300)
    await rich.shop.db.write(lambda tx: tracking._apply_one(tx, rich.shop, read, SHORT, late))
    assert await rich.read(read.id) == corrected
    assert (await rich.entries(read), await rich.notices(MINA), await rich.money()) == before
    await rich.sound()


async def test_corrections_add_up_and_never_take_back(rich: Workshop) -> None:
    order = await rich.settled(await rich.sent(quantity="1000"), report("Partial", 100))
    assert order.returned == Money(112_500)
    order = await rich.settled(order, report("Partial", 400))
    assert (order.state, order.returned) == (OrderState.PARTIAL, Money(450_000))
    for kinder_to_the_shop in (report("Partial", 50), DONE, RUNNING, report("Fail"), report("Quantum")):
        order = await rich.settled(order, kinder_to_the_shop)
        assert (order.state, order.returned) == (OrderState.PARTIAL, Money(450_000))
    order = await rich.settled(order, CANCELED)
    assert (order.state, order.returned) == (OrderState.CANCELED, order.charge)
    assert (await rich.money()).available == money("10")
    assert (await rich.notices(MINA)).count("corrected") == 2
    assert order.attention is None
    await rich.sound()


@pytest.mark.parametrize("between", [RUNNING, DONE, report("Fail"), report("Quantum"), report("Partial", None)])
async def test_a_late_reading_that_flaps_starts_anew(rich: Workshop, between: StatusReport) -> None:
    order = await rich.tell(await rich.sent(quantity="1000"), DONE)
    await rich.tell(order, SHORT)
    await rich.tell(order, between, seconds=100)
    assert (await rich.tell(order, SHORT, seconds=250)).state is OrderState.COMPLETED
    assert (await rich.tell(order, SHORT, seconds=300)).state is OrderState.PARTIAL


async def test_another_late_amount_must_stand_on_its_own_too(rich: Workshop) -> None:
    order = await rich.tell(await rich.sent(quantity="1000"), DONE)
    await rich.tell(order, SHORT)
    assert (await rich.tell(order, CANCELED, hours=1)).state is OrderState.COMPLETED
    assert (await rich.tell(order, CANCELED, seconds=300)).returned == order.charge


async def test_a_finished_order_that_says_the_same_is_asked_at_the_slow_pace(rich: Workshop) -> None:
    order = await rich.settled(await rich.sent(quantity="1000"), SHORT)
    pace = order.next_at
    assert pace == rich.clock() + timedelta(hours=6)
    assert (await rich.tell(order, SHORT, hours=1)).next_at == pace


async def test_after_thirty_days_nobody_asks_any_more(rich: Workshop) -> None:
    order = await rich.tell(await rich.sent(), DONE)
    rich.clock.forward(days=30)
    assert await tracking.stop_watching(rich.shop, rich.clock()) == 0
    rich.clock.forward(seconds=1)
    assert await tracking.stop_watching(rich.shop, rich.clock()) == 1
    assert await tracking.due(rich.shop, NORD, rich.clock() + timedelta(days=9)) == []
    assert (await rich.read(order.id)).next_at is None


async def test_a_canceled_order_takes_no_more_reports(rich: Workshop) -> None:
    order = await rich.settled(await rich.sent(), CANCELED)
    for said in (DONE, SHORT, RUNNING, report("Fail")):
        assert await rich.settled(order, said) == order
