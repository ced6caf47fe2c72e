"""Orphans: orders at a panel whose customer got the money back before the panel named them."""

from __future__ import annotations

from datetime import datetime

from bot.domain.money import Money
from storage.database import Tx
from storage.times import to_ms


async def add(tx: Tx, panel: str, upstream_id: str, order_id: int, cost: Money, now: datetime) -> bool:
    """Keep a panel's id of an order nobody pays for; False when it is kept already."""
    return bool(
        await tx.run(
            "INSERT INTO orphans (panel, upstream_id, order_id, cost, found_at) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (panel, upstream_id) DO NOTHING",
            panel, upstream_id, order_id, cost.micros, to_ms(now),
        )
    )  # fmt: skip


async def has(tx: Tx, panel: str, upstream_id: str) -> bool:
    """Whether a panel's id is an orphan's."""
    row = await tx.one("SELECT 1 AS yes FROM orphans WHERE panel = $1 AND upstream_id = $2", panel, upstream_id)
    return row is not None


async def due(tx: Tx, panel: str, asked_before: datetime, found_since: datetime, limit: int) -> dict[str, int]:
    """Orphans of a panel to ask about, each with its order: not asked since a moment, and not found before another."""
    rows = await tx.all(
        "SELECT upstream_id, order_id FROM orphans WHERE panel = $1 AND COALESCE(looked_at, 0) <= $2"
        " AND found_at >= $3 ORDER BY COALESCE(looked_at, 0), upstream_id LIMIT $4",
        panel, to_ms(asked_before), to_ms(found_since), limit,
    )  # fmt: skip
    return {row["upstream_id"]: row["order_id"] for row in rows}


async def note(tx: Tx, panel: str, upstream_id: str, word: str | None, now: datetime) -> int | None:
    """Keep what the panel says of an orphan, None where it said nothing; its order where that is news, else None."""
    row = await tx.one(
        "SELECT order_id FROM orphans WHERE panel = $1 AND upstream_id = $2 AND COALESCE(status_word, '') <> $3",
        panel, upstream_id, word or "",
    )  # fmt: skip
    await tx.run(
        "UPDATE orphans SET looked_at = $3, status_word = COALESCE($4, status_word)"
        " WHERE panel = $1 AND upstream_id = $2",
        panel, upstream_id, to_ms(now), word,
    )  # fmt: skip
    return None if row is None or word is None else int(row["order_id"])
