"""How a piece of work tells what it cost."""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections.abc import Coroutine
from typing import Any

import uvloop


def cpu() -> float:
    """Seconds of CPU of this process so far, all threads together."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def tell(**measured: float | list[float]) -> None:
    """Print what was measured, for whoever started this process."""
    print(json.dumps(measured))


class Heartbeat:
    """Knows how long the event loop kept everybody waiting at worst."""

    def __init__(self) -> None:
        self.worst = 0.0
        self._loop = asyncio.get_running_loop()
        self._last = time.perf_counter()
        self._handle = self._loop.call_later(0.001, self._beat)

    def take(self) -> float:
        """The worst wait since the last look, in seconds."""
        worst, self.worst = self.worst, 0.0
        return worst

    def stop(self) -> None:
        """Beat no more."""
        self._handle.cancel()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.worst, self._last = max(self.worst, now - self._last - 0.001), now
        self._handle = self._loop.call_later(0.001, self._beat)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run on the loop the shop runs on."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)
