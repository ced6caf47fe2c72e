"""Refunds: payments on their way back; and what was taken back before anybody told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.domain.money import Money
from bot.domain.refunds import Refund
from bot.domain.topups import Gateway, RefundState
from storage.database import Row, Tx
from storage.times import from_ms, maybe_time, to_ms


@dataclass(frozen=True, slots=True)
class NewRefund:
    """A refund before it has a number."""

    #: Of the update that asked.
    key: str
    payment: int
    customer_id: int
    amount: Money
    received: Decimal
    reason: str
    asked_by: int


async def add(tx: Tx, new: NewRefund, now: datetime) -> Refund:
    """Store what was asked for; nothing moves yet. Raises Conflict where one of the payment is open."""
    row = await tx.one(
        "INSERT INTO refunds (key, payment, customer_id, amount, received, state, reason, asked_by, asked_at)"
        " VALUES ($1, $2, $3, $4, $5, 'asked', $6, $7, $8) RETURNING *",
        new.key, new.payment, new.customer_id, new.amount.micros, f"{new.received:f}", new.reason, new.asked_by,
        to_ms(now),
    )  # fmt: skip
    assert row is not None  # noqa: S101 - RETURNING of an INSERT that succeeded
    return refund_of(row)


async def get(tx: Tx, number: int) -> Refund | None:
    """The refund of this number."""
    row = await tx.one("SELECT * FROM refunds WHERE id = $1", number)
    return refund_of(row) if row else None


async def of_key(tx: Tx, key: str) -> Refund | None:
    """The refund that an update asked for."""
    row = await tx.one("SELECT * FROM refunds WHERE key = $1", key)
    return refund_of(row) if row else None


async def begun_by(tx: Tx, key: str) -> Refund | None:
    """The refund that an update began to send."""
    row = await tx.one("SELECT * FROM refunds WHERE begun = $1", key)
    return refund_of(row) if row else None


async def of_payment(tx: Tx, payment: int) -> list[Refund]:
    """Every refund of a payment, oldest first."""
    rows = await tx.all("SELECT * FROM refunds WHERE payment = $1 ORDER BY id", payment)
    return [refund_of(row) for row in rows]


async def of_customer(tx: Tx, customer_id: int, limit: int) -> list[Refund]:
    """A customer's newest refunds, newest first."""
    rows = await tx.all("SELECT * FROM refunds WHERE customer_id = $1 ORDER BY id DESC LIMIT $2", customer_id, limit)
    return [refund_of(row) for row in rows]


async def count_asked(tx: Tx, customer_id: int) -> int:
    """How much that a customer asks back nobody has decided yet."""
    row = await tx.one("SELECT COUNT(*) AS n FROM refunds WHERE customer_id = $1 AND state = 'asked'", customer_id)
    return int(row["n"]) if row else 0


async def asked(tx: Tx, limit: int) -> list[Refund]:
    """What customers ask for and nobody decided yet, oldest first."""
    rows = await tx.all("SELECT * FROM refunds WHERE state = 'asked' ORDER BY id LIMIT $1", limit)
    return [refund_of(row) for row in rows]


async def due(tx: Tx, gateway: Gateway, now: datetime, limit: int) -> list[Refund]:
    """Refunds that a gateway is to be told of now, the most overdue first."""
    rows = await tx.all(
        "SELECT refunds.* FROM refunds JOIN payments ON payments.id = refunds.payment"
        " WHERE refunds.state = 'sending' AND next_at <= $1 AND payments.gateway = $2 ORDER BY next_at LIMIT $3",
        to_ms(now), gateway.value, limit,
    )  # fmt: skip
    return [refund_of(row) for row in rows]


async def begin(
    tx: Tx, refund: Refund, key: str, amount: Money, received: Decimal, operator_id: int, now: datetime
) -> bool:  # fmt: skip
    """Send what was asked for, or so much of it; False when somebody decided before."""
    return bool(
        await tx.run(
            "UPDATE refunds SET state = 'sending', begun = $2, amount = $3, received = $4, decided_by = $5,"
            " decided_at = $6, next_at = $6 WHERE id = $1 AND state = 'asked'",
            refund.id, key, amount.micros, f"{received:f}", operator_id, to_ms(now),
        )
    )  # fmt: skip


async def refuse(tx: Tx, refund: Refund, why: str, operator_id: int | None, now: datetime) -> bool:
    """Turn down what was asked for; False when somebody decided before."""
    return bool(
        await tx.run(
            "UPDATE refunds SET state = 'refused', answer = $2, decided_by = $3, decided_at = $4, ended_at = $4"
            " WHERE id = $1 AND state = 'asked'",
            refund.id, why, operator_id, to_ms(now),
        )
    )  # fmt: skip


async def end(tx: Tx, refund: Refund, state: RefundState, answer: str | None, now: datetime) -> bool:
    """What became of one on its way; False when that is known already."""
    return bool(
        await tx.run(
            "UPDATE refunds SET state = $2, answer = $3, ended_at = $4, next_at = NULL"
            " WHERE id = $1 AND state = 'sending'",
            refund.id, state.value, answer, to_ms(now),
        )
    )  # fmt: skip


async def put_off(tx: Tx, refund: Refund, until: datetime, answer: str) -> bool:
    """Ask the gateway again later; False when it is over."""
    return bool(
        await tx.run(
            "UPDATE refunds SET tries = tries + 1, next_at = $2, answer = $3 WHERE id = $1 AND state = 'sending'",
            refund.id, to_ms(until), answer,
        )
    )  # fmt: skip


async def note_reversal(tx: Tx, gateway: Gateway, payment_id: str, now: datetime) -> bool:
    """Remember that a payment nobody told of was taken back; False when that is known."""
    return bool(
        await tx.run(
            "INSERT INTO reversals (gateway, payment_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            gateway.value, payment_id, to_ms(now),
        )
    )  # fmt: skip


async def was_reversed(tx: Tx, gateway: Gateway, payment_id: str) -> bool:
    """Whether a payment was taken back before anybody told of it."""
    row = await tx.one(
        "SELECT 1 AS yes FROM reversals WHERE gateway = $1 AND payment_id = $2", gateway.value, payment_id
    )
    return row is not None


def refund_of(row: Row) -> Refund:
    """A stored row as the domain's refund."""
    return Refund(
        id=row["id"],
        payment=row["payment"],
        customer_id=row["customer_id"],
        amount=Money(row["amount"]),
        received=Decimal(row["received"]),
        state=RefundState(row["state"]),
        reason=row["reason"],
        asked_by=row["asked_by"],
        asked_at=from_ms(row["asked_at"]),
        decided_by=row["decided_by"],
        decided_at=maybe_time(row["decided_at"]),
        answer=row["answer"],
        tries=row["tries"],
        next_at=maybe_time(row["next_at"]),
        ended_at=maybe_time(row["ended_at"]),
    )
