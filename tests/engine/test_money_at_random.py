"""Whatever happens to a wallet in whatever order, side by side: every invariant holds, and no money is made or lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.domain.errors import ShopError
from bot.domain.orders import Order, OrderState
from bot.domain.refunds import Done, NotNow, Refused
from bot.domain.topups import Gateway, Payment
from bot.engine import desk, giving_back, ordering, refunding, reversals, suspense
from bot.engine.giving_back import GivingBack
from bot.engine.refunding import Refunding
from bot.engine.suspense import Assigning
from bot.panels.outcomes import Placed
from bot.wire.reasons import HttpFacts
from storage import refunds
from tests.engine import till
from tests.engine.workshop import DONE, LIKES, Workshop, report
from tests.kit import IRIS, LINK, MINA, money

_FATES = (DONE, report("Partial", 300), report("Partial", 900), report("Canceled", 1000))


class Story:
    """Things that happen to one customer's money."""

    def __init__(self, bench: Workshop, chance: random.Random) -> None:
        self.bench, self.chance = bench, chance
        self.payments: list[Payment] = []
        self.orders: list[Order] = []
        self.updates = 0

    async def happen(self) -> None:
        verbs: tuple[Callable[[], Awaitable[object]], ...] = (
            self.pay, self.pay, self.stray, self.credit, self.debit, self.buy, self.buy, self.end, self.withdraw,
            self.give_back, self.refund, self.settle, self.take_back,
        )  # fmt: skip
        # Two at once: works never overlap on the database, but which is first is anybody's guess.
        for told in await asyncio.gather(*(verb() for verb in self.chance.sample(verbs, 2)), return_exceptions=True):
            if isinstance(told, BaseException) and not isinstance(told, ShopError):
                raise told

    def update(self) -> int:
        self.updates += 1
        return 9_000_000 + self.updates

    async def pay(self) -> None:
        gateway = self.chance.choice((Gateway.STARS, Gateway.STARS, Gateway.CRYPTOPAY))
        self.payments.append(await till.pay(self.bench, self.chance.choice(("1", "2.5", "4")), gateway))

    async def stray(self) -> None:
        payment = await till.stray(self.bench, self.chance.randint(1, 200))
        self.payments.append(payment)
        if self.chance.random() < 0.5:
            await suspense.assign(self.bench.shop, Assigning(IRIS, payment.id, MINA), self.bench.clock())

    async def credit(self) -> None:
        await self.bench.credit(self.chance.choice(("0.3", "2")))

    async def debit(self) -> None:
        amount = money(self.chance.choice(("0.2", "1")))
        now = self.bench.clock()
        await desk.move_money(self.bench.shop, self.update(), IRIS, MINA, amount, "a fee", now, credit=False)

    async def buy(self) -> None:
        link = f"{LINK}/{len(self.orders)}-{self.update()}"
        order = await self.bench.order(self.bench.number(LIKES), link=link, quantity="1000")
        self.orders.append(order)

    async def end(self) -> None:
        if claimed := await self.bench.try_claim():
            placed = Placed(f"{800_000 + self.update()}", HttpFacts(200))
            self.orders.append(await self.bench.record(claimed, placed))
        if self.orders:
            order = await self.bench.read(self.chance.choice(self.orders).id)
            if order.state in (OrderState.ACTIVE, OrderState.COMPLETED, OrderState.PARTIAL):
                await self.bench.settled(order, self.chance.choice(_FATES))

    async def withdraw(self) -> None:
        if self.orders:
            await ordering.withdraw(self.bench.shop, self.chance.choice(self.orders).id, MINA, self.bench.clock())

    async def give_back(self) -> None:
        if self.orders:
            amount = money(self.chance.choice(("0.1", "0.5", "1.125")))
            giving = GivingBack(self.update(), IRIS, self.chance.choice(self.orders).id, amount, "why")
            await giving_back.give_back(self.bench.shop, giving, self.bench.clock())

    async def refund(self) -> None:
        if self.payments:
            payment = self.chance.choice(self.payments)
            part = money("0.7") if payment.gateway is Gateway.CRYPTOPAY and self.chance.random() < 0.5 else None
            giving = Refunding(self.update(), IRIS, payment.id, part, "why")
            await refunding.begin(self.bench.shop, giving, self.bench.clock())

    async def settle(self) -> None:
        for gateway in (Gateway.STARS, Gateway.CRYPTOPAY):
            for sending in await refunding.due(self.bench.shop, gateway, self.bench.clock()):
                said = self.chance.choice((Done(), Done(), Refused("no"), NotNow("later")))
                await refunding.settle(self.bench.shop, sending.refund.id, said, self.bench.clock())

    async def take_back(self) -> None:
        if self.payments and self.chance.random() < 0.6:
            payment = self.chance.choice(self.payments)
            now = self.bench.clock()
            await reversals.took_back(self.bench.shop, payment.gateway, payment.payment_id, now)


@pytest.mark.parametrize("seed", range(6))
async def test_every_invariant_holds_after_whatever_happened(tmp_path: Path, seed: int) -> None:
    async with till.opened(tmp_path) as bench:
        story = Story(bench, random.Random(seed))
        for _ in range(60):
            await story.happen()
            await bench.sound()
        kinds = {row["kind"] for row in await bench.rows("SELECT DISTINCT kind FROM transfers")}
        assert len(kinds) >= 10, kinds
        made = await bench.shop.db.read(lambda tx: refunds.of_customer(tx, MINA, 99))
        assert made
