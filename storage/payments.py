"""Payments: what gateways say was paid, one row for each of a gateway's ids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.domain.money import Money
from bot.domain.topups import Gateway, Paid, Payment, PaymentState
from storage.database import Row, Tx
from storage.times import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class Home:
    """Whose a payment is; nobody's where it fits nobody."""

    customer_id: int | None
    topup_id: int | None
    amount: Money


async def add(tx: Tx, paid: Paid, home: Home, now: datetime) -> int | None:
    """Store a payment; its number, or None where its gateway's id is known already."""
    state = PaymentState.SUSPENSE if home.customer_id is None else PaymentState.CREDITED
    row = await tx.one(
        "INSERT INTO payments (gateway, payment_id, topup_id, customer_id, payer, received, currency, amount, state,"
        " paid_at, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        " ON CONFLICT (gateway, payment_id) DO NOTHING RETURNING id",
        paid.gateway.value, paid.payment_id, home.topup_id, home.customer_id, paid.payer, f"{paid.received:f}",
        paid.currency, home.amount.micros, state.value, to_ms(paid.paid_at), to_ms(now),
    )  # fmt: skip
    return None if row is None else int(row["id"])


async def get(tx: Tx, number: int) -> Payment | None:
    """The payment of the shop's own number."""
    row = await tx.one("SELECT * FROM payments WHERE id = $1", number)
    return payment_of(row) if row else None


async def known(tx: Tx, gateway: Gateway, payment_id: str) -> Payment | None:
    """The payment of a gateway's id."""
    row = await tx.one("SELECT * FROM payments WHERE gateway = $1 AND payment_id = $2", gateway.value, payment_id)
    return payment_of(row) if row else None


async def of_customer(tx: Tx, customer_id: int, limit: int, offset: int = 0) -> list[Payment]:
    """A customer's payments, newest first."""
    rows = await tx.all(
        "SELECT * FROM payments WHERE customer_id = $1 ORDER BY id DESC LIMIT $2 OFFSET $3", customer_id, limit, offset
    )
    return [payment_of(row) for row in rows]


async def in_suspense(tx: Tx, limit: int, offset: int = 0) -> list[Payment]:
    """Payments that fit nobody, oldest first."""
    rows = await tx.all("SELECT * FROM payments WHERE state = 'suspense' ORDER BY id LIMIT $1 OFFSET $2", limit, offset)
    return [payment_of(row) for row in rows]


async def since(tx: Tx, gateway: Gateway, moment: datetime) -> list[Payment]:
    """What a gateway took since a moment of its own clock, oldest first."""
    rows = await tx.all(
        "SELECT * FROM payments WHERE gateway = $1 AND paid_at >= $2 ORDER BY paid_at, id", gateway.value, to_ms(moment)
    )
    return [payment_of(row) for row in rows]


async def fresh(tx: Tx, customer_id: int, gateway: Gateway, moment: datetime) -> Money:
    """How much of what a customer paid through a gateway since a moment is here, and not on its way back."""
    row = await tx.one(
        "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS total FROM payments WHERE customer_id = $1"
        " AND gateway = $2 AND paid_at > $3 AND state = 'credited'"
        " AND NOT EXISTS (SELECT 1 FROM refunds WHERE refunds.payment = payments.id AND refunds.state = 'sending')",
        customer_id, gateway.value, to_ms(moment),
    )  # fmt: skip
    return Money(int(row["total"]) if row else 0)


async def times_of_fresh(tx: Tx, customer_id: int, gateway: Gateway, moment: datetime) -> list[tuple[datetime, Money]]:
    """When what `fresh` adds up was paid, oldest first."""
    rows = await tx.all(
        "SELECT paid_at, amount FROM payments WHERE customer_id = $1 AND gateway = $2 AND paid_at > $3"
        " AND state = 'credited'"
        " AND NOT EXISTS (SELECT 1 FROM refunds WHERE refunds.payment = payments.id AND refunds.state = 'sending')"
        " ORDER BY paid_at, id",
        customer_id, gateway.value, to_ms(moment),
    )  # fmt: skip
    return [(from_ms(row["paid_at"]), Money(row["amount"])) for row in rows]


async def stars_here(tx: Tx, customer_id: int) -> Money:
    """How much of what a customer paid in Stars is here, and not on its way back either."""
    row = await tx.one(
        "SELECT CAST(COALESCE(SUM(amount), 0) - COALESCE((SELECT SUM(refunds.amount) FROM refunds JOIN payments AS p"
        " ON p.id = refunds.payment WHERE refunds.customer_id = $1 AND refunds.state = 'sending'"
        " AND p.gateway = 'stars'), 0) AS BIGINT) AS total FROM payments"
        " WHERE customer_id = $1 AND gateway = 'stars' AND state = 'credited'",
        customer_id,
    )
    return Money(int(row["total"]) if row else 0)


async def credited_of(tx: Tx, topup_id: int) -> bool:
    """Whether anything that was paid for a top-up is still here."""
    row = await tx.one("SELECT 1 AS yes FROM payments WHERE topup_id = $1 AND state = 'credited' LIMIT 1", topup_id)
    return row is not None


async def move(tx: Tx, payment: Payment, state: PaymentState) -> bool:
    """Change where a payment's money is; False when somebody was faster."""
    return bool(
        await tx.run(
            "UPDATE payments SET state = $3 WHERE id = $1 AND state = $2",
            payment.id, payment.state.value, state.value,
        )
    )  # fmt: skip


async def assign(tx: Tx, payment: Payment, customer_id: int, operator_id: int) -> bool:
    """A payment that fitted nobody is a customer's, as an operator says; False when it is in suspense no more."""
    return bool(
        await tx.run(
            "UPDATE payments SET state = 'credited', customer_id = $2, assigned_by = $3"
            " WHERE id = $1 AND state = 'suspense'",
            payment.id, customer_id, operator_id,
        )
    )  # fmt: skip


def payment_of(row: Row) -> Payment:
    """A stored row as the domain's payment."""
    return Payment(
        id=row["id"],
        gateway=Gateway(row["gateway"]),
        payment_id=row["payment_id"],
        topup_id=row["topup_id"],
        customer_id=row["customer_id"],
        payer=row["payer"],
        received=Decimal(row["received"]),
        currency=row["currency"],
        amount=Money(row["amount"]),
        state=PaymentState(row["state"]),
        paid_at=from_ms(row["paid_at"]),
        at=from_ms(row["at"]),
    )
