"""Feeds the running broadcast to the courier, a slice at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from bot.engine import broadcasting
from bot.engine.shop import Shop

#: A slice lasts longer than this at the courier's pace; this often the operator sees how far it is.
_RUNNING: Final = timedelta(seconds=2)
#: The bell says when one begins or goes on.
_IDLE: Final = timedelta(minutes=10)


async def feed(shop: Shop, now: Callable[[], datetime]) -> timedelta:
    """One round; how long to rest is returned."""
    return _RUNNING if await broadcasting.go_on(shop, now()) else _IDLE
