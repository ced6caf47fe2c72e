"""Leases and epochs: what nobody has in hand becomes unknown, what somebody has does not, whatever clocks say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

import pytest

from bot.domain.orders import OrderState
from bot.engine import fulfilment
from bot.engine.leases import Sweeper
from bot.panels.outcomes import Lost, Placed, RefusalKind, Refused
from bot.wire.reasons import HttpFacts, LostReason
from storage.errors import Superseded
from storage.times import to_ms
from storage.transaction import Work
from tests.engine.workshop import LIKES, Workshop, open_shop
from tests.kit import LINK

T = TypeVar("T")
FACTS = HttpFacts(200, "aa", "{}", None)
DAY = 86_400


@contextmanager
def loop_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The loop's own clock, set by hand; only what reads it through the loop sees it."""
    loop, offset = asyncio.get_running_loop(), [0.0]
    real = loop.time
    with monkeypatch.context() as patched:
        patched.setattr(loop, "time", lambda: real() + offset[0])
        yield offset


async def dropped(bench: Workshop) -> fulfilment.Claim:
    """A claim that was committed, and whose answer this process never got."""
    claim = await bench.claimed()
    bench.shop.sending.under_way.clear()
    return claim


async def test_a_claim_leases_its_attempt_for_three_times_as_long_as_an_add_takes(bench: Workshop) -> None:
    await bench.claimed()
    [row] = await bench.rows("SELECT started_at, lease_until FROM attempts")
    assert row["started_at"] == to_ms(bench.clock())
    assert row["lease_until"] - row["started_at"] == 3 * 90 * 1000


async def test_a_claim_nobody_has_in_hand_becomes_unknown_when_its_lease_ends(bench: Workshop) -> None:
    claim = await dropped(bench)
    sweeper = Sweeper(bench.shop)
    assert await sweeper.sweep(bench.clock.forward(seconds=100)) == 0
    assert await sweeper.sweep(bench.clock.forward(seconds=100)) == 0
    assert await sweeper.sweep(bench.clock.forward(seconds=100)) == 1
    order = await bench.read(claim.order.id)
    assert order.state is OrderState.UNKNOWN
    assert await bench.attempts(order) == ["unknown"]
    assert await bench.alerts() == [f"order-unknown:{order.id}"]
    assert await sweeper.sweep(bench.clock.forward(seconds=100)) == 0
    assert (await bench.record(claim, Placed("1", FACTS))).state is OrderState.ACTIVE
    await bench.sound()


@pytest.mark.parametrize("jump", [DAY, -DAY])
async def test_no_clock_ends_the_lease_of_what_is_in_hand(
    bench: Workshop, jump: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.customer("100")
    for n in range(4):
        await bench.order(bench.number(LIKES), link=f"{LINK}/{n}")
    claims = [await bench.claim() for _ in range(4)]
    sweeper = Sweeper(bench.shop)
    with loop_clock(monkeypatch) as clock:
        for _ in range(3):
            bench.clock.forward(seconds=jump)
            clock[0] += DAY
            assert await sweeper.sweep(bench.clock()) == 0
    assert [(await bench.read(c.order.id)).state for c in claims] == [OrderState.SUBMITTING] * 4
    assert await bench.try_claim() is None
    assert (await bench.record(claims[0], Placed("1", FACTS))).state is OrderState.ACTIVE
    await bench.sound()


async def test_a_clock_set_back_does_not_hold_an_abandoned_attempt_for_a_day(
    bench: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = await dropped(bench)
    sweeper = Sweeper(bench.shop)
    bench.clock.forward(seconds=-DAY)
    with loop_clock(monkeypatch) as clock:
        assert await sweeper.sweep(bench.clock()) == 0
        clock[0] += 200
        assert await sweeper.sweep(bench.clock()) == 0
        clock[0] += 71
        assert await sweeper.sweep(bench.clock()) == 1
    assert (await bench.read(claim.order.id)).state is OrderState.UNKNOWN


async def test_a_clock_set_on_waits_for_a_second_look(bench: Workshop) -> None:
    """Between a claim's commit and its answer the attempt is in nobody's hands; a clock set on then proves nothing."""
    claim = await dropped(bench)
    sweeper = Sweeper(bench.shop)
    assert await sweeper.sweep(bench.clock.forward(seconds=DAY)) == 0
    bench.shop.sending.under_way.add(claim.key)
    assert await sweeper.sweep(bench.clock()) == 0
    assert (await bench.read(claim.order.id)).state is OrderState.SUBMITTING


async def test_what_an_older_run_left_is_unknown_at_once(bench: Workshop) -> None:
    claim = await bench.claimed()
    newer = await open_shop(bench.shop.db)
    assert await Sweeper(newer).sweep(bench.clock()) == 1
    assert (await bench.read(claim.order.id)).state is OrderState.UNKNOWN
    await bench.sound()


async def test_a_run_that_was_taken_over_claims_records_and_sweeps_no_more(bench: Workshop) -> None:
    claim = await bench.claimed()
    await bench.order(bench.number(LIKES), link=f"{LINK}/2")
    old, newer = bench.shop, await open_shop(bench.shop.db)
    for outcome in (Lost(LostReason.TIMEOUT, FACTS), Refused(RefusalKind.LINK, "no", FACTS)):
        with pytest.raises(Superseded):
            await bench.record(claim, outcome)
    with pytest.raises(Superseded, match="run 2 works on this database; this one is 1"):
        await bench.try_claim()
    bench.shop = replace(newer, shelf=old.shelf)
    fresh = await bench.claim()
    newer.sending.under_way.clear()
    sweeper = Sweeper(old)
    for _ in range(3):
        assert await sweeper.sweep(bench.clock.forward(seconds=DAY)) == 0
    assert (await bench.read(fresh.order.id)).state is OrderState.SUBMITTING
    bench.shop = old
    assert (await bench.record(claim, Placed("1", FACTS))).state is OrderState.ACTIVE, "an id is welcome from anybody"
    await bench.sound()


async def test_of_an_older_runs_attempt_only_the_newest_run_disposes(bench: Workshop) -> None:
    claim = await bench.claimed()
    second, third = await open_shop(bench.shop.db), await open_shop(bench.shop.db)
    assert await Sweeper(second).sweep(bench.clock()) == 0
    assert (await bench.read(claim.order.id)).state is OrderState.SUBMITTING
    assert await Sweeper(third).sweep(bench.clock()) == 1
    await bench.sound()


async def test_an_id_that_comes_after_the_newer_run_gave_it_up_is_welcome(bench: Workshop) -> None:
    claim, old = await bench.claimed(), bench.shop
    newer = await open_shop(old.db)
    assert await Sweeper(newer).sweep(bench.clock()) == 1
    order = await fulfilment.record(old, claim, Placed("1", FACTS), bench.clock())
    assert (order.state, order.upstream_id) == (OrderState.ACTIVE, "1")
    assert await bench.alerts() == []
    await bench.sound()


class AnswerInBetween:
    """A database on which an answer comes in just after the look for what is in flight."""

    def __init__(self, bench: Workshop, claim: fulfilment.Claim) -> None:
        self._bench, self._claim = bench, claim
        self.write = bench.shop.db.write

    async def read(self, work: Work[T]) -> T:
        found = await self._bench.shop.db.read(work)
        if (await self._bench.read(self._claim.order.id)).state is OrderState.SUBMITTING:
            await self._bench.record(self._claim, Placed("1", FACTS))
        return found


async def test_an_answer_between_the_look_and_the_commit_stops_no_round(bench: Workshop) -> None:
    """Of several that are abandoned the others become unknown all the same."""
    await bench.customer("100")
    for n in range(2):
        await bench.order(bench.number(LIKES), link=f"{LINK}/{n}")
    first, second = [await bench.claim() for _ in range(2)]
    shop = bench.shop
    bench.shop = await open_shop(bench.shop.db)
    newer = replace(bench.shop, db=AnswerInBetween(bench, first))  # type: ignore[arg-type]
    assert await Sweeper(newer).sweep(bench.clock()) == 1
    assert [(await bench.read(c.order.id)).state for c in (first, second)] == [OrderState.ACTIVE, OrderState.UNKNOWN]
    assert shop.epoch < newer.epoch
