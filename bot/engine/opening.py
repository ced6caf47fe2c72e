"""Where a run takes up what the last one left, in the one order in which that is safe."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from bot.engine import brake, cancelling, catalogue, recovery, refilling
from bot.engine.audit import AuditReport
from bot.engine.shop import Shop

log = logging.getLogger(__name__)


async def take_up(shop: Shop, now: Callable[[], datetime], *, restored: bool = False) -> AuditReport:
    """Audit, settle what was under way when the last run ended, tell of it, and read the catalogue.

    To be called once the run has its epoch and before anything is sent or asked; what the audit found is returned, and
    has set the brake. `restored` where the database is a backup's. Raises StorageError.
    """
    report = await brake.watch(shop, now(), whole=True)
    if not report.sound:
        broken = [violation.name for violation in report.violations]
        log.critical("the audit at the start found something", extra={"invariants": broken})
    if stranded := await recovery.recover(shop, now()):
        log.warning("orders were being sent when the last run ended", extra={"orders": stranded})
    if interrupted := await refilling.recover(shop, now()) + await cancelling.recover(shop, now()):
        log.warning("refills or cancels were being asked for when the last run ended", extra={"n": interrupted})
    if await recovery.tell_restart(shop, now(), restored=restored):
        log.warning("the last run broke off")
    await catalogue.load(shop)
    return report
