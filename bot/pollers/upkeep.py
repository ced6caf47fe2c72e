"""What time does by itself: reserved orders that could not be sent, orders watched long enough, old rows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from bot.engine import brake, ordering, reconciling, refills, room, tracking, upkeep
from bot.engine.clock import ClockWatch
from bot.engine.leases import Sweeper
from bot.engine.shop import Shop

log = logging.getLogger(__name__)

_ROUND_MOST: Final = timedelta(seconds=10)
_CLEAR_OUT_EVERY: Final = timedelta(hours=1)
_AUDIT_EVERY: Final = timedelta(minutes=5)


async def tidy(shop: Shop, clock: ClockWatch, sweeper: Sweeper, now: datetime) -> timedelta:
    """One round; how long to rest is returned."""
    if back := await clock.look(now):
        log.warning("the clock was set back", extra={"seconds": back.total_seconds()})
    if count := await sweeper.sweep(now):
        log.warning("orders were being sent and nobody has them in hand", extra={"orders": count})
    if count := await ordering.expire_reserved(shop, now):
        log.info("orders could not be sent in time", extra={"orders": count})
    if await room.watch(shop, now):
        log.error("nothing is sent for want of room on the disk", extra={"free": shop.room()})
    return min(_ROUND_MOST, shop.terms.reserve_ttl / 10)


async def clear_out(shop: Shop, now: datetime) -> timedelta:
    """One round of the slow things; how long to rest is returned."""
    if count := await upkeep.tell_poisoned(shop, now):
        log.warning("updates were given up when the last run ended", extra={"updates": count})
    if count := await upkeep.find_stale(shop, now):
        log.warning("orders need a decision because nothing will end them", extra={"orders": count})
    if count := await refills.give_up_old(shop, now):
        log.info("refills that nothing was heard of are followed no more", extra={"refills": count})
    await tracking.stop_watching(shop, now)
    await upkeep.forget(shop, now)
    await reconciling.forget(shop, now)
    return _CLEAR_OUT_EVERY


async def check_ledger(shop: Shop, now: datetime) -> timedelta:
    """One audit; how long to rest is returned. What it finds sets the brake."""
    report = await brake.watch(shop, now)
    for violation in report.violations:
        log.critical("an invariant is broken", extra={"invariant": violation.name, "entries": violation.offenders})
    return _AUDIT_EVERY


class LedgerWatch:
    """Audits every five minutes, for the first time when the audit of the start is so old."""

    def __init__(self, shop: Shop, now: Callable[[], datetime]) -> None:
        self._shop = shop
        self._now = now
        self._begun = False

    async def step(self) -> timedelta:
        """One round; how long to rest is returned."""
        if not self._begun:
            self._begun = True
            return _AUDIT_EVERY
        return await check_ledger(self._shop, self._now())
