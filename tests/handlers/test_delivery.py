"""From notices to messages: the live card edited in place, news in new messages, and what Telegram may refuse."""

from __future__ import annotations

from datetime import timedelta

import pytest
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, TelegramError, TimedOut

from bot.domain.notices import Notice, NoticeKind
from bot.domain.orders import OrderState, Reason
from bot.engine import customers
from bot.engine.notices import NotNow, Sent, Unreachable
from bot.transport.limits import Lane
from handlers.delivery import customer_screen, deliver, outcome_of
from handlers.notifying import NOTICE
from storage import broadcasts, outbox
from tests.handlers import samples
from tests.handlers.counter import Counter, Seen
from tests.kit import IRIS, MINA


@pytest.fixture
async def card(shop: Counter) -> Seen:
    """The live card of Mina's first order; nothing else waits to be told."""
    await shop.say("/start")
    await shop.bench.credit("10")
    await shop.deliver()
    card = await shop.buy()
    shop.bench.clock.forward(seconds=5)
    await shop.deliver()
    return card


async def sent(shop: Counter) -> None:
    await shop.bench.submit()
    shop.bench.clock.forward(minutes=10)


def test_notices_go_by_the_limiters_own_lane() -> None:
    assert NOTICE == Lane.NOTICE


async def test_the_card_follows_the_order_in_place(shop: Counter, card: Seen) -> None:
    await sent(shop)
    assert await shop.deliver() == [Sent(card.id)]
    assert (await shop.message(card.id)).text.startswith("Order #1\nPending")
    upstream = (await shop.bench.read(1)).upstream_id
    await shop.bench.panel.set_order(upstream, status="In progress", remains=40)
    await shop.bench.track()
    shop.bench.clock.forward(seconds=5)
    await shop.deliver()
    shown = (await shop.message(card.id)).text
    assert "In progress" in shown
    assert "60%" in shown
    assert (await shop.last()).id == card.id


async def test_the_end_is_told_in_a_new_message_that_opens_the_card(shop: Counter, card: Seen) -> None:
    await sent(shop)
    await shop.bench.panel.set_order((await shop.bench.read(1)).upstream_id, status="Completed", remains=0)
    await shop.bench.track()
    await shop.deliver()
    assert "Completed" in (await shop.message(card.id)).text
    news = await shop.last()
    assert "Order #1 is completed." in news.text
    opened = await shop.press("Open #1", news)
    assert opened.id == news.id
    assert opened.text.startswith("Order #1\nCompleted")
    assert "Order again" in opened.labels


async def test_a_settling_end_is_said_before_the_money_moves(shop: Counter, card: Seen) -> None:
    await sent(shop)
    await shop.bench.panel.set_order((await shop.bench.read(1)).upstream_id, status="Partial", remains=50)
    await shop.bench.track()
    await shop.deliver()
    shown = (await shop.message(card.id)).text
    assert shown.startswith("Order #1\nPending")
    assert "delivered in part" in shown
    assert "UTC" in shown


async def test_a_card_already_up_to_date_counts_as_told(shop: Counter, card: Seen) -> None:
    await shop.bench.shop.db.write(lambda tx: outbox.post_card(tx, 1, MINA, shop.bench.clock()))
    assert await shop.deliver() == [Sent(card.id)]


async def test_a_deleted_card_is_sent_anew_and_followed_from_then_on(shop: Counter, card: Seen) -> None:
    await shop.application.bot.delete_message(MINA, card.id)
    await sent(shop)
    (outcome,) = await shop.deliver()
    new = await shop.last()
    assert outcome == Sent(new.id)
    assert new.text.startswith("Order #1\nPending")
    assert (await shop.bench.read(1)).card_message_id == new.id


async def test_a_confirm_card_that_was_deleted_brings_the_card_by_itself(shop: Counter) -> None:
    await shop.say("/start")
    await shop.bench.credit("10")
    confirm = await shop.to_confirm()
    await shop.post(f"/chat/{MINA}/press", message_id=confirm.id, data=confirm.data("Confirm"), force=True)
    await shop.application.bot.delete_message(MINA, confirm.id)
    await shop.settle()
    shop.bench.clock.forward(seconds=5)
    await shop.deliver()
    cards = [message for message in await shop.history() if message.text.startswith("Order #1\n")]
    assert len(cards) == 1


async def test_money_by_hand_is_told_with_its_reason(shop: Counter) -> None:
    await shop.say("/start")
    await shop.bench.credit("10")
    await shop.deliver()
    news = await shop.last()
    assert "10.00 USD was added to your wallet." in news.text
    assert "a test" in news.text
    assert "Wallet" in news.labels


async def test_an_answer_from_support_arrives(shop: Counter) -> None:
    await shop.say("/start")
    await customers.ask_operator(shop.bench.shop, 10**6, MINA, "Hello?", shop.bench.clock())
    await customers.answer_ticket(shop.bench.shop, 10**6 + 1, 1, IRIS, "Here <we> are", shop.bench.clock())
    await shop.say("/start", IRIS)
    await shop.deliver()
    answer = await shop.last()
    assert "Here <we> are" in answer.text
    assert "one message" in (await shop.press("Write back", answer)).text
    assert "Hello?" in (await shop.last(IRIS)).text


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (NoticeKind.PARTIAL, "delivered in part"),
        (NoticeKind.CANCELED, "was canceled"),
        (NoticeKind.FAILED, "failed"),
        (NoticeKind.UNKNOWN, "Checking"),
        (NoticeKind.CORRECTED, "corrected"),
        (NoticeKind.COMPLETED, "completed"),
    ],
)
async def test_every_end_has_its_message(shop: Counter, card: Seen, kind: NoticeKind, words: str) -> None:
    notice = Notice(f"1:{kind}:9", MINA, kind, 1, {"back": 250_000} if kind is not NoticeKind.FAILED else {})
    await shop.bench.shop.db.write(lambda tx: outbox.post(tx, notice, shop.bench.clock()))
    await shop.deliver()
    assert words in (await shop.last()).text


def test_a_failed_order_is_told_with_its_reason() -> None:
    failed = samples.order(OrderState.FAILED, reason=Reason.REFUSED_LINK)
    screen = customer_screen(samples.texts(), Notice("n", MINA, NoticeKind.FAILED, failed.id, {}), failed)
    assert "The link was not accepted" in screen.html
    assert "1.50 USD is back in your wallet" in screen.html


async def test_a_person_who_blocked_the_bot_is_unreachable_until_they_come_back(shop: Counter, card: Seen) -> None:
    await shop.post(f"/chat/{MINA}/block", blocked=True)
    await sent(shop)
    (outcome,) = await shop.deliver()
    assert isinstance(outcome, Unreachable)
    assert await shop.deliver() == []
    await shop.post(f"/chat/{MINA}/block", blocked=False)
    await shop.settle()
    await shop.deliver()
    assert "Pending" in (await shop.message(card.id)).text


async def test_somebody_who_never_started_the_bot_is_unreachable(shop: Counter) -> None:
    notice = Notice("x", 424242, NoticeKind.ANSWER, None, {"ticket": 1, "text": "hello"})
    await shop.bench.shop.db.write(lambda tx: outbox.post(tx, notice, shop.bench.clock()))
    (outcome,) = await shop.deliver()
    assert isinstance(outcome, Unreachable)


async def test_news_whose_markup_telegram_cannot_read_come_without_it(shop: Counter, card: Seen) -> None:
    """What is stored is what an operator wrote, and what Telegram takes may have become stricter since."""
    stored, clock = shop.bench.shop.db, shop.bench.clock()
    draft = await stored.write(lambda tx: broadcasts.add(tx, 5, IRIS, "We <b>close at 6 &amp; open at 8", clock))
    await stored.write(lambda tx: broadcasts.start(tx, draft.id, None, clock))
    await stored.write(lambda tx: broadcasts.queue(tx, draft, [MINA], clock))
    (outcome,) = await shop.deliver()
    assert isinstance(outcome, Sent)
    assert (await shop.last()).text == "We close at 6 & open at 8"


async def test_flood_limits_put_a_notice_off_by_what_telegram_asks(shop: Counter, card: Seen) -> None:
    await sent(shop)
    await shop.post("/faults", flood={"chat_id": MINA, "retry_after": 7, "count": 100})
    (waiting,) = await shop.bench.shop.db.read(lambda tx: outbox.due(tx, shop.bench.clock(), 10))
    outcome = await deliver(shop.application.bot, shop.application.bot_data, waiting)
    assert isinstance(outcome, NotNow)
    assert outcome.after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Forbidden("bot was blocked by the user"), Unreachable),
        (Forbidden("user is deactivated"), Unreachable),
        (BadRequest("Chat not found"), Unreachable),
        (BadRequest("PEER_ID_INVALID"), Unreachable),
        (ChatMigrated(-100), Unreachable),
        (BadRequest("Something new"), NotNow),
        (TimedOut(), NotNow),
        (NetworkError("reset"), NotNow),
        (TelegramError("Internal Server Error"), NotNow),
    ],
)
def test_each_refusal_means_one_thing(error: TelegramError, outcome: type) -> None:
    assert isinstance(outcome_of(error), outcome)
