"""Paying in for tests: top-ups and payments as their gateways would tell of them."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from bot.domain.topups import XTR, Gateway, Paid, Payment, Topup
from bot.engine import topups, ways
from bot.engine.shop import Terms
from bot.engine.topups import Asked, Recorded
from storage import payments, switches
from storage.database import Tx
from tests.engine.workshop import TERMS, Workshop, workshop
from tests.kit import MINA, money

_updates = itertools.count(5_000_001)
_charges = itertools.count(1)

#: With every way in configured; one Star is worth 0.02.
TILL_TERMS: Terms = replace(TERMS, cryptopay=True)


@asynccontextmanager
async def opened(folder: Path, terms: Terms = TILL_TERMS, people: Sequence[int] = (MINA,)) -> AsyncIterator[Workshop]:
    """A workshop whose ways are on, with people who have nothing; its ledger is audited at the end."""
    async with workshop(folder, terms) as made:
        for person in people:
            await made.customer("0", person)
        await open_ways(made)
        yield made
        await made.sound()


async def open_ways(bench: Workshop) -> None:
    async def work(tx: Tx) -> None:
        await switches.note(tx, ways.STARS_RATE, "0.02")
        await switches.note(tx, ways.switch_of(Gateway.CRYPTOPAY), ways.ON)

    await bench.shop.db.write(work)


async def ask(
    bench: Workshop, amount: str = "5", gateway: Gateway = Gateway.STARS, person: int = MINA, quote: str | None = None,
    update_id: int | None = None,
) -> Topup:  # fmt: skip
    asked = Asked(person, update_id or next(_updates), gateway, money(amount), quote)
    return await topups.ask(bench.shop, asked, bench.clock())


def paid_for(topup: Topup, at: datetime, received: str | None = None, payment_id: str | None = None) -> Paid:
    """What the gateway has of a payment for a top-up."""
    name = payment_id or f"charge-{next(_charges)}"
    amount = topup.asked if received is None else Decimal(received)
    payer = str(topup.customer_id)
    return Paid(topup.gateway, name, amount, topup.currency, at, topup.token, payer)


async def record(bench: Workshop, paid: Paid) -> Recorded:
    return await topups.record(bench.shop, paid, bench.clock())


async def pay(
    bench: Workshop, amount: str = "5", gateway: Gateway = Gateway.STARS, person: int = MINA
) -> Payment:  # fmt: skip
    """A payment that was asked for and credited."""
    topup = await ask(bench, amount, gateway, person)
    return (await record(bench, paid_for(topup, bench.clock()))).payment


async def stray(bench: Workshop, stars: int = 250) -> Payment:
    """A payment that fits nobody."""
    name = f"charge-{next(_charges)}"
    return (await record(bench, Paid(Gateway.STARS, name, Decimal(stars), XTR, bench.clock(), "no-such"))).payment


async def payment(bench: Workshop, number: int) -> Payment:
    found = await bench.shop.db.read(lambda tx: payments.get(tx, number))
    assert found is not None
    return found


async def balance(bench: Workshop, account: str) -> int:
    rows = await bench.rows("SELECT balance FROM accounts WHERE id = $1", account)
    return rows[0]["balance"] if rows else 0
