"""Hands notices to Telegram: in order for each chat, many chats side by side, a slow one holding up only itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from bot.domain.notices import Alert, AlertKind, Facts, NoticeKind
from bot.engine import notices
from bot.engine.alerts import alert_operators
from bot.engine.notices import Delivery
from bot.engine.shop import Shop
from bot.pollers.loop import Loops
from bot.pollers.storing import until_stored
from storage.outbox import Waiting

log = logging.getLogger(__name__)

CHATS_AT_ONCE: Final = 64
#: Of these so many with a broadcast: what everybody gets must not stand in the way of news, nor outlast a pause.
BROADCASTS_AT_ONCE: Final = 8
_LOOK_AGAIN_SECONDS: Final = 30.0
_SHORTEST_REST_SECONDS: Final = 0.02
_TRIES_BEFORE_ALERT: Final = 5

Deliver = Callable[[Waiting], Awaitable[Delivery]]


class Courier:
    """Takes due notices to their chats."""

    def __init__(self, shop: Shop, deliver: Deliver, loops: Loops, now: Callable[[], datetime]) -> None:
        self._shop = shop
        self._deliver = deliver
        self._loops = loops
        self._now = now
        self._on_the_way: dict[int, asyncio.Task[None]] = {}
        #: The chats a broadcast is on its way to.
        self._broadcasting: set[int] = set()
        self._turn = asyncio.Lock()
        self._stopping = False

    async def step(self) -> timedelta | None:
        """Deliver what is due, or rest until more is due or the bell rings; None once it was stopped."""
        async with self._turn:
            if self._stopping:
                return None
            rung, rest = self._shop.bells.notices.rung, await self._set_off()
            if rest > 0:
                await self._shop.bells.notices.wait(rung, rest)
            return timedelta(0)

    async def stop(self, seconds: float) -> None:
        """Set off no more, and wait for what is on its way: a message sent and not marked would be sent again."""
        self._stopping = True
        self._shop.bells.notices.ring()
        async with self._turn:
            on_the_way = list(self._on_the_way.values())
        if on_the_way:
            await asyncio.wait(on_the_way, timeout=seconds)

    async def _set_off(self) -> float:
        """Start every delivery that may start now; how long to rest then: none where there may be more at once."""
        room = CHATS_AT_ONCE - len(self._on_the_way)
        if room <= 0:
            return _LOOK_AGAIN_SECONDS
        # What was on its way when the rows were read may be through by now, and its row then says nothing of it yet;
        # whoever is through rings the bell.
        before, now = frozenset(self._on_the_way), self._now()
        limit, broadcasts = CHATS_AT_ONCE + room, self._may_broadcast
        found, at = await notices.look(self._shop, now, limit, before, broadcasts=broadcasts)
        started = 0
        for waiting in found:
            if started < room and self._start(waiting):
                started += 1
        if started:
            return 0
        if at is None:
            return _LOOK_AGAIN_SECONDS
        return min(_LOOK_AGAIN_SECONDS, max(_SHORTEST_REST_SECONDS, (at - self._now()).total_seconds()))

    @property
    def _may_broadcast(self) -> bool:
        return len(self._broadcasting) < BROADCASTS_AT_ONCE

    def _start(self, waiting: Waiting) -> bool:
        """Set off with a notice; False where it is one of too many broadcasts."""
        chat_id, broadcast = waiting.notice.chat_id, waiting.notice.kind is NoticeKind.BROADCAST
        if broadcast and not self._may_broadcast:
            return False
        if broadcast:
            self._broadcasting.add(chat_id)
        self._on_the_way[chat_id] = self._loops.spawn(self._take(waiting), f"notice {waiting.notice.key}")
        return True

    async def _take(self, waiting: Waiting) -> None:
        notice = waiting.notice
        try:
            delivery = await self._delivered(waiting)
            await self._settle(waiting, delivery)
        finally:
            del self._on_the_way[notice.chat_id]
            self._broadcasting.discard(notice.chat_id)
            self._shop.bells.notices.ring()
        if not isinstance(delivery, notices.Sent):
            facts = {"notice": notice.key, "chat": notice.chat_id, "outcome": type(delivery).__name__}
            log.warning("a notice was not delivered", extra={**facts, "problem": delivery.error})

    async def _delivered(self, waiting: Waiting) -> Delivery:
        try:
            return await self._deliver(waiting)
        except Exception as error:  # one notice that cannot be made must not hold up everybody else's
            log.exception("a notice cannot be made", extra={"notice": waiting.notice.key})
            if waiting.tries >= _TRIES_BEFORE_ALERT:
                facts: Facts = {"notice": waiting.notice.key, "detail": type(error).__name__}
                alert = Alert.about(AlertKind.NOTICE_STUCK, waiting.id, facts)
                await alert_operators(self._shop, alert, self._now())
            return notices.NotNow(type(error).__name__)

    async def _settle(self, waiting: Waiting, delivery: Delivery) -> None:
        """Store what became of a notice. Nothing is given up as hopeless: an unmarked one would be sent again."""

        async def store() -> None:
            await notices.settle(self._shop, waiting, delivery, self._now())

        await until_stored(store, {"notice": waiting.notice.key}, hopeless=())
