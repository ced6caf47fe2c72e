"""What moved what a customer can spend, page by page and oldest first: what statements are made of.

Both accounts a customer spends from count as one; what goes from one to the other moves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain import wallet
from bot.domain.money import Money
from bot.domain.statement import Movement
from storage.database import Row, Tx
from storage.times import from_ms, to_ms

#: Each of the four ways in or out runs along an index in the order that is wanted, so that a page costs a page. Of one
#: moment, what came in goes before what went out: the balance between them is never below what there was.
_PAGE: Final = (
    "SELECT id, way, kind, signed, order_id, reason, at FROM ("
    "SELECT * FROM (SELECT id, 0 AS way, kind, amount AS signed, order_id, reason, at FROM transfers"
    " WHERE target = $1 AND source <> $2"
    " AND at >= $3 AND at < $4 AND (at > $3 OR ($7 = 0 AND id > $5)) ORDER BY at, id LIMIT $6) AS one UNION ALL "
    "SELECT * FROM (SELECT id, 0 AS way, kind, amount AS signed, order_id, reason, at FROM transfers"
    " WHERE target = $2 AND source <> $1"
    " AND at >= $3 AND at < $4 AND (at > $3 OR ($7 = 0 AND id > $5)) ORDER BY at, id LIMIT $6) AS two UNION ALL "
    "SELECT * FROM (SELECT id, 1 AS way, kind, -amount AS signed, order_id, reason, at FROM transfers"
    " WHERE source = $1 AND target <> $2"
    " AND at >= $3 AND at < $4 AND (at > $3 OR $7 = 0 OR id > $5) ORDER BY at, id LIMIT $6) AS three UNION ALL "
    "SELECT * FROM (SELECT id, 1 AS way, kind, -amount AS signed, order_id, reason, at FROM transfers"
    " WHERE source = $2 AND target <> $1"
    " AND at >= $3 AND at < $4 AND (at > $3 OR $7 = 0 OR id > $5) ORDER BY at, id LIMIT $6) AS four"
    ") AS moved ORDER BY at, way, id LIMIT $6"
)
_SUM: Final = (
    "SELECT CAST((SELECT COALESCE(SUM(amount), 0) FROM transfers WHERE target IN ($1, $2) AND at >= $3 AND at < $4)"
    " - (SELECT COALESCE(SUM(amount), 0) FROM transfers WHERE source IN ($1, $2) AND at >= $3 AND at < $4)"
    " AS BIGINT) AS moved"
)
#: No clock of the shop reaches these.
_FIRST, _LAST = 0, 2**62
_BEFORE_ALL: Final = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins: behind this entry."""

    at: int
    way: int
    id: str


def first(since: datetime | None) -> Cursor:
    """Where the first page begins."""
    return Cursor(_FIRST if since is None else to_ms(since), 0, _BEFORE_ALL)


async def moved(tx: Tx, customer_id: int, since: datetime | None, until: datetime | None) -> Money:
    """What all movements of a span come to."""
    start, end = first(since).at, _end(until)
    row = await tx.one(_SUM, wallet.available(customer_id), wallet.stars(customer_id), start, end)
    return Money(row["moved"] if row else 0)


async def page(
    tx: Tx, customer_id: int, behind: Cursor, until: datetime | None, limit: int
) -> tuple[list[Movement], Cursor]:
    """The next movements, at most so many, and where those after them begin."""
    own = wallet.available(customer_id), wallet.stars(customer_id)
    rows = await tx.all(_PAGE, *own, behind.at, _end(until), behind.id, limit, behind.way)
    last = Cursor(rows[-1]["at"], rows[-1]["way"], rows[-1]["id"]) if rows else behind
    return [_movement(row) for row in rows], last


def _end(until: datetime | None) -> int:
    return _LAST if until is None else to_ms(until)


def _movement(row: Row) -> Movement:
    return Movement(from_ms(row["at"]), row["kind"], Money(row["signed"]), row["order_id"], row["reason"])
