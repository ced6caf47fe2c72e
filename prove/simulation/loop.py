"""Time and turns: an event loop for each process of the shop, all on one virtual clock, their turns shuffled by a seed.

No thread, no socket, no sleep. What is ready waits in one place whoever's it is, and the seed says what goes next; when
nothing is ready, time leaps to what is due. A killed process is never given another turn: not even its `finally`s run.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import random
from asyncio import events
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, copy_context
from typing import Any, TypeVar

T = TypeVar("T")


class Handle:
    """One turn to be given; what asyncio knows as a Handle and a TimerHandle."""

    __slots__ = ("_args", "_callback", "_context", "_when", "gone", "owner")

    def __init__(
        self, owner: ProcessLoop | None, callback: Callable[..., object], args: tuple[Any, ...],
        context: Context | None, when: float = 0.0,
    ) -> None:  # fmt: skip
        self.owner = owner
        self._callback = callback
        self._args = args
        self._context = context
        self._when = when
        self.gone = False

    def cancel(self) -> None:
        """Give no turn to it."""
        self.gone = True

    def cancelled(self) -> bool:
        """Whether it was called off."""
        return self.gone

    def when(self) -> float:
        """The virtual second it is due at."""
        return self._when

    def run(self) -> None:
        """Take the turn."""
        if self._context is None:
            self._callback(*self._args)
        else:
            self._context.run(self._callback, *self._args)


class Turns:
    """The one queue of turns and the one clock."""

    def __init__(self, chance: random.Random) -> None:
        self.now = 0.0
        self._chance = chance
        self._ready: list[Handle] = []
        self._timers: list[tuple[float, int, Handle]] = []
        self._serial = 0
        #: Called with each turn of a process before it is taken; False when that kills the process.
        self.before: Callable[[ProcessLoop], bool] = lambda _: True

    def soon(self, handle: Handle) -> Handle:
        """Line up a turn."""
        self._ready.append(handle)
        return handle

    def at(self, when: float, handle: Handle) -> Handle:
        """Line up a turn for later."""
        self._serial += 1
        heapq.heappush(self._timers, (when, self._serial, handle))
        return handle

    def later(self, seconds: float, callback: Callable[..., object], *args: object) -> None:
        """Something that happens outside every process, however many of them are killed until then."""
        when = self.now + seconds
        self.at(when, Handle(None, callback, args, None, when))

    def settle(self) -> None:
        """Give turns until nothing is ready."""
        ready, pick, running = self._ready, self._chance.random, None
        try:
            while ready:
                place = int(pick() * len(ready))
                ready[place], ready[-1] = ready[-1], ready[place]
                handle = ready.pop()
                owner = handle.owner
                if handle.gone or (owner is not None and (owner.dead or not self.before(owner))):
                    continue
                if owner is not running:
                    running = owner
                    events._set_running_loop(owner)  # noqa: SLF001 - what an event loop does
                handle.run()
        finally:
            events._set_running_loop(None)  # noqa: SLF001

    def leap(self, least: float) -> None:
        """Let time go on to what is due next, but at least so many seconds; everything due by then becomes ready.

        A process may be late for its own timers, as on a busy machine; the world outside is never late.
        """
        timers = self._timers
        while timers and self._idle(timers[0][2]):
            heapq.heappop(timers)
        outside = min((when for when, _, handle in timers if handle.owner is None), default=math.inf)
        self.now = max(min(self.now + least, outside), timers[0][0] if timers else 0.0)
        while timers and timers[0][0] <= self.now:
            self._ready.append(heapq.heappop(timers)[2])

    @property
    def next_at(self) -> float | None:
        """When the next turn is due; None when nothing ever is."""
        return self._timers[0][0] if self._timers else None

    def _idle(self, handle: Handle) -> bool:
        return handle.gone or (handle.owner is not None and handle.owner.dead)


class SimTask(asyncio.Task[T]):
    """A task whose place in a set follows from the order of creation, not from where it lies in memory."""

    def __init__(self, work: Coroutine[Any, Any, T], loop: ProcessLoop, name: str | None, serial: int) -> None:
        self._place = serial
        super().__init__(work, loop=loop, name=name or f"task {serial}")
        self._log_destroy_pending = False

    def __hash__(self) -> int:
        return self._place


class SimFuture(asyncio.Future[T]):
    """The same of a future."""

    def __init__(self, loop: ProcessLoop, serial: int) -> None:
        self._place = serial
        super().__init__(loop=loop)

    def __hash__(self) -> int:
        return self._place


class ProcessLoop(asyncio.AbstractEventLoop):
    """The event loop of one process."""

    def __init__(self, turns: Turns, name: str, on_error: Callable[[dict[str, Any]], None]) -> None:
        self.turns = turns
        self.name = name
        self.dead = False
        self._on_error = on_error
        self._serial = 0
        #: Kept, so that a killed process' coroutines are not closed before the schedule is over.
        self.tasks: list[SimTask[Any]] = []

    def kill(self) -> None:
        """From here on the process has no turn any more."""
        self.dead = True

    def bury(self) -> None:
        """Close what a killed process left, without a turn for any of it."""
        for task in self.tasks:
            if not task.done():
                coroutine = task.get_coro()
                if isinstance(coroutine, Coroutine | Generator):
                    _close(coroutine)
        self.tasks.clear()

    def time(self) -> float:
        """The virtual second."""
        return self.turns.now

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Any:  # type: ignore[override]  # noqa: ANN401
        """Line up a turn."""
        return self.turns.soon(Handle(self, callback, args, context or copy_context()))

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,  # noqa: ANN401
        context: Context | None = None,
    ) -> Any:  # noqa: ANN401
        """Line up a turn for later."""
        return self.call_at(self.turns.now + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,  # noqa: ANN401
        context: Context | None = None,
    ) -> Any:  # noqa: ANN401
        """Line up a turn for a virtual second."""
        return self.turns.at(when, Handle(self, callback, args, context or copy_context(), when))

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this process."""
        self._serial += 1
        return SimFuture(self, self._serial)

    def create_task(  # type: ignore[override]
        self, coro: Coroutine[Any, Any, T], *, name: str | None = None, context: Context | None = None
    ) -> asyncio.Task[T]:
        """A task of this process."""
        self._serial += 1
        del context
        task = SimTask(coro, self, name, self._serial)
        self.tasks.append(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """An exception nobody took."""
        self._on_error(context)

    def get_debug(self) -> bool:
        """Never."""
        return False

    def is_running(self) -> bool:
        """Until it is killed."""
        return not self.dead

    def is_closed(self) -> bool:
        """Once it was killed."""
        return self.dead


def _close(coroutine: Any) -> None:  # noqa: ANN401
    try:
        coroutine.close()
    except RuntimeError:
        # It awaits in a `finally`: of a process that was killed that is not the world's business.
        return
