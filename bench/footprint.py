"""P8: how much memory the shop takes, and how soon after its start it asks for updates."""

from __future__ import annotations

import time
from typing import Final

from bench.crowd import Crowd
from bench.figures import MEGABYTES, Figure, Found, Unmeasured
from bench.ground import Ground

#: The peer framework's figure for the same, taken once.
_PEER_MEGABYTES: Final = 175.0
_STARTS: Final = 5


async def footprint(ground: Ground) -> Found:
    """P8: memory after everybody has ordered once, and the time from start to the first fetch."""
    sizes, ratios = [], []
    for _ in range(ground.size.repeats):
        reference, shop = await _memory(ground, "reference"), await _memory(ground, "shop")
        sizes.append(shop)
        ratios.append(shop / reference)
    times = _STARTS if ground.size.repeats > 1 else 1
    starts = [await _start(ground, "command") / await _start(ground, "reference") for _ in range(times)]
    people, services = max(ground.size.people), max(ground.size.services)
    return Found([
        Figure(f"memory with {services:,} services and {people:,} customers, of the reference", tuple(ratios), 2.0, 1.6,
               more=False),
        Figure("the same, to be below aiogram's", tuple(sizes), _PEER_MEGABYTES, more=False, form=MEGABYTES),
        Figure("start to first getUpdates, of the reference", tuple(starts), 5.0, more=False),
    ])  # fmt: skip


async def _memory(ground: Ground, kind: str) -> float:
    async with ground.bot(kind) as bot:
        if left := await Crowd(ground.town, max(ground.size.people), bot.cpu).once():
            raise Unmeasured(f"{left} customers could not order")
        return bot.memory()


async def _start(ground: Ground, kind: str) -> float:
    begun = time.perf_counter()
    async with ground.bot(kind, settle=0):
        return time.perf_counter() - begun
