"""Paying in: gateways, what a customer asks for, what a gateway says was paid, and what the two mean together.

The words for what can become of a top-up are BTCPay's (its documentation, "Invoices").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from bot.domain.money import ZERO, Money, digits

#: The currency of Telegram Stars in invoices (Bot API, "Payments in Telegram Stars").
XTR: Final = "XTR"
#: More than any payment brings: what a gateway says beyond it is its mistake, and the ledger could not add it up.
PAYMENT_MOST: Final = Money(10**15)


class Gateway(StrEnum):
    """A way in; each has a text of the same name."""

    STARS = "stars"
    CRYPTOPAY = "cryptopay"
    BY_HAND = "by-hand"
    VOUCHER = "voucher"


class TopupState(StrEnum):
    """What became of a top-up; each has a text of the same name."""

    NEW = "new"  # asked for; the gateway does not know it yet, or nobody has begun to pay
    PENDING = "pending"  # somebody is paying, or says that they paid
    PAID = "paid"
    PAID_LATE = "paid-late"  # after it had expired; credited all the same
    PAID_OVER = "paid-over"  # more than was asked, or more than once; all of it is credited
    PAID_PARTIALLY = "paid-partially"  # less than was asked; what came is credited
    EXPIRED = "expired"
    INVALID = "invalid"  # turned down, by the gateway or an operator
    REFUNDED = "refunded"

    @property
    def is_open(self) -> bool:
        """Whether it still waits for money."""
        return self in {TopupState.NEW, TopupState.PENDING}

    @property
    def is_paid(self) -> bool:
        """Whether money came for it and is still here."""
        return self in {TopupState.PAID, TopupState.PAID_LATE, TopupState.PAID_OVER, TopupState.PAID_PARTIALLY}


class PaymentState(StrEnum):
    """Where a payment's money is."""

    CREDITED = "credited"
    SUSPENSE = "suspense"  # it fits nobody
    REFUNDED = "refunded"  # it went back by our will
    REVERSED = "reversed"  # it was taken back without us


class RefundState(StrEnum):
    """What became of a refund; each has a text of the same name."""

    ASKED = "asked"  # by the customer; nothing moved
    SENDING = "sending"  # it left the wallet, and the gateway is being told
    DONE = "done"
    REFUSED = "refused"  # by an operator; nothing moved
    FAILED = "failed"  # the gateway refused for good, and the wallet has the money again


class ProofKind(StrEnum):
    """What a customer sends to show that they paid by hand."""

    PHOTO = "photo"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Proof:
    """A file at Telegram that shows that somebody paid."""

    file_id: str
    kind: ProofKind


@dataclass(frozen=True, slots=True)
class Topup:
    """What a customer asked for, as stored: an invoice of the shop."""

    id: int
    token: str
    customer_id: int
    gateway: Gateway
    #: What the wallet gets.
    amount: Money
    #: What the gateway asks for, in `currency`.
    asked: Decimal
    currency: str
    state: TopupState
    #: One more at each change of state; guards every move.
    version: int
    #: The gateway's own name for it.
    invoice: str | None
    url: str | None
    #: The quote of the order that waits for the money.
    quote_token: str | None
    message_id: int | None
    proof: Proof | None
    reason: str | None
    decided_by: int | None
    created_at: datetime
    changed_at: datetime
    expires_at: datetime
    #: The confirm card from which it was asked for.
    card_id: int | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment as its gateway has it: the only source of what is credited."""

    gateway: Gateway
    #: The gateway's own id: money is credited once for each.
    payment_id: str
    received: Decimal
    currency: str
    paid_at: datetime
    #: What the invoice carried: a top-up's token, as far as the gateway tells.
    token: str | None
    #: Who paid, as the gateway names them; None where it does not say.
    payer: str | None = None


@dataclass(frozen=True, slots=True)
class WentBack:
    """A payment that went back to whoever paid it, as its gateway has it."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A stretch of what a gateway keeps, in its order."""

    facts: tuple[Paid | WentBack, ...]
    #: How many entries the stretch has; some are none of the shop's.
    count: int
    #: When its first entry was made; None where there is none.
    begins: datetime | None


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as stored."""

    id: int
    gateway: Gateway
    payment_id: str
    topup_id: int | None
    customer_id: int | None
    payer: str | None
    received: Decimal
    currency: str
    #: What it is worth in the shop's currency.
    amount: Money
    state: PaymentState
    paid_at: datetime
    at: datetime


def spelled(received: Decimal, currency: str) -> str:
    """What a gateway received, as anybody can read it: `250 ⭐`, `12.5 USD`."""
    return f"{digits(received)} {'⭐' if currency == XTR else currency}"


def worth(topup: Topup, received: Decimal) -> Money:
    """What a payment for a top-up is worth: the agreed amount for what was asked, else its share, rounded down.

    ValueError where nothing was received.
    """
    if received <= 0:
        raise ValueError("a payment brings something")
    if received == topup.asked:
        return topup.amount
    numerator, denominator = received.as_integer_ratio()
    above, below = topup.asked.as_integer_ratio()
    return Money(topup.amount.micros * numerator * below // (denominator * above))


def outcome(topup: Topup, paid: Paid) -> TopupState:
    """What a payment makes of its top-up."""
    if topup.state.is_paid or topup.state is TopupState.REFUNDED or paid.received > topup.asked:
        return TopupState.PAID_OVER
    if paid.received < topup.asked:
        return TopupState.PAID_PARTIALLY
    late = topup.state in {TopupState.EXPIRED, TopupState.INVALID} or paid.paid_at > topup.expires_at
    return TopupState.PAID_LATE if late else TopupState.PAID


def fits(topup: Topup, paid: Paid) -> bool:
    """Whether a payment is one for this top-up: its gateway and currency, and by its customer where that is told."""
    return (
        topup.gateway is paid.gateway
        and topup.currency == paid.currency
        and paid.payer in (None, str(topup.customer_id))
    )


@dataclass(frozen=True, slots=True)
class FreshRule:
    """How much of Stars that Telegram may still take back a customer may spend."""

    #: So long Telegram can take them back (Bot Platform Developer Terms, 6.2.4).
    days: timedelta = timedelta(days=21)
    #: So much of them may be spent meanwhile; None: all.
    at_once: Money | None = None

    def held_back(self, unspent: Money, fresh: Money) -> Money:
        """What of the unspent Stars credit has to wait, where so much of all that came is fresh.

        Older Stars are spent first, so what is spent of the fresh ones is `fresh` less what is unspent of them.
        """
        if self.at_once is None:
            return ZERO
        return max(ZERO, min(unspent, fresh - self.at_once))
