"""The book of what moved panels' balances: how far it is explained, and what was found that is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from bot.domain.orders import Order
from storage.database import Tx
from storage.orders import order_of
from storage.times import maybe_time, to_ms


class Finding(StrEnum):
    """What a balance did that orders do not explain."""

    INCOME = "income"  # it rose: a top-up, or money back
    DRIFT = "drift"  # it fell, and nobody knows for what
    LATE = "late"  # it fell by the cost of an order whose money went back


@dataclass(frozen=True, slots=True)
class Anchor:
    """The balance up to which everything is explained or was told."""

    snapshot: int
    odd_since: datetime | None


async def anchor(tx: Tx, panel: str) -> Anchor | None:
    """How far a panel's balance is explained; None for a panel that has no book yet."""
    row = await tx.one("SELECT * FROM panel_anchors WHERE panel = $1", panel)
    return Anchor(row["snapshot"], maybe_time(row["odd_since"])) if row else None


async def settle(tx: Tx, panel: str, snapshot: int) -> None:
    """Up to this balance everything is explained, or was told."""
    await tx.run(
        "INSERT INTO panel_anchors (panel, snapshot) VALUES ($1, $2)"
        " ON CONFLICT (panel) DO UPDATE SET snapshot = EXCLUDED.snapshot, odd_since = NULL",
        panel, snapshot,
    )  # fmt: skip


async def doubt(tx: Tx, panel: str, since: datetime) -> None:
    """A newer balance is not explained, since a moment."""
    await tx.run("UPDATE panel_anchors SET odd_since = COALESCE(odd_since, $2) WHERE panel = $1", panel, to_ms(since))


async def write(
    tx: Tx, panel: str, finding: Finding, amount: Decimal, currency: str, order_id: int | None, now: datetime
) -> None:  # fmt: skip
    """Put down what was found."""
    await tx.run(
        "INSERT INTO panel_findings (panel, kind, amount, currency, order_id, at) VALUES ($1, $2, $3, $4, $5, $6)",
        panel, finding.value, f"{amount:f}", currency, order_id, to_ms(now),
    )  # fmt: skip


async def released(tx: Tx, panel: str, since: datetime) -> list[Order]:
    """A panel's orders that were given back without knowing since a moment, and whose cost did not show yet."""
    rows = await tx.all(
        "SELECT orders.* FROM attempts JOIN orders ON orders.id = order_id AND orders.attempts = number"
        " WHERE outcome = 'released' AND panel = $1 AND orders.state = 'failed' AND finished_at >= $2"
        " AND NOT EXISTS (SELECT 1 FROM panel_findings WHERE panel_findings.order_id = orders.id) ORDER BY orders.id",
        panel, to_ms(since),
    )  # fmt: skip
    return [order_of(row) for row in rows]
