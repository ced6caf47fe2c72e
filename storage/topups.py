"""Top-ups: what customers asked for; every move is a compare-and-set on the version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.domain.money import Money
from bot.domain.topups import Gateway, Proof, ProofKind, Topup, TopupState
from storage.database import Row, Tx, Value
from storage.times import from_ms, to_ms

#: The columns a change of state may bring along.
_STORED: Final = {"invoice", "url", "proof", "proof_kind", "proof_at", "reason", "decided_by", "amount", "asked"}


@dataclass(frozen=True, slots=True)
class NewTopup:
    """A top-up before it has a number."""

    token: str
    customer_id: int
    gateway: Gateway
    amount: Money
    asked: Decimal
    currency: str
    expires_at: datetime
    quote_token: str | None = None
    card_id: int | None = None


async def add(tx: Tx, key: str, new: NewTopup, now: datetime) -> Topup:
    """Store a top-up; the same key always finds the first."""
    await tx.run(
        "INSERT INTO topups (key, token, customer_id, gateway, amount, asked, currency, quote_token, created_at,"
        " changed_at, expires_at, card_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11)"
        " ON CONFLICT (key) DO NOTHING",
        key, new.token, new.customer_id, new.gateway.value, new.amount.micros, f"{new.asked:f}", new.currency,
        new.quote_token, to_ms(now), to_ms(new.expires_at), new.card_id,
    )  # fmt: skip
    row = await tx.one("SELECT * FROM topups WHERE key = $1", key)
    assert row is not None  # noqa: S101 - it was there, or is now
    return topup_of(row)


async def get(tx: Tx, topup_id: int) -> Topup | None:
    """The top-up of this number."""
    row = await tx.one("SELECT * FROM topups WHERE id = $1", topup_id)
    return topup_of(row) if row else None


async def of_key(tx: Tx, key: str) -> Topup | None:
    """The top-up that an update asked for."""
    row = await tx.one("SELECT * FROM topups WHERE key = $1", key)
    return topup_of(row) if row else None


async def of_token(tx: Tx, token: str) -> Topup | None:
    """The top-up whose invoice carries this token."""
    row = await tx.one("SELECT * FROM topups WHERE token = $1", token)
    return topup_of(row) if row else None


async def first_asked(tx: Tx, gateway: Gateway) -> datetime | None:
    """When anybody asked for a top-up of a gateway for the first time."""
    row = await tx.one("SELECT created_at FROM topups WHERE gateway = $1 ORDER BY id LIMIT 1", gateway.value)
    return from_ms(row["created_at"]) if row else None


async def of_customer(tx: Tx, customer_id: int, limit: int) -> list[Topup]:
    """A customer's newest top-ups, newest first."""
    rows = await tx.all("SELECT * FROM topups WHERE customer_id = $1 ORDER BY id DESC LIMIT $2", customer_id, limit)
    return [topup_of(row) for row in rows]


async def count_open(tx: Tx, customer_id: int, gateway: Gateway, since: datetime) -> int:
    """How many of a customer's top-ups of a gateway that were asked for since a moment still wait for money."""
    row = await tx.one(
        "SELECT COUNT(*) AS n FROM topups WHERE customer_id = $1 AND gateway = $2 AND created_at >= $3"
        " AND state IN ('new', 'pending')",
        customer_id, gateway.value, to_ms(since),
    )  # fmt: skip
    return int(row["n"]) if row else 0


async def open_of(tx: Tx, gateway: Gateway, limit: int) -> list[Topup]:
    """The top-ups of a gateway that still wait for money, the one that expires first first."""
    rows = await tx.all(
        "SELECT * FROM topups WHERE gateway = $1 AND state IN ('new', 'pending') ORDER BY expires_at, id LIMIT $2",
        gateway.value, limit,
    )  # fmt: skip
    return [topup_of(row) for row in rows]


async def overdue(tx: Tx, now: datetime, gateways: Sequence[Gateway], limit: int) -> list[Topup]:
    """Top-ups of these gateways that nobody paid in time, nor says that they did."""
    found: list[Topup] = []
    for gateway in gateways:
        rows = await tx.all(
            "SELECT * FROM topups WHERE gateway = $1 AND state IN ('new', 'pending') AND expires_at <= $2"
            " AND proof IS NULL ORDER BY expires_at LIMIT $3",
            gateway.value, to_ms(now), limit,
        )  # fmt: skip
        found += [topup_of(row) for row in rows]
    return found


async def move(tx: Tx, topup: Topup, state: TopupState, now: datetime, **changes: Value) -> bool:
    """Change a top-up's state, and more with it, if it is still as we read it; False when somebody was faster."""
    if unknown := changes.keys() - _STORED:
        raise ValueError(f"top-ups have no such columns to change: {sorted(unknown)}")
    values: list[Value] = [topup.id, topup.version, state.value, to_ms(now)]
    sets = ["state = $3", "changed_at = $4", "version = version + 1"]
    for column, value in changes.items():
        values.append(value)
        sets.append(f"{column} = ${len(values)}")
    # Only names from _STORED reach the text; every value is a parameter.
    return bool(await tx.run(f"UPDATE topups SET {', '.join(sets)} WHERE id = $1 AND version = $2", *values))  # noqa: S608


async def set_invoice(tx: Tx, topup_id: int, invoice: str, url: str) -> bool:
    """Remember the gateway's own name of a top-up and where it is paid; False when it has one already."""
    return bool(
        await tx.run(
            "UPDATE topups SET invoice = $2, url = $3 WHERE id = $1 AND invoice IS NULL", topup_id, invoice, url
        )
    )


async def set_message(tx: Tx, topup_id: int, message_id: int) -> None:
    """Remember which message shows a top-up."""
    await tx.run("UPDATE topups SET message_id = $2 WHERE id = $1", topup_id, message_id)


async def expired_on_show(tx: Tx, gateway: Gateway, limit: int) -> list[Topup]:
    """Expired top-ups of a gateway that a message still shows, oldest first."""
    rows = await tx.all(
        "SELECT * FROM topups WHERE gateway = $1 AND state = 'expired' AND message_id IS NOT NULL ORDER BY id LIMIT $2",
        gateway.value, limit,
    )  # fmt: skip
    return [topup_of(row) for row in rows]


async def forget_message(tx: Tx, topup_id: int) -> None:
    """No message shows a top-up any more."""
    await tx.run("UPDATE topups SET message_id = NULL WHERE id = $1", topup_id)


def topup_of(row: Row) -> Topup:
    """A stored row as the domain's top-up."""
    proof = Proof(row["proof"], ProofKind(row["proof_kind"])) if row["proof"] and row["proof_kind"] else None
    return Topup(
        id=row["id"],
        token=row["token"],
        customer_id=row["customer_id"],
        gateway=Gateway(row["gateway"]),
        amount=Money(row["amount"]),
        asked=Decimal(row["asked"]),
        currency=row["currency"],
        state=TopupState(row["state"]),
        version=row["version"],
        invoice=row["invoice"],
        url=row["url"],
        quote_token=row["quote_token"],
        message_id=row["message_id"],
        proof=proof,
        reason=row["reason"],
        decided_by=row["decided_by"],
        created_at=from_ms(row["created_at"]),
        changed_at=from_ms(row["changed_at"]),
        expires_at=from_ms(row["expires_at"]),
        card_id=row["card_id"],
    )
