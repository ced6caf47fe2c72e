"""The operator's verbs: money by hand, and decisions about orders. Every one leaves an act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain import wallet as ledger
from bot.domain.acts import ActKind
from bot.domain.errors import AlreadyDecided, BadInput, NeedsSecond, NotFound, Problem, ShortOfMoney, UpstreamMismatch
from bot.domain.money import ZERO, Money, digits
from bot.domain.notices import Notice, NoticeKind
from bot.domain.orders import AttemptOutcome, Order, OrderEvent, OrderState, Reason, StatusReport, move
from bot.domain.reasons import needed
from bot.engine import brake, fulfilment
from bot.engine.customers import order_waiting
from bot.engine.debts import credit
from bot.engine.shop import Shop
from bot.engine.spending import spent_share
from bot.engine.tracking import settle_money
from bot.panels.errors import Denied
from bot.wire.reading import read_id
from storage import acts, attempts, customers, orders, outbox, refusals, wallet
from storage.database import Tx, Work
from storage.wallet import Balances

#: So long "later" keeps reminders of an unknown order away.
SNOOZE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Movement:
    """Money to be moved by hand."""

    #: The update that asked for it: it moves money once.
    update_id: int
    operator_id: int
    customer_id: int
    amount: Money
    reason: str
    credit: bool


async def move_money(
    shop: Shop, update_id: int, operator_id: int, customer_id: int, amount: Money, reason: str, now: datetime,
    *, credit: bool,
) -> Balances:  # fmt: skip
    """Credit or debit a wallet by hand; the same update moves money once.

    Raises NotFound, BadInput without a reason, Braked, NeedsSecond, or ShortOfMoney when a debit exceeds what can be
    spent.
    """
    movement = Movement(update_id, operator_id, customer_id, amount, reason, credit)

    async def work(tx: Tx) -> Balances:
        await check_movement(tx, movement)
        if not await wallet.has_transfer(tx, _name(movement)):
            await _refuse_alone(tx, shop, amount)
        return await move_in(tx, shop, movement, now)

    balances = await shop.db.write(work)
    shop.bells.notices.ring()
    return balances


async def check(shop: Shop, movement: Movement) -> None:
    """Raise NotFound, BadInput or ShortOfMoney where a movement cannot be made as things stand."""

    async def work(tx: Tx) -> None:
        await check_movement(tx, movement)

    await shop.db.read(work)


async def check_movement(tx: Tx, movement: Movement) -> None:
    """Raise what `move_in` would, but for Braked; one that was made already passes."""
    needed(movement.reason)
    if await customers.get(tx, movement.customer_id) is None:
        raise NotFound
    available = (await wallet.balances(tx, movement.customer_id)).available
    if not movement.credit and available < movement.amount and not await wallet.has_transfer(tx, _name(movement)):
        raise ShortOfMoney(movement.amount, available)


async def move_in(tx: Tx, shop: Shop, movement: Movement, now: datetime) -> Balances:
    """Make a movement in a transaction at hand, whatever its amount."""
    act, kind = (ActKind.CREDIT, NoticeKind.CREDITED) if movement.credit else (ActKind.DEBIT, NoticeKind.DEBITED)
    await check_movement(tx, movement)
    if not await wallet.has_transfer(tx, _name(movement)):
        await brake.refuse(tx)
        reason = needed(movement.reason)
        await _write(tx, movement, reason, now)
        facts: dict[str, str | int] = {"amount": movement.amount.micros, "reason": reason}
        # What was asked for an order brings the order along: it goes on where it stood.
        until = now + shop.terms.quote_ttl
        if movement.credit and (token := await order_waiting(tx, movement.customer_id, until)):
            facts["quote"] = token
        key = f"{act}:{movement.update_id}"
        await outbox.post(tx, Notice(key, movement.customer_id, kind, None, facts), now)
        detail = f"{digits(movement.amount.decimal)} {shop.terms.currency}: {reason}"
        await acts.record(tx, movement.operator_id, act, f"customer {movement.customer_id}", detail, now)
    return await wallet.balances(tx, movement.customer_id)


async def _write(tx: Tx, movement: Movement, reason: str, now: datetime) -> None:
    key, customer_id, actor = str(movement.update_id), movement.customer_id, str(movement.operator_id)
    if movement.credit:
        entry = ledger.manual(key, customer_id, movement.amount, actor=actor, reason=reason)
        await credit(tx, customer_id, [entry], now)
        return
    own = (await wallet.balances(tx, customer_id)).own
    for entry in ledger.debit(key, customer_id, movement.amount, own, actor=actor, reason=reason):
        await wallet.write(tx, entry, now)


def _name(movement: Movement) -> str:
    return ledger.manual_id(str(movement.update_id))


async def _refuse_alone(tx: Tx, shop: Shop, amount: Money) -> None:
    await brake.refuse(tx)
    if shop.terms.needs_two(amount):
        raise NeedsSecond


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
        if await fulfilment.is_taken(tx, order.panel, upstream_id):
            raise UpstreamMismatch("taken")
        await fulfilment.activate(tx, order, upstream_id, shop.terms.status_poll, now)
        await attempts.end(
            tx, order.id, order.attempts, AttemptOutcome.PLACED, now, detail=f"attached by {operator_id}"
        )
        await _act(tx, operator_id, ActKind.ATTACH, order, f"upstream id {upstream_id}", now)
        return await orders.get(tx, order_id) or order

    return await _decided(shop, work)


async def release(shop: Shop, order_id: int, reason: Reason, operator_id: int, now: datetime) -> Order:
    """Give the money of an unknown order back: it was not placed, or the customer gets the benefit of the doubt.

    Raises NotFound, AlreadyDecided, NeedsSecond or Braked.
    """

    async def work(tx: Tx) -> Order:
        await _refuse_alone(tx, shop, (await _in_state(tx, order_id, OrderState.UNKNOWN)).charge)
        return await release_in(tx, order_id, reason, operator_id, now)

    return await _decided(shop, work)


async def release_in(tx: Tx, order_id: int, reason: Reason, operator_id: int, now: datetime) -> Order:
    """The same in a transaction at hand, whatever the amount."""
    order = await _in_state(tx, order_id, OrderState.UNKNOWN)
    await brake.refuse(tx)
    await fulfilment.release(tx, order, reason, now)
    await _act(tx, operator_id, ActKind.RELEASE, order, reason.value, now)
    return await orders.get(tx, order_id) or order


async def teach(shop: Shop, order_id: int, operator_id: int, now: datetime) -> Order:
    """The words the panel refused an unknown order in always mean that nothing was placed; this order is refused.

    Raises NotFound, AlreadyDecided where the order is not unknown for such words, NeedsSecond or Braked.
    """

    async def work(tx: Tx) -> Order:
        await _refuse_alone(tx, shop, (await _in_state(tx, order_id, OrderState.UNKNOWN)).charge)
        return await teach_in(tx, order_id, operator_id, now)

    return await _decided(shop, work)


async def teach_in(tx: Tx, order_id: int, operator_id: int, now: datetime) -> Order:
    """The same in a transaction at hand, whatever the amount."""
    order = await _in_state(tx, order_id, OrderState.UNKNOWN)
    words = await attempts.words_of(tx, order.id, order.attempts)
    if not words:
        raise AlreadyDecided
    await brake.refuse(tx)
    await refusals.teach(tx, order.panel, words, operator_id, now)
    await fulfilment.fail(tx, order, OrderEvent.RELEASE, Reason.REFUSED, now)
    await attempts.end(tx, order.id, order.attempts, AttemptOutcome.REFUSED, now)
    await _act(tx, operator_id, ActKind.TEACH, order, words, now)
    return await orders.get(tx, order_id) or order


async def snooze(shop: Shop, order_id: int, version: int, operator_id: int, now: datetime) -> datetime:
    """Decide about an unknown order later: until when nobody is reminded of it. Raises NotFound or AlreadyDecided."""
    until = now + SNOOZE

    async def work(tx: Tx) -> None:
        order = await _in_state(tx, order_id, OrderState.UNKNOWN)
        if order.version != version or not await orders.snooze(tx, order, until):
            raise AlreadyDecided
        await _act(tx, operator_id, ActKind.SNOOZE, order, "", now)

    await shop.db.write(work)
    return until


async def decide(shop: Shop, order_id: int, back: Money, operator_id: int, now: datetime) -> Order:
    """End an active order by hand, whether or not it needs it: nothing back (delivered), an amount, or all of it.

    Raises NotFound, AlreadyDecided, NeedsSecond, Braked, or BadInput when the amount exceeds the charge.
    """

    async def work(tx: Tx) -> Order:
        await _in_state(tx, order_id, OrderState.ACTIVE)
        await _refuse_alone(tx, shop, back)
        return await decide_in(tx, shop, order_id, back, operator_id, now)

    return await _decided(shop, work)


async def decide_in(tx: Tx, shop: Shop, order_id: int, back: Money, operator_id: int, now: datetime) -> Order:
    """The same in a transaction at hand, whatever the amount."""
    order = await _in_state(tx, order_id, OrderState.ACTIVE)
    await brake.refuse(tx)
    if back > order.charge:
        raise BadInput(Problem.AMOUNT_TOO_LARGE, limit=order.charge)
    await _end_by_hand(tx, order, back, now)
    detail = f"{digits(back.decimal)} {shop.terms.currency} back"
    await _act(tx, operator_id, ActKind.DECIDE, order, detail, now)
    return await orders.get(tx, order_id) or order


async def _decided(shop: Shop, work: Work[Order]) -> Order:
    order = await shop.db.write(work)
    shop.bells.submit.ring()
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
        await acts.record(tx, operator_id, ActKind.ACKNOWLEDGE, f"alert {alert_id}", alert.alert.kind.value, now)
        return await outbox.close_alert(tx, alert.alert.key, now, str(operator_id))

    return await shop.db.write(work)


async def _undecided(shop: Shop, order_id: int) -> Order:
    async def work(tx: Tx) -> Order:
        return await _in_state(tx, order_id, OrderState.UNKNOWN)

    return await shop.db.read(work)


async def _refuse_taken(shop: Shop, order: Order, upstream_id: str) -> None:
    async def work(tx: Tx) -> bool:
        return await fulfilment.is_taken(tx, order.panel, upstream_id)

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


async def _act(tx: Tx, operator_id: int, kind: ActKind, order: Order, detail: str, now: datetime) -> None:
    await acts.record(tx, operator_id, kind, f"order {order.id}", detail, now)
