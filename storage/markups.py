"""What operators add to panels' prices."""

from __future__ import annotations

from decimal import Decimal

from bot.domain.markups import Scope, Subject
from storage.database import Tx


async def load(tx: Tx) -> dict[Subject, Decimal]:
    """Every markup that was set, in percent."""
    rows = await tx.all("SELECT scope, subject, percent FROM markups ORDER BY scope, subject")
    return {Subject(Scope(row["scope"]), row["subject"]): Decimal(row["percent"]) for row in rows}


async def get(tx: Tx, subject: Subject) -> Decimal | None:
    """The markup set for a subject itself; None where none is."""
    row = await tx.one(
        "SELECT percent FROM markups WHERE scope = $1 AND subject = $2", subject.scope.value, subject.key
    )
    return Decimal(row["percent"]) if row else None


async def put(tx: Tx, subject: Subject, percent: Decimal | None) -> None:
    """Set a subject's markup, or take it away."""
    if percent is None:
        await tx.run("DELETE FROM markups WHERE scope = $1 AND subject = $2", subject.scope.value, subject.key)
        return
    await tx.run(
        "INSERT INTO markups (scope, subject, percent) VALUES ($1, $2, $3)"
        " ON CONFLICT (scope, subject) DO UPDATE SET percent = EXCLUDED.percent",
        subject.scope.value, subject.key, str(percent),
    )  # fmt: skip
