"""Asking panels to cancel: a customer's wish, sent by a poller. Accepted is no promise; only a status moves money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain.cancels import SENT_AT_MOST, Cancel, CancelEvent, CancelState, move
from bot.domain.catalog import Service
from bot.domain.errors import AlreadyDecided, NotFound, NotOffered
from bot.domain.notices import Notice, NoticeKind
from bot.domain.orders import Order, OrderState
from bot.engine.fulfilment import INTERRUPTED, backoff
from bot.engine.replies import Meaning, meaning_of, words_of
from bot.engine.shop import Shop
from bot.panels.denials import Denial
from bot.panels.errors import Denied, PanelError
from bot.panels.wire_requests import CancelAccepted
from storage import cancels, orders, outbox
from storage.database import Tx

IDS_PER_REQUEST: Final = 100
#: So many status rounds pass at most between two looks at an order whose cancel was requested.
_LOOKED_AT_EVERY: Final = 2
_HURRY_FOR: Final = timedelta(days=1)

#: What a panel answers to one request; None where its answer leaves that one out.
Reply = CancelAccepted | PanelError | None


@dataclass(frozen=True, slots=True)
class Canceling:
    """What can be said of canceling an order: the request there is, or whether one may be made."""

    request: Cancel | None = None
    possible: bool = False


NO_CANCEL: Final = Canceling()


async def look(tx: Tx, shop: Shop, order: Order) -> Canceling:
    """How things stand for an order that went to its panel."""
    request = await cancels.get(tx, order.id)
    return Canceling(request, possible=request is None and _cancelable(shop, order))


def _cancelable(shop: Shop, order: Order) -> bool:
    """Whether an order is with a panel that may cancel it; what waits for the operator is theirs alone."""
    offer = shop.shelf.catalogue.offer(order.service_number)
    running = order.state is OrderState.ACTIVE and order.attention is None
    return running and offer is not None and may_cancel(shop, offer.service) is True


def may_cancel(shop: Shop, service: Service) -> bool | None:
    """Whether orders of a service can be canceled under way, as far as its panel, catalogue and configuration say.

    Where a catalogue says nothing of a service, the panel has to be known to cancel; None where nobody can tell.
    """
    client = shop.panels.get(service.panel)
    able = client.capabilities.cancel if client else False
    return service.cancel if able is None else able and service.cancel is not False


async def ask_cancel(shop: Shop, order_id: int, customer_id: int, now: datetime) -> Cancel:
    """A customer wants an order canceled that is with its panel: stored, and sent at once by the poller.

    However often it is asked, there is one request. Raises NotFound for somebody else's order, AlreadyDecided where
    it was asked before, NotOffered where it cannot be had.
    """

    async def work(tx: Tx) -> Cancel:
        order = await orders.get(tx, order_id)
        if order is None or order.customer_id != customer_id:
            raise NotFound
        standing = await look(tx, shop, order)
        if standing.request is not None:
            raise AlreadyDecided
        request = await cancels.add(tx, order, now) if standing.possible else None
        if request is None:
            raise NotOffered
        await outbox.post_card(tx, order.id, order.customer_id, now)
        return request

    request = await shop.db.write(work)
    shop.bells.cancels.ring()
    shop.bells.notices.ring()
    return request


async def claim(shop: Shop, panel: str, now: datetime) -> tuple[Cancel, ...]:
    """Commit the requests that wait at a panel to one call; those whose orders are over meanwhile are let go."""

    async def waiting(tx: Tx) -> list[Cancel]:
        return await cancels.due(tx, panel, now, IDS_PER_REQUEST)

    if not await shop.db.read(waiting):
        return ()

    async def work(tx: Tx) -> tuple[Cancel, ...]:
        taken = []
        for request in await waiting(tx):
            order = await orders.get(tx, request.order_id)
            if order is None or order.state is not OrderState.ACTIVE:
                await _answer(tx, request, CancelEvent.ENDED, request.words or "", now)
                continue
            claimed = replace(request, state=move(request.state, CancelEvent.CLAIM), next_at=None)
            if await cancels.save(tx, claimed):
                taken.append(claimed)
        return tuple(taken)

    claimed = await shop.db.write(work)
    shop.bells.notices.ring()
    return claimed


async def record(shop: Shop, replies: Mapping[int, Reply], now: datetime) -> None:
    """Store what a panel answered to claimed requests, by order. Safe to repeat."""

    async def work(tx: Tx) -> None:
        for order_id, reply in replies.items():
            request = await cancels.get(tx, order_id)
            if request is not None and request.state is CancelState.SUBMITTING:
                await _record_one(tx, request, reply, now)

    await shop.db.write(work)
    shop.bells.notices.ring()


async def hurry(shop: Shop, panel: str, now: datetime) -> None:
    """Have orders looked at often for a day after their cancel was requested, however old they are."""
    soon = now + shop.terms.status_poll * _LOOKED_AT_EVERY

    async def waiting(tx: Tx) -> list[int]:
        return await cancels.waiting_for_status(tx, panel, now - _HURRY_FOR, soon)

    if not await shop.db.read(waiting):
        return

    async def work(tx: Tx) -> None:
        await orders.put_off(tx, dict.fromkeys(await waiting(tx), soon))

    await shop.db.write(work)


async def recover(shop: Shop, now: datetime) -> int:
    """On start: a request that was being made when the last run ended lost its reply; how many that were."""

    async def work(tx: Tx) -> int:
        stranded = await cancels.in_state(tx, CancelState.SUBMITTING)
        for request in stranded:
            await _lose(tx, request, INTERRUPTED, now)
        return len(stranded)

    return await shop.db.write(work)


async def _record_one(tx: Tx, request: Cancel, reply: Reply, now: datetime) -> None:
    if isinstance(reply, CancelAccepted):
        await _answer(tx, request, CancelEvent.ACCEPTED, "", now)
        return
    words = words_of(reply)
    match meaning_of(reply):
        case Meaning.NOT_NOW:
            await _postpone(tx, replace(request, words=words), now)
        case Meaning.LOST:
            await _lose(tx, request, words, now)
        case Meaning.REFUSED if request.lost:
            # The one before may have been taken, and panels refuse the second for the first.
            await _answer(tx, request, CancelEvent.LOST, words, now)
        case Meaning.REFUSED:
            lacking = isinstance(reply, Denied) and reply.kind is Denial.UNSUPPORTED
            await _refuse(tx, request, CancelEvent.LACKING if lacking else CancelEvent.REFUSED, words, now)


async def _lose(tx: Tx, request: Cancel, words: str, now: datetime) -> None:
    """A reply was lost: asked again, for that changes nothing twice, until it was asked often enough."""
    lost = replace(request, lost=request.lost + 1, words=words)
    if lost.lost < SENT_AT_MOST:
        await _postpone(tx, lost, now)
    else:
        await _answer(tx, lost, CancelEvent.LOST, words, now)


async def _postpone(tx: Tx, request: Cancel, now: datetime) -> None:
    tries = request.tries + 1
    state = move(request.state, CancelEvent.POSTPONED)
    await cancels.save(tx, replace(request, state=state, tries=tries, next_at=now + backoff(tries)))


async def _refuse(tx: Tx, request: Cancel, event: CancelEvent, words: str, now: datetime) -> None:
    if await _answer(tx, request, event, words, now):
        key = f"{request.order_id}:cancel-refused"
        notice = Notice(key, request.customer_id, NoticeKind.CANCEL_REFUSED, request.order_id)
        await outbox.post(tx, notice, now)


async def _answer(tx: Tx, request: Cancel, event: CancelEvent, words: str, now: datetime) -> bool:
    state = move(request.state, event)
    answered = replace(request, state=state, words=words, next_at=None, answered_at=now)
    if not await cancels.save(tx, answered):
        return False
    await outbox.post_card(tx, request.order_id, request.customer_id, now)
    return True
