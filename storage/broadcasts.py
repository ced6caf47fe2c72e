"""Broadcasts, and who gets them: customers in the order of their ids, a slice at a time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from bot.domain.broadcasts import Broadcast, BroadcastState, Progress
from bot.domain.notices import NoticeKind
from storage import customers
from storage.database import Row, Tx
from storage.times import from_ms, maybe_time, to_ms

#: Of a notice that nobody was told because its broadcast was stopped.
_STOPPED: Final = "stopped"


async def add(tx: Tx, update_id: int, operator_id: int, html: str, now: datetime) -> Broadcast | None:
    """Store a draft, in place of the operator's earlier ones; the same update is one draft."""
    await tx.run(
        "DELETE FROM broadcasts WHERE operator_id = $1 AND state = 'draft' AND update_id <> $2", operator_id, update_id
    )
    await tx.run(
        "INSERT INTO broadcasts (update_id, operator_id, html, created_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (update_id) DO NOTHING",
        update_id, operator_id, html, to_ms(now),
    )  # fmt: skip
    row = await tx.one("SELECT * FROM broadcasts WHERE update_id = $1", update_id)
    return _broadcast(row) if row else None


async def get(tx: Tx, broadcast_id: int) -> Broadcast | None:
    """The broadcast of this number."""
    row = await tx.one("SELECT * FROM broadcasts WHERE id = $1", broadcast_id)
    return _broadcast(row) if row else None


async def live(tx: Tx) -> Broadcast | None:
    """The one broadcast that runs or is paused."""
    row = await tx.one("SELECT * FROM broadcasts WHERE (CASE WHEN state IN ('running', 'paused') THEN 1 END) = 1")
    return _broadcast(row) if row else None


async def drop(tx: Tx, broadcast_id: int) -> bool:
    """Forget a draft; False when it is none."""
    return bool(await tx.run("DELETE FROM broadcasts WHERE id = $1 AND state = 'draft'", broadcast_id))


async def forget_drafts(tx: Tx, before: datetime) -> int:
    """Forget drafts nobody confirmed."""
    return await tx.run("DELETE FROM broadcasts WHERE state = 'draft' AND created_at < $1", to_ms(before))


async def start(tx: Tx, broadcast_id: int, message_id: int | None, now: datetime) -> bool:
    """Turn a draft into the live broadcast; False when it is no draft."""
    return bool(
        await tx.run(
            "UPDATE broadcasts SET state = 'running', message_id = $2, started_at = $3"
            " WHERE id = $1 AND state = 'draft'",
            broadcast_id, message_id, to_ms(now),
        )
    )  # fmt: skip


async def move(tx: Tx, broadcast_id: int, before: BroadcastState, after: BroadcastState) -> bool:
    """Change the state of a broadcast that goes on; False when it stands otherwise."""
    return bool(
        await tx.run(
            "UPDATE broadcasts SET state = $3 WHERE id = $1 AND state = $2", broadcast_id, before.value, after.value
        )
    )


async def end(tx: Tx, broadcast_id: int, state: BroadcastState, now: datetime) -> bool:
    """End a live broadcast; whoever waited for it is told nothing. False when it is not live."""
    if not await tx.run(
        "UPDATE broadcasts SET state = $2, ended_at = $3 WHERE id = $1 AND state IN ('running', 'paused')",
        broadcast_id, state.value, to_ms(now),
    ):  # fmt: skip
        return False
    # What is on its way all the same is marked sent when it arrives.
    await tx.run(
        "UPDATE notices SET state = 'dead', error = $2 WHERE broadcast_id = $1 AND state = 'waiting'",
        broadcast_id, _STOPPED,
    )  # fmt: skip
    return True


async def spare(tx: Tx, chat_id: int) -> None:
    """Somebody may not be written to any more: what waits for them of a broadcast stays where it is."""
    await tx.run(
        "UPDATE notices SET state = 'dead', error = 'banned'"
        " WHERE chat_id = $1 AND state = 'waiting' AND kind = 'broadcast'",
        chat_id,
    )


async def set_message(tx: Tx, broadcast_id: int, message_id: int) -> None:
    """Remember which message shows how far it is."""
    await tx.run("UPDATE broadcasts SET message_id = $2 WHERE id = $1", broadcast_id, message_id)


async def receivers(tx: Tx, broadcast: Broadcast, besides: Collection[int], limit: int) -> list[int]:
    """The next who get it, by their ids, at most so many."""
    rows = await tx.all(
        "SELECT id FROM customers WHERE id > $1 AND joined_at <= $2 AND blocked = 0 AND banned_at IS NULL"
        " ORDER BY id LIMIT $3",
        broadcast.reached, to_ms(broadcast.started_at or broadcast.created_at), limit + len(besides),
    )  # fmt: skip
    return [row["id"] for row in rows if row["id"] not in besides][:limit]


async def queue(tx: Tx, broadcast: Broadcast, chat_ids: Collection[int], now: datetime) -> None:
    """Make it due for the next receivers; a crash leaves either all of this or nothing."""
    at = to_ms(now)
    await tx.many(
        "INSERT INTO notices (key, chat_id, kind, broadcast_id, facts, due_at, created_at)"
        " VALUES ($1, $2, $3, $4, '{}', $5, $5) ON CONFLICT (key) DO NOTHING",
        [
            (f"broadcast:{broadcast.id}:{chat_id}", chat_id, NoticeKind.BROADCAST.value, broadcast.id, at)
            for chat_id in chat_ids
        ],
    )
    await tx.run("UPDATE broadcasts SET reached = $2 WHERE id = $1", broadcast.id, max(chat_ids))


async def count_waiting(tx: Tx, broadcast_id: int) -> int:
    """How many receivers it is due for."""
    row = await tx.one("SELECT COUNT(*) AS n FROM notices WHERE broadcast_id = $1 AND state = 'waiting'", broadcast_id)
    return row["n"] if row else 0


async def count_receivers(tx: Tx, besides: Collection[int], now: datetime, after: int = 0) -> int:
    """How many there are to write to, among customers with ids after one."""
    row = await tx.one(
        "SELECT COUNT(*) AS n FROM customers"
        " WHERE id > $1 AND joined_at <= $2 AND blocked = 0 AND banned_at IS NULL",
        after, to_ms(now),
    )  # fmt: skip
    count: int = row["n"] if row else 0
    for person_id in besides:
        person = await customers.get(tx, person_id)
        count -= bool(
            person and person_id > after and person.joined_at <= now and not person.blocked and not person.banned_at
        )
    return count


async def progress(tx: Tx, broadcast: Broadcast, besides: Collection[int]) -> Progress:
    """How far it is."""
    row = await tx.one(
        "SELECT (SELECT COUNT(*) FROM notices WHERE broadcast_id = $1 AND state = 'sent') AS sent,"
        " (SELECT COUNT(*) FROM notices WHERE broadcast_id = $1 AND state = 'waiting') AS waiting,"
        " (SELECT COUNT(*) FROM notices WHERE broadcast_id = $1 AND state = 'dead' AND error = $2) AS stopped,"
        " (SELECT COUNT(*) FROM notices WHERE broadcast_id = $1 AND state = 'dead') AS dead",
        broadcast.id, _STOPPED,
    )  # fmt: skip
    if row is None:
        raise LookupError("a row of counts")
    begun = broadcast.started_at or broadcast.created_at
    ahead = (
        0 if broadcast.state is BroadcastState.DONE else await count_receivers(tx, besides, begun, broadcast.reached)
    )
    return Progress(broadcast, row["sent"], row["dead"] - row["stopped"], row["waiting"] + row["stopped"] + ahead)


def _broadcast(row: Row) -> Broadcast:
    return Broadcast(
        row["id"], row["operator_id"], row["html"], BroadcastState(row["state"]), row["reached"], row["message_id"],
        from_ms(row["created_at"]), maybe_time(row["started_at"]), maybe_time(row["ended_at"]),
    )  # fmt: skip


async def pause_all(tx: Tx) -> int:
    """Pause what runs; an operator resumes it."""
    return await tx.run("UPDATE broadcasts SET state = 'paused' WHERE state = 'running'")
