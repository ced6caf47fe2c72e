"""Following active orders: whom to ask when, and applying what is reported with the money in one commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain import wallet as ledger
from bot.domain.money import Money
from bot.domain.notices import Alert, AlertKind, Facts, Notice, NoticeKind
from bot.domain.orders import (
    MOVES,
    Attention,
    Order,
    OrderState,
    Reason,
    StatusReport,
    move,
)
from bot.engine import charges
from bot.engine.alerts import end_alert, raise_alert, raise_word
from bot.engine.debts import credit
from bot.engine.judging import Ended, Meaning, Trouble, judge_in, reading_of, stands
from bot.engine.shop import Shop
from bot.engine.spending import book_charge, spent_share
from storage import orders, outbox
from storage.database import Tx
from storage.orders import Due

IDS_PER_REQUEST: Final = 100
#: Panels correct finished orders for weeks; money only ever goes back to the customer.
WATCH_AFTER_END: Final = timedelta(days=30)
_YOUNG: Final = timedelta(minutes=10)
_SETTLED_IN: Final = timedelta(hours=6)
_MISSING_READINGS: Final = 3
_MISSING_FOR: Final = timedelta(hours=24)
_CARD_PACE: Final = timedelta(seconds=2)
#: Corrections after the end are rare: such orders are asked about seldom.
_ENDED_POLLS: Final = 360
#: What no report that all is well clears: it is about time, and stays the operator's.
_LASTING: Final = frozenset({Attention.STALE})


async def due(shop: Shop, panel: str, now: datetime) -> list[Due]:
    """The most overdue orders of a panel, moved on in the same transaction so that nobody else asks too."""

    async def look(tx: Tx) -> bool:
        return bool(await orders.due_to_track(tx, panel, now, 1))

    if not await shop.db.read(look):
        return []

    async def work(tx: Tx) -> list[Due]:
        found = await orders.due_to_track(tx, panel, now, IDS_PER_REQUEST)
        await orders.put_off(tx, {order.id: now + rhythm(shop, order, now) for order in found})
        return found

    return await shop.db.write(work)


def rhythm(shop: Shop, order: Due, now: datetime) -> timedelta:
    """How soon an order is asked about again: often while young, seldom when old, a little apart from others."""
    age = now - (order.finished_at or order.sent_at)
    if order.finished_at:
        pace = _pace_after_end(shop)
    elif age < _YOUNG:
        pace = shop.terms.status_poll
    else:
        pace = shop.terms.status_poll * (5 if age < _SETTLED_IN else 30)
    return pace * (90 + order.id * 37 % 21) / 100


def _pace_after_end(shop: Shop) -> timedelta:
    return max(shop.terms.settle, shop.terms.status_poll * _ENDED_POLLS)


async def apply(shop: Shop, reports: Mapping[int, StatusReport], now: datetime) -> None:
    """Apply what a panel reported of several orders, each as it stands now."""

    async def work(tx: Tx) -> list[charges.First]:
        firsts = []
        found = await orders.get_all(tx, list(reports))
        for order_id, report in reports.items():
            order = found.get(order_id)
            if order is not None and order.state in _TRACKED and order.next_at is not None:
                await _apply_one(tx, shop, order, report, now)
                if charges.is_first(shop, order, report):
                    firsts.append((order, report))
        return firsts

    firsts = await shop.db.write(work)
    shop.bells.notices.ring()
    await charges.check(shop, firsts, now)


async def missing(shop: Shop, found: Sequence[Due], now: datetime) -> None:
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
                await trouble(tx, shop, order, Attention.UNKNOWN_ID, "", now)

    await shop.db.write(work)
    shop.bells.notices.ring()


#: Followed while `next_at` says when to look again; what the operator decided, or ended long ago, is not.
_TRACKED: Final = frozenset({OrderState.ACTIVE, OrderState.COMPLETED, OrderState.PARTIAL})


async def _apply_one(tx: Tx, shop: Shop, order: Order, report: StatusReport, now: datetime) -> None:
    meant = judge_in(shop, order, report)
    if order.state is not OrderState.ACTIVE:
        await _reconsider(tx, shop, order, report, meant, now)
    elif isinstance(meant, Trouble):
        await trouble(tx, shop, order, meant.attention, report.word, now)
    elif not isinstance(meant, Ended):
        await _progress(tx, order, report, now)
    elif _must_stand(shop, order, meant, now):
        await _note_reading(tx, shop, order, report, meant, now)
    else:
        await _finish(tx, shop, order, report, meant, now)


async def _reconsider(
    tx: Tx, shop: Shop, order: Order, report: StatusReport, meant: Meaning, now: datetime
) -> None:  # fmt: skip
    """After the end only one thing counts: whether more is owed than already came back."""
    owes = isinstance(meant, Ended) and meant.back > order.returned and (order.state, meant.event) in MOVES
    if not isinstance(meant, Ended) or not owes:
        await _forget_reading(tx, order, now)
    elif _must_stand(shop, order, meant, now):
        await _note_reading(tx, shop, order, report, meant, now)
    else:
        await _correct(tx, order, report, meant, now)


async def _forget_reading(tx: Tx, order: Order, now: datetime) -> None:
    if order.reading is not None:
        await orders.change(tx, order, now, reading=None, reading_since=None)


def _must_stand(shop: Shop, order: Order, ended: Ended, now: datetime) -> bool:
    """Whether an ending still has to be read again before its money moves."""
    if not ended.settles:
        return False
    since = order.reading_since
    return since is None or not stands(shop, order, ended) or now - since < shop.terms.settle


async def _note_reading(
    tx: Tx, shop: Shop, order: Order, report: StatusReport, ended: Ended, now: datetime
) -> None:  # fmt: skip
    """A reading that returns money starts to settle, or goes on settling."""
    fresh = not stands(shop, order, ended)
    since = now if fresh or order.reading_since is None else order.reading_since
    await orders.change(
        tx, order, now, reading=reading_of(report), reading_since=since, next_at=since + shop.terms.settle,
        missing_since=None, missing_count=0,
    )  # fmt: skip
    if fresh and order.state is OrderState.ACTIVE:
        await outbox.post_card(tx, order.id, order.customer_id, now)


async def _progress(tx: Tx, order: Order, report: StatusReport, now: datetime) -> None:
    remains, attention = _sane(order, report), order.attention if order.attention in _LASTING else None
    shown = (order.status_word, order.start_count, order.remains, order.attention)
    passing = (order.reading, order.reading_since, order.missing_since, order.missing_count)
    if shown == (report.word, report.start_count, remains, attention) and passing == (None, None, None, 0):
        return
    await orders.change(
        tx, order, now, status_word=report.word, start_count=report.start_count, remains=remains,
        reading=None, reading_since=None, attention=attention, missing_since=None, missing_count=0,
    )  # fmt: skip
    if order.attention is Attention.PANEL_GONE:
        await end_alert(tx, AlertKind.PANEL_GONE, order.panel, now)
    elif order.attention:
        await end_alert(tx, AlertKind.ORDER_ATTENTION, order.id, now)
    await outbox.post_card(tx, order.id, order.customer_id, now, now + _CARD_PACE)


def _sane(order: Order, report: StatusReport) -> int | None:
    if report.over:
        return 0
    if report.remains is None:
        return None
    return min(report.remains, order.quantity)


async def trouble(tx: Tx, shop: Shop, order: Order, attention: Attention, word: str, now: datetime) -> None:
    """Bring an active order to the operator: nothing moves, and what it is about is told once."""
    before = (order.attention, order.attention_word, order.reading, order.missing_count)
    if before != (attention, word, None, 0):
        await orders.change(
            tx, order, now, attention=attention.value, attention_word=word, reading=None, reading_since=None,
            missing_since=None, missing_count=0,
        )  # fmt: skip
    if order.attention is not attention:
        await outbox.post_card(tx, order.id, order.customer_id, now)
    await _tell(tx, shop, order, attention, word, now)


async def _tell(tx: Tx, shop: Shop, order: Order, attention: Attention, word: str, now: datetime) -> None:
    facts: Facts = {"order": order.id, "panel": order.panel, "word": word, "why": attention.value}
    alert = Alert.about(AlertKind.ORDER_ATTENTION, order.id, facts, order.id)
    if attention is Attention.STALE:
        # Of its own: what a panel says in between begins and ends the other one, and this is told once.
        alert = Alert.about(AlertKind.ORDER_STALE, order.id, facts, order.id)
    elif attention is Attention.PANEL_GONE:
        alert = Alert.about(AlertKind.PANEL_GONE, order.panel, facts, order.id)
    elif attention is Attention.UNKNOWN_WORD:
        await raise_word(tx, shop, AlertKind.STATUS_WORD, facts, order.id, now)
        return
    await raise_alert(tx, shop, alert, now)


async def _finish(tx: Tx, shop: Shop, order: Order, report: StatusReport, ended: Ended, now: datetime) -> None:
    state = move(order.state, ended.event)
    changed = await orders.change(
        tx, order, now, state=state.value, status_word=report.word, remains=_sane(order, report),
        start_count=order.start_count if report.start_count is None else report.start_count,
        returned=ended.back, spent=await book_charge(tx, shop, order, report, ended.back, now), finished_at=now,
        attention=None, reading=None, reading_since=None, missing_since=None, missing_count=0,
        reason=Reason.BY_PANEL.value if state is OrderState.CANCELED else None,
        next_at=now + _pace_after_end(shop),
    )  # fmt: skip
    if changed:
        await settle_money(tx, order, state, ended.back, now)


async def settle_money(tx: Tx, order: Order, state: OrderState, back: Money, now: datetime) -> None:
    """Post what was delivered, return the rest, and say so: the second half of every ending."""
    entries = ledger.finish(order.id, order.customer_id, order.charge, back, order.from_stars)
    await credit(tx, order.customer_id, entries, now)
    await outbox.post_card(tx, order.id, order.customer_id, now)
    kind = NoticeKind(state.value)
    key = f"{order.id}:{kind.value}:{order.version + 1}"
    await outbox.post(tx, Notice(key, order.customer_id, kind, order.id, {"back": back.micros}), now)
    for about in (AlertKind.ORDER_ATTENTION, AlertKind.ORDER_STALE):
        await end_alert(tx, about, order.id, now)


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
        entries = ledger.adjust(order.id, order.customer_id, order.returned, extra, order.from_stars)
        await credit(tx, order.customer_id, entries, now)
        await outbox.post_card(tx, order.id, order.customer_id, now)
        notice = Notice(
            f"{order.id}:corrected:{order.version + 1}", order.customer_id, NoticeKind.CORRECTED, order.id,
            {"back": extra.micros},
        )  # fmt: skip
        await outbox.post(tx, notice, now)


async def stop_watching(shop: Shop, now: datetime) -> int:
    """Let go of orders that ended more than 30 days ago; how many that were."""

    async def work(tx: Tx) -> int:
        return await orders.stop_tracking(tx, now - WATCH_AFTER_END)

    return await shop.db.write(work)
