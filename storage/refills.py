"""Refills: rows in, domain values out; every move is a compare-and-set on the version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.domain.orders import Order
from bot.domain.refills import Refill, RefillReason, RefillState
from storage.database import Row, Tx
from storage.times import from_ms, maybe_ms, maybe_time, to_ms


async def add(tx: Tx, order: Order, update_id: int, now: datetime) -> Refill | None:
    """Store a refill a customer asked for, due at once; None where this very press asked for one already.

    Raises Conflict while another one of the order is open.
    """
    row = await tx.one(
        "INSERT INTO refills (update_id, order_id, customer_id, service_number, panel, upstream_id, state, next_at,"
        " asked_at) VALUES ($1, $2, $3, $4, $5, $6, 'asked', $7, $7) ON CONFLICT (update_id) DO NOTHING RETURNING *",
        update_id, order.id, order.customer_id, order.service_number, order.panel, order.upstream_id, to_ms(now),
    )  # fmt: skip
    return refill_of(row) if row else None


async def of_update(tx: Tx, update_id: int) -> Refill | None:
    """The refill a press asked for."""
    row = await tx.one("SELECT * FROM refills WHERE update_id = $1", update_id)
    return refill_of(row) if row else None


async def get(tx: Tx, refill_id: int) -> Refill | None:
    """The refill of this number of the shop's."""
    row = await tx.one("SELECT * FROM refills WHERE id = $1", refill_id)
    return refill_of(row) if row else None


async def of_order(tx: Tx, order_id: int, limit: int) -> list[Refill]:
    """The last refills of an order, newest first."""
    rows = await tx.all("SELECT * FROM refills WHERE order_id = $1 ORDER BY id DESC LIMIT $2", order_id, limit)
    return [refill_of(row) for row in rows]


async def are_disabled(tx: Tx, service_number: int, since: datetime) -> bool:
    """Whether a panel said of a service, since a moment, that it makes no refills for it, and has made none after."""
    row = await tx.one(
        "SELECT reason FROM refills WHERE service_number = $1 AND asked_at > $2"
        " AND (reason = $3 OR refill_id IS NOT NULL) ORDER BY asked_at DESC, id DESC LIMIT 1",
        service_number, to_ms(since), RefillReason.DISABLED.value,
    )  # fmt: skip
    return row is not None and row["reason"] == RefillReason.DISABLED.value


async def due(tx: Tx, panel: str, state: RefillState, now: datetime, limit: int) -> list[Refill]:
    """The most overdue refills of a panel in a state."""
    rows = await tx.all(
        "SELECT * FROM refills WHERE panel = $1 AND next_at IS NOT NULL AND next_at <= $2 AND state = $3"
        " ORDER BY next_at, id LIMIT $4",
        panel, to_ms(now), state.value, limit,
    )  # fmt: skip
    return [refill_of(row) for row in rows]


async def in_state(tx: Tx, state: RefillState, asked_before: datetime | None = None, limit: int = 1000) -> list[Refill]:
    """Refills in a state, oldest first; those asked for before a moment where one is named."""
    rows = await tx.all(
        "SELECT * FROM refills WHERE state = $1 AND (CAST($2 AS BIGINT) IS NULL OR asked_at < $2)"
        " ORDER BY id LIMIT $3",
        state.value, maybe_ms(asked_before), limit,
    )  # fmt: skip
    return [refill_of(row) for row in rows]


async def save(tx: Tx, refill: Refill) -> bool:
    """Store a refill as it is now, if it is still at the version we read; False when somebody else was faster."""
    return bool(
        await tx.run(
            "UPDATE refills SET version = version + 1, state = $3, refill_id = $4, reason = $5, words = $6,"
            " status_word = $7, tries = $8, next_at = $9, again_at = $10, sent_at = $11, ended_at = $12"
            " WHERE id = $1 AND version = $2",
            refill.id, refill.version, refill.state.value, refill.refill_id,
            refill.reason.value if refill.reason else None, refill.words, refill.status_word, refill.tries,
            maybe_ms(refill.next_at), maybe_ms(refill.again_at), maybe_ms(refill.sent_at), maybe_ms(refill.ended_at),
        )
    )  # fmt: skip


async def put_off(tx: Tx, times: Mapping[int, datetime]) -> None:
    """Move when refills are looked at next, whatever their version: a rhythm, not a fact."""
    await tx.many("UPDATE refills SET next_at = $2 WHERE id = $1", [(id_, to_ms(at)) for id_, at in times.items()])


def refill_of(row: Row) -> Refill:
    """Turn a stored row into the domain's refill."""
    return Refill(
        id=row["id"],
        order_id=row["order_id"],
        customer_id=row["customer_id"],
        service_number=row["service_number"],
        panel=row["panel"],
        upstream_id=row["upstream_id"],
        state=RefillState(row["state"]),
        asked_at=from_ms(row["asked_at"]),
        version=row["version"],
        refill_id=row["refill_id"],
        reason=None if row["reason"] is None else RefillReason(row["reason"]),
        words=row["words"],
        status_word=row["status_word"],
        tries=row["tries"],
        next_at=maybe_time(row["next_at"]),
        again_at=maybe_time(row["again_at"]),
        sent_at=maybe_time(row["sent_at"]),
        ended_at=maybe_time(row["ended_at"]),
    )
