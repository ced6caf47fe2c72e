"""Leases: an attempt that nobody is at work on any more is unknown, whatever the clock on the wall says."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from bot.domain.orders import OrderState
from bot.engine import fulfilment
from bot.engine.sending import AttemptKey
from bot.engine.shop import Shop
from bot.wire.reasons import HttpFacts
from storage import attempts, instance, orders
from storage.attempts import InFlight
from storage.database import Tx

_LEASE_SECONDS: Final = fulfilment.LEASE.total_seconds()


class Sweeper:
    """Turns abandoned attempts into unknown ones, round by round.

    An attempt of an older run is abandoned at once. One of this run's is abandoned when this process does not have it
    in hand: a claim whose commit was lost with its connection, for one. It has then been seen so in an earlier round
    too, and its lease has ended, by the wall's clock or by the loop's, which nobody sets. What the process has in hand
    has no end by any clock: its `add` has a deadline of its own.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        #: When this run's attempts were first seen in nobody's hands, on the loop's clock.
        self._seen: dict[AttemptKey, float] = {}

    async def sweep(self, now: datetime) -> int:
        """One round; how many orders became unknown. A newer run than this one has the say, and nothing is done."""
        found = await self._shop.db.read(attempts.in_flight)
        abandoned = self._abandoned(found, now)
        if not abandoned:
            return 0

        async def work(tx: Tx) -> int:
            if await instance.epoch(tx) != self._shop.epoch:
                return 0
            return sum([await _give_up(tx, self._shop, each, now) for each in abandoned])

        count = await self._shop.db.write(work)
        self._shop.bells.notices.ring()
        return count

    def _abandoned(self, found: list[InFlight], now: datetime) -> list[InFlight]:
        time, before = asyncio.get_running_loop().time(), self._seen
        ours = [each for each in found if each.epoch == self._shop.epoch]
        idle = [each for each in ours if each.key not in self._shop.sending.under_way]
        self._seen = {each.key: before.get(each.key, time) for each in idle}
        older = [each for each in found if each.epoch < self._shop.epoch]
        return older + [
            each
            for each in idle
            if each.key in before and (each.lease_until <= now or time - before[each.key] >= _LEASE_SECONDS)
        ]


async def _give_up(tx: Tx, shop: Shop, abandoned: InFlight, now: datetime) -> bool:
    order = await orders.get(tx, abandoned.order_id)
    if order is None or order.attempts != abandoned.number or order.state is not OrderState.SUBMITTING:
        return False  # its outcome came after all
    return await fulfilment.lose(tx, shop, order, fulfilment.ABANDONED, HttpFacts(), now)
