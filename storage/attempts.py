"""Attempts: every `add` that was made for an order, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.orders import AttemptOutcome
from storage.database import Tx
from storage.times import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class InFlight:
    """An attempt that has no outcome yet."""

    order_id: int
    number: int
    epoch: int
    lease_until: datetime

    @property
    def key(self) -> tuple[int, int]:
        """The order's number and the attempt's."""
        return self.order_id, self.number


async def begin(tx: Tx, order_id: int, number: int, epoch: int, now: datetime, lease_until: datetime) -> None:
    """Store that one `add` is about to be made; Conflict when another one lives."""
    await tx.run(
        "INSERT INTO attempts (order_id, number, epoch, started_at, lease_until, turn)"
        " VALUES ($1, $2, $3, $4, $5, (SELECT COALESCE(MAX(turn), 0) + 1 FROM attempts"
        " WHERE turn IS NOT NULL))",
        order_id, number, epoch, to_ms(now), to_ms(lease_until),
    )  # fmt: skip


async def in_flight(tx: Tx) -> list[InFlight]:
    """All attempts without an outcome, of whatever run."""
    # The first condition is the index's own, word for word: SQLite takes it for no other.
    rows = await tx.all(
        "SELECT a.order_id, a.number, a.epoch, COALESCE(a.lease_until, a.started_at) AS lease_until"
        " FROM orders AS o JOIN attempts AS a ON a.order_id = o.id AND a.number = o.attempts"
        " WHERE o.state IN ('submitting', 'unknown') AND o.state = 'submitting' AND a.outcome = 'inflight'"
        " ORDER BY a.order_id"
    )
    return [InFlight(row["order_id"], row["number"], row["epoch"], from_ms(row["lease_until"])) for row in rows]


async def key(tx: Tx, order_id: int, number: int) -> tuple[int, int] | None:
    """Which run made an attempt, and when it was claimed in milliseconds; None where there is no such attempt."""
    row = await tx.one("SELECT epoch, started_at FROM attempts WHERE order_id = $1 AND number = $2", order_id, number)
    return (int(row["epoch"]), int(row["started_at"])) if row else None


async def remember_words(tx: Tx, order_id: int, number: int, words: str) -> None:
    """Store in which words, evened out, the panel refused what the shop cannot tell the meaning of."""
    await tx.run("UPDATE attempts SET words = $3 WHERE order_id = $1 AND number = $2", order_id, number, words)


async def words_of(tx: Tx, order_id: int, number: int) -> str:
    """These words; empty where there are none."""
    row = await tx.one("SELECT words FROM attempts WHERE order_id = $1 AND number = $2", order_id, number)
    return "" if row is None or row["words"] is None else str(row["words"])


async def end(
    tx: Tx, order_id: int, number: int, outcome: AttemptOutcome, now: datetime, *, detail: str | None = None,
    http_status: int | None = None, reply_sha256: str | None = None, excerpt: str | None = None,
) -> None:  # fmt: skip
    """Store how an `add` ended; facts already stored stay where nothing new is known."""
    await tx.run(
        "UPDATE attempts SET outcome = $3, ended_at = $4, detail = COALESCE($5, detail),"
        " http_status = COALESCE($6, http_status), reply_sha256 = COALESCE($7, reply_sha256),"
        " excerpt = COALESCE($8, excerpt) WHERE order_id = $1 AND number = $2",
        order_id, number, outcome.value, to_ms(now), detail, http_status, reply_sha256, excerpt,
    )  # fmt: skip
