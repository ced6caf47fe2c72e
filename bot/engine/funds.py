"""What a customer can spend now: everything that is there, less what of fresh Stars is held back.

Telegram can take Stars back for a while (`Terms.fresh_stars`); an operator may settle how much of them is let go of
meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.money import ZERO, Money
from bot.domain.topups import Gateway
from bot.engine.shop import Shop
from storage import payments, wallet
from storage.database import Tx
from storage.wallet import Balances


@dataclass(frozen=True, slots=True)
class Funds:
    """A wallet as it can be spent."""

    balances: Balances
    #: What of it has to wait.
    waits: Money = ZERO

    @property
    def spendable(self) -> Money:
        """What can be spent now."""
        return self.balances.available - self.waits


@dataclass(frozen=True, slots=True)
class Waits:
    """What of a wallet cannot be spent yet."""

    amount: Money
    #: When all of it can, whatever is spent meanwhile.
    until: datetime


async def read(tx: Tx, shop: Shop, customer_id: int, now: datetime) -> Funds:
    """A customer's wallet as it can be spent now."""
    balances = await wallet.balances(tx, customer_id)
    rule = shop.terms.fresh_stars
    if rule.at_once is None or not balances.stars:
        return Funds(balances)
    fresh = await payments.fresh(tx, customer_id, Gateway.STARS, now - rule.days)
    return Funds(balances, rule.held_back(balances.stars, fresh))


async def after_stars(tx: Tx, shop: Shop, customer_id: int, amount: Money, now: datetime) -> Money:
    """What a customer could spend once so much more came in Stars: of fresh ones not all may be let go of."""
    balances, rule = await wallet.balances(tx, customer_id), shop.terms.fresh_stars
    fresh = await payments.fresh(tx, customer_id, Gateway.STARS, now - rule.days)
    return balances.available + amount - rule.held_back(balances.stars + amount, fresh + amount)


async def spendable(tx: Tx, shop: Shop, customer_id: int, now: datetime) -> Money:
    """What a customer can spend now."""
    return (await read(tx, shop, customer_id, now)).spendable


async def waits(tx: Tx, shop: Shop, customer_id: int, now: datetime) -> Waits | None:
    """What of a wallet has to wait, and until when; None where nothing does."""
    found, rule = await read(tx, shop, customer_id, now), shop.terms.fresh_stars
    if not found.waits:
        return None
    paid = await payments.times_of_fresh(tx, customer_id, Gateway.STARS, now - rule.days)
    fresh = Money(sum(amount.micros for _, amount in paid))
    for at, amount in paid:
        fresh -= amount
        if not rule.held_back(found.balances.stars, fresh):
            return Waits(found.waits, at + rule.days)
    return None
