"""Sending refills to panels, once each, and following them to their end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain.notices import Alert, AlertKind, Facts, NoticeKind
from bot.domain.orders import OrderState
from bot.domain.refills import Refill, RefillEvent, RefillReason, RefillReport, RefillState, RefillStatus, move
from bot.engine.alerts import end_alert, raise_alert, raise_word
from bot.engine.fulfilment import INTERRUPTED, backoff
from bot.engine.refills import end, refuse
from bot.engine.replies import Meaning, meaning_of, words_of
from bot.engine.shop import Shop
from bot.panels.denials import Denial, waiting_time
from bot.panels.errors import Denied, PanelError
from bot.panels.wire_requests import RefillAccepted, RefillStatusResult
from storage import orders, outbox, refills
from storage.database import Tx

IDS_PER_REQUEST: Final = 100
#: Panels' own rule, where their refusal names no other.
_USUAL_WAIT: Final = timedelta(hours=24)
#: A refusal that may have passed in a while: not a reason to ask every second.
_SHORT_WAIT: Final = timedelta(hours=1)
_YOUNG: Final = timedelta(minutes=10)
_SETTLED_IN: Final = timedelta(hours=6)

#: What a panel answers to a request for one refill; None where its answer leaves that one out.
Reply = RefillAccepted | PanelError | None

_REASONS: Final[Mapping[Denial, RefillReason]] = {
    Denial.REFILL_DISABLED: RefillReason.DISABLED,
    Denial.UNSUPPORTED: RefillReason.DISABLED,
    Denial.REFILL_EARLY: RefillReason.TOO_EARLY,
    Denial.REFILL_OPEN: RefillReason.UNDER_WAY,
    Denial.NOT_COMPLETED: RefillReason.NOT_COMPLETED,
}
_ENDS: Final[Mapping[RefillStatus, tuple[RefillEvent, NoticeKind]]] = {
    RefillStatus.COMPLETED: (RefillEvent.COMPLETE, NoticeKind.REFILL_COMPLETED),
    RefillStatus.REJECTED: (RefillEvent.REJECT, NoticeKind.REFILL_REJECTED),
    RefillStatus.FAIL: (RefillEvent.REJECT, NoticeKind.REFILL_REJECTED),
}


async def claim(shop: Shop, panel: str, now: datetime) -> tuple[Refill, ...]:
    """Commit what waits at a panel to one request; one at a time where it cannot take many, so that each is told apart.

    Nobody else sends them from now on, whatever becomes of this run. Those of orders that are completed no more
    are let go.
    """

    async def waiting(tx: Tx) -> list[Refill]:
        return await refills.due(tx, panel, RefillState.ASKED, now, _room(shop, panel))

    if not await shop.db.read(waiting):
        return ()

    async def work(tx: Tx) -> tuple[Refill, ...]:
        taken = []
        for refill in await waiting(tx):
            order = await orders.get(tx, refill.order_id)
            if order is None or order.state is not OrderState.COMPLETED:
                # Its panel gave money back meanwhile: that was for what a refill would make up for.
                await refuse(tx, refill, RefillReason.NOT_COMPLETED, refill.words or "", None, now)
                continue
            claimed = replace(refill, state=move(refill.state, RefillEvent.CLAIM), next_at=None, sent_at=now)
            if await refills.save(tx, claimed):
                taken.append(claimed)
        return tuple(taken)

    taken = await shop.db.write(work)
    shop.bells.notices.ring()
    return taken


def _room(shop: Shop, panel: str) -> int:
    client = shop.panels.get(panel)
    return 1 if client is not None and client.capabilities.multi_refill is False else IDS_PER_REQUEST


async def record(shop: Shop, replies: Mapping[int, Reply], now: datetime) -> None:
    """Store what a panel answered about claimed refills, by the shop's numbers. Safe to repeat."""

    async def work(tx: Tx) -> None:
        for number, reply in replies.items():
            refill = await refills.get(tx, number)
            if refill is not None and refill.state is RefillState.SUBMITTING:
                await _record_one(tx, shop, refill, reply, now)

    await shop.db.write(work)
    shop.bells.notices.ring()


async def recover(shop: Shop, now: datetime) -> int:
    """On start: whatever was being asked for when the last run ended is unknown now; how many that were."""

    async def work(tx: Tx) -> int:
        stranded = await refills.in_state(tx, RefillState.SUBMITTING)
        for refill in stranded:
            await _lose(tx, shop, refill, INTERRUPTED, now)
        return len(stranded)

    return await shop.db.write(work)


async def _record_one(tx: Tx, shop: Shop, refill: Refill, reply: Reply, now: datetime) -> None:
    if isinstance(reply, RefillAccepted):
        await take(tx, refill, reply.refill_id, now + shop.terms.status_poll, now)
        return
    words = words_of(reply)
    match meaning_of(reply):
        case Meaning.NOT_NOW:
            tries = refill.tries + 1
            state = move(refill.state, RefillEvent.POSTPONED)
            later = now + backoff(tries)
            await refills.save(tx, replace(refill, state=state, tries=tries, words=words, next_at=later, sent_at=None))
        case Meaning.REFUSED:
            kind = reply.kind if isinstance(reply, Denied) else Denial.UNRECOGNISED
            reason = _REASONS.get(kind, RefillReason.REFUSED)
            await refuse(tx, refill, reason, words, await _again_at(tx, refill, reason, words, now), now)
        case Meaning.LOST:
            await _lose(tx, shop, refill, words, now)


async def take(tx: Tx, refill: Refill, refill_id: str, next_at: datetime, now: datetime) -> bool:
    """The panel's name of a refill is known: it is active and its status will be asked. False when it moved on."""
    state = move(refill.state, RefillEvent.TAKEN)
    taken = replace(refill, state=state, refill_id=refill_id, next_at=next_at, words=None)
    if not await refills.save(tx, taken):
        return False
    await outbox.post_card(tx, refill.order_id, refill.customer_id, now)
    await end_alert(tx, AlertKind.REFILL_UNKNOWN, refill.id, now)
    return True


async def _again_at(tx: Tx, refill: Refill, reason: RefillReason, words: str, now: datetime) -> datetime | None:
    if reason in (RefillReason.UNDER_WAY, RefillReason.NOT_COMPLETED, RefillReason.REFUSED):
        return now + _SHORT_WAIT
    if reason is not RefillReason.TOO_EARLY:
        return None
    wait = waiting_time(words) or _USUAL_WAIT
    order = await orders.get(tx, refill.order_id)
    since = [order.finished_at] if order and order.finished_at else []
    since += [r.sent_at for r in await refills.of_order(tx, refill.order_id, 2) if r.refill_id and r.sent_at]
    again_at = max((moment + wait for moment in since), default=now + wait)
    return again_at if again_at > now else now + _SHORT_WAIT


async def _lose(tx: Tx, shop: Shop, refill: Refill, words: str, now: datetime) -> None:
    """Nobody can tell: it is never asked again by itself, and the operator looks it up."""
    state = move(refill.state, RefillEvent.LOST)
    if not await refills.save(tx, replace(refill, state=state, words=words, next_at=None)):
        return
    await outbox.post_card(tx, refill.order_id, refill.customer_id, now)
    facts: Facts = {"order": refill.order_id, "panel": refill.panel, "detail": words}
    await raise_alert(tx, shop, Alert.about(AlertKind.REFILL_UNKNOWN, refill.id, facts, refill.order_id), now)


async def due(shop: Shop, panel: str, now: datetime) -> list[Refill]:
    """The most overdue active refills of a panel, moved on in the same transaction so that nobody else asks too."""

    async def waiting(tx: Tx) -> list[Refill]:
        return await refills.due(tx, panel, RefillState.ACTIVE, now, IDS_PER_REQUEST)

    if not await shop.db.read(waiting):
        return []

    async def work(tx: Tx) -> list[Refill]:
        found = await waiting(tx)
        await refills.put_off(tx, {refill.id: now + rhythm(shop, refill, now) for refill in found})
        return found

    return await shop.db.write(work)


def rhythm(shop: Shop, refill: Refill, now: datetime) -> timedelta:
    """How soon a refill is asked about again: gently, for panels work on them for hours and days."""
    age = now - (refill.sent_at or refill.asked_at)
    if age < _YOUNG:
        return shop.terms.status_poll * 2
    return shop.terms.status_poll * (10 if age < _SETTLED_IN else 60)


async def apply(shop: Shop, reports: Mapping[int, RefillStatusResult], now: datetime) -> None:
    """Apply what a panel reported of several refills; one it does not know is let lapse in time."""

    async def work(tx: Tx) -> None:
        for number, report in reports.items():
            refill = await refills.get(tx, number)
            if refill is not None and refill.state is RefillState.ACTIVE and isinstance(report, RefillReport):
                await _apply_one(tx, shop, refill, report, now)

    await shop.db.write(work)
    shop.bells.notices.ring()


async def _apply_one(tx: Tx, shop: Shop, refill: Refill, report: RefillReport, now: datetime) -> None:
    if report.status is None:
        facts: Facts = {"order": refill.order_id, "panel": refill.panel, "word": report.word}
        await raise_word(tx, shop, AlertKind.REFILL_WORD, facts, refill.order_id, now)
    elif ending := _ENDS.get(report.status):
        event, kind = ending
        state = move(refill.state, event)
        again_at = None if event is RefillEvent.COMPLETE else (refill.sent_at or now) + _USUAL_WAIT
        over = replace(refill, state=state, status_word=report.word, next_at=again_at, again_at=again_at, ended_at=now)
        await end(tx, over, kind, now)
    elif report.word != refill.status_word and await refills.save(tx, replace(refill, status_word=report.word)):
        await outbox.post_card(tx, refill.order_id, refill.customer_id, now)
