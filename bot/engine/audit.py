"""The ledger's invariants, checked by one function: at any time, also while the shop runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from bot.engine.shop import Shop
from storage import ledger_checks
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Violation:
    """One invariant that does not hold, with the entries that break it."""

    name: str
    promise: str
    offenders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found."""

    checked: tuple[str, ...]
    violations: tuple[Violation, ...]

    @property
    def sound(self) -> bool:
        """Whether every invariant holds."""
        return not self.violations


async def audit(db: Database, most: int = ledger_checks.OFFENDERS_SHOWN) -> AuditReport:
    """Check every invariant on one snapshot, which nobody who writes waits for; of each at most so many offenders."""
    found = await db.read(partial(ledger_checks.run_all, most=most))
    violations = tuple(
        Violation(check.name, check.promise, tuple(offenders)) for check, offenders in found if offenders
    )
    return AuditReport(tuple(check.name for check, _ in found), violations)


async def audit_shop(shop: Shop) -> AuditReport:
    """The same for a shop at hand."""
    return await audit(shop.db)
