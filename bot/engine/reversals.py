"""A gateway says that a payment went back: by our own refund, or without us.

What was taken back without us is paid for by its customer: from the wallet what is there, the rest is owed. Gateways
may say it as often as they like, before they tell of the payment itself too.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.domain import wallet as ledger
from bot.domain.money import ZERO, Money
from bot.domain.notices import Alert, AlertKind, Facts, Notice, NoticeKind
from bot.domain.refunds import Done, Refund, left_of
from bot.domain.topups import Gateway, Payment, PaymentState, RefundState, spelled
from bot.engine import debts, refunding
from bot.engine.alerts import end_alert, raise_alert
from bot.engine.shop import Shop
from storage import outbox, payments, refunds, wallet
from storage.database import Tx

#: Why a refund that was asked for is over: its payment was taken back.
TAKEN: Final = "taken back"


class Reversal(StrEnum):
    """What it meant that a payment went back."""

    OURS = "ours"  # our refund; it is settled now
    TAKEN = "taken"  # without us, and news
    KNOWN = "known"  # it was recorded before
    UNHEARD = "unheard"  # nobody told of the payment yet: it is not credited when somebody does


async def took_back(shop: Shop, gateway: Gateway, payment_id: str, now: datetime) -> Reversal:
    """A gateway says that it gave a payment of this id back to whoever paid; harmless to repeat."""

    async def work(tx: Tx) -> Reversal:
        payment = await payments.known(tx, gateway, payment_id)
        if payment is None:
            fresh = await refunds.note_reversal(tx, gateway, payment_id, now)
            return Reversal.UNHEARD if fresh else Reversal.KNOWN
        return await _took_back(tx, shop, payment, now)

    found = await shop.db.write(work)
    shop.bells.notices.ring()
    return found


async def undo_if_taken(tx: Tx, shop: Shop, payment: Payment, now: datetime) -> bool:
    """Take a payment out of suspense that was taken back before anybody told of it; False where it was not."""
    if not await refunds.was_reversed(tx, payment.gateway, payment.payment_id):
        return False
    await _took_back(tx, shop, payment, now)
    return True


async def _took_back(tx: Tx, shop: Shop, payment: Payment, now: datetime) -> Reversal:
    if payment.state in (PaymentState.REFUNDED, PaymentState.REVERSED):
        return Reversal.KNOWN
    made = await refunds.of_payment(tx, payment.id)
    if sending := next((each for each in made if each.state is RefundState.SENDING), None):
        await refunding.settle_in(tx, shop, sending, Done(), now)
        return Reversal.OURS
    left = left_of(payment, made).amount
    await payments.move(tx, payment, PaymentState.REVERSED)
    suspense = payment.state is PaymentState.SUSPENSE
    entry = ledger.chargeback(payment.gateway, payment.payment_id, left, suspense=suspense)
    await wallet.write(tx, entry, now)
    owed = ZERO
    if payment.customer_id is not None:
        key = f"{payment.gateway.value}:{payment.payment_id}"
        owed = await debts.charge(tx, payment.customer_id, left, key, now)
        await _close(tx, payment, made, now)
        await _tell(tx, payment, payment.customer_id, left, owed, now)
    await end_alert(tx, AlertKind.PAYMENT_HOMELESS, payment.id, now)
    await _alert(tx, shop, payment, owed, now)
    return Reversal.TAKEN


async def _close(tx: Tx, payment: Payment, made: list[Refund], now: datetime) -> None:
    """Whatever waited for the payment is over."""
    for refund in made:
        if refund.state is RefundState.ASKED:
            await refunds.refuse(tx, refund, TAKEN, None, now)
    await refunding.close_topup(tx, payment, now)


async def _tell(tx: Tx, payment: Payment, customer_id: int, amount: Money, owed: Money, now: datetime) -> None:
    facts: Facts = {"payment": payment.id, "amount": amount.micros, "owed": owed.micros}
    notice = Notice(f"payment:{payment.id}:taken-back", customer_id, NoticeKind.TAKEN_BACK, None, facts)
    await outbox.post(tx, notice, now)


async def _alert(tx: Tx, shop: Shop, payment: Payment, owed: Money, now: datetime) -> None:
    facts: Facts = {
        "payment": payment.id, "gateway": payment.gateway.value, "detail": spelled(payment.received, payment.currency),
        "owed": owed.micros, "customer": payment.customer_id or 0,
    }  # fmt: skip
    await raise_alert(tx, shop, Alert.about(AlertKind.CHARGEBACK, payment.id, facts), now)
