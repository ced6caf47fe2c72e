"""Histories of paying in: what is paid, told late, twice, out of order or never, and read again by whoever pulls.

Whatever the order, the gateways' records and the shop's books must agree at the end: every payment is credited once, to
whom it belongs and with what it is worth, or is in suspense. After every history the invariants are looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

from bot.domain.errors import ShopError
from bot.domain.money import Money
from bot.domain.refunds import Refund, Said
from bot.domain.topups import XTR, Gateway, Paid, Payment, Topup
from bot.engine import refunding, reversals, topups
from bot.engine.refunding import Refunding
from bot.engine.shop import Shop
from bot.engine.topups import Asked
from bot.pollers.refunds import refunds_errand
from prove.counter import OPERATOR, START, Counter, counter
from prove.history_books import amiss
from prove.history_spending import spend
from prove.row import Share
from prove.till import GATEWAYS, TERMS, Till, open_ways
from storage import payments
from storage.database import Database, Tx

#: So many histories share a database, that no audit has much more to read than what the last one left.
_TOGETHER: Final = 20
_FIRST_PERSON: Final = 10_000
_SPAN_MINUTES: Final = 180
#: The last that was begun in that span is over by then, and told.
_OVER_MINUTES: Final = 400
_UNITS: Final = (1, 2, 5, 10, 37)
_A_MOMENT: Final = timedelta(seconds=1)
#: Until then every refund that waits is asked for again.
_ROUNDS: Final = 12


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens at a moment."""

    at: datetime
    what: Callable[[datetime], Awaitable[Any]]


async def histories(url: str, numbers: Sequence[int], share: Share) -> list[str]:
    """Play these histories; on SQLite some in a database of their own."""
    broken: list[str] = []
    for start in range(0, len(numbers), _TOGETHER):
        async with _opened(url, share.scratch) as (shop, other):
            for number in numbers[start : start + _TOGETHER]:
                found = await History(shop, other, share.chance(number), number).play()
                broken += (f"history {number}: {each}" for each in found)
    return broken


@asynccontextmanager
async def _opened(url: str, scratch: Path) -> AsyncIterator[tuple[Counter, Shop]]:
    """A shop and a second process of it."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        own = f"sqlite:///{folder}/shop.db" if url.startswith("sqlite") else url
        async with counter(own, TERMS) as shop, await Database.open(own) as second:
            await open_ways(shop)
            yield shop, replace(shop.shop, db=second)


class History:
    """What two people and their gateways do in three hours, and what must be in the books afterwards."""

    def __init__(self, shop: Counter, other: Shop, chance: random.Random, number: int) -> None:
        self._shop, self._workers, self._chance = shop, (shop.shop, other), chance
        self._number = number
        self._people = (_FIRST_PERSON + 2 * number, _FIRST_PERSON + 2 * number + 1)
        self._tills = {gateway: Till(gateway) for gateway in GATEWAYS}
        self._topups: list[Topup] = []
        self._steps: list[Step] = []
        self._serial = 0

    async def play(self) -> list[str]:
        """Everything in its time; what is amiss at the end."""
        for person in self._people:
            await self._shop.customer(person, Money(1))
        for place in range(self._chance.randint(1, 4)):
            await self._begin(place)
        for person in self._people:
            for _ in range(self._chance.randint(0, 4)):
                self._add(self._minutes(_SPAN_MINUTES), partial(self._spend, person))
        for _ in range(self._chance.randint(0, 3)):
            self._add(self._minutes(_SPAN_MINUTES), self._pull)
            self._add(self._minutes(_SPAN_MINUTES), self._expire)
        await self._happen()
        over = START + timedelta(minutes=_OVER_MINUTES)
        await self._pull(over)
        await self._expire(over)
        for round_ in range(_ROUNDS):
            await self._send(over + round_ * timedelta(minutes=15))
        await self._pull(over + _ROUNDS * timedelta(minutes=15))
        return [each async for each in amiss(self._shop, self._people, self._tills, self._topups)]

    # What happens -----------------------------------------------------------------------------------------

    async def _begin(self, place: int) -> None:
        """Somebody asks for a top-up; then it is paid as it may be."""
        chance = self._chance
        at = self._minutes(30)
        person, gateway = chance.choice(self._people), chance.choice(GATEWAYS)
        asked = Asked(person, 10_000 * self._number + place, gateway, Money(chance.choice(_UNITS) * 1_000_000))
        topup = await topups.ask(self._shop.shop, asked, at)
        self._topups.append(topup)
        for _ in range(chance.choice((0, 1, 1, 1, 1, 2, 3))):
            paid_at = at + timedelta(minutes=chance.uniform(0, 100))
            paid = self._tills[gateway].take(self._payment(topup, paid_at))
            if chance.random() < 0.7:
                self._add(paid_at, partial(self._check, topup))
            for told_at in self._tellings(paid_at):
                self._add(told_at, partial(self._tell, paid))
            if chance.random() < 0.3:
                self._go_back(paid, paid_at + timedelta(minutes=chance.uniform(0, 90)))

    def _go_back(self, paid: Paid, at: datetime) -> None:
        """Its gateway takes a payment back, or an operator gives it back."""
        chance = self._chance
        if chance.random() < 0.5:
            self._add(at, partial(self._refund, paid))
            for _ in range(3):
                self._add(at + timedelta(minutes=chance.uniform(0, 30)), self._send)
            return
        self._add(at, partial(self._taken, paid))
        for told_at in self._tellings(at):
            self._add(told_at, partial(self._tell_taken, paid))

    def _payment(self, topup: Topup, at: datetime) -> Paid:
        chance = self._chance
        self._serial += 1
        name = f"{self._number}-{self._serial}"
        received, currency, payer = topup.asked, topup.currency, str(topup.customer_id)
        token: str | None = topup.token
        fate = chance.random()
        if fate < 0.15:
            received = max(Decimal(1), received * chance.choice((Decimal("0.5"), Decimal(2), Decimal("1.37"))))
            received = received.to_integral_value() if currency == XTR else received
        elif fate < 0.20:
            currency = "EUR" if currency == XTR else "JPY"
        elif fate < 0.25:
            payer = str(next(person for person in self._people if person != topup.customer_id))
        elif fate < 0.30:
            token = chance.choice((None, "token-of-nobody"))
        known = topup.gateway is Gateway.STARS
        return Paid(topup.gateway, name, received, currency, at, token, payer if known else None)

    def _tellings(self, paid_at: datetime) -> Iterator[datetime]:
        """When a payment is told: never, at once, late, and more than once."""
        chance = self._chance
        for _ in range(chance.choice((0, 1, 1, 2, 3))):
            yield paid_at + timedelta(minutes=chance.choice((0, 0, 0, 1, chance.uniform(0, 90))))

    async def _check(self, topup: Topup, now: datetime) -> None:
        await topups.may_pay(self._worker(), topup.token, topup.customer_id, topup.asked, topup.currency, now)

    async def _tell(self, paid: Paid, now: datetime) -> None:
        await topups.record(self._worker(), paid, now)

    async def _pull(self, now: datetime) -> None:
        """Everything a gateway has, in whatever order it lists it."""
        for till in self._tills.values():
            found = list(till.pulled(now))
            self._chance.shuffle(found)
            for paid in found:
                await topups.record(self._worker(), paid, now)
                if till.gone.get(paid.payment_id, now + _A_MOMENT) <= now:
                    await reversals.took_back(self._worker(), paid.gateway, paid.payment_id, now)

    async def _spend(self, person: int, now: datetime) -> None:
        self._serial += 1
        number = 10_000 * self._number + 1_000 + self._serial
        await spend(self._shop, self._worker(), self._chance, person, number, now)

    async def _taken(self, paid: Paid, now: datetime) -> None:
        self._tills[paid.gateway].take_back(paid.payment_id, now)

    async def _tell_taken(self, paid: Paid, now: datetime) -> None:
        """Told out of order it may come before it happened: then there is nothing to tell yet."""
        if self._tills[paid.gateway].gone.get(paid.payment_id, now + _A_MOMENT) <= now:
            await reversals.took_back(self._worker(), paid.gateway, paid.payment_id, now)

    async def _refund(self, paid: Paid, now: datetime) -> None:
        known = await self._shop.shop.db.read(partial(_known, paid=paid))
        if known is not None:
            self._serial += 1
            giving = Refunding(10_000 * self._number + 2_000 + self._serial, OPERATOR, known.id, None, "as agreed")
            with contextlib.suppress(ShopError):
                await refunding.begin(self._worker(), giving, now)

    async def _send(self, now: datetime) -> None:
        """One round of what tells gateways of refunds."""
        ways = {gateway: partial(self._give_back, now) for gateway in GATEWAYS}
        await refunds_errand(self._worker(), ways, lambda: now).step()

    async def _give_back(self, now: datetime, _: Refund, payment: Payment) -> Said:
        return self._tills[payment.gateway].give_back(payment.payment_id, now, self._chance)

    async def _expire(self, now: datetime) -> None:
        await topups.expire(self._worker(), now, GATEWAYS)

    def _worker(self) -> Shop:
        return self._chance.choice(self._workers)

    def _minutes(self, most: float) -> datetime:
        return START + timedelta(minutes=self._chance.uniform(0, most))

    def _add(self, at: datetime, what: Callable[[datetime], Awaitable[Any]]) -> None:
        self._steps.append(Step(at, what))

    async def _happen(self) -> None:
        """In order of time, now and then some at once."""
        steps = sorted(self._steps, key=lambda step: step.at)
        while steps:
            together = self._chance.choice((1, 1, 2, 4))
            some, steps = steps[:together], steps[together:]
            await asyncio.gather(*(step.what(some[-1].at) for step in some))


async def _known(tx: Tx, paid: Paid) -> Payment | None:
    return await payments.known(tx, paid.gateway, paid.payment_id)
