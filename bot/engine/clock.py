"""The wall's clock may be set; what waits by it must not wait for a day because somebody set it back."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

from bot.engine.shop import Shop
from storage import schedule
from storage.database import Tx

#: Clocks that are kept in step drift and are put right by less than this.
_DRIFT: Final = timedelta(seconds=5)


class ClockWatch:
    """Holds the wall's clock against the loop's, which nobody sets."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        #: The wall's time at the loop's zero, as it was at the last look.
        self._origin: datetime | None = None

    async def look(self, now: datetime) -> timedelta:
        """One look: how far the clock was set back since the last one, or zero.

        Then whatever waits for a moment waits for one so much sooner: notices keep their order, orders are sent and
        asked about as soon as they would have been. A clock set ahead needs nothing: what is due early is done early,
        and what gives money back by time alone counts the time it saw pass (`bot.domain.waiting`).
        """
        origin = now - timedelta(seconds=asyncio.get_running_loop().time())
        back = timedelta(0) if self._origin is None else self._origin - origin
        if back < _DRIFT:
            self._origin = origin
            return timedelta(0)

        async def work(tx: Tx) -> int:
            return await schedule.bring_forward(tx, back, now)

        await self._shop.db.write(work)
        self._origin = origin  # only now: a look whose commit failed sees it again
        for bell in (self._shop.bells.notices, self._shop.bells.submit):
            bell.ring()
        return back
