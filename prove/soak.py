"""Row "soak": minutes on end of orders, with a fault of the panel every second and a kill -9 every minute."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from prove.kills import flows
from prove.kills.checks import problems
from prove.kills.flows import FLOWS, Visit
from prove.kills.town import Town, town
from prove.row import Share, Tally

_MINUTE: Final = 60.0
_VISITORS: Final = 4
_TRIES: Final = 4
#: More people than can come in a minute.
_PEOPLE_A_MINUTE: Final = 600
_ERRANDS: Final = ("submit", "submit", "submit", "browse", "notice")
#: After these nobody can tell what an `add` did; the operator finds out, as with every unknown order.
_LOST: Final = (
    "reset_before",
    "reset_after",
    "http_500",
    "http_503",
    "html",
    "challenge",
    "broken_json",
    "wrong_shape",
)
_ACTIONS: Final = ("add", "status", "balance")


def run(share: Share) -> Tally:
    """So many minutes of a town of its own."""
    return asyncio.run(_minutes(share))


async def _minutes(share: Share) -> Tally:
    chance = share.chance(share.index)
    broken: list[str] = []
    figures: Counter[str] = Counter()
    async with town(share.scratch, share.count * _PEOPLE_A_MINUTE) as made, asyncio.TaskGroup() as group:
        helpers = [
            group.create_task(work)
            for work in (made.keep_alive(), _faults(made, chance, figures), _kills(made, figures))
        ]
        soak = _Soak(made, chance, figures, broken, share)
        await asyncio.gather(*(soak.come_and_go() for _ in range(_VISITORS)))
        for helper in helpers:
            helper.cancel()
    return Tally(share.count, tuple(broken), figures)


@dataclass(slots=True)
class _Soak:
    """What the visitors of one town share."""

    town: Town
    chance: random.Random
    figures: Counter[str]
    broken: list[str]
    share: Share
    came: int = 0
    #: Of the operator, who does one thing at a time.
    desk: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def come_and_go(self) -> None:
        """One customer after the other, until the time is up."""
        loop, most = asyncio.get_running_loop(), self.share.count * _PEOPLE_A_MINUTE
        until = loop.time() + self.share.count * _MINUTE
        while loop.time() < until and self.came < most:
            number, errand = self.came, self.chance.choice(_ERRANDS)
            self.came += 1
            told = f"visit {number}, share {self.share.index}, seed {self.share.seed}, {errand}"
            self.broken += [f"{told}: {problem}" for problem in await self._visit(number, errand)]

    async def _visit(self, number: int, errand: str) -> list[str]:
        """One thing to its end; then the whole ledger is audited, and the customer's own affairs are looked at."""
        made, deaths = self.town, self.town.deaths
        try:
            v = await flows.visit(made, number)
            await FLOWS[errand].before(v)
            async with self.desk if errand == "notice" else contextlib.nullcontext():
                await FLOWS[errand].during(v)
            await self._settle(v)
        except AssertionError as error:
            return [f"{str(error)[:400]}; {made.log_tail()[-400:]}"]
        broken, books = await made.look()
        self.figures["orders"] += bool(v.order)
        self.figures["audits"] += 1
        amiss, made.amiss = made.amiss, []
        return [*broken, *amiss, *problems(v, books, made.deaths - deaths)]

    async def _settle(self, v: Visit) -> None:
        """The operator tries again where the panel did not answer them."""
        for left in reversed(range(_TRIES)):
            try:
                async with self.desk:
                    await flows.settle(v)
            except AssertionError:
                if not left:
                    raise
            else:
                return


async def _faults(made: Town, chance: random.Random, figures: Counter[str]) -> None:
    while True:
        await asyncio.sleep(1)
        await made.panel.fault(chance.choice(_ACTIONS), chance.choice(_LOST))
        figures["faults"] += 1


async def _kills(made: Town, figures: Counter[str]) -> None:
    while True:
        await asyncio.sleep(_MINUTE)
        if made.child is not None:
            made.child.kill()
            figures["kills"] += 1
