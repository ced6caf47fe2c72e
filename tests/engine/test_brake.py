"""The brake: set by a broken invariant, it stops whatever takes money, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TypeVar
from unittest import mock

import pytest

from bot.domain.errors import Braked, StillBroken
from bot.domain.orders import OrderState, Reason
from bot.engine import admission, brake, desk, ordering
from bot.engine.brake import RESTORED, Broken
from bot.panels.outcomes import Placed
from bot.pollers.upkeep import LedgerWatch
from bot.wire.reasons import HttpFacts
from storage import acts, ledger_checks, outbox
from storage.database import Database
from storage.errors import DiskTrouble
from storage.transaction import Work
from tests.engine.workshop import CANCELED, LIKES, Workshop
from tests.kit import IRIS, LINK, MINA, THEO, money

T = TypeVar("T")
BROKEN = Broken("L2", f"user:{THEO}:held by 1")


async def engage(bench: Workshop, *found: Broken) -> bool:
    return await brake.engage(bench.shop, found or (BROKEN,), bench.clock())


async def let_go(bench: Workshop, reason: str = "") -> bool:
    return await brake.let_go(bench.shop, IRIS, bench.clock(), reason)


async def is_on(bench: Workshop) -> bool:
    return await bench.shop.db.read(brake.engaged)


async def plant(bench: Workshop, person: int = THEO, amount: int = 1) -> None:
    """Somebody's balance grows by a unit that came from nowhere."""
    await bench.sql("UPDATE accounts SET balance = balance + $2 WHERE id = $1", f"user:{person}:available", amount)


async def test_a_brake_lets_nobody_confirm_and_the_same_quote_works_once_it_is_off(bench: Workshop) -> None:
    await bench.customer("10")
    quote = await bench.quote(bench.number(LIKES))
    assert await engage(bench)
    with pytest.raises(Braked):
        await ordering.place_order(bench.shop, quote.token, MINA, None, bench.clock())
    assert isinstance(await admission.refusal(bench.shop, MINA), Braked)
    assert isinstance(await admission.closed(bench.shop), Braked)
    assert (await bench.money()).held == money("0")
    assert await let_go(bench)
    assert (await ordering.place_order(bench.shop, quote.token, MINA, None, bench.clock())).fresh
    await bench.sound()


async def test_what_is_reserved_is_not_sent_but_stays_as_it_is_until_the_brake_is_off(bench: Workshop) -> None:
    await bench.customer("10")
    order = await bench.order(bench.number(LIKES))
    await engage(bench)
    assert await bench.try_claim() is None
    assert (await bench.read(order.id)).state is OrderState.RESERVED
    rung = bench.shop.bells.submit.rung
    await let_go(bench)
    assert bench.shop.bells.submit.rung > rung
    assert (await bench.claim()).order.id == order.id


async def test_operators_move_no_money_by_hand_and_the_same_command_works_once_it_is_off(bench: Workshop) -> None:
    await bench.customer("10")
    unknown = await bench.unknown()
    active = await bench.sent(link=f"{LINK}/2")
    await engage(bench)
    for credit in (True, False):
        with pytest.raises(Braked):
            await desk.move_money(bench.shop, 81, IRIS, MINA, money("1"), "paid", bench.clock(), credit=credit)
    with pytest.raises(Braked):
        await desk.release(bench.shop, unknown.id, Reason.NOT_PLACED, IRIS, bench.clock())
    with pytest.raises(Braked):
        await desk.decide(bench.shop, active.id, money("0"), IRIS, bench.clock())
    await bench.sound()
    await let_go(bench)
    await desk.move_money(bench.shop, 81, IRIS, MINA, money("1"), "paid", bench.clock(), credit=True)
    assert (await desk.release(bench.shop, unknown.id, Reason.NOT_PLACED, IRIS, bench.clock())).state is (
        OrderState.FAILED
    )


async def test_a_credit_that_was_made_before_is_still_found_by_its_key(bench: Workshop) -> None:
    await bench.customer("10")
    for _ in range(2):
        found = await desk.move_money(bench.shop, 81, IRIS, MINA, money("1"), "paid", bench.clock(), credit=True)
        await engage(bench)
    assert found.available == money("11")


async def test_replies_are_recorded_and_money_returns_while_it_is_on(bench: Workshop) -> None:
    await bench.customer("10")
    flying = await bench.claimed()
    await engage(bench)
    active = await bench.record(flying, Placed("70900", HttpFacts(200)))
    assert active.state is OrderState.ACTIVE
    assert (await bench.settled(active, CANCELED)).state is OrderState.CANCELED
    await bench.sound()


async def test_the_alert_names_invariant_and_entry_in_the_commit_that_sets_the_brake(bench: Workshop) -> None:
    assert await engage(bench)
    alerts = await bench.shop.db.read(outbox.open_alerts)
    assert [(a.alert.kind.value, a.alert.facts["invariant"], a.alert.facts["entry"]) for a in alerts] == [
        ("brake", "L2", f"user:{THEO}:held by 1")
    ]
    assert await bench.notices(IRIS) == ["alert"]
    known = await bench.shop.db.read(brake.facts)
    assert known is not None
    assert (known.since, known.broken) == (bench.clock(), (Broken("L2", f"user:{THEO}:held by 1"),))


async def test_one_mistake_that_breaks_several_invariants_is_one_alert(bench: Workshop) -> None:
    assert await engage(bench, Broken("L1", "sum 1"), BROKEN, Broken("L4", "difference 1"))
    assert await bench.notices(IRIS) == ["alert"]
    (alert,) = await bench.shop.db.read(outbox.open_alerts)
    assert alert.alert.facts["invariant"] == "L1, L2, L4"
    assert alert.alert.facts["entry"] == f"sum 1; user:{THEO}:held by 1; difference 1"
    assert await engage(bench, Broken("L1", "sum 2"))
    assert await bench.notices(IRIS) == ["alert"], "more of the same is no news"
    assert await let_go(bench, "a disk that lied")
    assert await bench.shop.db.read(outbox.open_alerts) == []


async def test_the_same_finding_is_told_once_and_another_one_again(bench: Workshop) -> None:
    assert await engage(bench)
    bench.clock.forward(minutes=5)
    assert not await engage(bench)
    assert await engage(bench, BROKEN, Broken("L3", "user:7:available"))
    assert await bench.notices(IRIS) == ["alert", "alert"]


async def test_a_watch_over_a_sound_ledger_leaves_it_off_and_over_a_broken_one_sets_it(bench: Workshop) -> None:
    await bench.customer("10", THEO)
    assert (await brake.watch(bench.shop, bench.clock())).sound
    assert not await is_on(bench)
    await plant(bench)
    assert not (await brake.watch(bench.shop, bench.clock())).sound
    assert await is_on(bench)
    known = await bench.shop.db.read(brake.facts)
    assert known is not None
    assert any(THEO_NAMED in each.entry for each in known.broken)


THEO_NAMED = f"user:{THEO}:available"


async def test_it_is_not_let_go_without_a_reason_while_something_is_broken(bench: Workshop) -> None:
    await bench.customer("10", THEO)
    await plant(bench)
    await brake.watch(bench.shop, bench.clock())
    with pytest.raises(StillBroken):
        await let_go(bench)
    with pytest.raises(StillBroken):
        await let_go(bench, "   ")
    assert await is_on(bench)
    assert await let_go(bench, "a typing mistake of mine, understood")
    assert not await is_on(bench)
    assert await bench.alerts() == []
    (act, *_) = await bench.shop.db.read(lambda tx: acts.last(tx, 1))
    assert (act.actor, act.act, act.detail) == (str(IRIS), "brake", "off: a typing mistake of mine, understood")


async def test_what_was_accepted_sets_it_no_more_but_anything_else_does(bench: Workshop) -> None:
    await bench.customer("10", THEO)
    await bench.customer("10")
    await plant(bench)
    await brake.watch(bench.shop, bench.clock())
    await let_go(bench, "understood")
    await brake.watch(bench.shop, bench.clock())
    assert not await is_on(bench)
    await plant(bench, MINA)
    await brake.watch(bench.shop, bench.clock())
    assert await is_on(bench)


async def test_a_break_that_grows_after_it_was_accepted_sets_it_again(bench: Workshop) -> None:
    await bench.customer("10", THEO)
    await plant(bench)
    await brake.watch(bench.shop, bench.clock())
    await let_go(bench, "understood")
    await plant(bench)
    await brake.watch(bench.shop, bench.clock())
    assert await is_on(bench)


async def test_what_was_repaired_is_news_when_it_breaks_again_and_is_told_however_soon(bench: Workshop) -> None:
    await bench.customer("10", THEO)
    await plant(bench)
    await brake.watch(bench.shop, bench.clock())
    told = len(await bench.notices(IRIS))
    await let_go(bench, "understood")
    await plant(bench, amount=-1)
    await brake.watch(bench.shop, bench.clock())
    await plant(bench)
    bench.clock.forward(seconds=1)
    await brake.watch(bench.shop, bench.clock())
    assert await is_on(bench)
    assert len(await bench.notices(IRIS)) == 2 * told


async def test_more_breaks_than_are_shown_are_all_accepted_at_once(bench: Workshop) -> None:
    for person in range(9001, 9031):
        await bench.customer("10", person)
        await plant(bench, person)
    await brake.watch(bench.shop, bench.clock())
    await let_go(bench, "understood")
    await brake.watch(bench.shop, bench.clock())
    assert not await is_on(bench)
    await plant(bench, 9030, amount=5)
    await brake.watch(bench.shop, bench.clock())
    assert await is_on(bench)


async def test_letting_go_of_a_brake_that_is_off_is_nothing(bench: Workshop) -> None:
    assert not await let_go(bench)
    assert await bench.shop.db.read(lambda tx: acts.last(tx, 9)) == []


async def test_a_shop_on_a_backup_wants_a_reason_however_sound_it_is(bench: Workshop) -> None:
    restored = [Broken(RESTORED, "2026-11-25")]
    await bench.shop.db.write(lambda tx: brake.set_brake(tx, bench.shop, restored, bench.clock()))
    assert (await bench.alerts())[0].startswith("restored:")
    with pytest.raises(StillBroken):
        await let_go(bench)
    assert await let_go(bench, "compared with nord and sued")
    assert not await is_on(bench)


async def test_the_poller_audits_every_five_minutes_and_sets_it(bench: Workshop) -> None:
    await bench.customer("10", THEO)
    rounds = LedgerWatch(bench.shop, bench.clock)
    await plant(bench)
    assert await rounds.step() == timedelta(minutes=5)
    assert not await is_on(bench)  # the start has just looked
    assert await rounds.step() == timedelta(minutes=5)
    assert await is_on(bench)


async def test_a_ledger_that_cannot_be_added_up_sets_it_too(bench: Workshop) -> None:
    await bench.customer("10", THEO)
    broken = ledger_checks.Check("L1", "", "SELECT missing AS offender FROM accounts")
    with mock.patch.object(ledger_checks, "CHECKS", (broken,)):
        assert not (await brake.watch(bench.shop, bench.clock())).sound
    assert await is_on(bench)
    (alert,) = await bench.shop.db.read(outbox.open_alerts)
    assert alert.alert.facts["invariant"] == "FILE"


class Hiccup:
    """The database, of which one audit cannot be read for a moment."""

    def __init__(self, db: Database) -> None:
        self._db, self._reads = db, 0
        self.write = db.write

    async def read(self, work: Work[T]) -> T:
        self._reads += 1
        if self._reads == 2:  # the first is of what was let go of
            raise DiskTrouble("out of memory")
        return await self._db.read(work)


async def test_a_read_that_fails_once_sets_no_brake(bench: Workshop) -> None:
    hiccup = replace(bench.shop, db=Hiccup(bench.shop.db))  # type: ignore[arg-type]
    assert (await brake.watch(hiccup, bench.clock())).sound
    assert not await is_on(bench)
