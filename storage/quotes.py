"""Quotes: frozen prices, each used once."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

from bot.domain.money import Money
from bot.domain.orders import Quote, QuoteState
from storage.database import Row, Tx
from storage.orders import answers_json
from storage.times import from_ms, to_ms


async def add(tx: Tx, quote: Quote, update_id: int, now: datetime) -> bool:
    """Store a quote; False when this update has one already."""
    return bool(
        await tx.run(
            "INSERT INTO quotes (token, update_id, customer_id, service_number, rate, answers, quantity, charge, cost,"
            " created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
            " ON CONFLICT (update_id) DO NOTHING",
            quote.token, update_id, quote.customer_id, quote.service_number, str(quote.rate),
            answers_json(quote.answers), quote.quantity, quote.charge.micros, quote.cost.micros,
            to_ms(now), to_ms(quote.expires_at),
        )
    )  # fmt: skip


async def of_update(tx: Tx, update_id: int) -> Quote | None:
    """The quote an update asked for, if it already did."""
    row = await tx.one("SELECT * FROM quotes WHERE update_id = $1", update_id)
    return _quote(row) if row else None


async def get(tx: Tx, token: str, customer_id: int) -> Quote | None:
    """The customer's own quote of this token, in whatever state."""
    row = await tx.one("SELECT * FROM quotes WHERE token = $1 AND customer_id = $2", token, customer_id)
    return _quote(row) if row else None


async def use(tx: Tx, token: str, customer_id: int, now: datetime) -> Quote | None:
    """Turn an open, unexpired quote of this customer into a used one; None when there is none."""
    row = await tx.one(
        "UPDATE quotes SET state = 'used'"
        " WHERE token = $1 AND customer_id = $2 AND state = 'open' AND expires_at > $3 RETURNING *",
        token, customer_id, to_ms(now),
    )  # fmt: skip
    return _quote(row) if row else None


async def extend(tx: Tx, token: str, customer_id: int, until: datetime) -> bool:
    """Let an open quote of this customer hold until a moment, if it would end before; False when there is none."""
    return bool(
        await tx.run(
            "UPDATE quotes SET expires_at = CASE WHEN expires_at < $3 THEN $3 ELSE expires_at END"
            " WHERE token = $1 AND customer_id = $2 AND state = 'open'",
            token, customer_id, to_ms(until),
        )
    )  # fmt: skip


async def drop(tx: Tx, token: str, customer_id: int) -> bool:
    """Close a quote that the customer turned down."""
    return bool(
        await tx.run(
            "UPDATE quotes SET state = 'dropped' WHERE token = $1 AND customer_id = $2 AND state = 'open'",
            token, customer_id,
        )
    )  # fmt: skip


async def forget_most(tx: Tx, customer_id: int, keep: int) -> None:
    """Delete a customer's quotes that never became an order, but the newest so many."""
    await tx.run(
        "DELETE FROM quotes WHERE token IN (SELECT token FROM quotes WHERE customer_id = $1 AND state <> 'used'"
        " ORDER BY created_at DESC, token LIMIT 100 OFFSET $2)",
        customer_id, keep,
    )  # fmt: skip


async def forget_old(tx: Tx, before: datetime) -> int:
    """Delete quotes that expired long ago and never became an order."""
    return await tx.run("DELETE FROM quotes WHERE state <> 'used' AND expires_at < $1", to_ms(before))


def _quote(row: Row) -> Quote:
    return Quote(
        token=row["token"],
        customer_id=row["customer_id"],
        service_number=row["service_number"],
        rate=Decimal(row["rate"]),
        answers=json.loads(row["answers"]),
        quantity=row["quantity"],
        charge=Money(row["charge"]),
        cost=Money(row["cost"]),
        expires_at=from_ms(row["expires_at"]),
        state=QuoteState(row["state"]),
    )


async def drop_open(tx: Tx) -> int:
    """Let go of every price that still could be confirmed; how many those were."""
    return await tx.run("UPDATE quotes SET state = 'dropped' WHERE state = 'open'")
