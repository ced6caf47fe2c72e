"""Updates as Telegram handed them over, and where each conversation stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from storage.database import Database, Tx
from storage.times import to_ms

#: Update id, raw text, the person (else the chat) whose updates stay in order, tries so far.
StoredUpdate = tuple[int, str, int, int]


class Changes(Protocol):
    """What one update changed in a customer's conversations; None stands for a row to delete."""

    @property
    def conversations(self) -> Sequence[tuple[str, str, str | None]]:
        """Handler's name, key, state."""

    @property
    def memories(self) -> Sequence[tuple[int, str | None]]:
        """Person's id, memory as JSON."""


class Inbox:
    """The inbox and the conversations of one database; each call is one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def store(self, rows: Sequence[StoredUpdate], now: datetime) -> set[int]:
        """Keep updates, leaving alone those that are known; the ids that are new."""

        async def work(tx: Tx) -> set[int]:
            return {row[0] for row in rows if await _store(tx, row, now)}

        return await self._db.write(work)

    async def pending(self) -> list[StoredUpdate]:
        """What is neither done nor poison, by update id."""
        return await self._db.read(_pending)

    async def finish(self, update_id: int, changes: Changes, now: datetime) -> None:
        """Write where the conversations stand and mark the update done; its text is not needed any more."""
        del now

        async def work(tx: Tx) -> None:
            for name, key, state in changes.conversations:
                await _save_conversation(tx, name, key, state)
            for person_id, memory in changes.memories:
                await _save_memory(tx, person_id, memory)
            await tx.run("UPDATE inbox SET state = 'done', raw = '' WHERE update_id = $1", update_id)

        await self._db.write(work, of=update_id)

    async def failed(self, update_id: int, tries: int, *, poison: bool, error: str, now: datetime) -> None:
        """Count a failed try; a poisoned update is kept for the operator and not tried again."""
        del now

        async def work(tx: Tx) -> None:
            await tx.run(
                "UPDATE inbox SET state = $2, tries = $3, error = $4 WHERE update_id = $1",
                update_id, "poison" if poison else "new", tries, error,
            )  # fmt: skip

        await self._db.write(work)

    async def raw(self, update_id: int) -> str | None:
        """The text of an update that is not done; None for one that is, or never was."""

        async def work(tx: Tx) -> str | None:
            row = await tx.one("SELECT raw FROM inbox WHERE update_id = $1", update_id)
            return row["raw"] or None if row else None

        return await self._db.read(work)

    async def load_conversations(self) -> list[tuple[str, str, str]]:
        """Name, key and state of every open conversation."""
        return await self._db.read(_conversations)

    async def load_memory(self) -> list[tuple[int, str]]:
        """What each person's conversations remember, as JSON."""
        return await self._db.read(_memories)


async def forget(tx: Tx, before: datetime) -> int:
    """Delete updates done long ago, beyond any redelivery."""
    return await tx.run("DELETE FROM inbox WHERE state = 'done' AND got_at < $1", to_ms(before))


async def _store(tx: Tx, row: StoredUpdate, now: datetime) -> bool:
    update_id, raw, key, _tries = row
    return bool(
        await tx.run(
            "INSERT INTO inbox (update_id, key, raw, got_at) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (update_id) DO NOTHING",
            update_id, key, raw, to_ms(now),
        )
    )  # fmt: skip


async def _pending(tx: Tx) -> list[StoredUpdate]:
    rows = await tx.all("SELECT update_id, raw, key, tries FROM inbox WHERE state = 'new' ORDER BY update_id")
    return [(row["update_id"], row["raw"], row["key"], row["tries"]) for row in rows]


async def _conversations(tx: Tx) -> list[tuple[str, str, str]]:
    rows = await tx.all("SELECT name, key, state FROM conversations")
    return [(row["name"], row["key"], row["state"]) for row in rows]


async def _memories(tx: Tx) -> list[tuple[int, str]]:
    rows = await tx.all("SELECT person_id, memory FROM memories")
    return [(row["person_id"], row["memory"]) for row in rows]


async def _save_conversation(tx: Tx, name: str, key: str, state: str | None) -> None:
    if state is None:
        await tx.run("DELETE FROM conversations WHERE name = $1 AND key = $2", name, key)
        return
    await tx.run(
        "INSERT INTO conversations (name, key, state) VALUES ($1, $2, $3)"
        " ON CONFLICT (name, key) DO UPDATE SET state = EXCLUDED.state",
        name, key, state,
    )  # fmt: skip


async def _save_memory(tx: Tx, person_id: int, memory: str | None) -> None:
    if memory is None:
        await tx.run("DELETE FROM memories WHERE person_id = $1", person_id)
        return
    await tx.run(
        "INSERT INTO memories (person_id, memory) VALUES ($1, $2)"
        " ON CONFLICT (person_id) DO UPDATE SET memory = EXCLUDED.memory",
        person_id, memory,
    )  # fmt: skip


async def untold_poison(tx: Tx, prefix: str) -> list[tuple[int, str]]:
    """Updates that were given up and whose alert was never stored, with what they failed by; alerts' keys begin so."""
    rows = await tx.all(
        "SELECT update_id, error FROM inbox WHERE state = 'poison' AND NOT EXISTS ("
        "SELECT 1 FROM alerts WHERE alerts.key = CAST($1 AS TEXT) || inbox.update_id) ORDER BY update_id",
        prefix,
    )
    return [(row["update_id"], row["error"] or "") for row in rows]
