"""The ledger's invariants, checked by one function: at any time, also while the shop runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Final

from bot.engine.shop import Shop
from storage import ledger_checks
from storage.damage import find_damage
from storage.database import Database
from storage.errors import DiskTrouble, ProgrammingError

#: Not an invariant of the ledger, but what it is written in.
FILE: Final = "FILE"


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
    try:
        found = await db.read(partial(ledger_checks.run_all, most=most))
    except (DiskTrouble, ProgrammingError) as error:
        # What cannot be read, or added up, is no more sound than what does not add up.
        return AuditReport((), (Violation(FILE, "the ledger can be read", (str(error),)),))
    violations = tuple(
        Violation(check.name, check.promise, tuple(offenders)) for check, offenders in found if offenders
    )
    return AuditReport(tuple(check.name for check, _ in found), violations)


async def audit_file(db: Database, most: int = ledger_checks.OFFENDERS_SHOWN) -> AuditReport:
    """The same, and beside it whether the database's file is whole: longer, and asked at a start and of a backup."""
    report, damage = await asyncio.gather(audit(db, most), find_damage(db))
    if not damage:
        return report
    return AuditReport(report.checked, (*report.violations, Violation(FILE, "the file is whole", tuple(damage))))


async def audit_shop(shop: Shop) -> AuditReport:
    """The same for a shop at hand."""
    return await audit(shop.db)
