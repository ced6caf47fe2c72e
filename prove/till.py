"""A gateway as a proof plays it, and what its payments must be worth: said once more, by the rules alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from bot.domain.money import Money
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
    #: What was paid for each top-up's token, in order.
    paid_for: dict[str, list[Paid]] = field(default_factory=dict)

    def take(self, paid: Paid) -> Paid:
        """Somebody pays."""
        self.book[paid.payment_id] = paid
        if paid.token:
            self.paid_for.setdefault(paid.token, []).append(paid)
        return paid

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
