"""Refunds: payments that go back to where they came from, and what their gateways say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.domain.money import Money
from bot.domain.topups import Gateway, Payment, RefundState

#: Gateways that can give back what they took.
REFUNDABLE: Final = frozenset({Gateway.STARS, Gateway.CRYPTOPAY})
#: Gateways that give back a whole payment or nothing (Bot API, `refundStarPayment`).
WHOLE_ONLY: Final = frozenset({Gateway.STARS})
#: A part of what a gateway received has so many digits after the point, rounded down.
_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund, as stored."""

    id: int
    #: The payment that goes back, by the shop's own number.
    payment: int
    customer_id: int
    #: What leaves the wallet.
    amount: Money
    #: What the gateway gives back, in the payment's currency.
    received: Decimal
    state: RefundState
    #: The customer's words, or the operator's where nobody asked.
    reason: str
    asked_by: int
    asked_at: datetime
    decided_by: int | None
    decided_at: datetime | None
    #: Why an operator said no, or what the gateway said.
    answer: str | None
    tries: int
    next_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Done:
    """The gateway gave the money back, now or when it was asked before."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The gateway will never give it back: nothing moved there."""

    text: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """Nobody can tell yet, or it may work later: the gateway is asked again, which never gives back twice."""

    text: str
    after: timedelta | None = None


#: What a gateway says of a refund.
Said = Done | Refused | NotNow


@dataclass(frozen=True, slots=True)
class Left:
    """What of a payment has not gone back, and is not on its way."""

    amount: Money
    received: Decimal

    def share(self, payment: Payment, amount: Money) -> Decimal:
        """What the gateway gives back for so much of a payment: all that is left for all of it, else rounded down."""
        if amount == self.amount:
            return self.received
        numerator, denominator = payment.received.as_integer_ratio()
        units = numerator * amount.micros * 10**_DIGITS // (denominator * payment.amount.micros)
        return Decimal(units).scaleb(-_DIGITS)


def left_of(payment: Payment, refunds: Sequence[Refund]) -> Left:
    """What is left of a payment after its refunds."""
    gone = [each for each in refunds if each.state in (RefundState.SENDING, RefundState.DONE)]
    return Left(
        payment.amount - Money(sum(each.amount.micros for each in gone)),
        payment.received - sum((each.received for each in gone), Decimal()),
    )
