"""What every sending, every balance and every round asks grows with what is open, not with all that ever was."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from prove.large import PANEL, Sizes, fill
from storage import attempts, orders, orphans, panel_book, snapshots, unknowns
from storage.database import Database, Tx
from storage.snapshots import Mark, Stored
from storage.sqlite import drive
from tests.kit import START

_ORDERS = 6000
_UNKNOWN = 14  # the one that is; see prove.large
_BALANCE = (Decimal("99.5"), "USD")
_BALANCES = (
    "INSERT INTO panel_snapshots (panel, at, balance, currency, turn, in_flight) SELECT $1, created_at, '100', 'USD',"
    " id, 0 FROM orders WHERE id % 100 = 0"
)
#: In steps of SQLite's machine. To look at every order, or every attempt, takes at least five times as many.
_MOST = 12_000


async def _unclear(tx: Tx) -> bool:
    first, last = await snapshots.before(tx, PANEL, 1500), await snapshots.latest(tx, PANEL)
    assert isinstance(first, Stored)
    assert isinstance(last, Stored)
    return await snapshots.unclear_besides(tx, PANEL, _UNKNOWN, first, last)


_ASKED: dict[str, Callable[[Tx], Awaitable[object]]] = {
    "a balance is asked for": lambda tx: snapshots.mark(tx, PANEL),
    "a balance is stored": lambda tx: snapshots.add(tx, PANEL, *_BALANCE, Mark(_ORDERS, 0), START),
    "the balance before": lambda tx: snapshots.before(tx, PANEL, 50),
    "the newest balance": lambda tx: snapshots.latest(tx, PANEL),
    "whether a balance is due": lambda tx: snapshots.newest_turn(tx, PANEL, _ORDERS - 5),
    "what was placed meanwhile": lambda tx: snapshots.placed_between(tx, PANEL, _ORDERS - 5, _ORDERS),
    "whether money came back": lambda tx: snapshots.money_came_back(tx, PANEL, START),
    "whose money came back": lambda tx: snapshots.may_have_come_back(tx, PANEL, START - timedelta(hours=7)),
    "whether the link is taken": lambda tx: snapshots.link_refused(tx, _UNKNOWN, _UNKNOWN),
    "an order's turn": lambda tx: snapshots.turn_of(tx, _UNKNOWN),
    "whether anything overlaps": _unclear,
    "what was given back": lambda tx: panel_book.released(tx, PANEL, START - timedelta(days=30)),
    "what is next": lambda tx: orders.next_to_submit(tx, PANEL, START),
    "when it is due": lambda tx: orders.next_to_wake(tx, PANEL, START),
    "what is under way": lambda tx: orders.under_way(tx, PANEL),
    "what is unknown": lambda tx: unknowns.of_panel(tx, PANEL),
    "where anything is unknown": unknowns.panels,
    "what is in flight": attempts.in_flight,
    "orphans": lambda tx: orphans.due(tx, PANEL, START, START - timedelta(days=30), 100),
    "an attempt begins": lambda tx: attempts.begin(tx, 11, 1, 1, START, START),
}


@pytest.mark.sqlite
async def test_no_question_of_every_day_looks_at_all_there_ever_was(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    async with await Database.open(f"sqlite:///{file}") as db:
        await fill(db, Sizes(50, _ORDERS, 4 * _ORDERS), START)
        await db.write(lambda tx: tx.run("UPDATE attempts SET turn = order_id"))
        await db.write(
            lambda tx: tx.run(
                "UPDATE orders SET state = 'completed', upstream_id = 'x' || id, next_at = NULL"
                " WHERE state = 'unknown' AND id <> $1",
                _UNKNOWN,
            )
        )
        await db.write(lambda tx: tx.run(_BALANCES, PANEL))
    steps: dict[str, int] = {}
    with closing(sqlite3.connect(file, isolation_level=None)) as raw:
        for name, ask in _ASKED.items():
            counted = [0]

            def count(counted: list[int] = counted) -> None:
                counted[0] += 100

            raw.execute("BEGIN")
            raw.set_progress_handler(count, 100)
            drive(ask, raw)
            raw.set_progress_handler(None, 0)
            raw.execute("ROLLBACK")
            steps[name] = counted[0]
    assert {name: count for name, count in steps.items() if count > _MOST} == {}
