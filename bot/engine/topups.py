"""Paying in, whatever the gateway: asking for a top-up, letting it be paid, and crediting what a gateway says was paid.

Money comes in by `record` alone: once for each (gateway, payment id), the amount by the gateway's own record, and
never for want of a top-up: what fits nobody is kept in suspense, and operators hear of it. Gateways may call it as
often as they like, late, out of order, and from as many sides as there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from bot.domain import wallet as ledger
from bot.domain.errors import BadInput, NotFound, NotOffered, Problem, TurnedAway
from bot.domain.money import MICROS_PER_UNIT, ZERO, Money
from bot.domain.notices import AlertKind, Facts, Notice, NoticeKind
from bot.domain.topups import (
    PAYMENT_MOST,
    XTR,
    Gateway,
    Paid,
    Payment,
    Topup,
    TopupState,
    fits,
    outcome,
    spelled,
    worth,
)
from bot.engine import reversals, ways
from bot.engine.admission import admit_payer
from bot.engine.alerts import alert_about_payment
from bot.engine.debts import credit
from bot.engine.shop import Shop
from storage import outbox, payments, quotes, refunds, topups, wallet
from storage.database import Tx
from storage.payments import Home
from storage.topups import NewTopup

#: So many of a customer's top-ups of one gateway may wait for money at once, within an hour.
OPEN_MOST: Final = 20
_OPEN_SPAN: Final = timedelta(hours=1)
#: More Stars than one invoice carries.
STARS_MOST: Final = 10_000
#: What a customer has paid by hand is looked for by a person: such a top-up waits for longer.
BY_HAND_TTL: Final = timedelta(days=3)


class Turned(StrEnum):
    """Why a payment is not let through before it is made; each has a text of the same name."""

    GONE = "gone"  # no such top-up, or somebody else's
    PAID = "paid"  # it was paid already
    EXPIRED = "expired"
    ODD = "odd"  # another amount or currency than was asked
    CLOSED = "closed"  # this way is off, or the shop takes no money now


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to pay in, and for which order."""

    customer_id: int
    #: The update that asked: it is one top-up, however often it is replayed.
    update_id: int
    gateway: Gateway
    amount: Money
    quote_token: str | None = None
    #: The confirm card from which it is asked for.
    card_id: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A payment as it is stored, its top-up if it has one, and whether this very call stored it."""

    payment: Payment
    topup: Topup | None
    fresh: bool


def stars_for(amount: Money, rate: Decimal) -> int:
    """How many whole Stars are at least an amount."""
    exact = amount.decimal / rate
    whole = int(exact)
    return whole + (whole * rate < amount.decimal)


def credit_for(stars: int, rate: Decimal, decimals: int) -> Money:
    """What whole Stars are worth in the shop's currency, in the digits it shows; the rest of a digit is not given."""
    step = Decimal(1).scaleb(-decimals)
    return Money(int(stars * rate // step) * 10 ** (6 - decimals))


async def ask(shop: Shop, asked: Asked, now: datetime) -> Topup:
    """Store what a customer wants to pay in; where an order waits for it, its quote holds until then.

    Raises NotOffered where this way is off, BadInput for an amount out of bounds, TurnedAway, or NotOffered where too
    many of the customer's top-ups wait already.
    """

    async def work(tx: Tx) -> Topup:
        if before := await topups.of_key(tx, str(asked.update_id)):
            return before
        await admit_payer(tx, asked.customer_id)
        open_ways = await ways.read(tx, shop)
        if asked.gateway is Gateway.VOUCHER or not open_ways.has(asked.gateway):
            raise NotOffered
        if await topups.count_open(tx, asked.customer_id, asked.gateway, now - _OPEN_SPAN) >= OPEN_MOST:
            raise NotOffered
        new = _new(shop, asked, open_ways.star, now)
        topup = await topups.add(tx, str(asked.update_id), new, now)
        if asked.quote_token:
            await quotes.extend(tx, asked.quote_token, asked.customer_id, topup.expires_at + shop.terms.quote_ttl)
        return topup

    topup = await shop.db.write(work)
    shop.bells.topups.ring()
    return topup


async def read(shop: Shop, topup_id: int, customer_id: int) -> Topup:
    """A customer's own top-up. Raises NotFound."""

    async def work(tx: Tx) -> Topup | None:
        return await topups.get(tx, topup_id)

    topup = await shop.db.read(work)
    if topup is None or topup.customer_id != customer_id:
        raise NotFound
    return topup


async def shown(shop: Shop, topup_id: int, message_id: int) -> None:
    """Remember which message shows a top-up."""

    async def work(tx: Tx) -> None:
        await topups.set_message(tx, topup_id, message_id)

    await shop.db.write(work)


async def may_pay(
    shop: Shop, token: str, payer_id: int, total: Decimal, currency: str, now: datetime
) -> Turned | None:  # fmt: skip
    """Whether a payment that is about to be made is let through; None: it is, and the top-up is pending.

    Everything is checked against the stored top-up, nothing is believed of what the payment carries.
    """

    async def work(tx: Tx) -> Turned | None:
        topup = await topups.of_token(tx, token)
        if topup is None or topup.customer_id != payer_id:
            return Turned.GONE
        if not topup.state.is_open:
            return Turned.EXPIRED if topup.state is TopupState.EXPIRED else Turned.PAID
        if topup.expires_at <= now:
            return Turned.EXPIRED
        if (total, currency) != (topup.asked, topup.currency):
            return Turned.ODD
        if await _closed(tx, shop, topup):
            return Turned.CLOSED
        if topup.state is TopupState.NEW:
            await topups.move(tx, topup, TopupState.PENDING, now)
        return None

    return await shop.db.write(work)


async def record(shop: Shop, paid: Paid, now: datetime) -> Recorded:
    """Credit what a gateway says was paid, once; harmless to repeat."""

    async def work(tx: Tx) -> Recorded:
        return await record_in(tx, shop, paid, now)

    recorded = await shop.db.write(work)
    shop.bells.notices.ring()
    return recorded


async def record_in(tx: Tx, shop: Shop, paid: Paid, now: datetime) -> Recorded:
    """The same in a transaction at hand."""
    if known := await payments.known(tx, paid.gateway, paid.payment_id):
        return Recorded(known, await _topup_of(tx, known), fresh=False)
    topup = await topups.of_token(tx, paid.token) if paid.token else None
    home = await _home(tx, shop, topup, paid)
    payment = await credit_in(tx, paid, home, now)
    if topup is None or home.topup_id is None:
        if not await reversals.undo_if_taken(tx, shop, payment, now):
            received = spelled(payment.received, payment.currency)
            await alert_about_payment(tx, shop, AlertKind.PAYMENT_HOMELESS, payment, now, on=True, detail=received)
        return Recorded(await payments.get(tx, payment.id) or payment, None, fresh=True)
    state = outcome(topup, paid)
    await topups.move(tx, topup, state, now)
    await _tell(tx, shop, payment, topup, state, now)
    return Recorded(payment, topup, fresh=True)


async def credit_in(tx: Tx, paid: Paid, home: Home, now: datetime) -> Payment:
    """Store and credit a payment whose owner is settled, and which is not stored yet."""
    number = await payments.add(tx, paid, home, now)
    payment = await payments.get(tx, number) if number is not None else None
    if payment is None:
        raise LookupError(f"payment {paid.payment_id}")  # another one with its id is known by now
    await _credit(tx, payment, now)
    return payment


async def expire(shop: Shop, now: datetime, gateways: Sequence[Gateway]) -> int:
    """Let go of top-ups that nobody paid in time; money that comes for them after all is credited as late.

    A payment by hand that a customer says they made waits for a person, however long.
    """

    async def work(tx: Tx) -> int:
        found = await topups.overdue(tx, now, gateways, 100)
        for topup in found:
            await topups.move(tx, topup, TopupState.EXPIRED, now)
        return len(found)

    return await shop.db.write(work)


def _new(shop: Shop, asked: Asked, star: Decimal | None, now: datetime) -> NewTopup:
    terms = shop.terms
    # What an order lacks may be less than what is worth paying in otherwise, and is asked for to the digit.
    least = Money(1) if asked.quote_token else terms.topup_least
    if asked.amount < least:
        raise BadInput(Problem.TOPUP_TOO_SMALL, limit=least)
    if asked.amount > terms.topup_most:
        raise BadInput(Problem.TOPUP_TOO_LARGE, limit=terms.topup_most)
    ttl = BY_HAND_TTL if asked.gateway is Gateway.BY_HAND else terms.topup_ttl
    amount, wanted, currency = asked.amount, asked.amount.decimal, terms.currency
    if asked.gateway is Gateway.STARS:
        if star is None:
            raise NotOffered
        stars = stars_for(asked.amount, star)
        if not 1 <= stars <= STARS_MOST:
            raise BadInput(Problem.TOPUP_TOO_LARGE, limit=credit_for(STARS_MOST, star, terms.decimals))
        amount, wanted, currency = credit_for(stars, star, terms.decimals), Decimal(stars), XTR
    return NewTopup(
        shop.new_token(), asked.customer_id, asked.gateway, amount, wanted, currency, now + ttl, asked.quote_token,
        asked.card_id,
    )  # fmt: skip


async def _closed(tx: Tx, shop: Shop, topup: Topup) -> bool:
    try:
        await admit_payer(tx, topup.customer_id)
    except TurnedAway:
        return True
    return not (await ways.read(tx, shop)).has(topup.gateway)


async def _home(tx: Tx, shop: Shop, topup: Topup | None, paid: Paid) -> Home:
    """Whose a payment is and what it is worth.

    Nobody's where it does not fit its top-up, was taken back already, or is of no size that a payment has.
    """
    taken = await refunds.was_reversed(tx, paid.gateway, paid.payment_id)
    if not taken and topup is not None and paid.received > 0 and fits(topup, paid):
        amount = worth(topup, paid.received)
        if ZERO < amount <= PAYMENT_MOST:
            return Home(topup.customer_id, topup.id, amount)
    return Home(None, None, await _estimate(tx, shop, paid))


async def _estimate(tx: Tx, shop: Shop, paid: Paid) -> Money:
    """What a payment that fits nobody is worth by today's rates; the least there is where nobody can tell."""
    rate = await ways.star_rate(tx, shop) if paid.currency == XTR else shop.terms.exchange_rates.get(paid.currency)
    if paid.currency == shop.terms.currency:
        rate = Decimal(1)
    amount = Money(int(paid.received * (rate or 0) * MICROS_PER_UNIT))
    return amount if ZERO < amount <= PAYMENT_MOST else Money(1)


async def _credit(tx: Tx, payment: Payment, now: datetime) -> None:
    customer_id = payment.customer_id
    if customer_id is not None and payment.gateway is Gateway.STARS:
        await wallet.open_stars(tx, customer_id)
    entry = ledger.deposit(payment.gateway, payment.payment_id, customer_id, payment.amount)
    if customer_id is None:
        await wallet.write(tx, entry, now)
    else:
        await credit(tx, customer_id, [entry], now)


async def _tell(
    tx: Tx, shop: Shop, payment: Payment, topup: Topup, state: TopupState, now: datetime
) -> None:  # fmt: skip
    """The customer hears of it, and an order that waited for it can be confirmed for a while yet."""
    if topup.quote_token:
        await quotes.extend(tx, topup.quote_token, topup.customer_id, now + shop.terms.quote_ttl)
    facts: Facts = {
        "payment": payment.id, "amount": payment.amount.micros, "topup": topup.id, "state": state.value
    }  # fmt: skip
    notice = Notice(f"payment:{payment.id}", topup.customer_id, NoticeKind.TOPUP_PAID, None, facts)
    await outbox.post(tx, notice, now)


async def _topup_of(tx: Tx, payment: Payment) -> Topup | None:
    return None if payment.topup_id is None else await topups.get(tx, payment.topup_id)
