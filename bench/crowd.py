"""A crowd that talks with a bot for a while, and what came of it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from bench.customers import CALLS, FIRST_CUSTOMER, PATIENCE_SECONDS, Customer
from bench.town import Town

_LOOK_SECONDS: Final = 0.02
#: So long everybody together may take for an order each.
_ONCE_SECONDS: Final = 180.0


@dataclass(frozen=True, slots=True)
class Talk:
    """What one crowd measured."""

    #: Orders' worth of answers a second: a run may end in the middle of many conversations.
    rate: float
    #: Orders that came to their end in the whole run, its beginning included.
    orders: int
    failed: int
    #: Seconds each answer took.
    waits: tuple[float, ...]
    #: Seconds of the bot's CPU for one order.
    cpu: float

    def wait(self, share: float) -> float:
        """The wait that so many answers did not exceed."""
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("inf")


class Crowd:
    """So many customers of a town; `cpu` tells how much the bot has used."""

    def __init__(self, town: Town, people: int, cpu: Callable[[], float]) -> None:
        numbers = range(FIRST_CUSTOMER, FIRST_CUSTOMER + people)
        self._all = [Customer(town, number, self._note) for number in numbers]
        town.people.update({customer.number: customer for customer in self._all})
        self._cpu = cpu
        self._open = True
        self._again = True
        self._measuring = False
        self._idle: deque[Customer] = deque()
        self._turned_away = 0
        self._calls = 0
        self._waits: list[float] = []

    async def keep_busy(self, warm: float, seconds: float) -> Talk:
        """Everybody orders again and again; what happens after `warm` seconds counts."""
        for customer in self._all:
            customer.begin()
        await asyncio.sleep(warm)
        return await self._measured(asyncio.sleep(seconds))

    async def once(self) -> int:
        """Everybody orders once; how many did not come through."""
        self._again = False
        for customer in self._all:
            customer.begin()
        end = time.perf_counter() + _ONCE_SECONDS
        while not all(customer.is_through for customer in self._all) and time.perf_counter() < end:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_SECONDS)
        return sum(not customer.is_through for customer in self._all)

    async def arrive(self, per_second: float, warm: float, seconds: float) -> Talk:
        """So many orders are begun each second, each by whoever is free, however fast the bot is."""
        self._again = False
        self._idle = deque(self._all)

        async def come(span: float) -> None:
            begun = time.perf_counter()
            for place in range(int(per_second * span)):
                await asyncio.sleep(max(0.0, begun + place / per_second - time.perf_counter()))
                if self._idle:
                    self._idle.popleft().begin()
                else:
                    self._turned_away += 1

        await come(warm)
        return await self._measured(come(seconds))

    async def _measured(self, happening: Coroutine[Any, Any, None]) -> Talk:
        self._measuring, begun, used = True, time.perf_counter(), self._cpu()
        await happening
        took, used = time.perf_counter() - begun, self._cpu() - used
        calls, waits = self._calls, tuple(self._waits)
        self._measuring = self._open = False
        await self._settle()
        rate = calls / CALLS / took
        return Talk(rate, self._through(), self._failed(), waits, used / (rate * took) if calls else 0.0)

    def _note(self, customer: Customer, took: float, calls: int) -> bool:
        if self._measuring:
            self._calls += calls
            self._waits.append(took)
        if not self._again and customer.is_through:
            self._idle.append(customer)
            return False
        return self._open

    async def _settle(self) -> None:
        """Wait until nobody waits for an answer any more, within everybody's patience."""
        end = time.perf_counter() + PATIENCE_SECONDS
        # Nothing to be told of: an answer that does not come.
        while any(customer.since is not None for customer in self._all) and time.perf_counter() < end:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_SECONDS)

    def _through(self) -> int:
        return sum(customer.through for customer in self._all)

    def _failed(self) -> int:
        unanswered = sum(customer.lost or customer.since is not None for customer in self._all)
        return unanswered + self._turned_away
