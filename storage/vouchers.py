"""Vouchers, who used them, and codes that were none. Every use is a compare-and-set on how many are left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.money import Money
from bot.domain.vouchers import Voucher
from storage.database import Row, Tx
from storage.times import from_ms, maybe_ms, maybe_time, to_ms


@dataclass(frozen=True, slots=True)
class NewVoucher:
    """A voucher before it has a number."""

    code: str
    amount: Money
    uses: int
    each: int
    made_by: int
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Redemption:
    """One use of a voucher."""

    voucher_id: int
    customer_id: int
    #: The customer's own count, from 1.
    number: int


async def add(tx: Tx, key: str, new: NewVoucher, opened_at: datetime | None, now: datetime) -> bool:
    """Store a voucher; False when one is stored under this key already."""
    return bool(
        await tx.run(
            "INSERT INTO vouchers (key, code, amount, uses, each, made_by, made_at, opened_at, expires_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (key) DO NOTHING",
            key, new.code, new.amount.micros, new.uses, new.each, new.made_by, to_ms(now), maybe_ms(opened_at),
            maybe_ms(new.expires_at),
        )
    )  # fmt: skip


async def get(tx: Tx, voucher_id: int) -> Voucher | None:
    """The voucher of this number."""
    return _maybe(await tx.one("SELECT * FROM vouchers WHERE id = $1", voucher_id))


async def of_key(tx: Tx, key: str) -> Voucher | None:
    """The voucher an update made."""
    return _maybe(await tx.one("SELECT * FROM vouchers WHERE key = $1", key))


async def of_code(tx: Tx, code: str) -> Voucher | None:
    """The voucher with this code."""
    return _maybe(await tx.one("SELECT * FROM vouchers WHERE code = $1", code))


async def opened(tx: Tx, limit: int, offset: int) -> list[Voucher]:
    """A page of those that were opened, newest first."""
    rows = await tx.all(
        "SELECT * FROM vouchers WHERE opened_at IS NOT NULL ORDER BY id DESC LIMIT $1 OFFSET $2", limit, offset
    )
    return [_voucher(row) for row in rows]


async def count_opened(tx: Tx) -> int:
    """How many were opened."""
    row = await tx.one("SELECT COUNT(*) AS n FROM vouchers WHERE opened_at IS NOT NULL")
    return int(row["n"]) if row else 0


async def open_one(tx: Tx, voucher_id: int, now: datetime) -> bool:
    """Let a voucher be used that waited for a yes; False when it does not wait."""
    return bool(
        await tx.run(
            "UPDATE vouchers SET opened_at = $2 WHERE id = $1 AND opened_at IS NULL AND closed_at IS NULL",
            voucher_id, to_ms(now),
        )
    )  # fmt: skip


async def close(tx: Tx, voucher_id: int, now: datetime) -> bool:
    """Take a voucher back; False when it was."""
    return bool(
        await tx.run("UPDATE vouchers SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL", voucher_id, to_ms(now))
    )


async def take(tx: Tx, voucher_id: int, now: datetime) -> bool:
    """Count one use; False where none is left, or the voucher cannot be used now."""
    return bool(
        await tx.run(
            "UPDATE vouchers SET used = used + 1 WHERE id = $1 AND used < uses AND opened_at IS NOT NULL"
            " AND closed_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
            voucher_id, to_ms(now),
        )
    )  # fmt: skip


async def redeem(tx: Tx, redemption: Redemption, key: str, now: datetime) -> None:
    """Store a use. Raises Conflict for a number the customer has, or a key that is known."""
    await tx.run(
        "INSERT INTO redemptions (voucher_id, customer_id, number, key, at) VALUES ($1, $2, $3, $4, $5)",
        redemption.voucher_id, redemption.customer_id, redemption.number, key, to_ms(now),
    )  # fmt: skip


async def redemption_of(tx: Tx, key: str) -> Redemption | None:
    """The use an update made."""
    row = await tx.one("SELECT * FROM redemptions WHERE key = $1", key)
    return None if row is None else Redemption(row["voucher_id"], row["customer_id"], row["number"])


async def count_of(tx: Tx, voucher_id: int, customer_id: int) -> int:
    """How often a customer used a voucher."""
    row = await tx.one(
        "SELECT COUNT(*) AS n FROM redemptions WHERE voucher_id = $1 AND customer_id = $2", voucher_id, customer_id
    )
    return int(row["n"]) if row else 0


async def miss(tx: Tx, key: str, customer_id: int, now: datetime) -> None:
    """Remember a code that was none; the same update is one."""
    await tx.run(
        "INSERT INTO voucher_misses (key, customer_id, at) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING",
        key, customer_id, to_ms(now),
    )  # fmt: skip


async def is_miss(tx: Tx, key: str) -> bool:
    """Whether an update's code was none."""
    return await tx.one("SELECT 1 AS yes FROM voucher_misses WHERE key = $1", key) is not None


async def misses_since(tx: Tx, customer_id: int, since: datetime) -> int:
    """How many codes of a customer were none since a moment."""
    row = await tx.one(
        "SELECT COUNT(*) AS n FROM voucher_misses WHERE customer_id = $1 AND at > $2", customer_id, to_ms(since)
    )
    return int(row["n"]) if row else 0


async def forget_misses(tx: Tx, customer_id: int, before: datetime) -> None:
    """Drop what counts no more."""
    await tx.run("DELETE FROM voucher_misses WHERE customer_id = $1 AND at <= $2", customer_id, to_ms(before))


def _maybe(row: Row | None) -> Voucher | None:
    return None if row is None else _voucher(row)


def _voucher(row: Row) -> Voucher:
    return Voucher(
        id=row["id"],
        code=row["code"],
        amount=Money(row["amount"]),
        uses=row["uses"],
        used=row["used"],
        each=row["each"],
        made_by=row["made_by"],
        made_at=from_ms(row["made_at"]),
        opened_at=maybe_time(row["opened_at"]),
        expires_at=maybe_time(row["expires_at"]),
        closed_at=maybe_time(row["closed_at"]),
    )
