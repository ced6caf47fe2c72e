"""The operator's verbs: money by hand, and decisions about orders. Every one leaves an act."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.domain import wallet as ledger
from bot.domain.errors import AlreadyDecided, BadInput, NotFound, Problem, ShortOfMoney, UpstreamMismatch
from bot.domain.money import ZERO, Money, exact, parse_decimal
from bot.domain.notices import Notice, NoticeKind
from bot.domain.orders import AttemptOutcome, Order, OrderEvent, OrderState, Reason, StatusReport, move
from bot.engine import brake, fulfilment
from bot.engine.shop import Shop
from bot.engine.spending import spent_share
from bot.engine.tracking import settle_money
from bot.panels.errors import Denied
from bot.panels.wire import read_id
from storage import attempts, customers, orders, outbox, wallet
from storage.database import Tx
from storage.wallet import Balances

REASON_MAX_CHARACTERS: Final = 200
_AMOUNT_MAX: Final = Decimal(1_000_000)
_PLAIN_AMOUNT: Final = re.compile(r"\A\d{1,12}(?:\.\d{1,6})?\Z", re.ASCII)


def parse_amount(text: str, decimals: int) -> Money:
    """Read an amount an operator typed; BadInput when it is not a plain positive amount with few enough digits."""
    if not _PLAIN_AMOUNT.match(text):
        raise BadInput(Problem.AMOUNT_UNREADABLE)
    amount = parse_decimal(text)
    if amount <= 0:
        raise BadInput(Problem.AMOUNT_NOT_POSITIVE)
    if amount > _AMOUNT_MAX:
        raise BadInput(Problem.AMOUNT_TOO_LARGE, limit=int(_AMOUNT_MAX))
    if amount != round(amount, decimals):
        raise BadInput(Problem.AMOUNT_TOO_FINE, decimals=decimals)
    return exact(amount)


async def move_money(
    shop: Shop, update_id: int, operator_id: int, customer_id: int, amount: Money, reason: str, now: datetime,
    *, credit: bool,
) -> Balances:  # fmt: skip
    """Credit or debit a wallet by hand; the same update moves money once.

    Raises NotFound, BadInput without a reason, Braked, or ShortOfMoney when a debit exceeds what can be spent.
    """
    reason = reason.strip()[:REASON_MAX_CHARACTERS]
    if not reason:
        raise BadInput(Problem.REASON_MISSING)
    actor = str(operator_id)
    transfer = ledger.manual(str(update_id), customer_id, amount, credit=credit, actor=actor, reason=reason)
    word, kind = ("credit", NoticeKind.CREDITED) if credit else ("debit", NoticeKind.DEBITED)

    async def work(tx: Tx) -> Balances:
        if await customers.get(tx, customer_id) is None:
            raise NotFound
        if not await wallet.has_transfer(tx, transfer.id):
            await brake.refuse(tx)
            available = (await wallet.balances(tx, customer_id)).available
            if not credit and available < amount:
                raise ShortOfMoney(amount, available)
            await wallet.write(tx, transfer, now)
            facts: dict[str, str | int] = {"amount": amount.micros, "reason": reason}
            await outbox.post(tx, Notice(f"{word}:{update_id}", customer_id, kind, None, facts), now)
            detail = f"{amount.decimal.normalize():f} {shop.terms.currency}: {reason}"
            await outbox.record(tx, outbox.Act(actor, word, f"customer {customer_id}", detail, now))
        return await wallet.balances(tx, customer_id)

    balances = await shop.db.write(work)
    shop.bells.notices.ring()
    return balances


async def inspect_upstream(shop: Shop, order_id: int, upstream_id: str) -> StatusReport:
    """Ask the panel about an id before it is attached to an unknown order; changes nothing.

    Raises NotFound, AlreadyDecided, UpstreamMismatch (malformed, taken or unknown to the panel) or PanelError.
    """
    order = await _undecided(shop, order_id)
    if read_id(upstream_id) != upstream_id:
        raise UpstreamMismatch("malformed")
    await _refuse_taken(shop, order, upstream_id)
    client = shop.panels.get(order.panel)
    if client is None:
        raise UpstreamMismatch("no-panel")
    report = (await client.status([upstream_id])).get(upstream_id)
    if report is None or isinstance(report, Denied):
        raise UpstreamMismatch("not-found")
    return report


async def attach(shop: Shop, order_id: int, upstream_id: str, operator_id: int, now: datetime) -> Order:
    """Give an unknown order its upstream id; it is active from now on. Checked by `inspect_upstream` before."""

    async def work(tx: Tx) -> Order:
        order = await _in_state(tx, order_id, OrderState.UNKNOWN)
        if await orders.of_upstream(tx, order.panel, upstream_id):
            raise UpstreamMismatch("taken")
        await fulfilment.activate(tx, order, upstream_id, shop.terms.status_poll, now)
        await attempts.end(
            tx, order.id, order.attempts, AttemptOutcome.PLACED, now, detail=f"attached by {operator_id}"
        )
        await _act(tx, operator_id, "attach", order, f"upstream id {upstream_id}", now)
        return await orders.get(tx, order_id) or order

    order = await shop.db.write(work)
    shop.bells.submit.ring()
    shop.bells.notices.ring()
    return order


async def release(shop: Shop, order_id: int, reason: Reason, operator_id: int, now: datetime) -> Order:
    """Give the money of an unknown order back: it was not placed, or the customer gets the benefit of the doubt.

    Raises NotFound, AlreadyDecided or Braked.
    """

    async def work(tx: Tx) -> Order:
        await brake.refuse(tx)
        order = await _in_state(tx, order_id, OrderState.UNKNOWN)
        await fulfilment.fail(tx, order, OrderEvent.RELEASE, reason, now)
        await attempts.end(tx, order.id, order.attempts, AttemptOutcome.RELEASED, now, detail=reason.value)
        await _act(tx, operator_id, "release", order, reason.value, now)
        return await orders.get(tx, order_id) or order

    order = await shop.db.write(work)
    shop.bells.submit.ring()
    shop.bells.notices.ring()
    return order


async def decide(shop: Shop, order_id: int, back: Money, operator_id: int, now: datetime) -> Order:
    """End an active order by hand, whether or not it needs it: nothing back (delivered), an amount, or all of it.

    Raises NotFound, AlreadyDecided, Braked, or BadInput when the amount exceeds the charge.
    """

    async def work(tx: Tx) -> Order:
        await brake.refuse(tx)
        order = await _in_state(tx, order_id, OrderState.ACTIVE)
        if back > order.charge:
            raise BadInput(Problem.AMOUNT_TOO_LARGE, limit=order.charge)
        await _end_by_hand(tx, order, back, now)
        detail = f"{back.decimal.normalize():f} {shop.terms.currency} back"
        await _act(tx, operator_id, "decide", order, detail, now)
        return await orders.get(tx, order_id) or order

    order = await shop.db.write(work)
    shop.bells.notices.ring()
    return order


async def acknowledge(shop: Shop, alert_id: int, operator_id: int, now: datetime) -> bool:
    """Close an alert for all operators; False when it is closed already. NotFound for a number that never was."""

    async def work(tx: Tx) -> bool:
        alert = await outbox.alert(tx, alert_id)
        if alert is None:
            raise NotFound
        if alert.closed_at is not None:
            return False
        act = outbox.Act(str(operator_id), "acknowledge", f"alert {alert_id}", alert.alert.kind.value, now)
        await outbox.record(tx, act)
        return await outbox.close_alert(tx, alert.alert.key, now, str(operator_id))

    return await shop.db.write(work)


async def _undecided(shop: Shop, order_id: int) -> Order:
    async def work(tx: Tx) -> Order:
        return await _in_state(tx, order_id, OrderState.UNKNOWN)

    return await shop.db.read(work)


async def _refuse_taken(shop: Shop, order: Order, upstream_id: str) -> None:
    async def work(tx: Tx) -> Order | None:
        return await orders.of_upstream(tx, order.panel, upstream_id)

    if await shop.db.read(work):
        raise UpstreamMismatch("taken")


async def _in_state(tx: Tx, order_id: int, state: OrderState) -> Order:
    order = await orders.get(tx, order_id)
    if order is None:
        raise NotFound
    if order.state is not state:
        raise AlreadyDecided
    return order


async def _end_by_hand(tx: Tx, order: Order, back: Money, now: datetime) -> None:
    event = OrderEvent.FALL_SHORT
    if back == ZERO:
        event = OrderEvent.COMPLETE
    elif back == order.charge:
        event = OrderEvent.UNDO
    state = move(order.state, event)
    changed = await orders.change(
        tx, order, now, state=state.value, returned=back, spent=spent_share(order, back), attention=None, reading=None,
        reading_since=None, reason=Reason.DECIDED.value, finished_at=now, next_at=None,
    )  # fmt: skip
    if not changed:
        raise AlreadyDecided
    await settle_money(tx, order, state, back, now)


async def _act(tx: Tx, operator_id: int, act: str, order: Order, detail: str, now: datetime) -> None:
    await outbox.record(tx, outbox.Act(str(operator_id), act, f"order {order.id}", detail, now))
