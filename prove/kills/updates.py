"""Row "updates": many people write while the process is killed again and again; each update has its effect once.

Of a customer's ten updates one becomes a ticket, three a quote, two taps one order, and one, the operator's, a credit.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from functools import partial
from typing import Final

from bot.domain.money import ZERO, Money
from bot.engine.audit import audit
from handlers.callbacks import BeginOrder
from prove.kills.flows import GIFT, QUANTITY, has
from prove.kills.town import FIRST_CUSTOMER, START_MONEY, Town, town, until
from prove.people import Phone
from prove.registry import named
from prove.row import Share, Size, Tally
from storage.database import Database, Row, Tx

_KILLS: Final = {Size.SHORT: 20, Size.LONG: 100}
_EACH: Final = 10
#: So many customers at once.
_TOGETHER: Final = 12
_MICROS: Final = 1_000_000


def run(share: Share) -> Tally:
    """Send the updates of this share."""
    return asyncio.run(_all(share))


async def _all(share: Share) -> Tally:
    people = share.count // _EACH
    kills = max(1, _KILLS[share.size] * share.count // named(share.row).targets[share.size])
    chance = share.chance(share.first)
    told = f"updates from {share.first}, seed {share.seed}"
    crowd = _Crowd(people)
    async with town(share.scratch, people) as made, asyncio.TaskGroup() as group:
        keeper = group.create_task(made.keep_alive())
        killing = group.create_task(crowd.killed(made, kills, chance))
        await crowd.comes(made)
        if crowd.broken:  # not all was sent, so not all kills come
            killing.cancel()
        await asyncio.wait([killing])
        broken = [*crowd.broken, *made.amiss, *await _problems(made, people)]
        keeper.cancel()
    return Tally(crowd.sent, tuple(f"{told}: {each}" for each in broken), {"kills": made.deaths})


class _Crowd:
    """Customers, a dozen at a time."""

    def __init__(self, people: int) -> None:
        self._waiting = iter(range(people))
        self._all = people * _EACH
        self.sent = 0
        self.broken: list[str] = []

    async def comes(self, made: Town) -> None:
        """Everybody comes, buys and goes."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_TOGETHER):
                group.create_task(self._one_after_the_other(made))

    async def killed(self, made: Town, kills: int, chance: random.Random) -> None:
        """Kill at random moments, spread over all updates."""
        for place in sorted(chance.sample(range(1, self._all), kills)):
            await until(partial(self._has_sent, place))
            await asyncio.sleep(chance.uniform(0, 0.05))
            await made.kill()

    async def _one_after_the_other(self, made: Town) -> None:
        for number in self._waiting:
            try:
                await self._buys(made, await made.phone(FIRST_CUSTOMER + number))
            except (AssertionError, TimeoutError) as error:
                self.broken.append(f"customer {FIRST_CUSTOMER + number}: {str(error)[:400] or 'nothing came'}")

    async def _buys(self, made: Town, phone: Phone) -> None:
        """Ten updates; nobody waits for an answer but where one cannot go on without it."""
        said = await self._say(phone, "/start")
        await self._say(phone, "/support")
        await self._say(phone, f"a question of {phone.person}")
        first = await phone.until(lambda m: m.from_bot and m.id > said)
        await phone.press_data(first, BeginOrder(made.offer.number).pack())
        await self._say(phone, f"https://framely.example/p/{phone.person}")
        await self._say(phone, str(QUANTITY))
        await made.iris.say(f"/credit {phone.person} {GIFT} for patience")
        card = await phone.until(lambda m: m.from_bot and has(m, "Confirm"))
        for _ in range(2):  # the second tap may come after the button went
            await phone.press_data(card, card.button("Confirm")["callback_data"])
        self.sent += 4
        asked = await self._say(phone, "/wallet")
        await phone.until(lambda m: m.from_bot and m.id > asked and "Balance:" in m.text)
        await phone.sees("for patience")
        await phone.until(lambda m: m.from_bot and "Order #" in m.text)

    def _has_sent(self, updates: int) -> bool:
        return self.sent >= updates

    async def _say(self, phone: Phone, text: str) -> int:
        self.sent += 1
        return await phone.say(text)


async def _problems(made: Town, people: int) -> list[str]:
    async with await Database.open(made.settings.database_url) as db:
        report = await audit(db)
        rows = await db.read(_effects)
        left = await db.read(lambda tx: tx.all("SELECT update_id, state FROM inbox WHERE state <> 'done'"))
    broken = [f"{v.name} violated: {', '.join(v.offenders)}" for v in report.violations]
    broken += [f"update {row['update_id']} is {row['state']}" for row in left]
    known = {row["person"]: row for row in rows}
    for person in range(FIRST_CUSTOMER, FIRST_CUSTOMER + people):
        broken += [f"customer {person}: {each}" for each in _amiss(made, person, known[person])]
    return broken


async def _effects(tx: Tx) -> list[Row]:
    return [
        *await tx.all(
            "SELECT c.id AS person,"
            " (SELECT COUNT(*) FROM tickets WHERE customer_id = c.id) AS tickets,"
            " (SELECT COUNT(*) FROM quotes WHERE customer_id = c.id) AS quotes,"
            " (SELECT COUNT(*) FROM orders WHERE customer_id = c.id) AS orders,"
            " (SELECT SUM(charge - returned) FROM orders WHERE customer_id = c.id) AS charged,"
            " (SELECT SUM(balance) FROM accounts WHERE customer_id = c.id AND id LIKE '%available') AS available"
            " FROM customers c"
        )
    ]


def _amiss(made: Town, person: int, row: Row) -> Iterator[str]:
    for what in ("tickets", "quotes", "orders"):
        if row[what] != 1:
            yield f"{row[what]} {what} where there must be one"
    have = START_MONEY + Money(GIFT * _MICROS) - Money(row["charged"] or ZERO.micros)
    if row["available"] != have.micros:
        yield f"{row['available']} where {have.micros} must be"
    if (placed := len(made.upstream(f"https://framely.example/p/{person}"))) > 1:
        yield f"the panel took {placed} orders for one"
