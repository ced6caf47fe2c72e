"""The order's card says the contract's words, explains every state, and offers only what is possible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from telegram import InlineKeyboardButton

from bot.domain.money import Money
from bot.domain.orders import Attention, Order, OrderState, Reading, Reason, Status
from bot.engine.judging import Settling
from handlers.callbacks import OrderAgain, RefreshOrder, ShowOrders, WithdrawOrder, parse
from handlers.cards import BAR_CELLS, Card, bar, delivered, order_card, order_label, time_left
from handlers.keyboards import Screen
from tests.handlers.samples import HOSTILE, LINK, NOW, order, texts
from tests.handlers.telegram_html import TEXT_MAX, visible

S = OrderState


def card(of: Order, settling: Settling | None = None, *, live: bool = True, page: int = 0) -> Screen:
    return order_card(texts(), Card(of, settling, NOW, live, page))


def shown(of: Order, settling: Settling | None = None) -> str:
    return visible(card(of, settling).html)


def buttons(screen: Screen) -> Iterator[InlineKeyboardButton]:
    assert screen.keyboard is not None
    for row in screen.keyboard.inline_keyboard:
        yield from row


def kinds(screen: Screen) -> set[type]:
    return {type(parse(button.callback_data)) for button in buttons(screen)}


@pytest.mark.parametrize(
    ("state", "status", "word"),
    [
        (S.RESERVED, None, "Sending"),
        (S.SUBMITTING, None, "Sending"),
        (S.ACTIVE, None, "Pending"),
        (S.ACTIVE, "Pending", "Pending"),
        (S.ACTIVE, "Processing", "In progress"),
        (S.ACTIVE, "In progress", "In progress"),
        (S.ACTIVE, "in_progress", "In progress"),
        (S.UNKNOWN, None, "Checking"),
        (S.COMPLETED, "Completed", "Completed"),
        (S.PARTIAL, "Partial", "Partial"),
        (S.CANCELED, "Canceled", "Canceled"),
        (S.FAILED, None, "Failed"),
    ],
)
def test_each_state_has_its_word(state: OrderState, status: str | None, word: str) -> None:
    lines = shown(order(state, status_word=status)).splitlines()
    assert lines[0] == "Order #1234"
    assert lines[1] == word
    assert f"· {word} ·" in order_label(texts(), order(state, status_word=status))


def test_the_card_holds_what_was_bought_and_what_it_cost() -> None:
    text = shown(order(start_count=52))
    assert "Framely Followers" in text
    assert LINK in text
    assert "Quantity: 1,000" in text
    assert "1.50 USD" in text
    assert "Count at the start: 52" in text


def test_the_card_holds_what_else_was_sent_with_the_order() -> None:
    poll = replace(order(), type="poll", answers={"link": LINK, "answer_number": "2", "quantity": "1000"})
    assert "Answer number: 2" in shown(poll)
    assert shown(poll).count("Quantity:") == 1
    hostile = {"link": LINK, "usernames": HOSTILE[0], "hashtags": "#travel\n#sunny", "quantity": "1000"}
    mentions = shown(replace(order(), type="mentions with hashtags", answers=hostile))
    assert "Hashtags: 2 (#travel, #sunny)" in mentions
    assert "Usernames: 1" in mentions


def test_progress_is_shown_once_it_is_known() -> None:
    assert "▰" not in shown(order())
    text = shown(order(status_word="In progress", remains=251))
    assert "▰▰▰▰▰▰▰▱▱▱ 74%" in text
    assert "Delivered: 749 of 1,000, remaining 251" in text


def test_the_time_left_follows_from_the_pace_so_far() -> None:
    running = order(status_word="In progress", remains=750, sent_at=NOW - timedelta(hours=1))
    assert "At this pace about 3 hours more." in shown(running)
    assert "pace" not in shown(replace(running, remains=999))
    assert "pace" not in shown(replace(running, remains=0))
    assert "pace" not in shown(replace(running, sent_at=None))


@given(st.integers(1, 2**63), st.integers(0, 2**63), st.timedeltas(timedelta(0), timedelta(days=36500)))
@example(100_000_000, 95_000_000, timedelta(days=11))
def test_the_time_left_of_any_order_is_none_or_a_month_at_most(quantity: int, remains: int, since: timedelta) -> None:
    running = order(quantity=quantity, remains=remains, sent_at=NOW - since)
    left = time_left(running, NOW)
    assert left is None or timedelta(0) < left < timedelta(days=30)


@given(st.integers(1, 10**9), st.integers(-5, 10**9 + 5))
def test_a_bar_is_full_only_when_all_is_delivered(quantity: int, remains: int) -> None:
    done = delivered(order(quantity=quantity, remains=remains))
    assert done is not None
    assert 0 <= done <= quantity
    drawn = bar(done * 100 // quantity)
    assert len(drawn) == BAR_CELLS
    assert (drawn == "▰" * BAR_CELLS) == (remains <= 0)


def test_a_settling_reading_keeps_the_word_and_says_what_returns_and_by_when() -> None:
    settling = Settling(OrderState.PARTIAL, Money(300_000), NOW + timedelta(minutes=5))
    text = shown(order(status_word="In progress", reading=Reading(Status.PARTIAL, 200), reading_since=NOW), settling)
    assert text.splitlines()[1] == "In progress"
    assert "in part" in text
    assert "0.30 USD" in text
    assert "by 08:00 UTC" in text


def test_a_problem_keeps_the_word_and_says_that_the_amount_stays_reserved() -> None:
    text = shown(order(status_word="Pending", attention=Attention.TROUBLE))
    assert text.splitlines()[1] == "Pending"
    assert "problem was reported" in text
    assert "1.50 USD stays reserved" in text


def test_an_unknown_order_says_that_there_is_nothing_to_do() -> None:
    text = shown(order(S.UNKNOWN, upstream_id=None))
    assert "not confirmed" in text
    assert "1.50 USD stays reserved" in text
    assert "nothing to do" in text


@pytest.mark.parametrize("reason", Reason)
def test_a_failure_says_why_in_plain_words(reason: Reason) -> None:
    text = shown(order(S.FAILED, reason=reason, returned=Money(1_500_000), finished_at=NOW))
    assert texts().plain(f"reason.{reason.value}") in text
    assert "Returned: 1.50 USD" in text


def test_no_card_names_the_panel() -> None:
    for state in S:
        assert "east" not in shown(order(state)).lower().replace("at least", "")


@pytest.mark.parametrize("state", S)
def test_only_what_is_possible_is_offered(state: OrderState) -> None:
    found = kinds(card(order(state)))
    assert (RefreshOrder in found) == (state not in (S.COMPLETED, S.PARTIAL, S.CANCELED, S.FAILED))
    assert (WithdrawOrder in found) == (state is S.RESERVED)
    assert (OrderAgain in found) == (state in (S.COMPLETED, S.PARTIAL, S.CANCELED, S.FAILED))


def test_a_live_card_stays_when_the_orders_are_opened_from_it() -> None:
    assert parse(list(buttons(card(order(), live=True)))[-1].callback_data) == ShowOrders(1, 1)
    assert parse(list(buttons(card(order(), live=False, page=3)))[-1].callback_data) == ShowOrders(3, 0)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("state", S)
def test_a_hostile_name_is_shown_as_it_is(name: str, state: OrderState) -> None:
    answers = {"link": "https://x.example/" + "é" * 490}
    named = replace(order(state, attention=Attention.TROUBLE), service_name=name, answers=answers)
    screen = card(named)
    text = visible(screen.html)
    assert name.strip() in text
    assert len(text.encode("utf-16-le")) // 2 <= TEXT_MAX
