"""Payments by hand as people look for them: what waits for them, and the messages that show it to them."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.topups import Topup
from storage.database import Tx
from storage.topups import topup_of


@dataclass(frozen=True, slots=True)
class Record:
    """What became of a customer's payments by hand before."""

    found: int
    turned_down: int


async def waiting_of(tx: Tx, customer_id: int) -> list[Topup]:
    """A customer's payments by hand that operators look for, oldest first."""
    rows = await tx.all(
        "SELECT * FROM topups WHERE customer_id = $1 AND gateway = 'by-hand' AND state = 'pending'"
        " AND proof IS NOT NULL ORDER BY id",
        customer_id,
    )
    return [topup_of(row) for row in rows]


async def newest_of(tx: Tx, customer_id: int) -> Topup | None:
    """A customer's newest payment by hand that nobody decided yet, whether its proof is here or not."""
    row = await tx.one(
        "SELECT * FROM topups WHERE customer_id = $1 AND gateway = 'by-hand' AND state IN ('new', 'pending')"
        " ORDER BY id DESC LIMIT 1",
        customer_id,
    )
    return None if row is None else topup_of(row)


async def waiting(tx: Tx, limit: int) -> list[Topup]:
    """All that operators look for, oldest first."""
    rows = await tx.all(
        "SELECT * FROM topups WHERE gateway = 'by-hand' AND state = 'pending' AND proof IS NOT NULL"
        " ORDER BY id LIMIT $1",
        limit,
    )
    return [topup_of(row) for row in rows]


async def count_waiting(tx: Tx) -> int:
    """How many operators look for."""
    row = await tx.one(
        "SELECT COUNT(*) AS n FROM topups WHERE gateway = 'by-hand' AND state = 'pending' AND proof IS NOT NULL"
    )
    return int(row["n"]) if row else 0


async def record_before(tx: Tx, topup: Topup) -> Record:
    """How often operators found, or did not find, what the customer of a payment said they paid before it."""
    row = await tx.one(
        "SELECT CAST(COALESCE(SUM(CASE WHEN state = 'invalid' THEN 0 ELSE 1 END), 0) AS BIGINT) AS found,"
        " CAST(COALESCE(SUM(CASE WHEN state = 'invalid' THEN 1 ELSE 0 END), 0) AS BIGINT) AS turned_down"
        " FROM topups WHERE customer_id = $1 AND gateway = 'by-hand' AND decided_by IS NOT NULL AND state <> 'pending'"
        " AND id < $2",
        topup.customer_id,
        topup.id,
    )
    return Record(int(row["found"]), int(row["turned_down"])) if row else Record(0, 0)


async def set_card(tx: Tx, topup_id: int, operator_id: int, message_id: int) -> None:
    """Remember which message shows a payment to an operator."""
    await tx.run(
        "INSERT INTO proof_cards (topup_id, operator_id, message_id) VALUES ($1, $2, $3)"
        " ON CONFLICT (topup_id, operator_id) DO UPDATE SET message_id = EXCLUDED.message_id",
        topup_id, operator_id, message_id,
    )  # fmt: skip


async def card_of(tx: Tx, topup_id: int, operator_id: int) -> int | None:
    """The message that shows a payment to an operator."""
    row = await tx.one(
        "SELECT message_id FROM proof_cards WHERE topup_id = $1 AND operator_id = $2", topup_id, operator_id
    )
    return None if row is None else int(row["message_id"])
