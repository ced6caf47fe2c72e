"""Kill -9 in place of a system call of a flow; then the process comes back and everything must be as if it had not.

Unit u is of flow u mod 8 and stands at its own place between the flow's first call and its last: which call that is
follows from a record of the flow made in the same share.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Final

from prove.kills import flows, tracing
from prove.kills.checks import problems
from prove.kills.flows import FLOWS, Visit
from prove.kills.town import Town, town
from prove.kills.tracing import Point
from prove.registry import named
from prove.row import Share, Tally

#: A point that a flow did not come to is tried again nearer to its beginning.
_TRIES: Final = 4


def run(share: Share) -> Tally:
    """Kill at each point of this share."""
    if reason := tracing.obstacle():
        return Tally(0, skipped=reason)
    return asyncio.run(_all(share))


async def _all(share: Share) -> Tally:
    names = [*FLOWS]
    each = named(share.row).targets[share.size] // len(names)
    broken: list[str] = []
    figures: Counter[str] = Counter()
    done = 0
    async with town(share.scratch, share.count * _TRIES + len(names)) as made, asyncio.TaskGroup() as group:
        keeper = group.create_task(made.keep_alive())
        shift = Shift(made)
        for unit in range(share.first, share.first + share.count):
            name, place = names[unit % len(names)], unit // len(names)
            told = f"unit {unit}, seed {share.seed}, {name}"
            found = await shift.record(name)
            point = found[min(len(found) - 1, (2 * place + 1) * len(found) // (2 * each))]
            try:
                done += await shift.killed(name, point, figures)
                broken += [f"{told}, {point}: {problem}" for problem in await shift.problems()]
            except AssertionError as error:
                broken.append(f"{told}, {point}: {str(error)[:400]}; {made.log_tail()[-600:]}")
        keeper.cancel()
    return Tally(done, tuple(broken), figures)


class Shift:
    """One customer after the other, and after each a look at the books."""

    def __init__(self, made: Town) -> None:
        self._town = made
        self._records: dict[str, Sequence[Point]] = {}
        self._came = 0
        self._visit: Visit
        self._deaths = 0

    async def record(self, name: str) -> Sequence[Point]:
        """The points of a flow."""
        if name not in self._records:
            v = await self._enter(name)
            file = self._town.folder / f"{name}.calls"
            assert self._town.child is not None
            async with tracing.recorded(self._town.child, file):
                await FLOWS[name].during(v)
            await flows.settle(v)
            self._records[name] = tracing.points(file)
        return self._records[name]

    async def killed(self, name: str, point: Point, figures: Counter[str]) -> bool:
        """Live through a flow with a kill at a point; whether there was one."""
        for _ in range(_TRIES):
            v = await self._enter(name)
            child = self._town.child
            assert child is not None
            async with tracing.armed(child, point, self._town.folder / "strace.log"):
                await FLOWS[name].during(v)
            await flows.settle(v)
            if self._town.deaths > self._deaths:
                figures[name] += 1
                return True
            point = Point(point.thread, point.call, max(1, point.number * 2 // 3))
        return False

    async def problems(self) -> list[str]:
        """What is not as it would be without the kill."""
        broken, books = await self._town.look()
        amiss, self._town.amiss = self._town.amiss, []
        return [*broken, *amiss, *problems(self._visit, books, self._town.deaths - self._deaths)]

    async def _enter(self, name: str) -> Visit:
        self._visit = await flows.visit(self._town, self._came)
        self._came += 1
        self._deaths = self._town.deaths
        await FLOWS[name].before(self._visit)
        return self._visit
