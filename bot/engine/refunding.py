"""Giving a payment back to where it came from: asked for, agreed to, sent, and what its gateway said.

Money leaves the wallet in one commit before the gateway is told, and whatever breaks off in between is told again:
gateways give a payment back once, however often they are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain import wallet as ledger
from bot.domain.acts import ActKind
from bot.domain.amounts import part_of
from bot.domain.errors import AlreadyDecided, BadInput, NeedsSecond, NotFound, NotOffered, ShortOfMoney, TooMany
from bot.domain.money import Money, digits
from bot.domain.notices import Alert, AlertKind, Facts, Notice, NoticeKind
from bot.domain.reasons import TOLD_MOST, kept, needed
from bot.domain.refunds import REFUNDABLE, WHOLE_ONLY, Done, Left, NotNow, Refund, Refused, Said, left_of
from bot.domain.topups import Gateway, Payment, PaymentState, RefundState, TopupState, spelled
from bot.engine import brake
from bot.engine.alerts import end_alert, raise_alert
from bot.engine.debts import credit
from bot.engine.shop import Shop
from storage import acts, outbox, payments, refunds, topups, wallet
from storage.database import Tx
from storage.refunds import NewRefund

#: A customer may ask for the same payment so often: after that many noes they write to the operator.
ASKS_MOST: Final = 3
#: So much that a customer asks back may wait for an operator at once, that no customer can bury them.
WAITING_MOST: Final = 5
_OPEN: Final = (RefundState.ASKED, RefundState.SENDING)
_AT_ONCE: Final = 20
_STUCK_AFTER_TRIES: Final = 5
_BACKOFF_FIRST: Final = timedelta(seconds=5)
_BACKOFF_MOST: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Refunding:
    """A payment that an operator gives back, whether its customer asked for it or not."""

    #: The update that said so: it begins one refund.
    update_id: int
    operator_id: int
    #: The shop's own number of the payment.
    payment: int
    #: None: all that is left of it.
    amount: Money | None
    #: May be empty where the customer asked and said why.
    reason: str


@dataclass(frozen=True, slots=True)
class Sending:
    """A refund its gateway is to be told of."""

    refund: Refund
    payment: Payment


async def ask(
    shop: Shop, update_id: int, customer_id: int, payment_id: int, reason: str, now: datetime
) -> Refund:  # fmt: skip
    """A customer asks for a payment back, by the shop's own number; nothing moves, and every operator hears of it.

    Nobody has to say why. The same update asks once, and what is asked for already is not asked again. Raises NotFound
    for somebody else's, NotOffered where its gateway gives nothing back or it was turned down too often, AlreadyDecided
    where it went back, or was taken back, and TooMany where too much of theirs waits already.
    """

    async def work(tx: Tx) -> Refund:
        if before := await refunds.of_key(tx, str(update_id)):
            return before
        payment = await payments.get(tx, payment_id)
        if payment is None or payment.customer_id != customer_id:
            raise NotFound
        made = await refunds.of_payment(tx, payment.id)
        if waiting := _open(made):
            return waiting
        left = _refundable(payment, made)
        if sum(each.state is RefundState.REFUSED for each in made) >= ASKS_MOST:
            raise NotOffered
        if await refunds.count_asked(tx, customer_id) >= WAITING_MOST:
            raise TooMany
        said = kept(reason, TOLD_MOST)
        return await _ask(tx, shop, update_id, payment, left, said, now)

    refund = await shop.db.write(work)
    shop.bells.notices.ring()
    return refund


async def begin(shop: Shop, giving: Refunding, now: datetime) -> Refund:
    """An operator gives a payment back: it leaves the wallet now, and its gateway is told next.

    What its customer asked for is agreed to thereby. The same update begins one refund. Raises NotFound,
    AlreadyDecided where it went back, is on its way, or was taken back, NotOffered where its gateway gives nothing back
    or not a part, BadInput without a reason or above what is left of it, Braked, NeedsSecond, or ShortOfMoney where it
    was spent.
    """

    async def work(tx: Tx) -> Refund:
        if before := await refunds.begun_by(tx, str(giving.update_id)):
            return before
        await brake.refuse(tx)
        if shop.terms.needs_two(await amount_of(tx, giving)):
            raise NeedsSecond
        return await begin_in(tx, shop, giving, now)

    refund = await shop.db.write(work)
    shop.bells.refunds.ring()
    return refund


async def begin_in(tx: Tx, shop: Shop, giving: Refunding, now: datetime) -> Refund:
    """The same in a transaction at hand, whatever the amount; the caller rings Bells.refunds behind it."""
    key = str(giving.update_id)
    if before := await refunds.begun_by(tx, key):
        return before
    await brake.refuse(tx)
    payment, left, made = await _look(tx, giving.payment)
    amount = await amount_of(tx, giving)
    asked = _open(made) or await _note(tx, giving, payment, left, now)
    await _require(tx, payment, amount)
    if not await refunds.begin(tx, asked, key, amount, left.share(payment, amount), giving.operator_id, now):
        raise AlreadyDecided
    await wallet.write(tx, ledger.refund(asked.id, payment.gateway, asked.customer_id, amount), now)
    detail = f"{digits(amount.decimal)} {shop.terms.currency}: {kept(giving.reason, TOLD_MOST)}"
    await acts.record(tx, giving.operator_id, ActKind.REFUND, f"payment {payment.id}", detail.rstrip(": "), now)
    return await _need(tx, asked.id)


async def amount_of(tx: Tx, giving: Refunding) -> Money:
    """How much would go back. Raises NotFound, AlreadyDecided, NotOffered or BadInput as `begin` does."""
    payment, left, _ = await _look(tx, giving.payment)
    amount = part_of(left.amount, giving.amount)
    if payment.gateway in WHOLE_ONLY and amount != payment.amount:
        raise NotOffered
    if left.share(payment, amount) <= 0:
        raise NotOffered  # less than the gateway's currency has digits for
    return amount


async def still(tx: Tx, payment_id: int, refund_id: int, amount: Money) -> None:
    """Raise NotFound, or AlreadyDecided where so much of a payment cannot go back any more.

    With a refund's number also where that was decided: a yes to what was asked for is none to anything else.
    """
    if refund_id and (await _need(tx, refund_id)).state is not RefundState.ASKED:
        raise AlreadyDecided
    try:
        await amount_of(tx, Refunding(0, 0, payment_id, amount, ""))
    except (NotOffered, BadInput):
        raise AlreadyDecided from None


async def turn_down(shop: Shop, refund_id: int, operator_id: int, why: str, now: datetime) -> Refund:
    """An operator says no to what a customer asked for; the customer hears why.

    Raises NotFound, BadInput without a reason, or AlreadyDecided; the same no twice is one.
    """

    async def work(tx: Tx) -> Refund:
        refund, said = await _need(tx, refund_id), needed(why, TOLD_MOST)
        if (refund.state, refund.decided_by, refund.answer) == (RefundState.REFUSED, operator_id, said):
            return refund
        if not await refunds.refuse(tx, refund, said, operator_id, now):
            raise AlreadyDecided
        payment = await _payment(tx, refund)
        await _tell(tx, refund, payment, NoticeKind.REFUND_TURNED_DOWN, now, reason=said)
        await acts.record(tx, operator_id, ActKind.REFUND, f"payment {payment.id}", f"no: {said}", now)
        return await _need(tx, refund_id)

    refund = await shop.db.write(work)
    shop.bells.notices.ring()
    return refund


async def due(shop: Shop, gateway: Gateway, now: datetime) -> list[Sending]:
    """What a gateway is to be told of now; nothing while the brake is on."""

    async def work(tx: Tx) -> list[Sending]:
        if await brake.engaged(tx):
            return []
        found = await refunds.due(tx, gateway, now, _AT_ONCE)
        return [Sending(refund, await _payment(tx, refund)) for refund in found]

    return await shop.db.read(work)


async def settle(shop: Shop, refund_id: int, said: Said, now: datetime) -> Refund:
    """Store what a gateway said of a refund; harmless to repeat. Raises NotFound."""

    async def work(tx: Tx) -> Refund:
        await settle_in(tx, shop, await _need(tx, refund_id), said, now)
        return await _need(tx, refund_id)

    refund = await shop.db.write(work)
    shop.bells.notices.ring()
    return refund


async def settle_in(tx: Tx, shop: Shop, refund: Refund, said: Said, now: datetime) -> None:
    """The same in a transaction at hand."""
    payment = await _payment(tx, refund)
    match said:
        case Done():
            if await refunds.end(tx, refund, RefundState.DONE, None, now):
                await _done(tx, refund, payment, now)
        case Refused():
            if await refunds.end(tx, refund, RefundState.FAILED, said.text, now):
                await _failed(tx, shop, refund, payment, said.text, now)
        case NotNow():
            wait = said.after or min(_BACKOFF_FIRST * (1 << min(refund.tries, 16)), _BACKOFF_MOST)
            if await refunds.put_off(tx, refund, now + wait, said.text) and refund.tries + 1 >= _STUCK_AFTER_TRIES:
                await _alert(tx, shop, AlertKind.REFUND_STUCK, refund, payment, said.text, now)


async def _ask(
    tx: Tx, shop: Shop, update_id: int, payment: Payment, left: Left, reason: str, now: datetime
) -> Refund:  # fmt: skip
    customer_id = payment.customer_id or 0
    new = NewRefund(str(update_id), payment.id, customer_id, left.amount, left.received, reason, customer_id)
    refund = await refunds.add(tx, new, now)
    for operator_id in shop.terms.operator_ids:
        key = f"refund:{refund.id}:asked:{operator_id}"
        await outbox.post(tx, Notice(key, operator_id, NoticeKind.REFUND_ASKED, None, {"refund": refund.id}), now)
    return refund


async def _note(tx: Tx, giving: Refunding, payment: Payment, left: Left, now: datetime) -> Refund:
    """An operator begins what no customer asked for."""
    key, reason = str(giving.update_id), needed(giving.reason, TOLD_MOST)
    customer_id = payment.customer_id or 0
    new = NewRefund(key, payment.id, customer_id, left.amount, left.received, reason, giving.operator_id)
    return await refunds.add(tx, new, now)


async def _look(tx: Tx, payment_id: int) -> tuple[Payment, Left, list[Refund]]:
    payment = await payments.get(tx, payment_id)
    if payment is None:
        raise NotFound
    made = await refunds.of_payment(tx, payment.id)
    if (waiting := _open(made)) and waiting.state is RefundState.SENDING:
        raise AlreadyDecided
    return payment, _refundable(payment, made), made


def _refundable(payment: Payment, made: list[Refund]) -> Left:
    if payment.gateway not in REFUNDABLE:
        raise NotOffered
    if payment.state is not PaymentState.CREDITED or payment.customer_id is None:
        raise AlreadyDecided
    return left_of(payment, made)


async def _require(tx: Tx, payment: Payment, amount: Money) -> None:
    """Only what its own gateway brought goes back there: nobody gets Stars for other money, nor the other way round."""
    have = await wallet.balances(tx, payment.customer_id or 0)
    there = have.stars if payment.gateway is Gateway.STARS else have.own
    if there < amount:
        raise ShortOfMoney(amount, there)


async def _done(tx: Tx, refund: Refund, payment: Payment, now: datetime) -> None:
    await wallet.write(tx, ledger.settle(refund.id, payment.gateway, refund.amount), now)
    if not left_of(payment, await refunds.of_payment(tx, payment.id)).amount:
        await payments.move(tx, payment, PaymentState.REFUNDED)
        await close_topup(tx, payment, now)
    await end_alert(tx, AlertKind.REFUND_STUCK, refund.id, now)
    await _tell(tx, refund, payment, NoticeKind.REFUND_DONE, now)


async def _failed(tx: Tx, shop: Shop, refund: Refund, payment: Payment, text: str, now: datetime) -> None:
    entry = ledger.unrefund(refund.id, payment.gateway, refund.customer_id, refund.amount)
    await credit(tx, refund.customer_id, [entry], now)
    await end_alert(tx, AlertKind.REFUND_STUCK, refund.id, now)
    await _alert(tx, shop, AlertKind.REFUND_FAILED, refund, payment, text, now)
    await _tell(tx, refund, payment, NoticeKind.REFUND_FAILED, now)


async def close_topup(tx: Tx, payment: Payment, now: datetime) -> None:
    """A top-up whose last payment went back is refunded."""
    if payment.topup_id is None or await payments.credited_of(tx, payment.topup_id):
        return
    topup = await topups.get(tx, payment.topup_id)
    if topup is not None and topup.state is not TopupState.REFUNDED:
        await topups.move(tx, topup, TopupState.REFUNDED, now)


async def _tell(
    tx: Tx, refund: Refund, payment: Payment, kind: NoticeKind, now: datetime, **more: str
) -> None:  # fmt: skip
    facts: Facts = {
        "refund": refund.id, "payment": payment.id, "amount": refund.amount.micros,
        "received": digits(refund.received), "currency": payment.currency, **more,
    }  # fmt: skip
    key = f"refund:{refund.id}:{kind.value}"
    await outbox.post(tx, Notice(key, refund.customer_id, kind, None, facts), now)


async def _alert(
    tx: Tx, shop: Shop, kind: AlertKind, refund: Refund, payment: Payment, text: str, now: datetime
) -> None:  # fmt: skip
    facts: Facts = {
        "refund": refund.id, "payment": payment.id, "gateway": payment.gateway.value,
        "detail": spelled(refund.received, payment.currency), "word": text,
    }  # fmt: skip
    await raise_alert(tx, shop, Alert.about(kind, refund.id, facts), now)


async def _payment(tx: Tx, refund: Refund) -> Payment:
    payment = await payments.get(tx, refund.payment)
    if payment is None:
        raise LookupError(f"payment {refund.payment}")
    return payment


async def _need(tx: Tx, refund_id: int) -> Refund:
    refund = await refunds.get(tx, refund_id)
    if refund is None:
        raise NotFound
    return refund


def _open(made: list[Refund]) -> Refund | None:
    return next((each for each in made if each.state in _OPEN), None)
