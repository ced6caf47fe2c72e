"""Balances as panels showed them, in the order in which they and the `add` between them happened.

That order is counted, not timed: each `add` has a turn, and a balance knows the newest turn before it. A clock that
jumps changes nothing of what was before what.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.domain.evidence import Snapshot
from storage.database import Row, Tx
from storage.times import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a panel's orders were when its balance was asked for."""

    turn: int
    #: How many of the panel's `add` were under way.
    in_flight: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A balance with its place among the attempts."""

    id: int
    turn: int
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Sent:
    """An `add` that was, or may have been, carried out between two balances."""

    order_id: int
    turn: int


async def mark(tx: Tx, panel: str) -> Mark:
    """Where a panel's orders stand; taken before its balance is asked for, and given to `add` with the answer."""
    row = await tx.one(
        # The conditions are the indexes' own, word for word: SQLite takes them for no others.
        "SELECT (SELECT COALESCE(MAX(turn), 0) FROM attempts WHERE turn IS NOT NULL) AS turn, COUNT(*) AS submitting"
        " FROM orders WHERE panel = $1 AND state IN ('submitting', 'unknown') AND state = 'submitting'",
        panel,
    )
    return Mark(row["turn"], row["submitting"]) if row else Mark(0, 0)


async def add(tx: Tx, panel: str, balance: Decimal, currency: str, asked: Mark | None, now: datetime) -> Snapshot:
    """Store a balance; `asked` is where the orders stood when it was asked for, None where nothing happened since."""
    here = await mark(tx, panel)
    in_flight = here.in_flight
    if asked is not None:
        row = await tx.one(
            "SELECT COUNT(*) AS n FROM attempts JOIN orders ON orders.id = order_id WHERE turn > $1 AND panel = $2",
            asked.turn, panel,
        )  # fmt: skip
        in_flight = asked.in_flight + (row["n"] if row else 0)
    await tx.run(
        "INSERT INTO panel_snapshots (panel, at, balance, currency, turn, in_flight) VALUES ($1, $2, $3, $4, $5, $6)",
        panel, to_ms(now), str(balance), currency, here.turn, in_flight,
    )  # fmt: skip
    return Snapshot(from_ms(to_ms(now)), balance, currency, in_flight)


async def before(tx: Tx, panel: str, turn: int) -> Stored | None:
    """The last balance with nothing under way from before an attempt."""
    row = await tx.one(
        "SELECT * FROM panel_snapshots WHERE panel = $1 AND turn < $2 AND in_flight = 0 ORDER BY id DESC LIMIT 1",
        panel, turn,
    )  # fmt: skip
    return _stored(row) if row else None


async def since(tx: Tx, panel: str, turn: int, limit: int = 1000) -> list[Stored]:
    """The balances with nothing under way since an attempt, oldest first; of very many, the newest."""
    rows = await tx.all(
        "SELECT * FROM panel_snapshots WHERE panel = $1 AND turn >= $2 AND in_flight = 0 ORDER BY id DESC LIMIT $3",
        panel, turn, limit,
    )  # fmt: skip
    return [_stored(row) for row in reversed(rows)]


async def latest(tx: Tx, panel: str) -> Stored | None:
    """The newest balance with nothing under way."""
    row = await tx.one(
        "SELECT * FROM panel_snapshots WHERE panel = $1 AND in_flight = 0 ORDER BY id DESC LIMIT 1", panel
    )
    return _stored(row) if row else None


async def get(tx: Tx, snapshot_id: int) -> Stored | None:
    """The balance of this number."""
    row = await tx.one("SELECT * FROM panel_snapshots WHERE id = $1", snapshot_id)
    return _stored(row) if row else None


async def newest_turn(tx: Tx, panel: str, after: int) -> int | None:
    """The turn of a panel's newest `add` after a turn; None where none was made."""
    row = await tx.one(
        "SELECT MAX(turn) AS turn FROM attempts JOIN orders ON orders.id = order_id WHERE turn > $1 AND panel = $2",
        after, panel,
    )  # fmt: skip
    return row["turn"] if row else None


async def placed_between(tx: Tx, panel: str, after: int, upto: int) -> list[Sent]:
    """A panel's `add` in turns after one and up to another that its panel took, in their order."""
    rows = await tx.all(
        "SELECT order_id, turn FROM attempts JOIN orders ON orders.id = order_id"
        " WHERE turn > $2 AND turn <= $3 AND panel = $1 AND outcome = 'placed' ORDER BY turn",
        panel, after, upto,
    )  # fmt: skip
    return [Sent(row["order_id"], row["turn"]) for row in rows]


async def unclear_besides(tx: Tx, panel: str, order_id: int, first: Stored, last: Stored) -> bool:
    """Whether another order of the panel may have moved its balance between two readings.

    That is one that is unknown, was released since, or was on its way when the last was read.
    """
    row = await tx.one(
        # Each part along an index of its own.
        "SELECT 1 AS yes FROM orders JOIN attempts ON attempts.order_id = orders.id WHERE panel = $1"
        " AND state IN ('submitting', 'unknown') AND state = 'unknown' AND outcome = 'unknown' AND orders.id <> $2"
        " AND COALESCE(turn, 0) <= $4"
        " UNION ALL SELECT 1 FROM attempts JOIN orders ON orders.id = order_id WHERE outcome = 'released'"
        " AND panel = $1 AND order_id <> $2 AND COALESCE(turn, 0) <= $4 AND (turn > $3 OR finished_at >= $5) LIMIT 1",
        panel, order_id, first.turn, last.turn, to_ms(first.snapshot.at),
    )  # fmt: skip
    return row is not None


#: The orders of a panel whose money came back since a moment, or may be about to; each part along an index of its own.
_CAME_BACK: Final = (
    "SELECT id FROM orders WHERE panel = $1 AND state IN ('partial', 'canceled') AND upstream_id IS NOT NULL"
    " AND changed_at >= $2"
    " UNION SELECT id FROM orders WHERE panel = $1 AND reading IS NOT NULL"
    " AND state IN ('active', 'completed', 'partial')"
    " UNION SELECT orders.id FROM cancels JOIN orders ON orders.id = cancels.order_id WHERE cancels.panel = $1"
    " AND cancels.state IN ('accepted', 'unknown') AND cancels.state = 'accepted' AND orders.state = 'active'"
    " AND orders.upstream_id IS NOT NULL"
)


async def money_came_back(tx: Tx, panel: str, since_moment: datetime) -> bool:
    """Whether a panel gave money back since a moment, or may be about to, as far as its orders' statuses tell."""
    return bool(await may_have_come_back(tx, panel, since_moment))


async def may_have_come_back(tx: Tx, panel: str, since: datetime) -> list[int]:
    """Orders of a panel whose money came back since a moment, or may be about to."""
    return [row["id"] for row in await tx.all(_CAME_BACK, panel, to_ms(since))]


async def link_refused(tx: Tx, order_id: int, turn: int) -> bool:
    """Whether a panel refused a later order because this one's target is being worked on, which no other order is."""
    row = await tx.one(
        "SELECT 1 AS yes FROM orders AS mine JOIN orders AS other ON other.panel = mine.panel"
        " AND other.target = mine.target AND other.id <> mine.id"
        " JOIN attempts ON attempts.order_id = other.id AND attempts.number = other.attempts"
        " WHERE mine.id = $1 AND other.state = 'failed' AND other.reason = 'refused-duplicate' AND turn > $2"
        " AND NOT EXISTS (SELECT 1 FROM orders AS running WHERE running.panel = mine.panel"
        " AND running.target = mine.target AND running.state = 'active') LIMIT 1",
        order_id, turn,
    )  # fmt: skip
    return row is not None


async def turn_of(tx: Tx, order_id: int) -> int:
    """The turn of an order's newest attempt; 0 where it has none."""
    row = await tx.one(
        "SELECT COALESCE(turn, 0) AS turn FROM attempts WHERE order_id = $1 ORDER BY number DESC LIMIT 1", order_id
    )
    return row["turn"] if row else 0


async def forget(tx: Tx, moment: datetime) -> int:
    """Delete balances read before a moment, but each panel's last with nothing under way; how many that were."""
    return await tx.run(
        "DELETE FROM panel_snapshots WHERE at < $1 AND id NOT IN"
        " (SELECT MAX(id) FROM panel_snapshots WHERE in_flight = 0 GROUP BY panel)",
        to_ms(moment),
    )


def _stored(row: Row) -> Stored:
    read = Snapshot(from_ms(row["at"]), Decimal(row["balance"]), row["currency"], row["in_flight"])
    return Stored(row["id"], row["turn"], read)
