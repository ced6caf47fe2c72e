"""Following an order: state, money and words move together, once, and only on readings that stand."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.errors import AlreadyDecided
from bot.domain.money import ZERO, Money
from bot.domain.orders import Attention, OrderState, Reason, Status, StatusReport
from bot.engine import desk, judging, tracking
from bot.engine.shop import PanelTerms
from tests.engine.workshop import BOOST, CANCELED, DONE, LIKES, NORD, RUNNING, SHORT, TERMS, Workshop, report, workshop
from tests.kit import IRIS, LINK, MINA, money


async def test_progress_is_shown_and_moves_no_money(rich: Workshop) -> None:
    order = await rich.tell(await rich.sent(quantity="1000"), RUNNING)
    assert (order.state, order.status_word) == (OrderState.ACTIVE, "In progress")
    assert (order.remains, order.start_count) == (600, 17)
    assert (await rich.money()).held == order.charge
    version = (await rich.rows("SELECT version FROM notices WHERE kind = 'card'"))[0]["version"]
    await rich.tell(order, RUNNING)
    assert (await rich.rows("SELECT version FROM notices WHERE kind = 'card'"))[0]["version"] == version


async def test_completed_posts_the_charge_at_the_first_reading(rich: Workshop) -> None:
    order = await rich.tell(await rich.sent(quantity="1000"), replace(DONE, charge=Decimal("0.8")))
    assert (order.state, order.returned, order.remains) == (OrderState.COMPLETED, ZERO, 0)
    assert (await rich.money()).held == ZERO
    assert await rich.entries(order) == {"hold": 1_125_000, "post": 1_125_000}
    assert (await rich.rows("SELECT spent FROM orders"))[0]["spent"] == 800_000
    assert (await rich.notices(MINA)).count("completed") == 1
    await rich.sound()


@pytest.mark.parametrize("said", [SHORT, CANCELED, report("Refunded", 1000)])
async def test_a_report_that_returns_money_must_stand_and_be_read_twice(rich: Workshop, said: StatusReport) -> None:
    order = await rich.sent(quantity="1000")
    first = await rich.tell(order, said)
    assert (first.state, first.reading_since) == (OrderState.ACTIVE, rich.clock())
    assert first.next_at == rich.clock() + rich.shop.terms.settle
    again = await rich.tell(order, said, seconds=299)
    assert (again.state, again.reading_since) == (OrderState.ACTIVE, first.reading_since)
    assert again.next_at == first.next_at
    assert await rich.entries(order) == {"hold": 1_125_000}
    assert (await rich.tell(order, said, seconds=1)).state in (OrderState.PARTIAL, OrderState.CANCELED)
    await rich.sound()


@pytest.mark.parametrize(
    ("said", "state", "kept", "back", "notice"),
    [
        (SHORT, OrderState.PARTIAL, 675_000, 450_000, "partial"),
        (CANCELED, OrderState.CANCELED, 0, 1_125_000, "canceled"),
        (report("Refunded"), OrderState.CANCELED, 0, 1_125_000, "canceled"),
        (report("Partial", 0), OrderState.PARTIAL, 1_125_000, 0, "partial"),
        (report("Partial", 1000), OrderState.PARTIAL, 0, 1_125_000, "partial"),
    ],
)
async def test_an_end_posts_what_was_delivered_and_returns_the_rest(
    rich: Workshop, said: StatusReport, state: OrderState, kept: int, back: int, notice: str
) -> None:
    order = await rich.settled(await rich.sent(quantity="1000"), said)
    assert (order.state, order.returned) == (state, Money(back))
    entries = await rich.entries(order)
    assert (entries.get("post", 0), entries.get("return", 0)) == (kept, back)
    assert (await rich.money()).available == money("10") - Money(kept)
    assert (await rich.notices(MINA)).count(notice) == 1
    assert order.reason is (Reason.BY_PANEL if state is OrderState.CANCELED else None)
    await rich.sound()


INTERRUPTIONS = [
    RUNNING, report("Partial", 300), report("Refunded", 400), report("Fail"), report("Quantum"), report("Partial"),
]  # fmt: skip


@pytest.mark.parametrize("between", INTERRUPTIONS)
async def test_a_reading_that_flaps_starts_anew(rich: Workshop, between: StatusReport) -> None:
    order = await rich.sent(quantity="1000")
    await rich.tell(order, SHORT)
    await rich.tell(order, between, seconds=100)
    assert (await rich.tell(order, SHORT, seconds=250)).state is OrderState.ACTIVE
    assert (await rich.tell(order, SHORT, seconds=299)).state is OrderState.ACTIVE
    assert (await rich.tell(order, SHORT, seconds=1)).state is OrderState.PARTIAL
    await rich.sound()


@pytest.mark.parametrize(
    "said",
    [
        (Status.CANCELED, "Canceled", 1000), (Status.CANCELED, "Cancelled", 1000), (Status.CANCELED, "CANCELED", 400),
        (Status.CANCELED, "canceled", None), (Status.REFUNDED, "Refunded", 3),
    ],
)  # fmt: skip
async def test_an_ending_that_is_spelt_another_way_settles_all_the_same(
    rich: Workshop, said: tuple[Status, str, int | None]
) -> None:
    order = await rich.sent(quantity="1000")
    first = await rich.tell(order, CANCELED)
    status, word, remains = said
    again = await rich.tell(order, StatusReport(word, status, remains=remains), seconds=299)
    assert again.reading_since == first.reading_since
    ended = await rich.tell(order, StatusReport(word, status, remains=remains), seconds=1)
    assert (ended.state, ended.returned) == (OrderState.CANCELED, order.charge)
    await rich.sound()


@pytest.mark.parametrize("now_said", [report("Partial", 300), CANCELED, report("Partial", 1000)])
async def test_another_amount_must_stand_on_its_own_however_long_the_first_stood(
    rich: Workshop, now_said: StatusReport
) -> None:
    order = await rich.sent(quantity="1000")
    await rich.tell(order, SHORT)
    assert (await rich.tell(order, now_said, hours=1)).state is OrderState.ACTIVE
    assert (await rich.tell(order, SHORT, hours=1)).state is OrderState.ACTIVE
    ended = await rich.tell(order, SHORT, seconds=300)
    assert (ended.state, ended.returned) == (OrderState.PARTIAL, Money(450_000))
    await rich.sound()


@pytest.mark.parametrize("trouble", [report("Fail"), report("Quantum"), report("Partial", None)])
async def test_trouble_that_comes_again_interrupts_a_reading_too(rich: Workshop, trouble: StatusReport) -> None:
    order = await rich.sent(quantity="1000")
    await rich.tell(order, trouble)
    await rich.tell(order, SHORT)
    await rich.tell(order, trouble, seconds=100)
    assert (await rich.tell(order, SHORT, seconds=250)).state is OrderState.ACTIVE


@pytest.mark.parametrize(
    ("said", "attention"),
    [
        (report("Fail"), Attention.TROUBLE), (report("Error", 10), Attention.TROUBLE),
        (report("Partial", None), Attention.NONSENSE_REMAINS), (report("Partial", 1001), Attention.NONSENSE_REMAINS),
        (report("Partial", None, over=2), Attention.NONSENSE_REMAINS), (report("Quantum"), Attention.UNKNOWN_WORD),
    ],
)  # fmt: skip
async def test_trouble_moves_nothing_and_asks_the_operator_once(
    rich: Workshop, said: StatusReport, attention: Attention
) -> None:
    order = await rich.tell(await rich.sent(quantity="1000"), RUNNING)
    for _ in range(3):
        order = await rich.tell(order, said, hours=1)
    assert (order.state, order.attention, order.status_word) == (OrderState.ACTIVE, attention, "In progress")
    assert (await rich.money()).held == order.charge
    assert (await rich.notices(IRIS)).count("alert") == 1
    await rich.sound()


async def test_a_package_delivered_in_part_is_the_operators_to_decide(rich: Workshop) -> None:
    order = await rich.settled(await rich.sent(BOOST), report("Partial", 0))
    assert (order.state, order.attention) == (OrderState.ACTIVE, Attention.PARTIAL_PACKAGE)


async def test_a_word_nobody_knows_is_one_alert_however_many_orders_show_it(rich: Workshop) -> None:
    one, two = await rich.sent(), await rich.sent(link=f"{LINK}/2")
    await rich.tell(one, report("Quantum"))
    await rich.tell(two, report("Quantum"))
    assert await rich.alerts() == ["status-word:nord:Quantum"]
    told = await rich.tell(one, report("Entangled"))  # another word is another alert, on the same order too
    assert (told.attention, told.attention_word) == (Attention.UNKNOWN_WORD, "Entangled")
    assert await rich.alerts() == ["status-word:nord:Quantum", "status-word:nord:Entangled"]


async def test_a_word_with_a_number_in_it_is_one_word(rich: Workshop) -> None:
    order = await rich.sent()
    for number in (1, 22, 333):
        await rich.tell(order, report(f"Queued at {number}"), minutes=45)
    assert await rich.alerts() == ["status-word:nord:Queued at #"]
    assert (await rich.notices(IRIS)).count("alert") == 1


async def test_a_panel_that_makes_up_words_is_told_five_times_a_day(rich: Workshop) -> None:
    order = await rich.sent()
    for letter in "ABCDEFGH":
        told = await rich.tell(order, report(f"Mood {letter}"), minutes=1)
        assert (told.attention, told.attention_word) == (Attention.UNKNOWN_WORD, f"Mood {letter}")
    assert len(await rich.alerts()) == 5
    await rich.tell(order, report("Mood Z"), days=1)
    assert len(await rich.alerts()) == 6


async def test_a_word_that_was_acknowledged_does_not_come_back_with_every_round(rich: Workshop) -> None:
    order = await rich.tell(await rich.sent(), report("Quantum"))
    alert = (await rich.rows("SELECT id FROM alerts"))[0]["id"]
    assert await desk.acknowledge(rich.shop, alert, IRIS, rich.clock())
    for word in ("Quantum", "Quantum"):
        await rich.tell(order, report(word), minutes=5)
    assert await rich.alerts() == []


@pytest.mark.parametrize("said", [report("Fail"), report("Quantum"), report("Partial", None)])
async def test_attention_clears_when_a_known_word_comes(rich: Workshop, said: StatusReport) -> None:
    order = await rich.tell(await rich.sent(quantity="1000"), said)
    order = await rich.tell(order, RUNNING)
    assert (order.attention, order.status_word) == (None, "In progress")
    assert f"order-attention:{order.id}" not in await rich.alerts()
    await rich.tell(order, report("Fail"))
    done = await rich.tell(order, DONE)
    assert (done.state, done.attention) == (OrderState.COMPLETED, None)
    assert f"order-attention:{order.id}" not in await rich.alerts()
    await rich.sound()


async def test_money_moves_once_however_many_apply_the_same_report(rich: Workshop) -> None:
    order = await rich.sent(quantity="1000")
    await rich.tell(order, SHORT)
    rich.clock.forward(seconds=300)
    await asyncio.gather(*(tracking.apply(rich.shop, {order.id: SHORT}, rich.clock()) for _ in range(200)))
    assert await rich.entries(order) == {"hold": 1_125_000, "post": 675_000, "return": 450_000}
    assert (await rich.notices(MINA)).count("partial") == 1
    await rich.sound()


@pytest.mark.parametrize("said", [SHORT, CANCELED])
async def test_a_report_held_against_an_order_that_has_ended_meanwhile_moves_nothing(
    rich: Workshop, said: StatusReport
) -> None:
    read = await rich.tell(await rich.sent(quantity="1000"), said)
    ended = await rich.tell(read, said, seconds=300)
    before = await rich.entries(read), await rich.notices(MINA), await rich.money()
    rich.clock.forward(seconds=300)
    for late in (said, DONE):
        await rich.shop.db.write(lambda tx, r=late: tracking._apply_one(tx, rich.shop, read, r, rich.clock()))  # type: ignore[misc]
    assert await rich.read(read.id) == ended
    assert (await rich.entries(read), await rich.notices(MINA), await rich.money()) == before
    await rich.sound()


async def test_an_ending_that_brings_nothing_back_promises_nothing(rich: Workshop) -> None:
    order = await rich.tell(await rich.sent(quantity="1000"), report("Partial", 0))
    assert order.reading is not None
    assert judging.settling(rich.shop, order) is None


async def test_the_operator_and_the_panel_at_once_end_an_order_once(rich: Workshop) -> None:
    order = await rich.tell(await rich.sent(quantity="1000"), report("Fail"))
    answers = await asyncio.gather(
        desk.decide(rich.shop, order.id, order.charge, IRIS, rich.clock()),
        tracking.apply(rich.shop, {order.id: DONE}, rich.clock()),
        desk.decide(rich.shop, order.id, ZERO, IRIS + 1, rich.clock()),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, AlreadyDecided) for answer in answers) in (1, 2)
    entries = await rich.entries(order)
    assert entries.get("post", 0) + entries.get("return", 0) == 1_125_000
    await rich.sound()


async def test_a_nonsense_charge_stops_nobodys_reports(rich: Workshop) -> None:
    one, two = await rich.sent(quantity="1000"), await rich.sent(link=f"{LINK}/2")
    said = replace(DONE, charge=Decimal("1e60"))
    await tracking.apply(rich.shop, {one.id: said, two.id: DONE}, rich.clock())
    assert (await rich.read(two.id)).state is OrderState.COMPLETED
    assert (await rich.rows("SELECT spent FROM orders WHERE id = $1", one.id))[0]["spent"] == one.cost.micros


@pytest.mark.parametrize(("remains", "over", "shown"), [(None, 5, 0), (5000, 0, 1000), (None, 0, None), (0, 0, 0)])
async def test_over_delivery_and_odd_remains_show_within_the_quantity(
    rich: Workshop, remains: int | None, over: int, shown: int | None
) -> None:
    order = await rich.tell(await rich.sent(quantity="1000"), report("In progress", remains, over=over))
    assert order.remains == shown


async def test_canceled_returns_only_what_remains_where_the_panel_works_so(tmp_path) -> None:
    terms = replace(TERMS, panels={NORD: PanelTerms(canceled_returns_remains=True)})
    async with workshop(tmp_path, terms) as bench:
        await bench.customer("10")
        order = await bench.settled(await bench.sent(quantity="1000"), report("Canceled", 400))
        assert (order.state, order.returned) == (OrderState.CANCELED, Money(450_000))
        assert await bench.entries(order) == {"hold": 1_125_000, "post": 675_000, "return": 450_000}
        await bench.sound()


async def test_reports_about_orders_that_are_not_followed_change_nothing(rich: Workshop) -> None:
    unknown = await rich.unknown()
    reserved = await rich.order(rich.number(LIKES), link=f"{LINK}/2")
    await tracking.apply(rich.shop, {reserved.id: DONE, unknown.id: DONE, 999: DONE}, rich.clock())
    assert await rich.read(unknown.id) == unknown
    assert await rich.read(reserved.id) == reserved
