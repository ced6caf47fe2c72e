"""A broadcast reaches those who may be written to, once each, behind all other news, and obeys its operator."""

from __future__ import annotations

import pytest

from bot.domain.broadcasts import BroadcastState, Progress
from bot.domain.errors import AlreadyDecided, NotFound
from bot.domain.notices import Notice, NoticeKind
from bot.engine import admission, broadcasting, notices, upkeep
from bot.engine.broadcasting import SLICE, AnotherRuns
from bot.engine.notices import Delivery, NotNow, Sent, Unreachable
from storage import acts, outbox
from storage.errors import Conflict
from tests.engine.workshop import Workshop
from tests.kit import IRIS, MINA, THEO

OTHER_OPERATOR = IRIS + 1
FIRST_OF_MANY = 50_001


async def people(bench: Workshop, count: int) -> None:
    """So many customers who started the bot a while ago."""

    async def work(tx) -> None:  # type: ignore[no-untyped-def]
        await tx.run("DELETE FROM notices")
        await tx.many(
            "INSERT INTO customers (id, name, joined_at, seen_at) VALUES ($1, $2, 1, 1)",
            [(FIRST_OF_MANY + n, f"Customer {n}") for n in range(count)],
        )

    await bench.shop.db.write(work)


async def drafted(bench: Workshop, update_id: int = 1, html: str = "<b>News</b>") -> tuple[int, int]:
    made, count = await broadcasting.draft(bench.shop, update_id, IRIS, html, bench.clock())
    return made.id, count


async def begun(bench: Workshop, update_id: int = 1) -> int:
    number, _ = await drafted(bench, update_id)
    await broadcasting.start(bench.shop, number, IRIS, 77, bench.clock())
    return number


async def deliver(bench: Workshop, most: int = 10**6, how: Delivery | None = None) -> list[int]:
    """Tell at most so many chats what is due; the chats that got a broadcast, in order."""
    told: list[int] = []
    while most > 0 and (due := await notices.due(bench.shop, bench.clock(), min(most, 64))):
        for waiting in due:
            await notices.settle(bench.shop, waiting, how or Sent(5), bench.clock())
            if waiting.notice.kind is NoticeKind.BROADCAST:
                told.append(waiting.notice.chat_id)
        most -= len(due)
    return told


async def read(bench: Workshop, number: int) -> Progress:
    found = await broadcasting.progress(bench.shop, number)
    assert found is not None
    return found


async def counts(bench: Workshop, number: int) -> tuple[BroadcastState, int, int, int]:
    found = await read(bench, number)
    return found.broadcast.state, found.sent, found.failed, found.left


async def test_who_is_banned_in_the_middle_of_it_gets_nothing_more(bench: Workshop) -> None:
    for person in (MINA, THEO):
        await bench.customer("0", person)
    number = await begun(bench)
    assert await broadcasting.go_on(bench.shop, bench.clock())
    await broadcasting.pause(bench.shop, number, IRIS, bench.clock())
    await admission.ban(bench.shop, THEO, IRIS, "", bench.clock())
    await broadcasting.resume(bench.shop, number, IRIS, bench.clock())
    assert await deliver(bench) == [MINA]
    await admission.unban(bench.shop, THEO, IRIS, bench.clock())
    await bench.customer("0", THEO)
    assert await deliver(bench) == []
    assert await counts(bench, number) == (BroadcastState.RUNNING, 1, 1, 0)


async def test_only_those_are_written_to_who_may_be(bench: Workshop) -> None:
    for person in (MINA, THEO, IRIS, OTHER_OPERATOR, 3001):
        await bench.customer("0", person)
    await people(bench, 1)
    await admission.ban(bench.shop, THEO, IRIS, "", bench.clock())
    await bench.sql("UPDATE customers SET blocked = 1 WHERE id = 3001")
    number, count = await drafted(bench)
    assert count == 2
    await broadcasting.start(bench.shop, number, IRIS, None, bench.clock())
    bench.clock.forward(seconds=1)
    await bench.customer("0", 3002)  # came after it was confirmed
    assert await broadcasting.go_on(bench.shop, bench.clock())
    assert await deliver(bench) == [MINA, FIRST_OF_MANY]
    await broadcasting.go_on(bench.shop, bench.clock())
    assert await counts(bench, number) == (BroadcastState.DONE, 2, 0, 0)
    assert not await broadcasting.go_on(bench.shop, bench.clock())


async def test_receivers_are_fed_in_slices_and_each_is_told_once(bench: Workshop) -> None:
    await people(bench, 2 * SLICE + 50)
    number = await begun(bench)
    told: list[int] = []
    while await broadcasting.go_on(bench.shop, bench.clock()):
        waiting = (await bench.rows("SELECT COUNT(*) AS n FROM notices WHERE state = 'waiting'"))[0]["n"]
        assert waiting <= SLICE + SLICE // 2 + 1
        told += await deliver(bench, 70)
        bench.clock.forward(seconds=2)
    assert len(told) == len(set(told)) == 2 * SLICE + 50
    assert await counts(bench, number) == (BroadcastState.DONE, 2 * SLICE + 50, 0, 0)


async def test_whatever_else_there_is_to_tell_goes_first(bench: Workshop) -> None:
    await people(bench, 3)
    await begun(bench)
    await broadcasting.go_on(bench.shop, bench.clock())
    bench.clock.forward(seconds=5)
    news = Notice("late", FIRST_OF_MANY + 2, NoticeKind.CREDITED, None, {"amount": 1, "reason": "x"})
    await bench.shop.db.write(lambda tx: outbox.post(tx, news, bench.clock()))
    due = await notices.due(bench.shop, bench.clock(), 10)
    assert [(w.notice.chat_id, w.notice.kind) for w in due] == [
        (IRIS, NoticeKind.BROADCAST_PROGRESS),
        (FIRST_OF_MANY + 2, NoticeKind.CREDITED),
        (FIRST_OF_MANY, NoticeKind.BROADCAST),
        (FIRST_OF_MANY + 1, NoticeKind.BROADCAST),
    ]
    without = await notices.due(bench.shop, bench.clock(), 10, broadcasts=False)
    assert {w.notice.kind for w in without} == {NoticeKind.BROADCAST_PROGRESS, NoticeKind.CREDITED}


async def test_a_pause_holds_at_once_what_waits_and_a_resume_goes_on_there(bench: Workshop) -> None:
    await people(bench, 20)
    number = await begun(bench)
    await broadcasting.go_on(bench.shop, bench.clock())
    first = await deliver(bench, 6)
    assert await broadcasting.pause(bench.shop, number, IRIS, bench.clock())
    assert not await broadcasting.pause(bench.shop, number, IRIS, bench.clock())
    assert await deliver(bench) == []
    assert await notices.next_due(bench.shop) is None, "nobody is woken for what waits"
    assert not await broadcasting.go_on(bench.shop, bench.clock())
    assert (await counts(bench, number))[0] is BroadcastState.PAUSED
    assert await broadcasting.resume(bench.shop, number, OTHER_OPERATOR, bench.clock())
    rest = await deliver(bench)
    assert sorted(first + rest) == [FIRST_OF_MANY + n for n in range(20)]


async def test_a_stop_is_for_good_and_counts_who_did_not_get_it(bench: Workshop) -> None:
    await people(bench, SLICE + 20)
    number = await begun(bench)
    await broadcasting.go_on(bench.shop, bench.clock())
    told = await deliver(bench, 9)
    on_the_way = [w for w in await notices.due(bench.shop, bench.clock(), 9) if w.notice.kind is NoticeKind.BROADCAST]
    assert await broadcasting.stop(bench.shop, number, IRIS, bench.clock())
    assert not await broadcasting.stop(bench.shop, number, IRIS, bench.clock())
    assert not await broadcasting.resume(bench.shop, number, IRIS, bench.clock())
    await notices.settle(bench.shop, on_the_way[0], Sent(1), bench.clock())
    assert await deliver(bench) == []
    sent = len(told) + 1
    assert await counts(bench, number) == (BroadcastState.STOPPED, sent, 0, SLICE + 20 - sent)


async def test_people_out_of_reach_are_counted_and_not_told_when_they_are_back(bench: Workshop) -> None:
    await people(bench, 3)
    number = await begun(bench)
    await broadcasting.go_on(bench.shop, bench.clock())
    assert await deliver(bench, how=Unreachable("bot was blocked")) != []
    await broadcasting.go_on(bench.shop, bench.clock())
    assert await counts(bench, number) == (BroadcastState.DONE, 0, 3, 0)
    await bench.customer("0", FIRST_OF_MANY)
    assert await deliver(bench) == []


async def test_what_telegram_would_not_take_is_counted_and_what_could_not_be_sent_is_tried_again(
    bench: Workshop,
) -> None:
    await people(bench, 2)
    number = await begun(bench)
    await broadcasting.go_on(bench.shop, bench.clock())
    one, other = (w for w in await notices.due(bench.shop, bench.clock(), 9) if w.notice.kind is NoticeKind.BROADCAST)
    await notices.settle(bench.shop, one, NotNow("not enough rights", refused=True), bench.clock())
    await notices.settle(bench.shop, other, NotNow("timed out"), bench.clock())
    assert await counts(bench, number) == (BroadcastState.RUNNING, 0, 1, 1)
    bench.clock.forward(minutes=1)
    assert await deliver(bench) == [other.notice.chat_id]


async def test_one_broadcast_at_a_time_and_each_begins_once(bench: Workshop) -> None:
    await people(bench, 1)
    first = await begun(bench)
    with pytest.raises(AlreadyDecided):
        await broadcasting.start(bench.shop, first, IRIS, None, bench.clock())
    second, _ = await drafted(bench, 2)
    with pytest.raises(AnotherRuns):
        await broadcasting.start(bench.shop, second, IRIS, None, bench.clock())
    with pytest.raises(Conflict):
        await bench.sql("UPDATE broadcasts SET state = 'paused' WHERE id = $1", second)
    await broadcasting.stop(bench.shop, first, IRIS, bench.clock())
    await broadcasting.start(bench.shop, second, IRIS, None, bench.clock())
    live = await broadcasting.live(bench.shop)
    assert live is not None
    assert live.broadcast.id == second


async def test_a_draft_is_its_operators_own_is_replaced_by_the_next_and_dies_quietly(bench: Workshop) -> None:
    await people(bench, 1)
    number, _ = await drafted(bench)
    assert (await drafted(bench))[0] == number, "the same update is one draft"
    with pytest.raises(NotFound):
        await broadcasting.start(bench.shop, number, OTHER_OPERATOR, None, bench.clock())
    newer, _ = await drafted(bench, 2)
    assert await broadcasting.progress(bench.shop, number) is None
    bench.clock.forward(hours=25)
    await upkeep.forget(bench.shop, bench.clock())
    assert await broadcasting.progress(bench.shop, newer) is None
    assert await bench.rows("SELECT id FROM notices") == []


async def test_every_decision_about_a_broadcast_is_an_act(bench: Workshop) -> None:
    await people(bench, 1)
    number = await begun(bench)
    await broadcasting.pause(bench.shop, number, IRIS, bench.clock())
    await broadcasting.resume(bench.shop, number, OTHER_OPERATOR, bench.clock())
    await broadcasting.stop(bench.shop, number, IRIS, bench.clock())
    found = await bench.shop.db.read(lambda tx: acts.last(tx, 4))
    assert [(act.actor, act.act, act.object, act.detail) for act in reversed(found)] == [
        (str(IRIS), "broadcast", f"broadcast {number}", "<b>News</b>"),
        (str(IRIS), "broadcast", f"broadcast {number}", "paused"),
        (str(OTHER_OPERATOR), "broadcast", f"broadcast {number}", "running"),
        (str(IRIS), "broadcast", f"broadcast {number}", "stopped"),
    ]


async def test_its_operator_has_one_message_about_it_that_is_due_again_at_each_step(bench: Workshop) -> None:
    await people(bench, 3)
    number = await begun(bench)
    for _ in range(3):
        await broadcasting.go_on(bench.shop, bench.clock())
        [progress] = [
            w for w in await notices.due(bench.shop, bench.clock(), 9) if w.notice.kind is not NoticeKind.BROADCAST
        ]
        assert (progress.notice.chat_id, progress.notice.facts) == (IRIS, {"broadcast": number})
        await notices.settle(bench.shop, progress, Sent(88), bench.clock())
        bench.clock.forward(seconds=2)
    assert (await read(bench, number)).broadcast.message_id == 88


@pytest.mark.parametrize(
    ("through", "left", "percent"), [(0, 0, 100), (0, 5, 0), (1, 199, 0), (199, 1, 99), (2, 2, 50)]
)
def test_a_hundred_percent_means_nobody_is_left(through: int, left: int, percent: int) -> None:
    assert Progress(None, through, 0, left).percent == percent  # type: ignore[arg-type]


@pytest.mark.sqlite
async def test_a_hundred_thousand_receivers_are_asked_for_by_index(bench: Workshop) -> None:
    hot = [
        "SELECT id FROM customers WHERE id > 5 AND joined_at <= 9 AND blocked = 0 AND banned_at IS NULL LIMIT 200",
        "SELECT COUNT(*) FROM notices WHERE broadcast_id = 1 AND state = 'waiting'",
        "SELECT * FROM broadcasts WHERE (CASE WHEN state IN ('running', 'paused') THEN 1 END) = 1",
    ]
    for statement in hot:
        plan = [row["detail"] for row in await bench.rows(f"EXPLAIN QUERY PLAN {statement}")]
        assert all("USING" in step and ("INDEX" in step or "PRIMARY KEY" in step) for step in plan), (statement, plan)
