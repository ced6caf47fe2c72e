"""Cancel requests: rows in, domain values out; every move is a compare-and-set on the version."""

from __future__ import annotations

from datetime import datetime

from bot.domain.cancels import Cancel, CancelState
from bot.domain.orders import Order
from storage.database import Row, Tx
from storage.times import from_ms, maybe_ms, maybe_time, to_ms


async def add(tx: Tx, order: Order, now: datetime) -> Cancel | None:
    """Store the request to cancel an order, due at once; None where there is one already."""
    row = await tx.one(
        "INSERT INTO cancels (order_id, customer_id, panel, upstream_id, state, next_at, asked_at)"
        " VALUES ($1, $2, $3, $4, 'asked', $5, $5) ON CONFLICT (order_id) DO NOTHING RETURNING *",
        order.id, order.customer_id, order.panel, order.upstream_id, to_ms(now),
    )  # fmt: skip
    return cancel_of(row) if row else None


async def get(tx: Tx, order_id: int) -> Cancel | None:
    """The request to cancel an order."""
    row = await tx.one("SELECT * FROM cancels WHERE order_id = $1", order_id)
    return cancel_of(row) if row else None


async def due(tx: Tx, panel: str, now: datetime, limit: int) -> list[Cancel]:
    """The most overdue requests of a panel that may be sent."""
    rows = await tx.all(
        "SELECT * FROM cancels WHERE panel = $1 AND state = 'asked' AND next_at <= $2 ORDER BY next_at, order_id"
        " LIMIT $3",
        panel, to_ms(now), limit,
    )  # fmt: skip
    return [cancel_of(row) for row in rows]


async def waiting_for_status(tx: Tx, panel: str, answered_since: datetime, look_before: datetime) -> list[int]:
    """Active orders whose cancel was requested since a moment, and which are not looked at before another one."""
    rows = await tx.all(
        "SELECT orders.id FROM cancels JOIN orders ON orders.id = cancels.order_id WHERE cancels.panel = $1"
        " AND cancels.state IN ('accepted', 'unknown') AND cancels.answered_at > $2"
        " AND orders.state = 'active' AND orders.reading IS NULL AND orders.next_at > $3",
        panel, to_ms(answered_since), to_ms(look_before),
    )  # fmt: skip
    return [row["id"] for row in rows]


async def in_state(tx: Tx, state: CancelState) -> list[Cancel]:
    """All requests in a state, oldest first."""
    rows = await tx.all("SELECT * FROM cancels WHERE state = $1 ORDER BY order_id", state.value)
    return [cancel_of(row) for row in rows]


async def save(tx: Tx, cancel: Cancel) -> bool:
    """Store a request as it is now, if it is still at the version we read; False when somebody else was faster."""
    return bool(
        await tx.run(
            "UPDATE cancels SET version = version + 1, state = $3, words = $4, tries = $5, lost = $6, next_at = $7,"
            " answered_at = $8 WHERE order_id = $1 AND version = $2",
            cancel.order_id, cancel.version, cancel.state.value, cancel.words, cancel.tries, cancel.lost,
            maybe_ms(cancel.next_at), maybe_ms(cancel.answered_at),
        )
    )  # fmt: skip


def cancel_of(row: Row) -> Cancel:
    """Turn a stored row into the domain's cancel request."""
    return Cancel(
        order_id=row["order_id"],
        customer_id=row["customer_id"],
        panel=row["panel"],
        upstream_id=row["upstream_id"],
        state=CancelState(row["state"]),
        asked_at=from_ms(row["asked_at"]),
        version=row["version"],
        words=row["words"],
        tries=row["tries"],
        lost=row["lost"],
        next_at=maybe_time(row["next_at"]),
        answered_at=maybe_time(row["answered_at"]),
    )
