"""Hands notices to Telegram: in order for each chat, many chats side by side, a slow one holding up only itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from bot.engine import notices
from bot.engine.notices import Delivery
from bot.engine.shop import Shop
from bot.pollers.loop import Loops
from storage.outbox import Waiting

log = logging.getLogger(__name__)

CHATS_AT_ONCE: Final = 64
_LOOK_AGAIN_SECONDS: Final = 30.0
_SHORTEST_REST_SECONDS: Final = 0.02

Deliver = Callable[[Waiting], Awaitable[Delivery]]


class Courier:
    """Takes due notices to their chats."""

    def __init__(self, shop: Shop, deliver: Deliver, loops: Loops, now: Callable[[], datetime]) -> None:
        self._shop = shop
        self._deliver = deliver
        self._loops = loops
        self._now = now
        self._on_the_way: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Deliver what is due, rest until more is due or the bell rings, for ever."""
        while True:
            rung = self._shop.bells.notices.rung
            if not await self._set_off():
                await self._shop.bells.notices.wait(rung, await self._until_next())

    async def _set_off(self) -> bool:
        """Start every delivery that may start now; False when there is none."""
        room = CHATS_AT_ONCE - len(self._on_the_way)
        if room <= 0:
            return False
        found = await notices.due(self._shop, self._now(), CHATS_AT_ONCE + room)
        ready = [waiting for waiting in found if waiting.notice.chat_id not in self._on_the_way][:room]
        for waiting in ready:
            task = self._loops.spawn(self._take(waiting), f"notice {waiting.notice.key}")
            self._on_the_way[waiting.notice.chat_id] = task
        return bool(ready)

    async def _take(self, waiting: Waiting) -> None:
        notice = waiting.notice
        try:
            delivery = await self._deliver(waiting)
            await notices.settle(self._shop, waiting, delivery, self._now())
        finally:
            del self._on_the_way[notice.chat_id]
            self._shop.bells.notices.ring()
        if not isinstance(delivery, notices.Sent):
            facts = {"notice": notice.key, "chat": notice.chat_id, "outcome": type(delivery).__name__}
            log.warning("a notice was not delivered", extra={**facts, "problem": delivery.error})

    async def _until_next(self) -> float:
        """Seconds until the next notice is due; those of chats on the way ring the bell when they are through."""
        at = await notices.next_due(self._shop, besides=frozenset(self._on_the_way))
        if at is None:
            return _LOOK_AGAIN_SECONDS
        return min(_LOOK_AGAIN_SECONDS, max(_SHORTEST_REST_SECONDS, (at - self._now()).total_seconds()))
