"""Whether a panel's charge was held against a service's computed cost, and what came of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from storage.database import Tx
from storage.times import to_ms


async def quoted_rate(tx: Tx, order_id: int) -> Decimal | None:
    """The panel's rate that an order's cost was computed by."""
    row = await tx.one(
        "SELECT quotes.rate AS rate FROM orders JOIN quotes ON quotes.token = orders.quote_token WHERE orders.id = $1",
        order_id,
    )
    return Decimal(row["rate"]) if row else None


async def note(tx: Tx, number: int, taken: Decimal | None, now: datetime) -> None:
    """A service was checked; `taken` is the rate its panel really took, where it is another."""
    await tx.run(
        "UPDATE services SET charge_checked_at = $2, charged_rate = $3 WHERE number = $1",
        number, to_ms(now), None if taken is None else str(taken),
    )  # fmt: skip


async def accept(tx: Tx, number: int, taken: Decimal) -> bool:
    """What was found is accepted; False where something else, or nothing, was found by now."""
    return bool(
        await tx.run(
            "UPDATE services SET charged_rate = NULL WHERE number = $1 AND charged_rate = $2", number, str(taken)
        )
    )
