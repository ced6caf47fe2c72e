"""What is kept of unknown orders besides the orders themselves: how long, what was told, what was read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.evidence import Verdict
from bot.domain.orders import Order
from storage.database import Tx
from storage.orders import order_of
from storage.times import from_ms, maybe_time, to_ms

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Unknown:
    """One unknown order."""

    order: Order
    #: How long the shop itself saw it be unknown, and when that was counted last.
    waited: timedelta
    waited_at: datetime
    #: How many of the balances it needs were read, and how often operators were reminded of it.
    looks: int
    reminded: int
    #: An operator decides later: no reminder before.
    snoozed_until: datetime | None = None


async def of_panel(tx: Tx, panel: str) -> list[Unknown]:
    """A panel's unknown orders, oldest first."""
    rows = await tx.all("SELECT * FROM orders WHERE panel = $1 AND state = 'unknown' ORDER BY id", panel)
    return [
        Unknown(
            order_of(row), row["waited"] * _MILLISECOND, from_ms(row["waited_at"] or row["changed_at"]),
            row["looks"], row["reminded"], maybe_time(row["snoozed_until"]),
        )
        for row in rows
    ]  # fmt: skip


async def panels(tx: Tx) -> list[str]:
    """The panels that have unknown orders."""
    return [r["panel"] for r in await tx.all("SELECT DISTINCT panel FROM orders WHERE state = 'unknown'")]


async def count_time(tx: Tx, unknown: Unknown) -> None:
    """Keep how long an order has waited, and when that was counted."""
    await tx.run(
        "UPDATE orders SET waited = $2, waited_at = $3 WHERE id = $1 AND state = 'unknown'",
        unknown.order.id, unknown.waited // _MILLISECOND, to_ms(unknown.waited_at),
    )  # fmt: skip


async def count_looks(tx: Tx, order_id: int, looks: int) -> None:
    """So many of the balances an order needs were read."""
    await tx.run("UPDATE orders SET looks = $2 WHERE id = $1 AND looks < $2", order_id, looks)


async def count_reminders(tx: Tx, order_id: int, reminded: int) -> None:
    """So often operators were reminded of an order."""
    await tx.run("UPDATE orders SET reminded = $2 WHERE id = $1", order_id, reminded)


async def settle_verdict(tx: Tx, order_id: int, verdict: Verdict) -> bool:
    """Keep what the evidence says; False where it said so already, or the order is unknown no more."""
    return bool(
        await tx.run(
            "UPDATE orders SET verdict = $2 WHERE id = $1 AND state = 'unknown'"
            " AND (verdict IS NULL OR verdict <> $2)",
            order_id, verdict.value,
        )
    )  # fmt: skip
