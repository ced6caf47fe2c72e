"""Watches one panel's unknown orders and its balance: reads it when sending falls idle, and when evidence needs it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Final

from bot.domain.evidence import Snapshot
from bot.domain.orders import StatusReport
from bot.domain.waiting import Watch
from bot.engine import evidence, orphan_watch, panel_book, panels, reconciling
from bot.engine.panels import Action
from bot.engine.reconciling import Agenda
from bot.engine.shop import Shop
from bot.panels.errors import PanelError
from storage import unknowns

log = logging.getLogger(__name__)

#: A panel is idle once nothing was sent for so long; its balance is then read, but not more often than that.
_CALM_SECONDS: Final = 2.0
_APART_SECONDS: Final = 60.0
#: A balance that could not be read is asked for again so soon; each time in a row it fails, less soon.
_AGAIN: Final = timedelta(seconds=30)
_AGAIN_MOST: Final = timedelta(minutes=2)
_REST_LEAST: Final = timedelta(seconds=1)

#: Holds back one panel's `add` while it is entered, once what was under way has landed.
Quiet = Callable[[], AbstractAsyncContextManager[None]]


class Reconciler:
    """Rounds for one panel. Sends nothing but the question for its balance."""

    def __init__(self, shop: Shop, panel: str, quiet: Quiet, now: Callable[[], datetime]) -> None:
        self._shop = shop
        self._panel = panel
        self._quiet = quiet
        self._now = now
        self._watch = Watch(shop.terms.unknown_deadline)
        #: On the loop's own clock: when a balance was asked for last, and since when nothing was sent after which turn.
        self._asked_at: float | None = None
        self._calm: tuple[int, float] | None = None
        #: When the last look failed, on the shop's clock, and how many did in a row.
        self._failed: tuple[datetime, int] | None = None

    async def step(self) -> timedelta:
        """One round; how long to rest is returned, unless the bell rings before."""
        await evidence.judge(self._shop, self._panel, self._now())
        passed = self._watch.look(now := self._now())
        agenda, counted = await reconciling.advance(self._shop, self._panel, passed, now)
        if counted:
            self._watch.counted()
        rest = self._watch.step_most * 4 / 5
        if agenda.looks:
            rest = min(rest, await self._look_in_time(agenda))
        elif self._asked_at is None:
            await self._read()
        elif (calm := await self._until_calm()) is not None:
            rest = min(rest, timedelta(seconds=calm))
        await panel_book.check(self._shop, self._panel, self._now())
        await self._watch_orphans()
        if agenda.rest is not None:
            rest = min(rest, agenda.rest)
        return max(rest, min(_REST_LEAST, self._watch.step_most / 4))

    async def _look_in_time(self, agenda: Agenda) -> timedelta:
        """Look, but soon after a look that failed not again: it held back sending. How long until the next may come."""
        now = self._now()
        failed_at, blind = self._failed or (now, 0)
        left = min(_AGAIN * (1 << min(blind - 1, 10)), _AGAIN_MOST) - (now - failed_at) if blind else timedelta(0)
        if left > timedelta(0) and now >= failed_at:  # a clock set back holds up nothing
            return left
        if await self._look(agenda) is None:
            self._failed = (self._now(), blind + 1)
            return _AGAIN
        self._failed = None
        return _AGAIN_MOST

    async def _look(self, agenda: Agenda) -> Snapshot | None:
        """Read the balance with nothing under way, for the evidence; None when that did not work."""
        async with self._quiet():
            snapshot = await self._read()
        if snapshot is None or snapshot.in_flight:
            return None
        await reconciling.looked(self._shop, agenda)
        await evidence.judge(self._shop, self._panel, self._now())
        return snapshot

    async def _until_calm(self) -> float | None:
        """Read the balance once sending has fallen idle; how soon to look again, None when there is nothing to read."""
        turn = await reconciling.unread_turn(self._shop, self._panel)
        if turn is None or self._asked_at is None:
            self._calm = None
            return None
        now = asyncio.get_running_loop().time()
        if self._calm is None or self._calm[0] != turn:
            self._calm = (turn, now)
        left = max(self._calm[1] + _CALM_SECONDS, self._asked_at + _APART_SECONDS) - now
        if left > 0:
            return left
        await self._read()
        return None

    async def _watch_orphans(self) -> None:
        """Ask how orders stand that were given back and placed all the same."""
        now = self._now()
        if not (asked := await orphan_watch.due(self._shop, self._panel, now)):
            return
        try:
            answer = await self._shop.panels[self._panel].status(asked)
        except PanelError as error:
            log.warning("orphans could not be asked about", extra={"panel": self._panel, "problem": str(error)})
            answer = {}
        reports = {name: report for name, report in answer.items() if isinstance(report, StatusReport)}
        await orphan_watch.note(self._shop, self._panel, asked, reports, now)

    async def _read(self) -> Snapshot | None:
        self._asked_at = asyncio.get_running_loop().time()
        try:
            snapshot = await panels.read_balance(self._shop, self._panel, self._now)
        except PanelError as error:
            log.warning("balance could not be read", extra={"panel": self._panel, "problem": str(error)})
            await panels.note_failure(self._shop, self._panel, Action.BALANCE, str(error), self._now())
            return None
        log.info("balance read", extra={"panel": self._panel, "in_flight": snapshot.in_flight})
        return snapshot


class Forsaken:
    """Rounds for the unknown orders of panels that are configured no more: nothing is read there, time passes.

    Operators are reminded of them, and at the deadline their money goes back as any other's does.
    """

    def __init__(self, shop: Shop, now: Callable[[], datetime]) -> None:
        self._shop = shop
        self._now = now
        self._watches: dict[str, Watch] = {}

    async def step(self) -> timedelta:
        """One round; how long to rest is returned."""
        rest = Watch(self._shop.terms.unknown_deadline).step_most * 4 / 5
        for panel in await self._shop.db.read(unknowns.panels):
            if panel in self._shop.panels:
                continue
            watch = self._watches.setdefault(panel, Watch(self._shop.terms.unknown_deadline))
            now = self._now()
            agenda, counted = await reconciling.advance(self._shop, panel, watch.look(now), now)
            if counted:
                watch.counted()
            if agenda.rest is not None:
                rest = min(rest, max(agenda.rest, _REST_LEAST))
        return rest
