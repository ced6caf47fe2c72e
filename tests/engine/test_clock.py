"""A clock that is set back keeps nobody waiting, and nobody's news gets out of order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.notices import Notice, NoticeKind
from bot.engine.clock import ClockWatch
from bot.engine.notices import NotNow, look, settle
from bot.engine.tracking import due
from bot.panels.outcomes import Unsent
from bot.wire.reasons import HttpFacts, UnsentReason
from storage import outbox
from storage.times import to_ms
from tests.engine.workshop import CANCELED, LIKES, NORD, SETTLE, Workshop
from tests.kit import MINA

DAY = timedelta(days=1)


async def test_what_waited_when_the_clock_was_set_back_waits_no_longer_than_before(bench: Workshop) -> None:
    watch = ClockWatch(bench.shop)
    await bench.customer("10")
    postponed = await bench.order(bench.number(LIKES), quantity="1000")
    await bench.record(await bench.claim(), Unsent(UnsentReason.CONNECT, HttpFacts()))
    active = await bench.sent(LIKES, "https://framely.example/p/2", quantity="1000")
    await bench.tell(active, CANCELED)
    assert await watch.look(bench.clock()) == timedelta(0)
    before = {each.id: each for each in (await bench.read(postponed.id), await bench.read(active.id))}
    bench.clock.forward(days=-1)
    back = await watch.look(bench.clock())
    assert abs(back - DAY) < timedelta(seconds=5)
    for number, was in before.items():
        order = await bench.read(number)
        assert was.next_at is not None
        assert order.next_at is not None
        assert abs(was.next_at - order.next_at - DAY) < timedelta(seconds=5)
    reading = (await bench.read(active.id)).reading_since
    assert reading is not None
    assert reading <= bench.clock()
    bench.clock.forward(seconds=SETTLE.total_seconds() + 5)
    assert [each.id for each in await due(bench.shop, NORD, bench.clock())] == [active.id]


async def test_a_clock_that_is_kept_in_step_or_set_ahead_moves_nothing(bench: Workshop) -> None:
    watch = ClockWatch(bench.shop)
    await bench.customer("10")
    order = await bench.order(bench.number(LIKES), quantity="1000")
    await bench.record(await bench.claim(), Unsent(UnsentReason.CONNECT, HttpFacts()))
    at = (await bench.read(order.id)).next_at
    for seconds in (0, 3, -3, 86_400):
        assert await watch.look(bench.clock.forward(seconds=seconds)) == timedelta(0)
    assert (await bench.read(order.id)).next_at == at


@pytest.mark.parametrize("seen", [True, False])
async def test_news_stays_in_order_over_a_clock_that_was_set_back(bench: Workshop, *, seen: bool) -> None:
    watch = ClockWatch(bench.shop)
    await bench.customer("0")
    await bench.sql("DELETE FROM notices")
    await watch.look(bench.clock())
    await _post(bench, "first")
    bench.clock.forward(days=-1)
    if seen:
        await watch.look(bench.clock())
    await _post(bench, "second")
    rows = await bench.rows("SELECT key, due_at FROM notices ORDER BY due_at, id")
    assert [row["key"] for row in rows] == ["first", "second"]
    if seen:
        assert rows[0]["due_at"] <= to_ms(bench.clock.forward(seconds=5))


async def test_news_waits_for_no_card_that_takes_its_time(bench: Workshop) -> None:
    await bench.customer("10")
    order = await bench.order(bench.number(LIKES), quantity="1000")
    await bench.sql("DELETE FROM notices")
    later = bench.clock() + timedelta(seconds=2)
    await bench.shop.db.write(lambda tx: outbox.post_card(tx, order.id, MINA, bench.clock(), later))
    await _post(bench, "news")
    found, _ = await look(bench.shop, bench.clock(), 10, frozenset(), broadcasts=True)
    assert [waiting.notice.key for waiting in found] == ["news"]
    await settle(bench.shop, found[0], NotNow("busy"), bench.clock())
    await _post(bench, "more")
    rows = await bench.rows("SELECT key FROM notices WHERE kind <> 'card' ORDER BY due_at, id")
    assert [row["key"] for row in rows] == ["news", "more"]


async def _post(bench: Workshop, key: str) -> None:
    notice = Notice(key, MINA, NoticeKind.ANSWER, None, {"text": key})
    await bench.shop.db.write(lambda tx: outbox.post(tx, notice, bench.clock()))
