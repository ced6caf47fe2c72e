"""Asking for refills: when one can be had, that one press asks once, and how old ones end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.errors import AlreadyDecided, NotFound, NotOffered
from bot.domain.money import ZERO
from bot.domain.orders import Order, OrderState
from bot.domain.refills import Refill, RefillReason, RefillReport, RefillState, RefillStatus
from bot.engine import desk, refill_desk, refilling, refills, tracking
from bot.engine.refills import Refilling
from bot.panels.denials import Denial
from bot.panels.errors import Denied, Unreachable, Unusable
from bot.panels.wire_requests import RefillAccepted
from bot.wire.reasons import LostReason, UnsentReason
from storage import refills as rows
from storage.errors import Conflict
from tests.engine.workshop import CANCELED, DONE, LIKES, NORD, RUNNING, SHORT, Workshop, open_shop, report, workshop
from tests.kit import IRIS, LINK, MINA, THEO

REFILLED = replace(LIKES, refill=True)
PLAIN = replace(LIKES, id="9", name="Framely Plain Likes", refill=False)
LOST = Unreachable(LostReason.TIMEOUT)
EARLY = "The order was completed or refill was requested less than 24 hours ago"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path, services=(REFILLED, PLAIN)) as made:
        await made.customer("100")
        yield made


async def finished(bench: Workshop, link: str = LINK) -> Order:
    return await bench.tell(await bench.sent(REFILLED, link), DONE)


async def standing(bench: Workshop, order: Order) -> Refilling:
    return await bench.shop.db.read(lambda tx: refills.look(tx, bench.shop, order, bench.clock()))


async def ask(bench: Workshop, order: Order, press: int = 1, person: int = MINA) -> Refill:
    return await refills.ask_refill(bench.shop, order.id, person, press, bench.clock())


async def claim(bench: Workshop) -> tuple[Refill, ...]:
    return await refilling.claim(bench.shop, NORD, bench.clock())


async def answered(bench: Workshop, order: Order, reply: refilling.Reply, press: int = 1) -> Refill:
    """A refill that was asked for, sent and answered."""
    refill = await ask(bench, order, press)
    (claimed,) = await claim(bench)
    assert claimed.id == refill.id
    await refilling.record(bench.shop, {claimed.id: reply}, bench.clock())
    return await read(bench, refill)


async def told(bench: Workshop, refill: Refill, word: str) -> Refill:
    status = next((known for known in RefillStatus if known.value == word), None)
    await refilling.apply(bench.shop, {refill.id: RefillReport(word, status)}, bench.clock())
    return await read(bench, refill)


async def read(bench: Workshop, refill: Refill) -> Refill:
    found = await bench.shop.db.read(lambda tx: rows.get(tx, refill.id))
    assert found is not None
    return found


# When one can be had --------------------------------------------------------------------------------


async def test_a_completed_order_of_a_service_with_refills_may_be_refilled(bench: Workshop) -> None:
    assert await standing(bench, await finished(bench)) == Refilling(None, possible=True)


async def test_no_refill_before_the_end_after_a_part_or_for_a_service_without(bench: Workshop) -> None:
    running = await bench.tell(await bench.sent(REFILLED), RUNNING)
    short = await bench.settled(await bench.sent(REFILLED, f"{LINK}/2"), SHORT)
    plain = await bench.tell(await bench.sent(PLAIN, f"{LINK}/3"), DONE)
    decided = await desk.decide(bench.shop, running.id, ZERO, IRIS, bench.clock())
    assert decided.state is OrderState.COMPLETED
    for order in (running, short, plain, decided):
        assert await standing(bench, order) == Refilling()
        with pytest.raises(NotOffered):
            await ask(bench, order)
    assert await claim(bench) == ()


async def test_nobody_asks_for_somebody_elses_order(bench: Workshop) -> None:
    await bench.customer("0", THEO)
    order = await finished(bench)
    for number in (order.id, 999):
        with pytest.raises(NotFound):
            await refills.ask_refill(bench.shop, number, THEO, 5, bench.clock())


async def test_no_refill_leaves_for_an_order_whose_money_came_back_meanwhile(bench: Workshop) -> None:
    order = await finished(bench)
    refill = await ask(bench, order)
    assert (await bench.settled(order, CANCELED)).state is OrderState.CANCELED
    assert await claim(bench) == ()
    over = await read(bench, refill)
    assert (over.state, over.reason) == (RefillState.REFUSED, RefillReason.NOT_COMPLETED)


async def test_words_without_end_are_told_a_few_times_a_day(bench: Workshop) -> None:
    refill = await answered(bench, await finished(bench), RefillAccepted("5"))
    for number in range(9):
        await told(bench, refill, f"Queue {number}")
    assert await bench.alerts() == ["refill-word:nord:Queue #"]
    for letter in "abcdefghi":
        await told(bench, refill, f"Queue {letter}")
    assert len(await bench.alerts()) == 5


async def test_a_press_handed_in_again_asks_once_and_a_second_press_is_told(bench: Workshop) -> None:
    order = await finished(bench)
    first = await ask(bench, order, press=1)
    assert await ask(bench, order, press=1) == first
    with pytest.raises(AlreadyDecided):
        await ask(bench, order, press=2)
    assert [refill.id for refill in await claim(bench)] == [first.id]
    assert await ask(bench, order, press=1) == await read(bench, first)
    assert await claim(bench) == ()


async def test_a_second_open_refill_cannot_be_stored_even_by_hand(bench: Workshop) -> None:
    await ask(bench, await finished(bench))
    for state in ("asked", "submitting", "unknown"):
        await bench.sql("UPDATE refills SET state = $1", state)
        with pytest.raises(Conflict):
            await bench.sql(
                "INSERT INTO refills (update_id, order_id, customer_id, service_number, panel, upstream_id, state,"
                " asked_at) SELECT 99, order_id, customer_id, service_number, panel, upstream_id, 'asked', 1"
                " FROM refills"
            )


# Sending --------------------------------------------------------------------------------------------


async def test_refills_that_wait_together_are_claimed_together(bench: Workshop) -> None:
    orders = [await finished(bench, f"{LINK}/{n}") for n in range(3)]
    for press, order in enumerate(orders):
        await ask(bench, order, press)
    claimed = await claim(bench)
    assert [refill.upstream_id for refill in claimed] == [order.upstream_id for order in orders]
    replies = {claimed[0].id: RefillAccepted("7"), claimed[1].id: None, claimed[2].id: Denied(Denial.ORDER, "no")}
    await refilling.record(bench.shop, replies, bench.clock())
    states = [(await read(bench, refill)).state for refill in claimed]
    assert states == [RefillState.ACTIVE, RefillState.UNKNOWN, RefillState.REFUSED]
    await bench.sound()


@pytest.mark.parametrize(
    "reply",
    [
        LOST, None, Unusable(LostReason.SHAPE), Unusable(LostReason.EMPTY), Denied(Denial.AMBIGUOUS, "Unknown error"),
        Denied(Denial.MAINTENANCE, "MAINTENANCE_MODE"),
    ],
)  # fmt: skip
async def test_a_lost_reply_is_never_asked_again_and_the_operator_is_told(
    bench: Workshop, reply: refilling.Reply
) -> None:
    order = await finished(bench)
    refill = await answered(bench, order, reply)
    assert refill.state is RefillState.UNKNOWN
    assert await bench.alerts() == [f"refill-unknown:{refill.id}"]
    for _ in range(3):
        bench.clock.forward(hours=30)
        assert await claim(bench) == ()
        with pytest.raises(AlreadyDecided):
            await ask(bench, order, press=7)
    assert (await bench.money()).held == ZERO
    await bench.sound()


@pytest.mark.parametrize(
    "reply",
    [
        Unreachable(UnsentReason.CONNECT), Denied(Denial.RATE_LIMIT, "slowly"), Denied(Denial.KEY, "bad key"),
        Denied(Denial.FUNDS, "no funds"),
    ],
)  # fmt: skip
async def test_proof_that_nothing_was_asked_for_puts_it_back_in_line(bench: Workshop, reply: refilling.Reply) -> None:
    refill = await answered(bench, await finished(bench), reply)
    assert (refill.state, refill.next_at) == (RefillState.ASKED, bench.clock() + timedelta(seconds=5))
    assert await claim(bench) == ()
    bench.clock.forward(seconds=5)
    (again,) = await claim(bench)
    await refilling.record(bench.shop, {again.id: RefillAccepted("1")}, bench.clock())
    assert (await read(bench, refill)).state is RefillState.ACTIVE
    assert await bench.alerts() == []


async def test_what_was_being_asked_for_when_the_shop_stopped_is_unknown_and_never_sent_again(bench: Workshop) -> None:
    refill = await ask(bench, await finished(bench))
    await claim(bench)
    bench.shop = await open_shop(bench.shop.db)
    assert await refilling.recover(bench.shop, bench.clock()) == 1
    assert (await read(bench, refill)).state is RefillState.UNKNOWN
    assert await refilling.recover(bench.shop, bench.clock()) == 0
    bench.clock.forward(hours=5)
    assert await claim(bench) == ()
    await refilling.record(bench.shop, {refill.id: RefillAccepted("1")}, bench.clock())
    assert (await read(bench, refill)).state is RefillState.UNKNOWN, "a zombie's answer changes nothing"


# Refusals -------------------------------------------------------------------------------------------


async def test_a_service_whose_panel_makes_none_is_not_offered_any_more(bench: Workshop) -> None:
    order, other = await finished(bench), await finished(bench, f"{LINK}/2")
    refill = await answered(bench, order, Denied(Denial.REFILL_DISABLED, "Refill is disabled for this service"))
    assert (refill.state, refill.reason) == (RefillState.REFUSED, RefillReason.DISABLED)
    assert (await standing(bench, order)) == Refilling(refill)
    assert (await standing(bench, other)) == Refilling()
    assert (await bench.notices(MINA)).count("refill-refused") == 1
    bench.clock.forward(days=8)
    assert (await standing(bench, other)).possible, "panels change their mind"


async def test_too_early_says_from_when_on_it_may_be_asked_again(bench: Workshop) -> None:
    order = await finished(bench)
    bench.clock.forward(hours=1)
    refill = await answered(bench, order, Denied(Denial.REFILL_EARLY, EARLY))
    assert refill.reason is RefillReason.TOO_EARLY
    assert order.finished_at is not None
    assert refill.again_at == order.finished_at + timedelta(hours=24)
    assert await standing(bench, order) == Refilling(refill, again_at=refill.again_at)
    with pytest.raises(NotOffered):
        await ask(bench, order, press=2)
    await refills.reopen(bench.shop, NORD, bench.clock())
    assert (await read(bench, refill)).next_at is not None
    bench.clock.time = refill.again_at
    await refills.reopen(bench.shop, NORD, bench.clock())
    assert (await read(bench, refill)).next_at is None, "its card was brought up to date"
    assert (await standing(bench, order)).possible
    assert (await ask(bench, order, press=2)).state is RefillState.ASKED


async def test_the_wait_counts_from_the_last_refill_that_was_taken(bench: Workshop) -> None:
    order = await finished(bench)
    bench.clock.forward(hours=100)
    first = await answered(bench, order, RefillAccepted("1"))
    await told(bench, first, "Completed")
    bench.clock.forward(hours=2)
    second = await answered(bench, order, Denied(Denial.REFILL_EARLY, EARLY), press=2)
    assert first.sent_at is not None
    assert second.again_at == first.sent_at + timedelta(hours=24)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Denial.REFILL_OPEN, RefillReason.UNDER_WAY), (Denial.NOT_COMPLETED, RefillReason.NOT_COMPLETED),
        (Denial.UNRECOGNISED, RefillReason.REFUSED), (Denial.ORDER, RefillReason.REFUSED),
    ],
)  # fmt: skip
async def test_other_refusals_are_told_and_may_be_tried_again_in_an_hour(
    bench: Workshop, kind: Denial, reason: RefillReason
) -> None:
    order = await finished(bench)
    refill = await answered(bench, order, Denied(kind, "no"))
    assert (refill.state, refill.reason, refill.words) == (RefillState.REFUSED, reason, "no")
    assert refill.again_at == bench.clock() + timedelta(hours=1)
    assert await bench.alerts() == []


# Following ------------------------------------------------------------------------------------------


async def test_a_refill_is_followed_to_its_end_and_may_be_asked_for_again(bench: Workshop) -> None:
    order = await finished(bench)
    refill = await answered(bench, order, RefillAccepted("77"))
    assert (refill.refill_id, refill.next_at) == ("77", bench.clock() + bench.shop.terms.status_poll)
    assert await refilling.due(bench.shop, NORD, bench.clock()) == []
    bench.clock.forward(minutes=1)
    assert [found.id for found in await refilling.due(bench.shop, NORD, bench.clock())] == [refill.id]
    assert await refilling.due(bench.shop, NORD, bench.clock()) == [], "moved on"
    assert (await told(bench, refill, "In progress")).status_word == "In progress"
    over = await told(bench, refill, "Completed")
    assert (over.state, over.next_at, over.ended_at) == (RefillState.COMPLETED, None, bench.clock())
    assert (await bench.notices(MINA)).count("refill-completed") == 1
    assert (await standing(bench, order)).possible
    assert (await told(bench, refill, "Rejected")).state is RefillState.COMPLETED, "an end is an end"


@pytest.mark.parametrize("word", ["Rejected", "Fail"])
async def test_a_refill_turned_down_is_told_and_rests_a_day(bench: Workshop, word: str) -> None:
    order = await finished(bench)
    refill = await told(bench, await answered(bench, order, RefillAccepted("77")), word)
    assert refill.state is RefillState.REJECTED
    assert (await bench.notices(MINA)).count("refill-rejected") == 1
    assert await standing(bench, order) == Refilling(refill, again_at=bench.clock() + timedelta(hours=24))


async def test_a_word_nobody_knows_changes_nothing_and_is_told_once(bench: Workshop) -> None:
    refill = await answered(bench, await finished(bench), RefillAccepted("77"))
    for _ in range(3):
        assert (await told(bench, refill, "Awaiting moon")) == refill
    assert await bench.alerts() == ["refill-word:nord:Awaiting moon"]
    assert (await bench.notices(IRIS)).count("alert") == 1


async def test_a_refill_the_panel_does_not_know_is_let_lapse(bench: Workshop) -> None:
    order = await finished(bench)
    refill = await answered(bench, order, RefillAccepted("77"))
    await refilling.apply(bench.shop, {refill.id: Denied(Denial.REFILL, "Refill not found")}, bench.clock())
    assert await read(bench, refill) == refill
    assert await refills.give_up_old(bench.shop, bench.clock()) == 0
    bench.clock.forward(days=15)
    assert await refills.give_up_old(bench.shop, bench.clock()) == 1
    assert (await read(bench, refill)).state is RefillState.LAPSED
    assert (await bench.notices(MINA)).count("refill-lapsed") == 1
    assert (await standing(bench, order)).possible


async def test_what_cannot_be_sent_for_a_day_is_given_up_and_told(bench: Workshop) -> None:
    order = await finished(bench)
    refill = await ask(bench, order)
    bench.clock.forward(hours=25)
    assert await refills.give_up_old(bench.shop, bench.clock()) == 1
    over = await read(bench, refill)
    assert (over.state, over.reason) == (RefillState.REFUSED, RefillReason.NOT_SENT)
    assert (await standing(bench, order)).possible


@pytest.mark.parametrize("word", ["Refill", "In progress", "Pending"])
async def test_an_order_that_is_being_refilled_stays_completed_and_keeps_its_money(bench: Workshop, word: str) -> None:
    order = await finished(bench)
    await answered(bench, order, RefillAccepted("77"))
    before = await bench.entries(order)
    said = report(word) if word != "Refill" else replace(RUNNING, word="Refill")
    again = await bench.tell(order, said, hours=7)
    assert (again.state, again.returned, again.status_word) == (OrderState.COMPLETED, ZERO, "Completed")
    assert await bench.entries(order) == before
    assert [found.id for found in await tracking.due(bench.shop, NORD, bench.clock())] == [order.id], "still watched"
    await bench.sound()


# The operator ---------------------------------------------------------------------------------------


async def test_the_operator_attaches_a_refill_the_panel_took(bench: Workshop) -> None:
    refill = await answered(bench, await finished(bench), LOST)
    attached = await refill_desk.attach(bench.shop, refill.id, "55", IRIS, bench.clock())
    assert (attached.state, attached.refill_id) == (RefillState.ACTIVE, "55")
    assert await bench.alerts() == []
    assert [found.id for found in await refilling.due(bench.shop, NORD, bench.clock())] == [refill.id]
    with pytest.raises(AlreadyDecided):
        await refill_desk.release(bench.shop, refill.id, IRIS, bench.clock())


async def test_the_operator_finds_that_it_was_never_taken_and_the_customer_may_ask_again(bench: Workshop) -> None:
    order = await finished(bench)
    refill = await answered(bench, order, LOST)
    over = await refill_desk.release(bench.shop, refill.id, IRIS, bench.clock())
    assert (over.state, over.reason) == (RefillState.REFUSED, RefillReason.NOT_TAKEN)
    assert await bench.alerts() == []
    assert (await bench.notices(MINA)).count("refill-refused") == 1
    assert (await standing(bench, order)).possible
    with pytest.raises(NotFound):
        await refill_desk.release(bench.shop, 99, IRIS, bench.clock())
