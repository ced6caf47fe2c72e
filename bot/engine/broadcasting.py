"""Writing to all customers at once: a draft, a yes, and then a slice of receivers at a time. Every decision is an act.

Only those are written to who started the bot, did not block it, are not banned and are no operators. The rows wait
behind whatever else people are to be told; the courier's pace is the broadcast's pace.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.domain.acts import ActKind
from bot.domain.broadcasts import Broadcast, BroadcastState, Progress
from bot.domain.errors import AlreadyDecided, NotFound
from bot.domain.notices import Notice, NoticeKind
from bot.engine.shop import Shop
from storage import acts, broadcasts, outbox
from storage.database import Tx

#: So many receivers have their notices at a time, and so few may be left before more get theirs.
SLICE: Final = 200
_LOW: Final = 100
_SHOWN_IN_ACT: Final = 120


class AnotherRuns(AlreadyDecided):
    """One broadcast at a time: another one is not over."""


async def draft(shop: Shop, update_id: int, operator_id: int, html: str, now: datetime) -> tuple[Broadcast, int]:
    """Keep a text until it is confirmed, in place of the operator's earlier draft; how many would get it now."""

    async def work(tx: Tx) -> tuple[Broadcast, int]:
        made = await broadcasts.add(tx, update_id, operator_id, html, now)
        if made is None:
            raise NotFound
        return made, await broadcasts.count_receivers(tx, shop.terms.operator_ids, now)

    return await shop.db.write(work)


async def drop(shop: Shop, broadcast_id: int) -> bool:
    """Forget a draft; False when it is none any more."""

    async def work(tx: Tx) -> bool:
        return await broadcasts.drop(tx, broadcast_id)

    return await shop.db.write(work)


async def live(shop: Shop) -> Progress | None:
    """The broadcast that runs or is paused."""

    async def work(tx: Tx) -> Progress | None:
        found = await broadcasts.live(tx)
        return await broadcasts.progress(tx, found, shop.terms.operator_ids) if found else None

    return await shop.db.read(work)


async def progress(shop: Shop, broadcast_id: int) -> Progress | None:
    """How far a broadcast is."""

    async def work(tx: Tx) -> Progress | None:
        found = await broadcasts.get(tx, broadcast_id)
        return await broadcasts.progress(tx, found, shop.terms.operator_ids) if found else None

    return await shop.db.read(work)


async def start(shop: Shop, broadcast_id: int, operator_id: int, message_id: int | None, now: datetime) -> None:
    """Begin to send a draft. Raises NotFound, AlreadyDecided for one that was begun, AnotherRuns."""

    async def work(tx: Tx) -> None:
        found = await broadcasts.get(tx, broadcast_id)
        if found is None or found.operator_id != operator_id:
            raise NotFound
        if found.state is not BroadcastState.DRAFT:
            raise AlreadyDecided
        if await broadcasts.live(tx):
            raise AnotherRuns
        await broadcasts.start(tx, broadcast_id, message_id, now)
        await _act(tx, operator_id, broadcast_id, found.html[:_SHOWN_IN_ACT], now)

    await shop.db.write(work)
    shop.bells.broadcast.ring()


async def pause(shop: Shop, broadcast_id: int, operator_id: int, now: datetime) -> bool:
    """Send no more for now; False when it does not run."""
    return await _move(shop, broadcast_id, operator_id, BroadcastState.RUNNING, BroadcastState.PAUSED, now)


async def resume(shop: Shop, broadcast_id: int, operator_id: int, now: datetime) -> bool:
    """Go on after a pause; False when it is not paused."""
    return await _move(shop, broadcast_id, operator_id, BroadcastState.PAUSED, BroadcastState.RUNNING, now)


async def stop(shop: Shop, broadcast_id: int, operator_id: int, now: datetime) -> bool:
    """End it for good; whoever has not got it does not get it. False when it is over."""

    async def work(tx: Tx) -> bool:
        stopped = await broadcasts.end(tx, broadcast_id, BroadcastState.STOPPED, now)
        if stopped:
            await _act(tx, operator_id, broadcast_id, BroadcastState.STOPPED.value, now)
        return stopped

    return await shop.db.write(work)


async def _move(
    shop: Shop, broadcast_id: int, operator_id: int, before: BroadcastState, after: BroadcastState, now: datetime
) -> bool:
    async def work(tx: Tx) -> bool:
        moved = await broadcasts.move(tx, broadcast_id, before, after)
        if moved:
            await _act(tx, operator_id, broadcast_id, after.value, now)
        return moved

    moved = await shop.db.write(work)
    shop.bells.broadcast.ring()
    shop.bells.notices.ring()
    return moved


async def go_on(shop: Shop, now: datetime) -> bool:
    """Take the running broadcast a step further: the next receivers, its end, and word of it to its operator.

    False when none runs. A crash between two steps repeats neither.
    """

    async def look(tx: Tx) -> bool:
        return await _running(tx) is not None

    if not await shop.db.read(look):
        return False

    async def work(tx: Tx) -> bool:
        running = await _running(tx)
        if running is None:
            return False
        waiting = await broadcasts.count_waiting(tx, running.id)
        if waiting < _LOW:
            chat_ids = await broadcasts.receivers(tx, running, shop.terms.operator_ids, SLICE)
            if chat_ids:
                await broadcasts.queue(tx, running, chat_ids, now)
            elif not waiting:
                await broadcasts.end(tx, running.id, BroadcastState.DONE, now)
        key, facts = f"progress:{running.id}", {"broadcast": running.id}
        notice = Notice(key, running.operator_id, NoticeKind.BROADCAST_PROGRESS, None, facts)
        await outbox.renew(tx, notice, now)
        return True

    going = await shop.db.write(work)
    shop.bells.notices.ring()
    return going


async def _running(tx: Tx) -> Broadcast | None:
    found = await broadcasts.live(tx)
    return found if found and found.state is BroadcastState.RUNNING else None


async def _act(tx: Tx, operator_id: int, broadcast_id: int, detail: str, now: datetime) -> None:
    await acts.record(tx, operator_id, ActKind.BROADCAST, f"broadcast {broadcast_id}", detail, now)
