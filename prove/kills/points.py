"""Kill -9 in place of a system call of a flow; then the process comes back and everything must be as if it had not.

Unit u is of flow u mod 12 and stands at its own place between the flow's first call and its last: which call that is
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
from prove.kills.migrating import Mover
from prove.kills.paying import EVERYTHING, PAYING
from prove.kills.town import Town, town
from prove.kills.tracing import ANY, Point
from prove.registry import named
from prove.row import Share, Tally
from storage.receipts import receipts_in, receipts_path

MIGRATION: Final = "migration"
#: A point that a flow did not come to is tried again nearer to its beginning.
_TRIES: Final = 4


def run(share: Share) -> Tally:
    """Kill at each point of this share."""
    if reason := tracing.obstacle():
        return Tally(0, skipped=reason)
    # The older shop is a copy of this one as far as its schema has a place for it: taken before anybody pays in.
    return asyncio.run(_all(share, [*FLOWS, MIGRATION, *PAYING]))


def run_recovery(share: Share) -> Tally:
    """The same flows but the migration; killed once in the middle and once more while the process gets up again."""
    if reason := tracing.obstacle():
        return Tally(0, skipped=reason)
    return asyncio.run(_all(share, [*EVERYTHING], recovering=True))


async def _all(share: Share, names: Sequence[str], *, recovering: bool = False) -> Tally:
    each = -(-named(share.row).targets[share.size] // len(names))
    broken: list[str] = []
    done = 0
    async with town(share.scratch, share.count * _TRIES + len(names) + 2) as made, asyncio.TaskGroup() as group:
        keeper = group.create_task(made.keep_alive())
        shift = Shift(made)
        for unit in range(share.first, share.first + share.count):
            name, place = names[unit % len(names)], unit // len(names)
            told = f"unit {unit}, seed {share.seed}, {name}"
            try:
                found = await shift.record(name)
                last = min(len(found) - 1, (2 * place + 1) * len(found) // (2 * each))
                aims = [found[last * part // _TRIES] for part in range(_TRIES, 0, -1)]
                told = f"{told}, {aims[0]}"
                if recovering:
                    begin = await shift.record_start()
                    chance = share.chance(unit)
                    done += await shift.recovered(name, aims, chance.choice(begin))
                else:
                    done += await shift.killed(name, aims)
                broken += [f"{told}: {problem}" for problem in await shift.problems()]
            except (AssertionError, TimeoutError) as error:
                broken.append(f"{told}: {str(error)[:400] or 'nothing came'}; {made.log_tail()[-600:]}")
        keeper.cancel()
    return Tally(done, tuple(broken), shift.figures)


class Shift:
    """One customer after the other, and after each a look at the books."""

    def __init__(self, made: Town) -> None:
        self._town = made
        self._mover = Mover(made)
        made.on_death = self._look_at_receipts
        self._records: dict[str, Sequence[Point]] = {}
        self._came = 0
        self._visit: Visit | None = None
        self._deaths = 0
        #: Of which orders the last dead process had a receipt.
        self._receipts: set[int] = set()
        self.figures: Counter[str] = Counter()

    async def record(self, name: str) -> Sequence[Point]:
        """The points of a flow."""
        if name not in self._records:
            self._records[name] = await (self._mover.record() if name == MIGRATION else self._record(name))
        return self._records[name]

    async def record_start(self) -> Sequence[Point]:
        """The points of a process that begins, up to its first answer."""
        if "start" not in self._records:
            made, file = self._town, self._town.folder / "start.calls"
            await self._enter("browse")
            await made.rest()
            child = await made.nursery.child(made.environment, made.folder)
            async with tracing.recorded(child, file):
                child.go()
                await self._enter("browse")
            await child.stop()
            made.work()
            self._records["start"] = tracing.first_points(file)
        return self._records["start"]

    async def killed(self, name: str, aims: Sequence[Point]) -> bool:
        """Live through a flow with a kill at the first of these points it comes to; whether there was one."""
        if name == MIGRATION:
            self._visit = None
            return await self._mover.killed(aims[0])
        for point in aims:
            v = await self._enter(name)
            child = self._town.alive
            async with tracing.armed(child, point, self._town.folder / "strace.log"):
                await EVERYTHING[name].during(v)
            await flows.settle(v)
            if self._town.deaths > self._deaths:
                return True
        return False

    async def recovered(self, name: str, aims: Sequence[Point], again: Point) -> bool:
        """The same, and the process that comes back is killed on its way up."""
        for _ in range(_TRIES):
            self._town.ambush = again
            if await self.killed(name, aims) and self._town.deaths > self._deaths + 1:
                return True
            self._town.ambush = None
            again = Point(ANY, again.call, max(1, again.number // 2))
        return False

    async def problems(self) -> list[str]:
        """What is not as it would be without the kill."""
        amiss, self._town.amiss = self._town.amiss, []
        if (v := self._visit) is None:
            return [*amiss, *self._mover.problems]
        broken, books = await self._town.look()
        if v.checking:
            self.figures["unknown"] += 1
        if v.order in self._receipts:
            self.figures["after the receipt"] += 1
            if v.checking:
                broken.append(f"order {v.order} is in the receipts, and nobody knows what became of it")
        return [*broken, *amiss, *problems(v, books, self._town.deaths - self._deaths)]

    async def _record(self, name: str) -> Sequence[Point]:
        v = await self._enter(name)
        file, child = self._town.folder / f"{name}.calls", self._town.alive
        tasks = child.tasks()
        async with tracing.recorded(child, file):
            await EVERYTHING[name].during(v)
        await flows.settle(v)
        return tracing.points(file, tasks)

    async def _look_at_receipts(self) -> None:
        file = receipts_path(self._town.settings.database_url, self._town.folder)
        self._receipts = {receipt.order_id for receipt in receipts_in(file.read_bytes())} if file.exists() else set()

    async def _enter(self, name: str) -> Visit:
        self._visit = v = await flows.visit(self._town, self._came)
        self._came += 1
        self._deaths, self._receipts = self._town.deaths, set()
        await EVERYTHING[name].before(v)
        return v
