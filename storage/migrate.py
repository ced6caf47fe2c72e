"""Numbered migrations, each in one transaction with the note that it was applied."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from storage.database import Database, Tx
from storage.errors import BadMigrations, SchemaTooNew
from storage.times import to_ms

_NAME: Final = re.compile(r"\A(\d{4})_([a-z0-9_]+)\.sql\Z")
_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS schema_version"
    " (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    number: int
    name: str
    sql: str


def read_migrations(directory: Path) -> list[Migration]:
    """The migrations of a directory in order; BadMigrations when their numbers have holes."""
    found = []
    for file in sorted(directory.glob("*.sql")):
        match = _NAME.match(file.name)
        if not match:
            raise BadMigrations(f"{file.name} is not named NNNN_name.sql")
        found.append(Migration(int(match[1]), match[2], file.read_text(encoding="utf-8")))
    if [step.number for step in found] != list(range(1, len(found) + 1)):
        raise BadMigrations("the migrations' numbers must run from 0001 without holes")
    return found


async def migrate(db: Database, directory: Path) -> int:
    """Bring the schema up to date, one transaction per step; how many steps that took.

    Raises SchemaTooNew when a newer version of the shop migrated the database, BadMigrations when what was applied
    is not what the directory holds.
    """
    steps = read_migrations(directory)
    applied = await db.write(_applied)
    if len(applied) > len(steps):
        raise SchemaTooNew(
            f"the database has schema {len(applied)}, this version knows {len(steps)}: run the newer version"
        )
    if applied != [(step.number, step.name) for step in steps[: len(applied)]]:
        raise BadMigrations("the migrations applied to this database are not the ones of this version")
    for step in steps[len(applied) :]:
        await _apply(db, step)
    return len(steps) - len(applied)


def statements(script: str) -> Iterator[str]:
    """The statements of a script; triggers hold semicolons of their own."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending.strip()
            pending = ""
    if pending.strip() and not all(line.lstrip().startswith("--") for line in pending.strip().splitlines()):
        raise BadMigrations("a migration ends in the middle of a statement")


async def _applied(tx: Tx) -> list[tuple[int, str]]:
    await tx.run(_TABLE)
    rows = await tx.all("SELECT number, name FROM schema_version ORDER BY number")
    return [(row["number"], row["name"]) for row in rows]


async def _apply(db: Database, step: Migration) -> None:
    now = to_ms(datetime.now(UTC))

    async def work(tx: Tx) -> None:
        for statement in statements(step.sql):
            await tx.run(statement)
        await tx.run(
            "INSERT INTO schema_version (number, name, applied_at) VALUES ($1, $2, $3)", step.number, step.name, now
        )

    await db.write(work)
