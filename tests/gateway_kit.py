"""A shop on a workbench beside a sandbox gateway, on one clock."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.domain.topups import Gateway, Payment, Topup
from bot.engine import cryptopay, topups, ways
from bot.engine.topups import Asked
from bot.pollers.cryptopay import CryptoPayWatch
from storage import outbox, payments, switches
from storage.database import Tx
from tests.kit import MINA, Bench, Clock, bench, money
from tests.sandbox import cryptopay_kit
from tests.sandbox.cryptopay_kit import TOKEN, Client

_updates = itertools.count(7_000_001)


class Till:
    """Verbs with the clock filled in, and the hand that plays the gateway."""

    def __init__(self, made: Bench, gateway: Client) -> None:
        self.bench, self.gateway, self.shop, self.clock = made, gateway, made.shop, made.clock
        self.watch = CryptoPayWatch(made.shop, made.clock)

    async def ask(self, amount: str = "5", person: int = MINA) -> Topup:
        asked = Asked(person, next(_updates), Gateway.CRYPTOPAY, money(amount))
        return await topups.ask(self.shop, asked, self.clock())

    async def invoiced(self, amount: str = "5", person: int = MINA) -> Topup:
        return await cryptopay.invoice_for(self.shop, await self.ask(amount, person), self.clock())

    async def pay(self, topup: Topup, **how: object) -> None:
        """At the gateway; the shop hears of it by asking, or by its webhook."""
        await self.gateway.control(f"invoices/{topup.invoice}/pay", how)

    async def paid(self, amount: str = "5") -> Payment:
        """A payment that was credited."""
        topup = await self.invoiced(amount)
        await self.pay(topup)
        recorded = await cryptopay.check(self.shop, topup.invoice or "", self.clock())
        assert recorded is not None
        return recorded.payment

    async def read(self, topup: Topup) -> Topup:
        return await topups.read(self.shop, topup.id, topup.customer_id)

    async def payments(self) -> list[Payment]:
        return await self.shop.db.read(lambda tx: payments.since(tx, Gateway.CRYPTOPAY, cryptopay_kit.START))

    async def alerts(self) -> list[str]:
        return [found.alert.kind.value for found in await self.shop.db.read(outbox.open_alerts)]

    async def asked(self, method: str) -> list[dict[str, str]]:
        """What the gateway was asked by one method."""
        journal = await self.gateway.control("journal", method="GET")
        return [entry["fields"] for entry in journal if entry["method"] == method]


@asynccontextmanager
async def till(folder: Path, **more: Any) -> AsyncIterator[Till]:
    """A shop whose operator turned the gateway on, with a customer who has nothing."""
    clock = Clock()
    clock.time = cryptopay_kit.START
    async with cryptopay_kit.running(clock) as gateway:
        where = {"crypto_pay_token": TOKEN, "crypto_pay_api_url": f"{gateway.base}/api"}
        async with bench(folder, refresh=False, **{**where, **more}) as made:
            made.clock = clock

            async def turn_on(tx: Tx) -> None:
                await switches.note(tx, ways.switch_of(Gateway.CRYPTOPAY), ways.ON)

            await made.shop.db.write(turn_on)
            await made.customer("0")
            yield Till(made, gateway)
            await made.sound()
