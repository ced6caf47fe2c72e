"""Kill -9 at random moments of the process's life, while customers buy, look around and write."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from prove.kills import flows
from prove.kills.checks import problems
from prove.kills.flows import FLOWS
from prove.kills.town import Town, town
from prove.row import Share, Tally

#: One customer buys after the other, for the operator can be asked about one order at a time; others only talk.
_LOADS: Final[Sequence[Sequence[str]]] = (("submit", "buy"), ("browse",), ("notice", "browse"), ("browse",))
#: A process is killed so many seconds after its birth; it opens after about a third of one.
_LIVES: Final = (0.1, 1.5)
_PEOPLE_PER_KILL: Final = 20


def run(share: Share) -> Tally:
    """Kill so often."""
    return asyncio.run(_all(share))


async def _all(share: Share) -> Tally:
    chance = share.chance(share.first)
    told = f"kills from {share.first}, seed {share.seed}"
    async with town(share.scratch, share.count * _PEOPLE_PER_KILL) as made, asyncio.TaskGroup() as group:
        keeper = group.create_task(made.keep_alive())
        load = _Load(made, share.count)
        broken: list[str] = []
        async with asyncio.TaskGroup() as crowd:
            for names in _LOADS:
                crowd.create_task(load.goes_on(names, broken))
            for _ in range(share.count):
                await asyncio.sleep(chance.uniform(*_LIVES))
                await made.kill()
            load.over = True
        audit, _ = await made.look()
        broken += [*audit, *made.amiss]
        keeper.cancel()
    return Tally(made.deaths, tuple(f"{told}: {each}" for each in broken), {"visits": load.visits})


class _Load:
    """People who come one after the other until it is over."""

    def __init__(self, made: Town, kills: int) -> None:
        self._made, self._most = made, kills * _PEOPLE_PER_KILL
        self._came = 0
        self.visits = 0
        self.over = False

    async def goes_on(self, names: Sequence[str], broken: list[str]) -> None:
        """A visit, its checks, the next one."""
        while not self.over and self._came < self._most:
            number, self._came = self._came, self._came + 1
            name = names[number % len(names)]
            try:
                broken += [f"visit {number}, {name}: {each}" for each in await self._visit(name, number)]
            except (AssertionError, TimeoutError) as error:
                broken.append(f"visit {number}, {name}: {str(error)[:400] or 'nothing came'}")

    async def _visit(self, name: str, number: int) -> list[str]:
        before = self._made.deaths
        v = await flows.visit(self._made, number)
        await FLOWS[name].before(v)
        await FLOWS[name].during(v)
        await flows.settle(v)
        self.visits += 1
        _, books = await self._made.look()
        return [*problems(v, books, self._made.deaths - before)]
