"""Following active orders: what each status report means, and applying it with the money in one commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain import wallet as ledger
from bot.domain.inputs import RULES, Count
from bot.domain.money import Money, round_up, share_back
from bot.domain.notices import Alert, AlertKind, Facts, Notice, NoticeKind
from bot.domain.orders import (
    MOVES,
    RETURNING,
    TROUBLED,
    Attention,
    Order,
    OrderEvent,
    OrderState,
    Reason,
    Status,
    StatusReport,
    move,
)
from bot.engine.alerts import end_alert, raise_alert
from bot.engine.shop import Shop
from storage import orders, outbox, wallet
from storage.database import Tx

IDS_PER_REQUEST: Final = 100
#: Panels correct finished orders for weeks; money only ever goes back to the customer.
WATCH_AFTER_END: Final = timedelta(days=30)
_YOUNG: Final = timedelta(minutes=10)
_SETTLED_IN: Final = timedelta(hours=6)
_MISSING_READINGS: Final = 3
_MISSING_FOR: Final = timedelta(hours=24)
_CARD_PACE: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Progress:
    """Nothing is over: the card may show more."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Nothing moves; the operator decides."""

    attention: Attention


@dataclass(frozen=True, slots=True)
class Ended:
    """The order is over, and so much comes back; a reading that returns money must stand first."""

    event: OrderEvent
    back: Money
    settles: bool


Verdict = Progress | Trouble | Ended


def judge(order: Order, report: StatusReport, decimals: int, *, canceled_returns_remains: bool = False) -> Verdict:
    """What a report means for an order's money. Pure: the same report always means the same."""
    status = report.status
    if status is None:
        return Trouble(Attention.UNKNOWN_WORD)
    if status in TROUBLED:
        return Trouble(Attention.TROUBLE)
    if status is Status.COMPLETED:
        return Ended(OrderEvent.COMPLETE, Money(0), settles=False)
    if status is Status.PARTIAL and _is_package(order):
        return Trouble(Attention.PARTIAL_PACKAGE)
    if status is Status.PARTIAL or (status is Status.CANCELED and canceled_returns_remains and not _is_package(order)):
        return _by_remains(order, report, decimals)
    if status in RETURNING:
        return Ended(OrderEvent.UNDO, order.charge, settles=True)
    return Progress()


def _by_remains(order: Order, report: StatusReport, decimals: int) -> Verdict:
    if report.remains is None or report.over or not 0 <= report.remains <= order.quantity:
        return Trouble(Attention.NONSENSE_REMAINS)
    back = share_back(order.charge, report.remains, order.quantity, decimals)
    event = OrderEvent.FALL_SHORT if report.status is Status.PARTIAL else OrderEvent.UNDO
    return Ended(event, back, settles=True)


async def due(shop: Shop, panel: str, now: datetime) -> list[Order]:
    """The most overdue orders of a panel, moved on in the same transaction so that nobody else asks too."""

    async def look(tx: Tx) -> bool:
        return bool(await orders.due_to_track(tx, panel, now, 1))

    if not await shop.db.read(look):
        return []

    async def work(tx: Tx) -> list[Order]:
        found = await orders.due_to_track(tx, panel, now, IDS_PER_REQUEST)
        await orders.put_off(tx, {order.id: now + rhythm(shop, order, now) for order in found})
        return found

    return await shop.db.write(work)


def rhythm(shop: Shop, order: Order, now: datetime) -> timedelta:
    """How soon an order is asked about again: often while young, seldom when old, a little apart from others."""
    age = now - (order.finished_at or order.sent_at or order.created_at)
    if order.finished_at:
        pace = max(shop.terms.settle, shop.terms.status_poll * 360)
    elif age < _YOUNG:
        pace = shop.terms.status_poll
    else:
        pace = shop.terms.status_poll * (5 if age < _SETTLED_IN else 30)
    return pace * (90 + order.id * 37 % 21) / 100


async def apply(shop: Shop, reports: Mapping[int, StatusReport], now: datetime) -> None:
    """Apply what a panel reported of several orders, each as it stands now."""

    async def work(tx: Tx) -> None:
        for order_id, report in reports.items():
            order = await orders.get(tx, order_id)
            if order is not None and order.state in _TRACKED and order.next_at is not None:
                await _apply_one(tx, shop, order, report, now)

    await shop.db.write(work)
    shop.bells.notices.ring()


async def missing(shop: Shop, found: Sequence[Order], now: datetime) -> None:
    """The panel says it does not know these orders; three times over a day, and the operator is asked."""

    async def work(tx: Tx) -> None:
        for seen in found:
            order = await orders.get(tx, seen.id)
            if order is None or order.state is not OrderState.ACTIVE:
                continue
            since = order.missing_since or now
            count = order.missing_count + 1
            await orders.change(tx, order, now, missing_since=since, missing_count=count)
            if count >= _MISSING_READINGS and now - since >= _MISSING_FOR:
                await _trouble(tx, shop, order, Attention.UNKNOWN_ID, "", now)

    await shop.db.write(work)
    shop.bells.notices.ring()


#: Followed while `next_at` says when to look again; what the operator decided, or ended long ago, is not.
_TRACKED: Final = frozenset({OrderState.ACTIVE, OrderState.COMPLETED, OrderState.PARTIAL})


async def _apply_one(tx: Tx, shop: Shop, order: Order, report: StatusReport, now: datetime) -> None:
    remains_rule = shop.panel_terms(order).canceled_returns_remains
    verdict = judge(order, report, shop.terms.decimals, canceled_returns_remains=remains_rule)
    if order.state is not OrderState.ACTIVE and not _owes(order, verdict):
        await _forget_reading(tx, order, now)
    elif isinstance(verdict, Ended):
        if verdict.settles and not _has_settled(shop, order, report, now):
            await _note_reading(tx, shop, order, report, now)
        elif order.state is OrderState.ACTIVE:
            await _finish(tx, shop, order, report, verdict, now)
        else:
            await _correct(tx, order, report, verdict, now)
    elif isinstance(verdict, Trouble):
        await _trouble(tx, shop, order, verdict.attention, report.word, now)
    else:
        await _progress(tx, order, report, now)


def _owes(order: Order, verdict: Verdict) -> bool:
    """Whether a panel that changed its mind after the end leaves money owed on top of what already came back."""
    if not isinstance(verdict, Ended):
        return False
    return verdict.back > order.returned and (order.state, verdict.event) in MOVES


async def _forget_reading(tx: Tx, order: Order, now: datetime) -> None:
    if order.reading is not None:
        await orders.change(tx, order, now, reading=None, reading_since=None)


def _reading(report: StatusReport) -> str:
    return f"{report.word}:{report.remains}"


def _has_settled(shop: Shop, order: Order, report: StatusReport, now: datetime) -> bool:
    if order.reading != _reading(report) or order.reading_since is None:
        return False
    return now - order.reading_since >= shop.terms.settle


async def _note_reading(tx: Tx, shop: Shop, order: Order, report: StatusReport, now: datetime) -> None:
    """A reading that returns money starts to settle, or goes on settling."""
    fresh = order.reading != _reading(report)
    since = now if fresh or order.reading_since is None else order.reading_since
    await orders.change(
        tx, order, now, reading=_reading(report), reading_since=since, next_at=since + shop.terms.settle,
        missing_since=None, missing_count=0,
    )  # fmt: skip
    if fresh and order.state is OrderState.ACTIVE:
        await outbox.post_card(tx, order.id, order.customer_id, now)


async def _progress(tx: Tx, order: Order, report: StatusReport, now: datetime) -> None:
    seen = replace(
        order, status_word=report.word, start_count=report.start_count, remains=_sane(order, report), reading=None,
        reading_since=None, attention=None, missing_since=None, missing_count=0,
    )  # fmt: skip
    if seen == order:
        return
    await orders.change(
        tx, order, now, status_word=seen.status_word, start_count=seen.start_count, remains=seen.remains,
        reading=None, reading_since=None, attention=None, missing_since=None, missing_count=0,
    )  # fmt: skip
    if order.attention:
        await end_alert(tx, AlertKind.ORDER_ATTENTION, order.id, now)
    await outbox.post_card(tx, order.id, order.customer_id, now, now + _CARD_PACE)


def _sane(order: Order, report: StatusReport) -> int | None:
    if report.over:
        return 0
    if report.remains is None:
        return None
    return min(report.remains, order.quantity)


async def _trouble(tx: Tx, shop: Shop, order: Order, attention: Attention, word: str, now: datetime) -> None:
    before = (order.attention, order.attention_word, order.reading, order.missing_count)
    if before != (attention, word, None, 0):
        await orders.change(
            tx, order, now, attention=attention.value, attention_word=word, reading=None, reading_since=None,
            missing_since=None, missing_count=0,
        )  # fmt: skip
    if order.attention is not attention:
        await outbox.post_card(tx, order.id, order.customer_id, now)
    facts: Facts = {"order": order.id, "panel": order.panel, "word": word, "why": attention.value}
    kind, subject = AlertKind.ORDER_ATTENTION, str(order.id)
    if attention is Attention.UNKNOWN_WORD:
        # One alert for each word a panel has that the shop does not know, however many orders show it.
        kind, subject = AlertKind.STATUS_WORD, f"{order.panel}:{word}"
    await raise_alert(tx, shop, Alert.about(kind, subject, facts, order.id), now)


async def _finish(tx: Tx, shop: Shop, order: Order, report: StatusReport, ended: Ended, now: datetime) -> None:
    state = move(order.state, ended.event)
    changed = await orders.change(
        tx, order, now, state=state.value, status_word=report.word, remains=_sane(order, report),
        start_count=order.start_count if report.start_count is None else report.start_count,
        returned=ended.back, spent=_spent(shop, order, report, ended.back), finished_at=now, attention=None,
        reading=None, reading_since=None, missing_since=None, missing_count=0,
        reason=Reason.BY_PANEL.value if state is OrderState.CANCELED else None,
        next_at=now + max(shop.terms.settle, shop.terms.status_poll * 360),
    )  # fmt: skip
    if changed:
        await settle_money(tx, order, state, ended.back, now)


async def settle_money(tx: Tx, order: Order, state: OrderState, back: Money, now: datetime) -> None:
    """Post what was delivered, return the rest, and say so: the second half of every ending."""
    for transfer in ledger.finish(order.id, order.customer_id, order.charge, back):
        await wallet.write(tx, transfer, now)
    await outbox.post_card(tx, order.id, order.customer_id, now)
    kind = NoticeKind(state.value)
    key = f"{order.id}:{kind.value}:{order.version + 1}"
    await outbox.post(tx, Notice(key, order.customer_id, kind, order.id, {"back": back.micros}), now)
    await end_alert(tx, AlertKind.ORDER_ATTENTION, order.id, now)


def _spent(shop: Shop, order: Order, report: StatusReport, back: Money) -> Money:
    """What the panel keeps: its own figure where it names one in a currency we can turn, else our share."""
    exchange = shop.shelf.exchange.get(order.panel)
    if report.charge is not None and report.charge >= 0 and exchange is not None:
        with suppress(ValueError):  # nonsense: more than the ledger can hold
            return round_up(report.charge * exchange, 6)
    return spent_share(order, back)


def spent_share(order: Order, back: Money) -> Money:
    """The part of the expected cost that belongs to what was delivered."""
    return Money(order.cost.micros * (order.charge - back).micros // order.charge.micros)


async def _correct(tx: Tx, order: Order, report: StatusReport, ended: Ended, now: datetime) -> None:
    """A panel changed its mind after the end: only what is owed on top of what already came back moves."""
    extra = ended.back - order.returned
    state = move(order.state, ended.event)
    changed = await orders.change(
        tx, order, now, state=state.value, status_word=report.word, remains=_sane(order, report),
        returned=ended.back, reading=None, reading_since=None,
        spent=spent_share(order, ended.back),
        reason=Reason.BY_PANEL.value if state is OrderState.CANCELED else None,
    )  # fmt: skip
    if changed:
        await wallet.write(tx, ledger.adjust(order.id, order.customer_id, order.returned, extra), now)
        await outbox.post_card(tx, order.id, order.customer_id, now)
        notice = Notice(
            f"{order.id}:corrected:{order.version + 1}", order.customer_id, NoticeKind.CORRECTED, order.id,
            {"back": extra.micros},
        )  # fmt: skip
        await outbox.post(tx, notice, now)


def _is_package(order: Order) -> bool:
    rule = RULES.get(order.type)
    return rule is not None and rule.count is Count.ONE


async def stop_watching(shop: Shop, now: datetime) -> int:
    """Let go of orders that ended more than 30 days ago; how many that were."""

    async def work(tx: Tx) -> int:
        return await orders.stop_tracking(tx, now - WATCH_AFTER_END)

    return await shop.db.write(work)
