"""The one owner of background tasks: starts them, restarts what breaks, stops them in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, Final

from bot.engine.shop import Bell

log = logging.getLogger(__name__)

_PAUSE_FIRST: Final = 1.0
_PAUSE_MOST: Final = 60.0
#: After so many failures in a row a poller counts as stopped.
_STOPPED_AFTER: Final = 3
_STEADY_SECONDS: Final = 60.0

#: Told when a poller stopped (with the error) and when it runs again (with None).
Watcher = Callable[[str, Exception | None], Awaitable[None]]
#: One round of a poller; returns how long to rest, None when there is nothing more to do, ever.
Round = Callable[[], Awaitable[timedelta | None]]


class Rest:
    """Rests for a while, or until a bell rings: a ring during the round before counts."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._seen = bell.rung

    async def __call__(self, seconds: float) -> None:
        """Rest at most so many seconds."""
        await self._bell.wait(self._seen, seconds)
        self._seen = self._bell.rung


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
        """Run something until it returns; when it breaks, log it, tell the watcher, and start it again."""

        async def one_round() -> None:
            await work()

        return self.spawn(self._rounds(name, one_round, self._sleep), name)

    def every(self, name: str, one_round: Round, bell: Bell | None = None) -> asyncio.Task[Any]:
        """Run rounds with the rests they ask for, cut short by the bell where there is one."""
        return self.spawn(self._rounds(name, one_round, self._sleep if bell is None else Rest(bell)), name)

    async def stop(self) -> None:
        """Cancel everything and wait until it is gone."""
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _rounds(self, name: str, one_round: Round, rest: Callable[[float], Awaitable[None]]) -> None:
        clock = asyncio.get_running_loop().time
        failures = 0
        while True:
            begun = clock()
            try:
                pause = await one_round()
            except Exception as error:  # a poller's boundary: it must outlive whatever one round meets
                # What ran for long before it broke did not stop; it had a hiccup.
                failures = 1 if clock() - begun > _STEADY_SECONDS else failures + 1
                log.exception("poller failed", extra={"poller": name, "failures": failures})
                if failures == _STOPPED_AFTER:
                    await self._tell(name, error)
                await self._sleep(min(_PAUSE_FIRST * (1 << min(failures - 1, 10)), _PAUSE_MOST))
                continue
            if name in self.broken:
                await self._tell(name, None)
            if pause is None:
                return
            failures = 0
            await rest(pause.total_seconds())

    async def _tell(self, name: str, error: Exception | None) -> None:
        """Say that a poller stopped, or that it runs again."""
        if error is None:
            self.broken.discard(name)
        else:
            self.broken.add(name)
        try:
            await self._watcher(name, error)
        except Exception:  # the alert shares whatever stops the poller, a full disk say; the log has both
            log.exception("operators could not be told about a poller", extra={"poller": name})

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("background task failed", extra={"task": task.get_name()}, exc_info=error)
