"""Numbered migrations: each applied once, whole or not at all, and written down in the same transaction."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from storage.database import Database, Tx
from storage.errors import ProgrammingError, SchemaMismatch, SchemaTooNew, StorageError
from storage.postgres import is_postgres
from storage.sqlite import path_of
from storage.statements import is_blank
from storage.times import to_ms

#: One directory for each kind of database; what they say is the same.
MIGRATIONS: Final = Path(__file__).parent / "migrations"
#: Stands behind the last migration while a database is filled from another one, so that no shop opens on half of it.
_UNFINISHED: Final = (9999, "unfinished_copy")
#: Stands there once a shop was moved to another database: what waits here would be sent a second time.
_MOVED: Final = (9998, "moved_to_another_database")
_NAME: Final = re.compile(r"(?P<number>[0-9]{4})_[a-z0-9_]+\.sql")
_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS schema_version"
    " (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of the sequence."""

    number: int
    name: str
    statements: tuple[str, ...]


def utc_now() -> datetime:
    """The clock migrations are dated by."""
    return datetime.now(UTC)


async def migrate(db: Database, directory: Path | None = None, now: Callable[[], datetime] = utc_now) -> list[int]:
    """Bring the schema up to the last `NNNN_name.sql`; the numbers applied by this call.

    The directory is that of the database's kind unless another one is given. Safe to run again after any interruption
    and beside another process doing the same. Raises SchemaTooNew when the database is ahead of the directory,
    SchemaMismatch when they disagree or the directory is no sequence 1, 2, 3 …, and the StorageError of a statement
    that failed, with the migration's name as a note.
    """
    migrations = read_migrations(directory or MIGRATIONS / db.kind.value)
    applied = []
    while (number := await db.write(lambda tx: _apply_next(tx, migrations, now()))) is not None:
        applied.append(number)
    return applied


async def refuse_other_schema(db: Database) -> None:
    """Raise SchemaTooNew or SchemaMismatch unless the database is exactly where this program would bring it.

    A shop that was moved may be copied once more: its copy may have been lost before it ever sold.
    """
    migrations = read_migrations(MIGRATIONS / db.kind.value)
    try:
        done = await db.read(_done)
    except ProgrammingError:
        raise SchemaMismatch("no shop was ever opened on this database") from None
    done = [entry for entry in done if entry != _MOVED]
    _compare(done, migrations)
    if len(done) < len(migrations):
        raise SchemaMismatch(
            f"the database is at schema {len(done)}, this program at {len(migrations)}: run the shop on it once, and"
            " stop it again"
        )


async def begin_copy(tx: Tx, now: datetime) -> None:
    """From here on no shop opens on this database."""
    await _record(tx, *_UNFINISHED, now)


async def end_copy(tx: Tx) -> None:
    """The copy is whole."""
    await tx.run("DELETE FROM schema_version WHERE number = $1", _UNFINISHED[0])


async def leave(tx: Tx, now: datetime) -> bool:
    """From here on the shop lives elsewhere and opens on this database no more; False when it was left before."""
    if _MOVED in await _done(tx):
        return False
    await _record(tx, *_MOVED, now)
    return True


async def exists(url: str) -> bool:
    """Whether a shop was ever opened at this address. Raises what Database.open does."""
    if not is_postgres(url):
        return path_of(url).exists()

    async def work(tx: Tx) -> bool:
        return await tx.one("SELECT 1 AS yes FROM pg_tables WHERE tablename = 'schema_version'") is not None

    async with await Database.open(url) as db:
        return await db.read(work)


def read_migrations(directory: Path) -> list[Migration]:
    """The directory's migrations in order; SchemaMismatch for a gap, a double or a name that is no migration's."""
    migrations = []
    for expected, path in enumerate(sorted(directory.glob("*.sql")), start=1):
        if not (named := _NAME.fullmatch(path.name)):
            raise SchemaMismatch(f"{path.name} is not named like a migration, as in 0001_shop.sql")
        if int(named["number"]) != expected:
            raise SchemaMismatch(f"{path.name} stands where migration {expected:04} should")
        migrations.append(Migration(expected, path.stem, _statements(path)))
    if not migrations:
        raise SchemaMismatch(f"no migrations in {directory.name}")
    return migrations


def split(script: str) -> Iterator[str]:
    """A script's statements one by one, triggers whole; ProgrammingError when it ends in the middle of one."""
    begun = ""
    for piece in re.findall(r"[^;]*;|[^;]+\Z", script):
        begun += piece
        if sqlite3.complete_statement(begun):
            if not is_blank(begun):
                yield begun.strip()
            begun = ""
    if not is_blank(begun):
        raise ProgrammingError("the script ends in the middle of a statement")


def _statements(path: Path) -> tuple[str, ...]:
    try:
        return tuple(split(path.read_text(encoding="utf-8")))
    except ProgrammingError as error:
        error.add_note(f"in migration {path.stem}")
        raise


async def _apply_next(tx: Tx, migrations: Sequence[Migration], now: datetime) -> int | None:
    """Apply the first migration that is missing and say its number; None when there is none.

    The version is read in the very transaction that changes it, which is the lock against a second process.
    """
    await tx.run(_TABLE)
    done = await _done(tx)
    _compare(done, migrations)
    if len(done) == len(migrations):
        return None
    migration = migrations[len(done)]
    try:
        for sql in migration.statements:
            await tx.run(sql)
    except StorageError as error:
        error.add_note(f"in migration {migration.name}")
        raise
    await _record(tx, migration.number, migration.name, now)
    return migration.number


async def _done(tx: Tx) -> list[tuple[int, str]]:
    rows = await tx.all("SELECT number, name FROM schema_version ORDER BY number")
    return [(row["number"], row["name"]) for row in rows]


async def _record(tx: Tx, number: int, name: str, now: datetime) -> None:
    await tx.run("INSERT INTO schema_version (number, name, applied_at) VALUES ($1, $2, $3)", number, name, to_ms(now))


def _compare(done: Sequence[tuple[int, str]], migrations: Sequence[Migration]) -> None:
    if _UNFINISHED in done:
        raise SchemaMismatch("a copy into this database did not finish; it cannot be used: copy into an empty one")
    if _MOVED in done:
        raise SchemaMismatch("this shop was moved to another database; run it from there, or copy it once more")
    if done and done[-1][0] > len(migrations):
        raise SchemaTooNew(
            f"the database is at schema {done[-1][0]}, this program knows {len(migrations)}: run the newer version"
        )
    for (number, name), migration in zip(done, migrations, strict=False):
        if (number, name) != (migration.number, migration.name):
            raise SchemaMismatch(f"the database has migration {name}, the program has {migration.name} in its place")
