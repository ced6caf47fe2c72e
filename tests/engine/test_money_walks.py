"""Random walks through everything that moves a customer's money: after each step every invariant holds.

A brake that sets itself in a healthy shop stops it, so what operators, customers and gateways can do in any order must
leave nothing for the audit to find; and whoever has something to spend owes nothing.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from bot.domain.errors import ShopError
from bot.domain.money import Money
from bot.domain.orders import Order
from bot.domain.refunds import Done, NotNow, Refused, Said
from bot.domain.topups import Gateway, Paid, Proof, ProofKind
from bot.engine import by_hand, desk, giving_back, ordering, people, refunding, reversals, suspense, tracking, vouchers
from bot.engine.audit import audit_shop
from bot.engine.giving_back import GivingBack
from bot.engine.refunding import Refunding
from bot.engine.suspense import Assigning
from bot.engine.vouchers import Wanted
from bot.panels.outcomes import Placed
from bot.wire.reasons import HttpFacts
from storage import customers
from storage.database import Kind
from tests.engine import till
from tests.engine.workshop import LIKES, Workshop, report, workshop
from tests.kit import IRIS, MINA, THEO, money

_STEPS = 100
_SAID: tuple[Said, ...] = (Done(), Refused("no"), NotNow("later"))


class Walk:
    """One walk of two customers; what the shop refuses is no step."""

    def __init__(self, bench: Workshop, seed: int) -> None:
        self.bench, self.chance, self.updates = bench, random.Random(seed), iter(range(90_000_000, 91_000_000))
        self.asked: list[Paid] = []
        self.done: list[str] = []

    async def step(self) -> None:
        what: Callable[[], Awaitable[object]] = self.chance.choice(
            [
                self.pay, self.pay, self.pay_again, self.stray, self.assign, self.order, self.order, self.place,
                self.report, self.report, self.withdraw, self.give, self.give, self.say, self.say, self.take_back,
                self.take_unheard, self.by_hand, self.give_back, self.give_back, self.credit, self.debit, self.voucher,
                self.ask_back, self.decide, self.erase,
            ]
        )  # fmt: skip
        self.done.append(what.__name__)
        self.bench.clock.forward(seconds=self.chance.choice((0, 1, 400)))
        with suppress(ShopError):
            await what()

    @property
    def person(self) -> int:
        return self.chance.choice((MINA, THEO))

    @property
    def amount(self) -> str:
        return self.chance.choice(("0.02", "0.5", "1.13", "5"))

    async def pay(self) -> None:
        gateway = self.chance.choice((Gateway.STARS, Gateway.STARS, Gateway.CRYPTOPAY))
        topup = await till.ask(
            self.bench, self.chance.choice(("1", "5")), gateway, self.person, update_id=next(self.updates)
        )
        received = self.chance.choice(
            (None, None, "30", "300", "0.000000000000000001" if gateway is Gateway.CRYPTOPAY else "1")
        )
        paid = till.paid_for(topup, self.bench.clock(), received)
        self.asked.append(paid)
        if self.chance.random() < 0.8:
            await till.record(self.bench, paid)

    async def pay_again(self) -> None:
        if self.asked:
            await till.record(self.bench, self.chance.choice(self.asked))

    async def stray(self) -> None:
        await till.stray(self.bench, self.chance.choice((1, 100)))

    async def numbers(self, table: str, state: str) -> list[int]:
        return [
            row["id"] for row in await self.bench.rows(f"SELECT id FROM {table} WHERE state = $1 ORDER BY id", state)
        ]

    async def any(self, table: str, state: str) -> int:
        found = await self.numbers(table, state)
        return self.chance.choice(found) if found else 0

    async def assign(self) -> None:
        assigning = Assigning(IRIS, await self.any("payments", "suspense"), self.person)
        await suspense.assign(self.bench.shop, assigning, self.bench.clock())

    async def order(self) -> None:
        await self.bench.order(
            self.bench.number(LIKES), self.person, quantity=self.chance.choice(("10", "500", "1000"))
        )

    async def place(self) -> None:
        claimed = await self.bench.try_claim()
        if claimed:
            await self.bench.record(claimed, Placed(f"up{next(self.updates)}", HttpFacts(200)))

    async def orders(self, *states: str) -> list[Order]:
        found = [number for state in states for number in await self.numbers("orders", state)]
        return [await self.bench.read(number) for number in found]

    async def report(self) -> None:
        found = await self.orders("active", "completed", "partial")
        if found:
            order = self.chance.choice(found)
            left = self.chance.randint(0, order.quantity)
            said = self.chance.choice(
                (report("Completed", 0), report("Partial", left), report("Canceled", order.quantity))
            )
            for _ in range(2):
                await tracking.apply(self.bench.shop, {order.id: said}, self.bench.clock())
                self.bench.clock.forward(seconds=301)

    async def withdraw(self) -> None:
        for order in await self.orders("reserved"):
            await ordering.withdraw(self.bench.shop, order.id, order.customer_id, self.bench.clock())
            break

    async def give(self) -> None:
        part = self.chance.choice((None, None, "0.5"))
        giving = Refunding(
            next(self.updates), IRIS, await self.any("payments", "credited"), money(part) if part else None, "why"
        )
        await refunding.begin(self.bench.shop, giving, self.bench.clock())

    async def ask_back(self) -> None:
        number = await self.any("payments", "credited")
        await refunding.ask(self.bench.shop, next(self.updates), self.person, number, "", self.bench.clock())

    async def say(self) -> None:
        if number := await self.any("refunds", "sending"):
            await refunding.settle(self.bench.shop, number, self.chance.choice(_SAID), self.bench.clock())

    async def take_back(self) -> None:
        rows = await self.bench.rows("SELECT payment_id FROM payments WHERE gateway = 'stars' ORDER BY id")
        if rows:
            charge = self.chance.choice(rows)["payment_id"]
            await reversals.took_back(self.bench.shop, Gateway.STARS, charge, self.bench.clock())

    async def take_unheard(self) -> None:
        if self.asked and (paid := self.chance.choice(self.asked)).gateway is Gateway.STARS:
            await reversals.took_back(self.bench.shop, Gateway.STARS, paid.payment_id, self.bench.clock())

    async def move(self, *, credit: bool) -> None:
        await desk.move_money(
            self.bench.shop, next(self.updates), IRIS, self.person, money(self.amount), "why", self.bench.clock(),
            credit=credit,
        )  # fmt: skip

    async def credit(self) -> None:
        await self.move(credit=True)

    async def debit(self) -> None:
        await self.move(credit=False)

    async def voucher(self) -> None:
        wanted = Wanted(next(self.updates), IRIS, money(self.amount))
        made = await vouchers.make(self.bench.shop, wanted, self.bench.clock())
        await vouchers.redeem(self.bench.shop, next(self.updates), self.person, made.code, self.bench.clock())

    async def by_hand(self) -> None:
        person = self.person
        topup = await till.ask(self.bench, "1", Gateway.BY_HAND, person, update_id=next(self.updates))
        proven = await by_hand.prove(
            self.bench.shop, topup.id, person, Proof("file", ProofKind.PHOTO), self.bench.clock()
        )  # fmt: skip
        received = money(self.amount)
        for _ in range(2):  # the second decision is none
            await by_hand.approve(self.bench.shop, topup.id, proven.version, received, IRIS, self.bench.clock())

    async def give_back(self) -> None:
        for order in await self.orders("completed", "partial", "canceled"):
            if self.chance.random() < 0.5:
                part = self.chance.choice((None, money("0.01"), money("0.3")))
                giving = GivingBack(next(self.updates), IRIS, order.id, part, "why")
                for _ in range(2):
                    await giving_back.give_back(self.bench.shop, giving, self.bench.clock())

    async def decide(self) -> None:
        for order in await self.orders("active"):
            back = Money(self.chance.randint(0, order.charge.micros))
            await desk.decide(self.bench.shop, order.id, back, IRIS, self.bench.clock())
            break

    async def erase(self) -> None:
        if self.chance.random() < 0.2:
            await people.erase(self.bench.shop, self.person, IRIS, self.bench.clock())

    async def check(self) -> None:
        report = await audit_shop(self.bench.shop)
        assert report.sound, (report.violations, self.done[-6:])
        for person in (MINA, THEO):
            have = await self.bench.money(person)
            owes = await self.bench.shop.db.read(lambda tx, who=person: customers.owed(tx, who))  # type: ignore[misc]
            assert not owes or not have.available, self.done[-6:]


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_in_whatever_order_the_audit_finds_nothing(
    tmp_path: Path, both_databases: Kind, seed: int
) -> None:
    async with workshop(tmp_path, till.TILL_TERMS) as bench:
        for person in (MINA, THEO):
            await bench.customer("0", person)
        await till.open_ways(bench)
        await bench.sql("INSERT INTO switches VALUES ('way.by-hand', 'on'), ('way.by-hand.instructions', 'x')")
        walk = Walk(bench, seed)
        for _ in range(_STEPS):
            await walk.step()
            await walk.check()
