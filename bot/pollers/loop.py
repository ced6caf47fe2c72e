"""The one owner of background tasks: starts them, restarts what breaks, stops them in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, Final

log = logging.getLogger(__name__)

_PAUSE_FIRST: Final = 1.0
_PAUSE_MOST: Final = 60.0
#: After so many failures in a row a poller counts as stopped.
_STOPPED_AFTER: Final = 3

#: Told when a poller stopped (with the error) and when it runs again (with None).
Watcher = Callable[[str, Exception | None], Awaitable[None]]
#: One round of a poller; returns how long to rest.
Round = Callable[[], Awaitable[timedelta]]


class Loops:
    """Owns every background task of the program; nothing else may start one."""

    def __init__(self, watcher: Watcher, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._watcher = watcher
        self._sleep = sleep
        self._tasks: set[asyncio.Task[Any]] = set()
        #: The pollers that stopped and have not run again.
        self.broken: set[str] = set()

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Start a task that is canceled and awaited by `stop`."""
        task = asyncio.create_task(work, name=name)  # noqa: TID251 - this is the owner
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def keep(self, name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[Any]:
        """Run something that never ends; when it breaks, log it, tell the watcher, and start it again."""
        return self.spawn(self._kept(name, work), name)

    def every(self, name: str, one_round: Round) -> asyncio.Task[Any]:
        """Run rounds with the rests they ask for."""
        return self.spawn(self._rounds(name, one_round), name)

    async def stop(self) -> None:
        """Cancel everything and wait until it is gone."""
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _kept(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        async def one_round() -> timedelta:
            await work()
            return timedelta(0)

        await self._rounds(name, one_round)

    async def _rounds(self, name: str, one_round: Round) -> None:
        failures = 0
        while True:
            try:
                rest = (await one_round()).total_seconds()
                if name in self.broken:
                    self.broken.discard(name)
                    await self._watcher(name, None)
                failures = 0
            except Exception as error:  # a poller's boundary: it must outlive whatever one round meets
                failures += 1
                rest = min(_PAUSE_FIRST * 2 ** (failures - 1), _PAUSE_MOST)
                log.exception("poller failed", extra={"poller": name, "failures": failures})
                if failures == _STOPPED_AFTER:
                    await self._tell(name, error)
            await self._sleep(rest)

    async def _tell(self, name: str, error: Exception) -> None:
        self.broken.add(name)
        try:
            await self._watcher(name, error)
        except Exception:  # the alert shares whatever stops the poller, a full disk say; the log has both
            log.exception("could not alert about a stopped poller", extra={"poller": name})

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("background task failed", extra={"task": task.get_name()}, exc_info=error)
