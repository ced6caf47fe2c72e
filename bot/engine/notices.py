"""Handing notices out: what is due, and what became of each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.notices import Notice, NoticeKind
from bot.engine.shop import Shop
from storage import broadcasts, customers, orders, outbox, proofs
from storage.database import Tx
from storage.outbox import Waiting

_BACKOFF_FIRST: Final = timedelta(seconds=1)
_BACKOFF_MOST: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Sent:
    """The person has it; `message_id` is the message that now is an order's card."""

    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nothing can be sent to the person: blocked, deactivated, never started.

    What waits for them rests until they are back: they write, unblock the bot, or get something newer after all.
    """

    error: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """It may work later; `refused` where Telegram read it and would not take it."""

    error: str
    after: timedelta | None = None
    refused: bool = False


Delivery = Sent | Unreachable | NotNow


async def due(shop: Shop, now: datetime, limit: int, *, broadcasts: bool = True) -> list[Waiting]:
    """The oldest due notice of each of at most `limit` chats, with or without those of the broadcast that runs."""

    async def work(tx: Tx) -> list[Waiting]:
        return await outbox.due(tx, now, limit, broadcasts=broadcasts)

    return await shop.db.read(work)


async def look(
    shop: Shop, now: datetime, limit: int, besides: Collection[int], *, broadcasts: bool = True
) -> tuple[list[Waiting], datetime | None]:
    """What is due besides what waits for some chats; where that is nothing, when the next is due, in the same look."""

    async def work(tx: Tx) -> tuple[list[Waiting], datetime | None]:
        rows = await outbox.due(tx, now, limit, broadcasts=broadcasts)
        found = [waiting for waiting in rows if waiting.notice.chat_id not in besides]
        return found, None if found else await outbox.next_due(tx, besides, broadcasts=broadcasts)

    return await shop.db.read(work)


async def next_due(shop: Shop, besides: Collection[int] = (), *, broadcasts: bool = True) -> datetime | None:
    """When the next notice is due, besides those of some chats; None when nothing waits."""

    async def work(tx: Tx) -> datetime | None:
        return await outbox.next_due(tx, besides, broadcasts=broadcasts)

    return await shop.db.read(work)


async def settle(shop: Shop, waiting: Waiting, delivery: Delivery, now: datetime) -> None:
    """Store what became of a notice."""

    async def work(tx: Tx) -> None:
        match delivery:
            case Sent():
                await outbox.delivered(tx, waiting)
                await _remember_message(tx, waiting.notice, delivery.message_id)
                if await customers.set_blocked(tx, waiting.notice.chat_id, blocked=False):
                    await outbox.revive(tx, waiting.notice.chat_id, now)
            case Unreachable():
                await outbox.give_up(tx, waiting, delivery.error)
                await customers.set_blocked(tx, waiting.notice.chat_id, blocked=True)
            case NotNow(refused=True) if waiting.notice.kind is NoticeKind.BROADCAST:
                await outbox.refuse(tx, waiting, delivery.error)
            case NotNow():
                after = delivery.after or min(_BACKOFF_FIRST * (1 << min(waiting.tries, 16)), _BACKOFF_MOST)
                await outbox.put_off(tx, waiting, now + after, delivery.error)

    await shop.db.write(work)


async def _remember_message(tx: Tx, notice: Notice, message_id: int | None) -> None:
    """Where a message is edited from now on, remember which."""
    if message_id is None:
        return
    if notice.kind is NoticeKind.CARD and notice.order_id is not None:
        await orders.set_card(tx, notice.order_id, message_id)
    if notice.kind is NoticeKind.BROADCAST_PROGRESS:
        await broadcasts.set_message(tx, int(notice.facts["broadcast"]), message_id)
    if notice.kind is NoticeKind.PROOF:
        await proofs.set_card(tx, int(notice.facts["topup"]), notice.chat_id, message_id)
