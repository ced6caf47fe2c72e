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
