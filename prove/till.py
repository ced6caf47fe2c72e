"""A gateway as a proof plays it, and what its payments must be worth: said once more, by the rules alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from bot.domain.money import Money
from bot.domain.refunds import Done, NotNow, Refused, Said
from bot.domain.topups import Gateway, Paid, Topup, TopupState
from bot.engine import ways
from bot.engine.shop import Terms
from prove.counter import TERMS as PLAIN
from prove.counter import Counter
from storage import switches
from storage.database import Tx

#: A shop to which Crypto Pay is configured.
TERMS: Final[Terms] = replace(PLAIN, cryptopay=True)
#: The gateways whose customers pay by themselves.
GATEWAYS: Final = (Gateway.STARS, Gateway.CRYPTOPAY)


@dataclass(slots=True)
class Till:
    """What a gateway took, by its own record: true whatever becomes of its callbacks."""

    gateway: Gateway
    book: dict[str, Paid] = field(default_factory=dict)
    #: The ids of what went back to whoever paid, and when.
    gone: dict[str, datetime] = field(default_factory=dict)
    #: The ids of those that went back because the shop asked for it.
    asked: set[str] = field(default_factory=set)
    #: The ids of what this gateway will never give back.
    kept: set[str] = field(default_factory=set)

    def take(self, paid: Paid) -> Paid:
        """Somebody pays."""
        self.book[paid.payment_id] = paid
        return paid

    def take_back(self, payment_id: str, now: datetime) -> bool:
        """It goes back without the shop; False where it did."""
        if payment_id in self.gone:
            return False
        self.gone[payment_id] = now
        return True

    def give_back(self, payment_id: str, now: datetime, chance: random.Random) -> Said:
        """The shop asks for it to go back; now and then the question or the answer is lost."""
        fate = chance.random()
        if fate < 0.2:
            return NotNow("no route")
        if payment_id in self.gone:
            return Done()
        if fate < 0.3 or payment_id in self.kept:
            self.kept.add(payment_id)
            return Refused("NOT_THIS_ONE")
        self.gone[payment_id] = now
        self.asked.add(payment_id)
        return NotNow("no answer") if fate < 0.5 else Done()

    def pulled(self, now: datetime) -> Sequence[Paid]:
        """Everything there is to be read by now."""
        return [paid for paid in self.book.values() if paid.paid_at <= now]


def worth(topup: Topup | None, paid: Paid) -> int | None:
    """The micros a payment must be credited with; None: it is nobody's."""
    if topup is None or (topup.gateway, topup.currency) != (paid.gateway, paid.currency):
        return None
    if paid.payer is not None and paid.payer != str(topup.customer_id):
        return None
    share = Fraction(topup.amount.micros) * Fraction(paid.received) / Fraction(topup.asked)
    micros = share.numerator // share.denominator
    return micros if micros > 0 else None


def states(topup: Topup, credited: Sequence[Paid]) -> set[TopupState]:
    """What a top-up may have become, once every payment for it is known and its time is over."""
    if not credited:
        return {TopupState.EXPIRED}
    paid = credited[0]
    if len(credited) > 1 or paid.received > topup.asked:
        return {TopupState.PAID_OVER}
    if paid.received < topup.asked:
        return {TopupState.PAID_PARTIALLY}
    # What was paid in time is late all the same where nobody heard of it before the top-up was let go of.
    return {TopupState.PAID_LATE} if paid.paid_at > topup.expires_at else {TopupState.PAID, TopupState.PAID_LATE}


def payment(topup: Topup, payment_id: str, at: datetime, received: Decimal | None = None) -> Paid:
    """A payment for a top-up, of just what was asked where nothing else is said."""
    payer = str(topup.customer_id) if topup.gateway is Gateway.STARS else None
    return Paid(topup.gateway, payment_id, received or topup.asked, topup.currency, at, topup.token, payer)


async def open_ways(shop: Counter) -> None:
    """An operator turns on what is off by itself."""

    async def work(tx: Tx) -> None:
        await switches.note(tx, ways.switch_of(Gateway.CRYPTOPAY), ways.ON)

    await shop.shop.db.write(work)


async def in_wallet(shop: Counter, person: int) -> Money:
    """What somebody can spend, Stars credit included."""
    accounts = (f"user:{person}:available", f"user:{person}:stars")
    sql = "SELECT CAST(COALESCE(SUM(balance), 0) AS BIGINT) AS n FROM accounts WHERE id IN ($1, $2)"
    return Money(await shop.count(sql, *accounts))
