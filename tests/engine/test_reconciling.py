"""What becomes of unknown orders with time: reminders, the deadline, and the operators' own rule for clear evidence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.evidence import Verdict
from bot.domain.orders import Order, OrderState, Reason
from bot.domain.waiting import Watch
from bot.engine import desk, evidence, reconciling, recovery
from bot.engine.reconciling import Agenda
from bot.panels.outcomes import Lost, Placed
from bot.wire.reasons import HttpFacts, LostReason
from tests.engine.workshop import LIKES, NORD, TERMS, Workshop, workshop
from tests.kit import IRIS, LINK, MINA, money

FACTS = HttpFacts(200)


class Rounds:
    """The reconciler's rounds without a panel: balances are handed in."""

    def __init__(self, bench: Workshop) -> None:
        self.bench = bench
        self.watch = Watch(bench.shop.terms.unknown_deadline)

    async def round(self, **later: float) -> Agenda:
        self.bench.clock.forward(**later)
        now = self.bench.clock()
        await evidence.judge(self.bench.shop, NORD, now)
        agenda, counted = await reconciling.advance(self.bench.shop, NORD, self.watch.look(now), now)
        if counted:
            self.watch.counted()
        return agenda

    async def watched(self, minutes: int, balance: str | None = None) -> Agenda:
        """So many minutes of steady rounds; a balance that never moves, where one is given."""
        agenda = await self.round()
        step = 1 if minutes <= 100 else 5  # the longest that counts in full
        for _ in range(minutes // step):
            agenda = await self.round(minutes=step)
            if agenda.looks and balance:
                await self.bench.balance(balance)
                await reconciling.looked(self.bench.shop, agenda)
        return agenda


async def unknown(bench: Workshop, link: str = LINK) -> Order:
    await bench.order(bench.number(LIKES), link=link, quantity="1000")
    return await bench.record(await bench.claim(), Lost(LostReason.TIMEOUT, FACTS))


async def alerts_told(bench: Workshop) -> int:
    return (await bench.notices(IRIS)).count("alert")


async def test_balances_are_asked_for_after_one_five_fifteen_and_sixty_minutes(rich: Workshop) -> None:
    await unknown(rich)
    rounds = Rounds(rich)
    asked = []
    for minute in range(90):
        agenda = await rounds.round(minutes=1 if minute else 0)
        if agenda.looks:
            asked.append(minute)
            await reconciling.looked(rich.shop, agenda)
    assert asked == [1, 5, 15, 60]


async def test_an_operator_who_decides_later_is_not_reminded_before(rich: Workshop) -> None:
    order = await unknown(rich)
    rounds = Rounds(rich)
    await rounds.watched(10)
    await desk.snooze(rich.shop, order.id, order.version, IRIS, rich.clock())
    await rounds.watched(55)
    assert await alerts_told(rich) == 1
    await rounds.watched(10)  # an hour after the "later", though two reminders have come due: one of them
    assert await alerts_told(rich) == 2


async def test_operators_are_reminded_four_times_and_not_of_what_is_decided(bench: Workshop) -> None:
    bench.shop = replace(bench.shop, terms=replace(TERMS, unknown_deadline=timedelta(hours=72)))
    await bench.customer("10")
    order = await unknown(bench)
    rounds = Rounds(bench)
    told = [await alerts_told(bench)]
    for minutes in (14, 1, 45, 5 * 60, 18 * 60, 20 * 60):
        await rounds.watched(minutes)
        told.append(await alerts_told(bench))
    assert told == [1, 1, 2, 3, 4, 5, 5]
    (row,) = await bench.rows("SELECT facts FROM alerts")
    assert '"hours":24' in row["facts"]
    assert (await bench.read(order.id)).state is OrderState.UNKNOWN
    await desk.release(bench.shop, order.id, Reason.GOODWILL, IRIS, bench.clock())
    await rounds.watched(90)
    assert await alerts_told(bench) == 5


async def test_at_the_deadline_the_customer_gets_everything_back_and_the_operator_an_alert_that_stays(
    rich: Workshop,
) -> None:
    before = await rich.money()
    order = await unknown(rich)
    rounds = Rounds(rich)
    await rounds.watched(24 * 60 - 5)
    assert (await rich.read(order.id)).state is OrderState.UNKNOWN
    await rounds.watched(5)
    released = await rich.read(order.id)
    assert (released.state, released.reason, released.returned) == (OrderState.FAILED, Reason.DEADLINE, order.charge)
    assert await rich.money() == before
    assert await rich.attempts(order) == ["released"]
    assert await rich.alerts() == [f"order-released:{order.id}"]
    assert (await rich.notices(MINA)).count("failed") == 1
    assert await rounds.watched(30) == Agenda(0, {}, None)
    assert await rich.alerts() == [f"order-released:{order.id}"]
    await rich.sound()


async def test_a_clock_that_jumps_a_day_releases_nothing(rich: Workshop) -> None:
    orders = [await unknown(rich)]
    rounds = Rounds(rich)
    await rounds.watched(30)
    for _ in range(3):
        await rounds.round(days=1)
    assert (await rich.read(orders[0].id)).state is OrderState.UNKNOWN
    await rounds.watched(24 * 60)
    assert (await rich.read(orders[0].id)).state is OrderState.FAILED


async def test_a_shop_that_was_down_over_the_deadline_releases_soon_after_it_is_back(rich: Workshop) -> None:
    order = await unknown(rich)
    await Rounds(rich).watched(5)
    rich.clock.forward(hours=30)
    rounds = Rounds(rich)
    await rounds.watched(9)
    assert (await rich.read(order.id)).state is OrderState.UNKNOWN, "first it looks whether anything else comes"
    await rounds.watched(2)
    assert (await rich.read(order.id)).reason is Reason.DEADLINE


async def test_what_was_being_sent_when_the_shop_stopped_is_watched_from_the_start(rich: Workshop) -> None:
    await rich.order(rich.number(LIKES), quantity="1000")
    await rich.claim()
    rich.clock.forward(days=2)
    await recovery.recover(rich.shop, rich.clock())
    rich.clock.forward(seconds=5)
    agenda = await Rounds(rich).watched(2)
    assert list(agenda.looks.values()) == [1]


async def test_a_late_answer_after_the_deadline_finds_the_money_gone_back(rich: Workshop) -> None:
    await rich.order(rich.number(LIKES), quantity="1000")
    claim = await rich.claim()
    await rich.record(claim, Lost(LostReason.TIMEOUT, FACTS))
    await Rounds(rich).watched(24 * 60)
    assert (await rich.record(claim, Placed("7", FACTS))).reason is Reason.DEADLINE
    assert [row["upstream_id"] for row in await rich.rows("SELECT upstream_id FROM orphans")] == ["7"]
    assert (await rich.money()).available == money("10")
    await rich.sound()


@pytest.fixture
async def trusting(tmp_path: Path) -> AsyncIterator[Workshop]:
    """A shop whose operators want clear evidence to count."""
    async with workshop(tmp_path, replace(TERMS, release_on_evidence=True)) as made:
        await made.customer("10")
        yield made


async def test_by_clear_evidence_an_order_goes_back_after_an_hour_where_operators_want_it(trusting: Workshop) -> None:
    order = await unknown(trusting)
    rounds = Rounds(trusting)
    await rounds.watched(59, "100")
    assert (await trusting.read(order.id)).verdict is Verdict.ZERO
    assert (await trusting.read(order.id)).state is OrderState.UNKNOWN
    await rounds.watched(2, "100")
    released = await trusting.read(order.id)
    assert (released.state, released.reason) == (OrderState.FAILED, Reason.NOT_PLACED)
    assert await trusting.alerts() == [f"order-released:{order.id}"]
    await trusting.sound()


@pytest.mark.parametrize("spoiled", ["another unknown", "moved late", "too few", "not wanted"])
async def test_without_all_of_it_only_the_deadline_gives_back(trusting: Workshop, spoiled: str) -> None:
    order = await unknown(trusting)
    if spoiled == "another unknown":
        await unknown(trusting, f"{LINK}/2")
    if spoiled == "not wanted":
        trusting.shop = replace(trusting.shop, terms=TERMS)
    rounds = Rounds(trusting)
    if spoiled == "moved late":
        await rounds.watched(50, "100")
        await trusting.balance("99.1")
    if spoiled == "too few":
        await rounds.watched(65)  # the panel did not answer
        await trusting.balance("100")
        await reconciling.looked(trusting.shop, await rounds.watched(0))
    await rounds.watched(90, "99.1" if spoiled == "moved late" else "100")
    assert (await trusting.read(order.id)).state is OrderState.UNKNOWN
    await rounds.watched(24 * 60)
    assert (await trusting.read(order.id)).reason is Reason.DEADLINE
