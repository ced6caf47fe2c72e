"""Updates as Telegram handed them over, and where each conversation stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.database import Tx
from storage.times import to_ms


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    """One raw update that is not done."""

    update_id: int
    key: int
    raw: str
    tries: int


async def store(tx: Tx, updates: Sequence[StoredUpdate], now: datetime) -> None:
    """Keep updates; those that are known already stay as they are."""
    await tx.many(
        "INSERT INTO inbox (update_id, key, raw, got_at) VALUES ($1, $2, $3, $4) ON CONFLICT (update_id) DO NOTHING",
        [(update.update_id, update.key, update.raw, to_ms(now)) for update in updates],
    )


async def known(tx: Tx, update_ids: Sequence[int]) -> set[int]:
    """Which of these updates were stored before."""
    found = set()
    for update_id in update_ids:
        if await tx.one("SELECT 1 AS yes FROM inbox WHERE update_id = $1", update_id):
            found.add(update_id)
    return found


async def pending(tx: Tx) -> list[StoredUpdate]:
    """What is not done, in the order it came."""
    rows = await tx.all("SELECT update_id, key, raw, tries FROM inbox WHERE state = 'new' ORDER BY update_id")
    return [StoredUpdate(row["update_id"], row["key"], row["raw"], row["tries"]) for row in rows]


async def finish(tx: Tx, update_id: int) -> None:
    """Mark an update done; its text is not needed any more."""
    await tx.run("UPDATE inbox SET state = 'done', raw = '' WHERE update_id = $1", update_id)


async def failed(tx: Tx, update_id: int, tries: int, error: str, *, poison: bool) -> None:
    """Count a failed try; a poisoned update is kept for the operator and not tried again."""
    await tx.run(
        "UPDATE inbox SET state = $2, tries = $3, error = $4 WHERE update_id = $1",
        update_id, "poison" if poison else "new", tries, error,
    )  # fmt: skip


async def forget(tx: Tx, before: datetime) -> int:
    """Delete updates done long ago, beyond any redelivery."""
    return await tx.run("DELETE FROM inbox WHERE state = 'done' AND got_at < $1", to_ms(before))


async def conversations(tx: Tx) -> list[tuple[str, str, str]]:
    """Name, key and state of every open conversation."""
    rows = await tx.all("SELECT name, key, state FROM conversations")
    return [(row["name"], row["key"], row["state"]) for row in rows]


async def save_conversation(tx: Tx, name: str, key: str, state: str | None) -> None:
    """Keep where a conversation stands; None ends it."""
    if state is None:
        await tx.run("DELETE FROM conversations WHERE name = $1 AND key = $2", name, key)
        return
    await tx.run(
        "INSERT INTO conversations (name, key, state) VALUES ($1, $2, $3)"
        " ON CONFLICT (name, key) DO UPDATE SET state = EXCLUDED.state",
        name, key, state,
    )  # fmt: skip


async def memories(tx: Tx) -> list[tuple[int, str]]:
    """What each person's conversations remember, as JSON."""
    rows = await tx.all("SELECT person_id, memory FROM memories")
    return [(row["person_id"], row["memory"]) for row in rows]


async def save_memory(tx: Tx, person_id: int, memory: str | None) -> None:
    """Keep what a person's conversations remember; None forgets it."""
    if memory is None:
        await tx.run("DELETE FROM memories WHERE person_id = $1", person_id)
        return
    await tx.run(
        "INSERT INTO memories (person_id, memory) VALUES ($1, $2)"
        " ON CONFLICT (person_id) DO UPDATE SET memory = EXCLUDED.memory",
        person_id, memory,
    )  # fmt: skip
