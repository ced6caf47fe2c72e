"""Stars between the shop and Telegram: what it lists, and invoices that have expired."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from bot.domain.topups import Listing, Paid, Topup, WentBack
from bot.engine import star_books
from bot.engine.shop import Shop

log = logging.getLogger(__name__)

PULL_EVERY: Final = timedelta(minutes=5)
COMPARE_EVERY: Final = timedelta(days=1)
#: So far back both sides are compared: longer than Telegram can take Stars back.
COMPARED_SPAN: Final = timedelta(days=28)
#: What was paid a moment ago may be on one side only.
_SETTLED_AFTER: Final = timedelta(minutes=10)
_TRY_AGAIN: Final = timedelta(minutes=1)
_EXPIRE_MOST: Final = timedelta(seconds=20)
_STRETCH: Final = 100

#: Telegram's list from an offset on, oldest first, so many at most; None while Telegram cannot be asked.
List = Callable[[int, int], Awaitable[Listing | None]]
#: Takes a message away; False while Telegram cannot be asked.
TakeAway = Callable[[int, int], Awaitable[bool]]


class StarsWatch:
    """Reads what is new of Telegram's list, and once a day compares all of the last weeks, both ways."""

    def __init__(self, shop: Shop, listed: List, now: Callable[[], datetime]) -> None:
        self._shop = shop
        self._listed = listed
        self._now = now

    async def step(self) -> timedelta:
        """One round; how long to rest then."""
        if not await self._read_news():
            return _TRY_AGAIN
        compared = await star_books.compared_at(self._shop)
        if compared is not None and self._now() - compared < COMPARE_EVERY:
            return PULL_EVERY
        return PULL_EVERY if await self._compare() else _TRY_AGAIN

    async def _read_news(self) -> bool:
        """Take in what is new, and once more what came shortly before it; False where Telegram cannot be asked."""
        read = await star_books.read_so_far(self._shop)
        offset = first = max(0, read - _STRETCH)
        while (found := await self._listed(offset, _STRETCH)) is not None:
            if not found.count and offset == first > 0:  # the list is shorter than it was: it is another bot's
                offset = first = 0
                continue
            await self._take_in(found.facts)
            offset += found.count
            if found.count < _STRETCH:
                if offset != read:
                    await star_books.note_read(self._shop, offset)
                return True
        return False

    async def _compare(self) -> bool:
        """Both ways over the last weeks, from the newest entry back; False where Telegram cannot be asked."""
        begun = self._now()
        since = begun - COMPARED_SPAN
        listed: set[str] = set()
        end = await star_books.read_so_far(self._shop)
        while end > 0:
            start = max(0, end - _STRETCH)
            found = await self._listed(start, end - start)
            if found is None:
                return False
            await self._take_in(found.facts)
            listed.update(fact.payment_id for fact in found.facts)
            if found.begins is not None and found.begins < since:
                break
            end = start
        lacking = await star_books.compare(self._shop, listed, since, begun - _SETTLED_AFTER, self._now())
        log.info("Stars were compared with Telegram's list", extra={"listed": len(listed), "lacking": lacking})
        return True

    async def _take_in(self, facts: tuple[Paid | WentBack, ...]) -> None:
        if news := await star_books.take_in(self._shop, facts, self._now()):
            log.warning("Telegram's list has what no update told of", extra={"payments": news})


async def expire_invoices(shop: Shop, take_away: TakeAway, now: Callable[[], datetime]) -> timedelta:
    """One round: invoices that nobody paid in time are let go of, and their messages are taken away."""
    for topup in await star_books.expire(shop, now()):
        if not await _gone(topup, take_away):
            break
        await star_books.taken_away(shop, topup)
    return min(_EXPIRE_MOST, shop.terms.topup_ttl / 4)


async def _gone(topup: Topup, take_away: TakeAway) -> bool:
    return topup.message_id is None or await take_away(topup.customer_id, topup.message_id)
