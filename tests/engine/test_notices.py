"""Notices: in order for each chat, cards only in their newest state, nothing lost and nothing insisted on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.notices import Alert, AlertKind, Notice, NoticeKind
from bot.engine import alerts, customers, notices
from bot.engine.notices import Delivery, NotNow, Sent, Unreachable
from storage import outbox
from storage.outbox import Waiting
from tests.engine.workshop import Workshop, report
from tests.kit import IRIS, MINA, THEO


@pytest.fixture
async def quiet(bench: Workshop) -> Workshop:
    """Two people and an operator who have been told everything."""
    await bench.customer("10")
    await customers.greet(bench.shop, THEO, "Theo", None, "en", bench.clock())
    await bench.sql("DELETE FROM notices")
    return bench


async def post(bench: Workshop, key: str, chat: int = MINA) -> None:
    notice = Notice(key, chat, NoticeKind.CREDITED, None, {"amount": 1, "reason": key})
    await bench.shop.db.write(lambda tx: outbox.post(tx, notice, bench.clock()))


async def card(bench: Workshop, order_id: int, wait: float = 0) -> None:
    due_at = bench.clock() + timedelta(seconds=wait)
    await bench.shop.db.write(lambda tx: outbox.post_card(tx, order_id, MINA, bench.clock(), due_at))


async def due(bench: Workshop, limit: int = 99) -> list[Waiting]:
    return await notices.due(bench.shop, bench.clock(), limit)


async def settle(bench: Workshop, waiting: Waiting, delivery: Delivery | None = None) -> None:
    await notices.settle(bench.shop, waiting, delivery or Sent(), bench.clock())


async def drain(bench: Workshop, chat: int = MINA) -> list[str]:
    """Deliver everything that is due to a chat; the keys in the order they went out."""
    sent = []
    while mine := [w for w in await due(bench) if w.notice.chat_id == chat]:
        sent.append(mine[0].notice.key)
        await settle(bench, mine[0])
    return sent


async def test_each_chat_is_told_one_thing_at_a_time_in_order(quiet: Workshop) -> None:
    for n in range(3):
        await post(quiet, f"m{n}")
        await post(quiet, f"t{n}", THEO)
        quiet.clock.forward(seconds=1)
    assert [w.notice.key for w in await due(quiet)] == ["m0", "t0"]
    assert len(await due(quiet, 1)) == 1
    assert await drain(quiet) == ["m0", "m1", "m2"]
    assert await drain(quiet, THEO) == ["t0", "t1", "t2"]
    assert await due(quiet) == []
    assert await notices.next_due(quiet.shop) is None


async def test_the_same_key_is_one_notice(quiet: Workshop) -> None:
    await post(quiet, "once")
    await post(quiet, "once")
    assert await drain(quiet) == ["once"]
    await post(quiet, "once")
    assert await due(quiet) == []


async def test_a_card_is_sent_only_in_its_newest_state(quiet: Workshop) -> None:
    order = await quiet.sent(quantity="1000")
    for remains in range(900, 0, -100):
        await quiet.tell(order, report("In progress", remains), seconds=1)
    quiet.clock.forward(seconds=10)
    assert await drain(quiet) == [f"card:{order.id}"]


async def test_a_card_that_changed_on_its_way_is_sent_again(quiet: Workshop) -> None:
    order = await quiet.sent(quantity="1000")
    quiet.clock.forward(seconds=10)
    [waiting] = await due(quiet)
    await quiet.tell(order, report("Completed", 0))
    await settle(quiet, waiting, Sent(message_id=555))
    assert (await quiet.read(order.id)).card_message_id == 555
    assert await drain(quiet) == [f"card:{order.id}", f"{order.id}:completed:4"]


async def test_a_card_that_is_due_sooner_stays_so(quiet: Workshop) -> None:
    order = await quiet.sent()
    await drain(quiet)
    start = quiet.clock()
    await card(quiet, order.id, wait=5)
    await card(quiet, order.id, wait=9)
    assert await notices.next_due(quiet.shop) == start + timedelta(seconds=5)
    await card(quiet, order.id)
    assert await notices.next_due(quiet.shop) == start


async def test_what_is_put_off_holds_back_what_was_posted_before_and_after_it(quiet: Workshop) -> None:
    order = await quiet.sent()
    await drain(quiet)
    await post(quiet, "first")
    await post(quiet, "second")
    await post(quiet, "other", THEO)
    first = (await due(quiet))[0]
    await settle(quiet, first, NotNow("flood", timedelta(seconds=30)))
    await post(quiet, "third")
    await card(quiet, order.id)
    assert [w.notice.key for w in await due(quiet)] == ["other"]
    quiet.clock.forward(seconds=29)
    await post(quiet, "fourth")
    assert [w.notice.key for w in await due(quiet)] == ["other"]
    quiet.clock.forward(seconds=1)
    told = await drain(quiet)
    assert [key for key in told if not key.startswith("card")] == ["first", "second", "third", "fourth"]
    assert f"card:{order.id}" in told


async def test_failures_back_off_from_a_second_to_a_quarter_of_an_hour(quiet: Workshop) -> None:
    await post(quiet, "hard")
    rests = []
    for _ in range(12):
        [waiting] = await due(quiet)
        await settle(quiet, waiting, NotNow("network"))
        at = await notices.next_due(quiet.shop)
        assert at is not None
        rests.append((at - quiet.clock()).total_seconds())
        quiet.clock.time = at
    assert rests[:5] == [1, 2, 4, 8, 16]
    assert rests[-1] == 900


async def test_a_card_that_keeps_changing_keeps_backing_off(quiet: Workshop) -> None:
    order = await quiet.sent()
    for wait in (1, 2, 4, 8):
        [waiting] = [w for w in await due(quiet) if w.notice.kind is NoticeKind.CARD]
        await settle(quiet, waiting, NotNow("network"))
        await card(quiet, order.id)
        assert await notices.next_due(quiet.shop) == quiet.clock() + timedelta(seconds=wait)
        quiet.clock.forward(seconds=wait)


async def test_somebody_who_cannot_be_reached_is_tried_once_and_told_all_on_return(quiet: Workshop) -> None:
    for n in range(5):
        await post(quiet, f"m{n}")
    [waiting] = await due(quiet)
    await settle(quiet, waiting, Unreachable("blocked"))
    assert await due(quiet) == []
    assert await notices.next_due(quiet.shop) is None
    await post(quiet, "later")
    [later] = await due(quiet)
    await settle(quiet, later, Unreachable("blocked"))
    assert await due(quiet) == []
    assert (await quiet.rows("SELECT blocked FROM customers WHERE id = $1", MINA))[0]["blocked"] == 1
    await customers.greet(quiet.shop, MINA, "Mina", None, "en", quiet.clock())
    assert await drain(quiet) == ["m0", "m1", "m2", "m3", "m4", "later"]


async def test_whoever_gets_something_after_all_is_told_the_rest_too(quiet: Workshop) -> None:
    await post(quiet, "before")
    [before] = await due(quiet)
    await settle(quiet, before, Unreachable("blocked"))
    await post(quiet, "after")  # the word that they are back was lost
    assert await drain(quiet) == ["after", "before"]
    assert (await quiet.rows("SELECT blocked FROM customers WHERE id = $1", MINA))[0]["blocked"] == 0


async def test_an_operator_who_never_started_the_bot_is_told_at_the_first_contact(quiet: Workshop) -> None:
    await alerts.alert_operators(quiet.shop, Alert("a", AlertKind.POLLER_STOPPED), quiet.clock())
    [waiting] = [w for w in await due(quiet) if w.notice.chat_id == IRIS]
    await settle(quiet, waiting, Unreachable("chat not found"))
    assert await drain(quiet, IRIS) == []
    await customers.greet(quiet.shop, IRIS, "Iris", None, "en", quiet.clock())
    assert await drain(quiet, IRIS) == [f"alert:1:{IRIS}"]


async def test_an_alert_is_one_message_each_until_it_is_over(quiet: Workshop) -> None:
    alert = Alert.about(AlertKind.POLLER_STOPPED, "x", {"poller": "x"})
    assert await alerts.alert_operators(quiet.shop, alert, quiet.clock())
    assert not await alerts.alert_operators(quiet.shop, alert, quiet.clock())
    over = AlertKind.POLLER_STOPPED, "x"
    assert await quiet.shop.db.write(lambda tx: alerts.end_alert(tx, *over, quiet.clock()))
    assert not await quiet.shop.db.write(lambda tx: alerts.end_alert(tx, *over, quiet.clock()))
    quiet.clock.forward(hours=1)
    assert await alerts.alert_operators(quiet.shop, alert, quiet.clock())
    assert await quiet.notices(IRIS) == await quiet.notices(IRIS + 1) == ["alert", "alert"]


async def test_the_next_due_leaves_out_chats_on_their_way(quiet: Workshop) -> None:
    await post(quiet, "m")
    quiet.clock.forward(seconds=5)
    await post(quiet, "t", THEO)
    assert await notices.next_due(quiet.shop, besides={MINA}) == quiet.clock()
    assert await notices.next_due(quiet.shop, besides={MINA, THEO}) is None
    assert await notices.next_due(quiet.shop, besides={777, MINA}) == quiet.clock()


async def test_a_notice_is_written_with_its_fact_or_not_at_all(quiet: Workshop) -> None:
    class Broken(Exception):
        pass

    async def work(tx: outbox.Tx) -> None:
        await outbox.post(tx, Notice("lie", MINA, NoticeKind.CREDITED), quiet.clock())
        raise Broken

    with pytest.raises(Broken):
        await quiet.shop.db.write(work)
    assert await due(quiet) == []
