"""Kills, seen from close by: which calls are points, and that the checks can fail."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from bot.domain.money import Money
from bot.domain.orders import OrderState
from prove.kills import points, tracing
from prove.kills.checks import problems
from prove.kills.flows import Visit
from prove.kills.notices import Telegram
from prove.kills.town import START_MONEY, Books
from prove.kills.tracing import ANY, Point
from prove.row import Share, Size
from storage.wallet import Balances

RECORD = """\
31 write(3, "a", 1) = 1
32 pwrite64(4, "b", 1, 0 <unfinished ...>
31 write(3, "c", 1) = 1
32 <... pwrite64 resumed>) = 1
32 pwrite64(4, "d", 1, 1) = 1
99 write(5, "e", 1) = 1
"""


def test_a_point_is_a_call_of_a_thread_that_was_there_when_the_record_began(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.write_text(RECORD)
    assert tracing.points(record, [31, 32]) == [
        Point(0, "write", 1), Point(1, "pwrite64", 1), Point(0, "write", 2), Point(1, "pwrite64", 2),
    ]  # fmt: skip
    assert tracing.first_points(record) == [
        Point(ANY, "write", 1), Point(ANY, "pwrite64", 1), Point(ANY, "write", 2), Point(ANY, "pwrite64", 2),
    ]  # fmt: skip


def test_without_strace_the_row_is_skipped_with_the_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    tally = points.run(Share("kills", Size.SHORT, 0, 0, 1, 1, tmp_path))
    assert (tally.done, tally.broken) == (0, ())
    assert tally.skipped == "strace is not installed here"


class Order:
    id, customer_id, charge, returned, state = 1, 1001, Money(500), Money(0), OrderState.COMPLETED


class Seen:
    from_bot, text = True, "Order #1 is completed."


class Phone:
    person = 1001

    def __init__(self, times: int) -> None:
        self.messages = dict.fromkeys(range(times), Seen())


class Town:
    class settings:  # noqa: N801 - stands for an attribute
        money_decimals = 4

    def __init__(self, placed: int) -> None:
        self._placed = placed

    def upstream(self, _: str) -> list[str]:
        return ["7"] * self._placed


def found(placed: int = 1, times: int = 1, orders: int = 1, have: int = START_MONEY.micros - 500, held: int = 0) -> int:
    v = Visit(Town(placed), Phone(times), confirms=1, order=1, told=[("Order #1 is completed.",)])
    books = Books([Order()] * orders, {1001: Balances(Money(have), Money(held))})
    return len([*problems(v, books, kills=1)])


def test_what_is_wrong_in_the_books_or_the_chat_is_found() -> None:
    assert found() == 0
    assert found(times=2) == 0, "a kill may repeat a message"
    assert found(times=3) == 1
    assert found(times=0) == 1
    assert found(placed=2) == 1
    assert found(placed=0) == 1
    assert found(orders=0) >= 2
    assert found(orders=2) >= 2
    assert found(have=START_MONEY.micros - 499) == 1
    assert found(held=1) == 1


def test_a_card_that_goes_back_in_time_is_found() -> None:
    telegram = Telegram(random.Random(1))
    for state in ("Pending", "Completed", "Completed"):
        telegram.look(f"<b>Order #5</b>\n<b>{state}</b>")
    assert telegram.broken == []
    telegram.look("<b>Order #5</b>\n<b>In progress</b>")
    assert telegram.broken == ["order 5: In progress was shown after a newer state"]
