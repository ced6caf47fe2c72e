"""Rows of notices, alerts and acts: what is written is read back, and lists are bounded and in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.notices import Alert, AlertKind, Notice, NoticeKind
from storage import outbox
from storage.errors import Conflict
from storage.outbox import OpenAlert
from tests.engine.workshop import Workshop, workshop
from tests.kit import IRIS, MINA

pytestmark = pytest.mark.usefixtures("both_databases")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as made:
        yield made


QUIET = timedelta(minutes=30)
ALERT = Alert("key", AlertKind.STATUS_WORD, None, {"word": "„Qüantum“ <b>", "count": 3})


async def raised(bench: Workshop, alert: Alert = ALERT) -> int | None:
    return await bench.shop.db.write(lambda tx: outbox.open_alert(tx, alert, bench.clock(), bench.clock() - QUIET))


async def test_a_notice_is_read_as_it_was_written(bench: Workshop) -> None:
    notice = Notice("k", MINA, NoticeKind.ANSWER, None, {"text": "zwei\nZeilen 💬 \"'", "ticket": 3})
    assert await bench.shop.db.write(lambda tx: outbox.post(tx, notice, bench.clock()))
    assert not await bench.shop.db.write(lambda tx: outbox.post(tx, notice, bench.clock()))
    [waiting] = await bench.shop.db.read(lambda tx: outbox.due(tx, bench.clock(), 5))
    assert (waiting.notice, waiting.version, waiting.tries) == (notice, 1, 0)


async def test_a_notice_about_an_order_that_is_not_there_is_refused(bench: Workshop) -> None:
    with pytest.raises(Conflict):
        await bench.shop.db.write(lambda tx: outbox.post_card(tx, 99, MINA, bench.clock()))


async def test_an_alert_goes_before_whatever_else_a_chat_is_told(bench: Workshop) -> None:
    for n, kind in enumerate([NoticeKind.TICKET, NoticeKind.TOPUP_ASKED, NoticeKind.ALERT]):
        notice = Notice(f"k{n}", IRIS, kind)
        await bench.shop.db.write(lambda tx, notice=notice: outbox.post(tx, notice, bench.clock()))  # type: ignore[misc]
        bench.clock.forward(seconds=1)
    [first] = await bench.shop.db.read(lambda tx: outbox.due(tx, bench.clock(), 5))
    assert first.notice.kind is NoticeKind.ALERT


async def test_many_at_once_open_one_alert(bench: Workshop) -> None:
    numbers = await asyncio.gather(*(raised(bench) for _ in range(50)))
    assert len([number for number in numbers if number is not None]) == 1


async def test_an_alert_is_open_until_closed_and_may_then_open_again(bench: Workshop) -> None:
    first = await raised(bench)
    assert first is not None
    found = await bench.shop.db.read(lambda tx: outbox.alert(tx, first))
    assert found == OpenAlert(first, ALERT, bench.clock(), None, None)
    assert await bench.shop.db.read(outbox.open_alerts) == [found]
    assert await bench.shop.db.write(lambda tx: outbox.close_alert(tx, "key", bench.clock(), "9001"))
    assert not await bench.shop.db.write(lambda tx: outbox.close_alert(tx, "key", bench.clock(), "9002"))
    closed = await bench.shop.db.read(lambda tx: outbox.alert(tx, first))
    assert closed is not None
    assert (closed.closed_at, closed.closed_by) == (bench.clock(), "9001")
    assert await bench.shop.db.read(outbox.open_alerts) == []
    assert await raised(bench) is None, "acknowledged: quiet while the condition lasts"
    assert await bench.shop.db.write(lambda tx: outbox.end_alert(tx, "key", bench.clock()))
    bench.clock.forward(minutes=31)
    assert await raised(bench) not in (None, first)


async def test_an_alert_that_comes_back_soon_is_listed_again_without_a_message(bench: Workshop) -> None:
    first = await raised(bench)
    assert await bench.shop.db.write(lambda tx: outbox.end_alert(tx, "key", bench.clock()))
    bench.clock.forward(minutes=29)
    assert await raised(bench) is None
    assert [found.id for found in await bench.shop.db.read(outbox.open_alerts)] == [first]


async def test_open_alerts_are_listed_newest_first_up_to_a_limit(bench: Workshop) -> None:
    for n in range(5):
        await raised(bench, Alert(f"k{n}", AlertKind.PANEL_FAILING))
    listed = await bench.shop.db.read(lambda tx: outbox.open_alerts(tx, 3))
    assert [found.alert.key for found in listed] == ["k4", "k3", "k2"]
    assert await bench.shop.db.read(lambda tx: outbox.alert(tx, 99)) is None


async def test_what_came_too_late_to_be_marked_stays_due(bench: Workshop) -> None:
    await bench.customer("10")
    order = await bench.order()
    at = bench.clock.forward(seconds=10)

    async def card() -> outbox.Waiting:
        rows = await bench.shop.db.read(lambda tx: outbox.due(tx, bench.clock(), 9))
        return next(w for w in rows if w.notice.chat_id == MINA and w.notice.kind is NoticeKind.CARD)

    await bench.sql("DELETE FROM notices WHERE kind <> 'card'")
    old = await card()
    await bench.shop.db.write(lambda tx: outbox.post_card(tx, order.id, MINA, at))
    assert not await bench.shop.db.write(lambda tx: outbox.delivered(tx, old))
    new = await card()
    assert new.version == old.version + 1
    assert await bench.shop.db.write(lambda tx: outbox.delivered(tx, new))
    assert await bench.shop.db.read(lambda tx: outbox.next_due(tx, ())) is None


async def test_a_card_that_was_sent_is_due_again_from_its_new_time(bench: Workshop) -> None:
    await bench.customer("10")
    order = await bench.order()
    await bench.sql("UPDATE notices SET state = 'sent', tries = 4")
    at = bench.clock() + timedelta(seconds=9)
    await bench.shop.db.write(lambda tx: outbox.post_card(tx, order.id, MINA, bench.clock(), at))
    row = (await bench.rows("SELECT * FROM notices WHERE kind = 'card'"))[0]
    assert (row["state"], row["tries"]) == ("waiting", 0)
    assert await bench.shop.db.read(lambda tx: outbox.next_due(tx, ())) == at


@pytest.mark.sqlite
async def test_what_every_contact_and_every_round_asks_looks_at_no_other_rows(bench: Workshop) -> None:
    hot = [
        "UPDATE notices SET state = 'waiting', tries = 0, due_at = 1 WHERE chat_id = 1 AND state = 'dead'",
        "UPDATE notices SET state = 'dead' WHERE chat_id = 1 AND state = 'waiting'",
        "SELECT MAX(due_at) FROM notices WHERE chat_id = 1 AND state = 'waiting' AND tries > 0 AND due_at > 1",
        "SELECT * FROM notices WHERE state = 'waiting' AND due_at <= 1",
        "SELECT 1 FROM alerts WHERE key = 'x' AND ended_at IS NULL",
    ]
    for statement in hot:
        plan = [row["detail"] for row in await bench.rows(f"EXPLAIN QUERY PLAN {statement}")]
        assert plan, statement
        assert all("USING" in step and "INDEX" in step for step in plan), (statement, plan)
