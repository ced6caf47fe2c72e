"""Payments that fitted nobody: an operator says whose one is, and it is credited then, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain import wallet as ledger
from bot.domain.acts import ActKind
from bot.domain.errors import AlreadyDecided, NeedsSecond, NotFound
from bot.domain.money import digits
from bot.domain.notices import AlertKind, Facts, Notice, NoticeKind
from bot.domain.topups import Gateway, Payment, PaymentState
from bot.engine import brake, debts
from bot.engine.alerts import end_alert
from bot.engine.shop import Shop
from storage import acts, customers, outbox, payments, wallet
from storage.database import Tx


@dataclass(frozen=True, slots=True)
class Assigning:
    """A payment that fitted nobody, and the customer an operator says it is of."""

    operator_id: int
    #: The shop's own number of the payment.
    payment: int
    customer_id: int


async def assign(shop: Shop, assigning: Assigning, now: datetime) -> Payment:
    """Credit a payment to the customer whose it is; the same customer twice is once.

    Raises NotFound for no such payment or customer, AlreadyDecided where it is somebody's or went back, Braked, or
    NeedsSecond.
    """

    async def work(tx: Tx) -> Payment:
        payment = await waiting(tx, assigning)
        if payment.state is PaymentState.SUSPENSE:
            await brake.refuse(tx)
            if shop.terms.needs_two(payment.amount):
                raise NeedsSecond
        return await assign_in(tx, shop, assigning, now)

    payment = await shop.db.write(work)
    shop.bells.notices.ring()
    return payment


async def assign_in(tx: Tx, shop: Shop, assigning: Assigning, now: datetime) -> Payment:
    """The same in a transaction at hand, whatever the amount."""
    payment, customer_id = await waiting(tx, assigning), assigning.customer_id
    if payment.state is not PaymentState.SUSPENSE:
        return payment
    await brake.refuse(tx)
    if not await payments.assign(tx, payment, customer_id, assigning.operator_id):
        raise AlreadyDecided
    if payment.gateway is Gateway.STARS:
        await wallet.open_stars(tx, customer_id)
    actor = str(assigning.operator_id)
    entry = ledger.assign(payment.gateway, payment.payment_id, customer_id, payment.amount, actor=actor, reason="")
    await debts.credit(tx, customer_id, [entry], now)
    await end_alert(tx, AlertKind.PAYMENT_HOMELESS, payment.id, now)
    facts: Facts = {"payment": payment.id, "amount": payment.amount.micros}
    notice = Notice(f"payment:{payment.id}:assigned", customer_id, NoticeKind.TOPUP_PAID, None, facts)
    await outbox.post(tx, notice, now)
    detail = f"to customer {customer_id}: {digits(payment.amount.decimal)} {shop.terms.currency}"
    await acts.record(tx, assigning.operator_id, ActKind.ASSIGN, f"payment {payment.id}", detail, now)
    return await payments.get(tx, payment.id) or payment


async def waiting(tx: Tx, assigning: Assigning) -> Payment:
    """The payment, while it fits nobody or is this very customer's by an operator's word.

    Raises NotFound, or AlreadyDecided for every other one.
    """
    payment = await payments.get(tx, assigning.payment)
    if payment is None or await customers.get(tx, assigning.customer_id) is None:
        raise NotFound
    if payment.state is PaymentState.SUSPENSE:
        return payment
    named = ledger.assign(
        payment.gateway, payment.payment_id, assigning.customer_id, payment.amount, actor="", reason=""
    )  # fmt: skip
    if payment.customer_id != assigning.customer_id or not await wallet.has_transfer(tx, named.id):
        raise AlreadyDecided
    return payment
