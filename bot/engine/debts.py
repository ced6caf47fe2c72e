"""What customers owe after a gateway took a payment back that they had spent: every credit pays it first.

Whoever owes has nothing to spend, and whoever has something to spend owes nothing: the two never stand side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain import wallet as ledger
from bot.domain.money import ZERO, Money
from bot.domain.wallet import Transfer
from storage import customers, payments, wallet
from storage.database import Tx


async def credit(tx: Tx, customer_id: int, entries: Sequence[Transfer], now: datetime) -> Money:
    """Write entries that bring money to a customer, and pay what they owe with it; how much of it that took."""
    fresh = [entry for entry in entries if await wallet.write(tx, entry, now)]
    return await collect(tx, customer_id, fresh[0].id, now) if fresh else ZERO


async def collect(tx: Tx, customer_id: int, key: str, now: datetime) -> Money:
    """Pay what a customer owes as far as their wallet can; `key` is of the entry that brought the money, once for each.

    What is in the Stars credit beyond the payments in Stars that are still here is money like any other from now on:
    an order gave it back whose Stars were taken back meanwhile, and paid for with other money.
    """
    paid = ZERO
    if owed := await customers.owed(tx, customer_id):
        paid = await _pay(tx, customer_id, owed, key, now)
    have = await wallet.balances(tx, customer_id)
    if have.stars and (beyond := have.stars - await payments.stars_here(tx, customer_id)) > ZERO:
        await wallet.write(tx, ledger.shift(key, customer_id, beyond), now)
    return paid


async def charge(tx: Tx, customer_id: int, amount: Money, key: str, now: datetime) -> Money:
    """Have a customer pay for what was taken back: from the wallet what is there. What they owe by then is returned."""
    await customers.owe(tx, customer_id, amount)
    await collect(tx, customer_id, key, now)
    return await customers.owed(tx, customer_id)


async def _pay(tx: Tx, customer_id: int, owed: Money, key: str, now: datetime) -> Money:
    have = await wallet.balances(tx, customer_id)
    paid = ZERO
    for entry in ledger.recovery(key, customer_id, owed, have.stars, have.own):
        await wallet.write(tx, entry, now)
        paid += entry.amount
    if paid:
        await customers.owe(tx, customer_id, -paid)
    return paid
