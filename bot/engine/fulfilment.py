"""Sending orders to panels: claim, one `add` outside any transaction, record. Never a second `add` without proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.errors import AlreadyDecided
from bot.domain.notices import Alert, AlertKind, Facts, Notice, NoticeKind
from bot.domain.orders import AttemptOutcome, Order, OrderEvent, OrderState, Reason, move
from bot.engine import brake, refusals, room
from bot.engine.alerts import end_alert, raise_alert
from bot.engine.debts import credit
from bot.engine.ordering import undo_reserved, void_of, would_lose
from bot.engine.panels import funds_sufficed
from bot.engine.sending import AttemptKey
from bot.engine.shop import Shop
from bot.panels.limits import Limits
from bot.panels.outcomes import AddOutcome, AddRequest, Later, LaterKind, Placed, RefusalKind, Refused, Unsent
from bot.wire.reasons import HttpFacts
from storage import attempts, instance, orders, orphans, outbox
from storage.database import Tx
from storage.errors import Superseded
from storage.receipts import Receipt
from storage.times import to_ms

IN_FLIGHT_PER_PANEL: Final = 4
#: So long at most an attempt can be somebody's: three times as long as an `add` may take.
LEASE: Final = 3 * timedelta(seconds=Limits().add.total_seconds)
#: Why an order is unknown, where no exchange with the panel tells it.
INTERRUPTED: Final = "interrupted"  # the shop was stopped in mid-`add`
ABANDONED: Final = "abandoned"  # its lease ended, and nobody had it in hand
ID_TAKEN: Final = "id-taken"  # the panel answered with another order's id
_BACKOFF_FIRST: Final = timedelta(seconds=5)
_BACKOFF_MOST: Final = timedelta(minutes=5)

_REASONS: Final[Mapping[RefusalKind, Reason]] = {
    RefusalKind.SERVICE: Reason.REFUSED_SERVICE,
    RefusalKind.LINK: Reason.REFUSED_LINK,
    RefusalKind.DUPLICATE_LINK: Reason.REFUSED_DUPLICATE,
    RefusalKind.QUANTITY: Reason.REFUSED_QUANTITY,
}

_PANEL_ALERTS: Final[Mapping[LaterKind, AlertKind]] = {
    LaterKind.FUNDS: AlertKind.PANEL_BALANCE_LOW,
    LaterKind.KEY: AlertKind.PANEL_KEY,
    LaterKind.ACCOUNT: AlertKind.PANEL_KEY,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """One order committed to one `add`."""

    order: Order
    attempt: int

    @property
    def key(self) -> AttemptKey:
        """The order's number and the attempt's."""
        return self.order.id, self.attempt

    @property
    def request(self) -> AddRequest:
        """What is sent: the protocol's own field names.

        The quantity also where it follows from a list or the type: some panels refuse an `add` without one, the
        others read past it.
        """
        return AddRequest(self.order.service_id, {**self.order.answers, "quantity": str(self.order.quantity)})

    def receipt(self, upstream_id: str, epoch: int) -> Receipt:
        """What is kept of the panel's answer until it is recorded."""
        order = self.order
        return Receipt(order.id, self.attempt, epoch, to_ms(order.changed_at), order.panel, upstream_id)


async def claim(shop: Shop, panel: str, now: datetime) -> Claim | None:
    """Commit the next order of a panel to one `add`; None when there is nothing to send now, or the brake is on.

    At most four are in flight per panel, one while any of its orders is unknown. An order that waited too long, or
    would now be sold below cost, gives its money back instead. Nothing is claimed while an outcome waits to be stored,
    or while the disk has too little room to store one. Raises Superseded once a newer run works on the database.
    """
    if shop.sending.unstored or room.is_short(shop):
        return None

    async def look(tx: Tx) -> bool:
        return await orders.next_to_submit(tx, panel, now) is not None

    if not await shop.db.read(look):
        return None

    async def work(tx: Tx) -> Claim | None:
        await _refuse_superseded(tx, shop)
        if await brake.engaged(tx):
            return None
        submitting, unknown = await orders.under_way(tx, panel)
        if submitting >= (1 if unknown else IN_FLIGHT_PER_PANEL):
            return None
        while order := await orders.next_to_submit(tx, panel, now):
            reason = _why_not(shop, order, now)
            if reason is None:
                return await _commit_to(tx, shop, order, now)
            await undo_reserved(tx, order, reason, now)
        return None

    claimed = await shop.db.write(work)
    if claimed:
        shop.sending.under_way.add(claimed.key)
    shop.bells.notices.ring()
    return claimed


async def record(shop: Shop, claimed: Claim, outcome: AddOutcome, now: datetime) -> Order:
    """Store how an `add` ended: state, money, notices and alerts in one commit. Safe to repeat.

    An upstream id is in the receipts first: from then on no crash can lose it. It is welcome however late, and from
    whichever run; if the money went back meanwhile, it becomes an orphan. Raises AlreadyDecided, Superseded for any
    other outcome once a newer run works on the database, or another StorageError after which nothing but the receipt
    is stored.
    """
    if not isinstance(outcome, Placed):
        return await store(shop, claimed, outcome, now)
    receipt = claimed.receipt(outcome.upstream_id, shop.epoch)
    await shop.receipts.write(receipt)
    try:
        order = await store(shop, claimed, outcome, now)
    except AlreadyDecided:
        shop.receipts.settle(receipt)
        raise
    shop.receipts.settle(receipt)
    return order


async def store(shop: Shop, claimed: Claim, outcome: AddOutcome, now: datetime) -> Order:
    """What `record` does, for an outcome whose receipt is there already."""

    async def work(tx: Tx) -> Order:
        if not isinstance(outcome, Placed):
            await _refuse_superseded(tx, shop)
        order = await orders.get(tx, claimed.order.id)
        if order is None or order.attempts != claimed.attempt or order.state not in _AWAITING:
            if order is not None and isinstance(outcome, Placed):
                return await _orphaned(tx, shop, order, outcome, now)
            raise AlreadyDecided
        if order.state is OrderState.UNKNOWN and not isinstance(outcome, Placed):
            return order  # nobody could tell before, and only an upstream id tells now
        match meant := await refusals.as_taught(tx, order, outcome):
            case Placed():
                await _placed(tx, shop, order, meant, now)
            case Refused():
                await _refused(tx, order, meant, now)
            case Later() | Unsent():
                await _postponed(tx, shop, order, meant, now)
            case _:  # lost: whatever proves nothing
                await lose(tx, shop, order, meant.reason.value, meant.facts, now)
                if words := refusals.words_of(meant):
                    await attempts.remember_words(tx, order.id, order.attempts, words)
                if meant.redirected:
                    await raise_alert(tx, shop, _misconfigured(order.panel, meant.reason.value), now)
        return await orders.get(tx, order.id) or order

    order = await shop.db.write(work)
    shop.bells.notices.ring()
    shop.bells.evidence.ring()
    return order


async def next_to_wake(shop: Shop, panel: str, now: datetime) -> datetime | None:
    """When a panel's next reserved order comes due; what is due already waits for an outcome, and that rings."""

    async def work(tx: Tx) -> datetime | None:
        return await orders.next_to_wake(tx, panel, now)

    return await shop.db.read(work)


def backoff(attempts: int) -> timedelta:
    """How long an order or a panel rests after so many refused or unsent tries: 5 s doubling to 5 min."""
    return min(_BACKOFF_FIRST * (1 << min(attempts - 1, 10)), _BACKOFF_MOST)


_AWAITING: Final = frozenset({OrderState.SUBMITTING, OrderState.UNKNOWN})


def _why_not(shop: Shop, order: Order, now: datetime) -> Reason | None:
    if order.created_at <= now - shop.terms.reserve_ttl:
        return Reason.NOT_SENT_IN_TIME
    return Reason.PRICE_ROSE if _dearer_now(shop, order) else None


def _dearer_now(shop: Shop, order: Order) -> bool:
    offer = shop.shelf.catalogue.offer(order.service_number)
    if offer is None or order.panel not in shop.price_rules.exchange:
        return False
    return would_lose(shop, offer, order.quantity, order.charge)


async def _commit_to(tx: Tx, shop: Shop, order: Order, now: datetime) -> Claim:
    number = order.attempts + 1
    state = move(order.state, OrderEvent.CLAIM)
    if not await orders.change(tx, order, now, state=state.value, attempts=number, next_at=None):
        raise AlreadyDecided
    await attempts.begin(tx, order.id, number, shop.epoch, now, now + LEASE)
    return Claim(await orders.need(tx, order.id), number)


async def _placed(tx: Tx, shop: Shop, order: Order, outcome: Placed, now: datetime) -> None:
    if await is_taken(tx, order.panel, outcome.upstream_id):
        # Two orders cannot share an upstream id; whose it is, the operator decides.
        facts: Facts = {"order": order.id, "panel": order.panel, "upstream": outcome.upstream_id}
        await raise_alert(tx, shop, Alert.about(AlertKind.ID_TAKEN, order.id, facts, order.id), now)
        await lose(tx, shop, order, ID_TAKEN, outcome.facts, now)
        return
    await activate(tx, order, outcome.upstream_id, shop.terms.status_poll, now)
    await _end(tx, order, AttemptOutcome.PLACED, outcome.facts, now)
    for kind in (AlertKind.PANEL_KEY, AlertKind.PANEL_MISCONFIGURED):  # it takes orders again
        await end_alert(tx, kind, order.panel, now)
    await funds_sufficed(tx, shop, order.panel, now)


async def is_taken(tx: Tx, panel: str, upstream_id: str) -> bool:
    """Whether a panel's id is an order's already, or that of one whose money went back."""
    return await orders.of_upstream(tx, panel, upstream_id) is not None or await orphans.has(tx, panel, upstream_id)


async def _orphaned(tx: Tx, shop: Shop, order: Order, outcome: Placed, now: datetime) -> Order:
    """The order ended without the id it has after all: its money stays where it went, and the id is kept.

    Raises AlreadyDecided when the id is an order's already, such as this very one's.
    """
    if await orders.of_upstream(tx, order.panel, outcome.upstream_id):
        raise AlreadyDecided
    if await orphans.add(tx, order.panel, outcome.upstream_id, order.id, order.cost, now):
        facts: Facts = {"order": order.id, "panel": order.panel, "upstream": outcome.upstream_id}
        about = f"{order.panel}:{outcome.upstream_id}"
        await raise_alert(tx, shop, Alert.about(AlertKind.ORPHAN, about, facts, order.id), now)
    return order


async def _refuse_superseded(tx: Tx, shop: Shop) -> None:
    if (newest := await instance.epoch(tx)) != shop.epoch:
        raise Superseded(f"run {newest} works on this database; this one is {shop.epoch}")


async def activate(tx: Tx, order: Order, upstream_id: str, first_look: timedelta, now: datetime) -> None:
    """An upstream id is known: the order is active and its status will be asked."""
    state = move(order.state, OrderEvent.PLACED)
    changed = await orders.change(
        tx, order, now, state=state.value, upstream_id=upstream_id, sent_at=now, next_at=now + first_look, reason=None
    )
    if not changed:
        raise AlreadyDecided
    await outbox.post_card(tx, order.id, order.customer_id, now)
    await _end_alerts(tx, order, now)


async def _end_alerts(tx: Tx, order: Order, now: datetime) -> None:
    """Whatever made the operator look at this sending is over."""
    for kind in (AlertKind.ORDER_STUCK, AlertKind.ORDER_UNKNOWN, AlertKind.ID_TAKEN):
        await end_alert(tx, kind, order.id, now)


async def _refused(tx: Tx, order: Order, outcome: Refused, now: datetime) -> None:
    reason = _REASONS.get(outcome.kind, Reason.REFUSED)
    await fail(tx, order, OrderEvent.REFUSED, reason, now)
    await _end(tx, order, AttemptOutcome.REFUSED, outcome.facts, now, outcome.text)


async def fail(tx: Tx, order: Order, event: OrderEvent, reason: Reason, now: datetime) -> None:
    """Nothing was placed, or nobody can tell and the customer wins: the whole charge returns."""
    state = move(order.state, event)
    changed = await orders.change(
        tx, order, now, state=state.value, reason=reason.value, next_at=None, returned=order.charge, finished_at=now
    )
    if not changed:
        raise AlreadyDecided
    await credit(tx, order.customer_id, void_of(order), now)
    await outbox.post_card(tx, order.id, order.customer_id, now)
    key = f"{order.id}:failed:{order.version + 1}"
    await outbox.post(tx, Notice(key, order.customer_id, NoticeKind.FAILED, order.id), now)
    await _end_alerts(tx, order, now)


async def release(tx: Tx, order: Order, reason: Reason, now: datetime) -> None:
    """An unknown order's whole charge returns though nothing is proven, and its attempt says so."""
    await fail(tx, order, OrderEvent.RELEASE, reason, now)
    await attempts.end(tx, order.id, order.attempts, AttemptOutcome.RELEASED, now, detail=reason.value)


async def _postponed(tx: Tx, shop: Shop, order: Order, outcome: Later | Unsent, now: datetime) -> None:
    state = move(order.state, OrderEvent.POSTPONED)
    next_at = now + backoff(order.attempts)
    if not await orders.change(tx, order, now, state=state.value, next_at=next_at):
        raise AlreadyDecided
    detail = outcome.text if isinstance(outcome, Later) else outcome.reason
    await _end(tx, order, AttemptOutcome.POSTPONED, outcome.facts, now, detail)
    await outbox.post_card(tx, order.id, order.customer_id, now)
    if alert := _panel_alert(order, outcome):
        await raise_alert(tx, shop, alert, now)
    elif order.attempts >= _STUCK_AFTER_ATTEMPTS:
        facts: Facts = {"order": order.id, "panel": order.panel, "detail": detail}
        await raise_alert(tx, shop, Alert.about(AlertKind.ORDER_STUCK, order.id, facts, order.id), now)


_STUCK_AFTER_ATTEMPTS: Final = 5


def _panel_alert(order: Order, outcome: Later | Unsent) -> Alert | None:
    if isinstance(outcome, Unsent):
        return _misconfigured(order.panel, outcome.reason) if outcome.misconfigured else None
    kind = _PANEL_ALERTS.get(outcome.kind)
    if kind is None:
        return None
    return _about_panel(kind, order.panel, outcome.text)


def _misconfigured(panel: str, detail: str) -> Alert:
    kind = AlertKind.PANEL_MISCONFIGURED
    return _about_panel(kind, panel, detail)


def _about_panel(kind: AlertKind, panel: str, detail: str) -> Alert:
    return Alert.about(kind, panel, {"panel": panel, "detail": detail})


async def lose(tx: Tx, shop: Shop, order: Order, detail: str, facts: HttpFacts, now: datetime) -> bool:
    """Nobody can tell: the money stays held, the customer is told so, the operator decides. False when it is so."""
    if order.state is OrderState.UNKNOWN:
        return False
    state = move(order.state, OrderEvent.LOST)
    if not await orders.change(tx, order, now, state=state.value, next_at=None, sent_at=now):
        raise AlreadyDecided
    await _end(tx, order, AttemptOutcome.UNKNOWN, facts, now, detail)
    await outbox.post_card(tx, order.id, order.customer_id, now)
    key = f"{order.id}:unknown:{order.version + 1}"
    await outbox.post(tx, Notice(key, order.customer_id, NoticeKind.UNKNOWN, order.id), now)
    about: Facts = {"order": order.id, "panel": order.panel, "detail": detail}
    await raise_alert(tx, shop, Alert.about(AlertKind.ORDER_UNKNOWN, order.id, about, order.id), now)
    return True


async def _end(
    tx: Tx, order: Order, outcome: AttemptOutcome, facts: HttpFacts, now: datetime, detail: str | None = None
) -> None:
    await attempts.end(
        tx,
        order.id,
        order.attempts,
        outcome,
        now,
        detail=detail or facts.error,
        http_status=facts.status,
        reply_sha256=facts.sha256,
        excerpt=facts.excerpt or None,
    )
