"""Backups: everything a database held at one moment, in one SQLite file, made while the shop runs.

The file says of itself that it is a backup and of when, so that a shop that opens on it knows that it missed what came
after. It appears under its name whole or not at all, and takes nobody's place.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

from storage import switches
from storage.copying import insert_into, page_of, values_of
from storage.database import Database, Kind, Tx, Value
from storage.errors import DiskTrouble, NotEmpty
from storage.migrate import migrate
from storage.numbering import numbers_of
from storage.schema import Table, tables
from storage.sqlite import translated
from storage.times import to_ms

#: The shop stands on a backup of then, and nobody has taken that in yet.
TAKEN: Final = "backup.taken"
_PART: Final = ".part"


async def save(db: Database, file: Path, now: datetime) -> None:
    """Write a backup of a database, whoever works on it meanwhile.

    Raises NotEmpty when there is such a file, DiskTrouble, Unreachable.
    """
    part = make_part(file)
    try:
        if db.kind is Kind.SQLITE:
            await _copy_file(db, part)
        else:
            await _copy_rows(db, part)
        await asyncio.to_thread(_mark, part, now)
        await asyncio.to_thread(put_in_place, part, file)
    finally:
        part.unlink(missing_ok=True)


def make_part(file: Path) -> Path:
    """An empty file beside `file`, for its owner's eyes only. Raises NotEmpty or DiskTrouble."""
    if file.exists():
        raise NotEmpty(f"{file} is there already: nothing is overwritten")
    part = file.with_name(file.name + _PART)
    part.unlink(missing_ok=True)
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise DiskTrouble(f"{file} cannot be written: {error.strerror}") from error
    return part


def put_in_place(part: Path, file: Path) -> None:
    """Give a finished file its name, durably. Raises NotEmpty when somebody else has it by now."""
    try:
        with part.open("rb") as written:
            os.fsync(written.fileno())
        os.link(part, file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except FileExistsError:
        raise NotEmpty(f"{file} is there already: nothing is overwritten") from None
    except OSError as error:
        raise DiskTrouble(f"{file} cannot be written: {error.strerror}") from error


async def taken_at(db: Database) -> str | None:
    """When the backup was taken on which this database stands unseen, in milliseconds; None for any other."""
    return await db.read(lambda tx: switches.noted(tx, TAKEN))


async def _copy_file(db: Database, part: Path) -> None:
    async def work(tx: Tx) -> str:
        rows = await tx.all("PRAGMA database_list")
        return next(str(row["file"]) for row in rows if row["name"] == "main")

    await asyncio.to_thread(_copy_pages, await db.read(work), part)


def _copy_pages(source: str, part: Path) -> None:
    """All pages in one step, on one snapshot: writers go on, for what they write goes to the log."""
    with _translating(), closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(part)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode = DELETE")


async def _copy_rows(db: Database, part: Path) -> None:
    async with await Database.open(f"sqlite:///{part}") as target:
        await migrate(target)
        found = await tables(target)
    with _translating(), closing(sqlite3.connect(part, isolation_level=None)) as raw:

        async def work(tx: Tx) -> None:
            # One snapshot of the server's, so the rows go out as they come in; it may begin anew.
            if raw.in_transaction:
                raw.execute("ROLLBACK")
            raw.execute("BEGIN")
            for table in found:
                raw.execute(f'DELETE FROM "{table.name}"')  # noqa: S608 - a name of the schema
                await _copy_table(tx, raw, table)
            for name, last in (await numbers_of(tx, db.kind)).items():
                _number_on(raw, name, last)

        await db.read(work)
        raw.execute("COMMIT")
        raw.execute("PRAGMA journal_mode = DELETE")


async def _copy_table(tx: Tx, raw: sqlite3.Connection, table: Table) -> None:
    after: tuple[Value, ...] = ()
    places = ", ".join("?" * len(table.columns))
    insert = insert_into(table).partition(" VALUES ")[0] + f" VALUES ({places})"
    while rows := await tx.all(page_of(table, further=bool(after)), *after):
        raw.executemany(insert, [values_of(row, table) for row in rows])
        after = tuple(rows[-1][column] for column in table.key)


def _number_on(raw: sqlite3.Connection, name: str, last: int) -> None:
    known: Sequence[tuple[int]] = raw.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,)).fetchall()
    if not known:
        raw.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, last))
    elif known[0][0] < last:
        raw.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (last, name))


def _mark(part: Path, now: datetime) -> None:
    with _translating(), closing(sqlite3.connect(part)) as raw, raw:
        raw.execute("INSERT OR REPLACE INTO switches (name, value) VALUES (?, ?)", (TAKEN, str(to_ms(now))))


@contextlib.contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error) from error
