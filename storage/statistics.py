"""What a stretch of time brought, for the operator's charts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.money import MICROS_PER_UNIT, ZERO, Money
from bot.domain.orders import OrderState
from storage.database import Row, Tx
from storage.times import to_ms
from storage.views import Turnover


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in equal steps."""

    since: datetime
    step: timedelta
    steps: int

    @property
    def until(self) -> datetime:
        """Where it ends."""
        return self.since + self.step * self.steps


@dataclass(frozen=True, slots=True)
class CategoryTurnover:
    """What one category brought."""

    name: str
    turnover: Turnover


async def over_time(tx: Tx, stretch: Stretch) -> list[Turnover]:
    """What ended in each step, the oldest first."""
    rows = await tx.all(
        "SELECT (finished_at - $1) / $2 AS step, COUNT(*) AS n,"
        " CAST(COALESCE(SUM(charge - returned), 0) AS BIGINT) AS charged,"
        " CAST(COALESCE(SUM(spent / 1000000), 0) AS BIGINT) AS units,"
        " CAST(COALESCE(SUM(spent % 1000000), 0) AS BIGINT) AS micros"
        " FROM orders WHERE finished_at >= $1 AND finished_at < $3 AND state IN ('completed', 'partial', 'canceled')"
        " GROUP BY step",
        to_ms(stretch.since), stretch.step // timedelta(milliseconds=1), to_ms(stretch.until),
    )  # fmt: skip
    found = {row["step"]: _turnover(row) for row in rows}
    nothing = Turnover(ZERO, ZERO, 0)
    return [found.get(step, nothing) for step in range(stretch.steps)]


async def by_state(tx: Tx, stretch: Stretch) -> dict[OrderState, int]:
    """Where the orders stand now that were confirmed in a stretch."""
    rows = await tx.all(
        "SELECT state, COUNT(*) AS n FROM orders WHERE created_at >= $1 AND created_at < $2 GROUP BY state",
        to_ms(stretch.since), to_ms(stretch.until),
    )  # fmt: skip
    return {OrderState(row["state"]): row["n"] for row in rows}


async def by_category(tx: Tx, stretch: Stretch) -> list[CategoryTurnover]:
    """What ended in a stretch by category, the largest turnover first."""
    rows = await tx.all(
        "SELECT COALESCE(categories.title, categories.name) AS category, COUNT(*) AS n,"
        " CAST(COALESCE(SUM(orders.charge - orders.returned), 0) AS BIGINT) AS charged,"
        " CAST(COALESCE(SUM(orders.spent / 1000000), 0) AS BIGINT) AS units,"
        " CAST(COALESCE(SUM(orders.spent % 1000000), 0) AS BIGINT) AS micros"
        " FROM orders JOIN services ON services.number = orders.service_number"
        " JOIN categories ON categories.number = services.category_number"
        " WHERE orders.finished_at >= $1 AND orders.finished_at < $2"
        " AND orders.state IN ('completed', 'partial', 'canceled')"
        " GROUP BY categories.number, categories.title, categories.name",
        to_ms(stretch.since), to_ms(stretch.until),
    )  # fmt: skip
    found = [CategoryTurnover(row["category"], _turnover(row)) for row in rows]
    return sorted(found, key=lambda one: (-one.turnover.charged.micros, one.name))


def total(parts: list[Turnover]) -> Turnover:
    """Several put together."""
    charged = Money(sum(part.charged.micros for part in parts))
    cost = Money(sum(part.cost.micros for part in parts))
    return Turnover(charged, cost, sum(part.orders for part in parts))


def _turnover(row: Row) -> Turnover:
    # The cost comes in two parts, as in views.turnover: nothing else keeps its sum within 64 bits.
    return Turnover(Money(row["charged"]), Money(row["units"] * MICROS_PER_UNIT + row["micros"]), row["n"])
