"""Refills: whether a customer may ask for one, the asking, and how they end. Nothing here moves money."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain.errors import AlreadyDecided, NotFound, NotOffered
from bot.domain.notices import AlertKind, Facts, Notice, NoticeKind
from bot.domain.orders import Order, OrderState, Status, understood
from bot.domain.refills import Refill, RefillEvent, RefillReason, RefillState, move
from bot.engine.alerts import end_alert
from bot.engine.shop import Shop
from storage import orders, outbox, refills
from storage.database import Tx

#: A refill that nobody could send for so long is given up.
_SEND_WITHIN: Final = timedelta(days=1)
#: Nothing was heard of its end for so long: it is followed no more.
LAPSES_AFTER: Final = timedelta(days=14)
#: So long a service counts as having no refills once its panel said so.
_DISABLED_FOR: Final = timedelta(days=7)
_CARDS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Refilling:
    """What can be said of an order's refills: the newest one, and whether another may be asked for."""

    last: Refill | None = None
    possible: bool = False
    #: From when on it is possible, where only time is in the way.
    again_at: datetime | None = None


NO_REFILLS: Final = Refilling()


async def look(tx: Tx, shop: Shop, order: Order, now: datetime) -> Refilling:
    """How things stand for an order; `refill: true` in a catalogue is a claim of the panel, no promise of the shop."""
    newest = await refills.of_order(tx, order.id, 1)
    last = newest[0] if newest else None
    if not _refillable(shop, order) or await refills.are_disabled(tx, order.service_number, now - _DISABLED_FOR):
        return Refilling(last)
    if last is None:
        return Refilling(None, possible=True)
    if last.open:
        return Refilling(last)
    waits = last.again_at is not None and last.again_at > now
    return Refilling(last, possible=not waits, again_at=last.again_at if waits else None)


def _refillable(shop: Shop, order: Order) -> bool:
    """Whether the panel says of an order that it is completed, and of its service that it has refills."""
    if order.state is not OrderState.COMPLETED or understood(order.status_word or "") is not Status.COMPLETED:
        return False
    offer = shop.shelf.catalogue.offer(order.service_number)
    return order.panel in shop.terms.panels and offer is not None and offer.service.refill is True


# Asking ---------------------------------------------------------------------------------------------


async def ask_refill(
    shop: Shop, order_id: int, customer_id: int, update_id: int, now: datetime, card_message_id: int | None = None
) -> Refill:
    """A customer wants what dropped off made up for: stored, and sent at once by the poller.

    The card they pressed, where one is named, is the one that is kept up to date from now on.

    The same update asks once. Raises NotFound for somebody else's order, AlreadyDecided while another one is open,
    NotOffered where none can be had now.
    """

    async def work(tx: Tx) -> Refill:
        if known := await refills.of_update(tx, update_id):
            return known
        order = await orders.get(tx, order_id)
        if order is None or order.customer_id != customer_id:
            raise NotFound
        standing = await look(tx, shop, order, now)
        if standing.last and standing.last.open:
            raise AlreadyDecided
        refill = await refills.add(tx, order, update_id, now) if standing.possible else None
        if refill is None:
            raise NotOffered
        if card_message_id is not None:
            await orders.set_card(tx, order.id, card_message_id)
        await outbox.post_card(tx, order.id, order.customer_id, now)
        return refill

    refill = await shop.db.write(work)
    shop.bells.refills.ring()
    shop.bells.notices.ring()
    return refill


# Ending -------------------------------------------------------------------------------------------


async def refuse(
    tx: Tx, refill: Refill, reason: RefillReason, words: str, again_at: datetime | None, now: datetime
) -> bool:
    """No refill came of it; False when somebody else was faster."""
    state = move(refill.state, RefillEvent.RELEASE if refill.state is RefillState.UNKNOWN else RefillEvent.REFUSED)
    # Looked at once more when it may be asked for again, for then the card offers it.
    over = replace(refill, state=state, reason=reason, words=words, next_at=again_at, again_at=again_at, ended_at=now)
    again = {"again": again_at.isoformat()} if again_at else {}
    return await end(tx, over, NoticeKind.REFILL_REFUSED, now, {"why": reason.value, **again})


async def end(tx: Tx, over: Refill, kind: NoticeKind, now: datetime, facts: Facts | None = None) -> bool:
    """Store how a refill ended, and say so; False when somebody else was faster."""
    if not await refills.save(tx, over):
        return False
    await outbox.post_card(tx, over.order_id, over.customer_id, now)
    key = f"refill:{over.id}:{over.state.value}"
    await outbox.post(tx, Notice(key, over.customer_id, kind, over.order_id, facts or {}), now)
    await end_alert(tx, AlertKind.REFILL_UNKNOWN, over.id, now)
    return True


async def reopen(shop: Shop, panel: str, now: datetime) -> None:
    """Bring up to date the cards of orders for which a refill may be asked for again."""

    async def waiting(tx: Tx) -> list[Refill]:
        refused = await refills.due(tx, panel, RefillState.REFUSED, now, _CARDS_AT_ONCE)
        return [*refused, *await refills.due(tx, panel, RefillState.REJECTED, now, _CARDS_AT_ONCE)]

    if not await shop.db.read(waiting):
        return

    async def work(tx: Tx) -> None:
        for refill in await waiting(tx):
            if await refills.save(tx, replace(refill, next_at=None)):
                await outbox.post_card(tx, refill.order_id, refill.customer_id, now)

    await shop.db.write(work)
    shop.bells.notices.ring()


async def give_up_old(shop: Shop, now: datetime) -> int:
    """End what could not be sent within a day, and what nothing was heard of for two weeks; how many that were."""

    async def work(tx: Tx) -> int:
        unsent = await refills.in_state(tx, RefillState.ASKED, now - _SEND_WITHIN)
        for refill in unsent:
            await refuse(tx, refill, RefillReason.NOT_SENT, refill.words or "", None, now)
        silent: list[Refill] = []
        for state in (RefillState.ACTIVE, RefillState.UNKNOWN):
            silent += await refills.in_state(tx, state, now - LAPSES_AFTER)
        for refill in silent:
            state = move(refill.state, RefillEvent.LAPSE)
            await end(tx, replace(refill, state=state, next_at=None, ended_at=now), NoticeKind.REFILL_LAPSED, now)
        return len(unsent) + len(silent)

    count = await shop.db.write(work)
    shop.bells.notices.ring()
    return count
