"""The shop's database in this world: one real SQLite database that outlives every process, driven by the real storage.

The real SqliteStore, Writer and Reader run on it; only the thread that aiosqlite would put between them and the
connection is not there: each job is a turn of its process, before which and at whose COMMIT the process may be killed.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import lru_cache
from typing import Any, Final, cast

from prove.simulation.loop import ProcessLoop
from storage.database import Database, Kind
from storage.sqlite_store import Reader, SqliteStore
from storage.writer import Writer


class Killed(BaseException):
    """The process died in the middle of a job; nothing may catch it but the world."""


class Disk(sqlite3.Connection):
    """The connection every process shares; who commits is asked whether it lives to do so."""

    #: Called before each COMMIT and after it; raises Killed, or the error the disk answers with.
    before_commit: Callable[[], None] = staticmethod(lambda: None)
    after_commit: Callable[[frozenset[str]], None] = staticmethod(lambda _: None)
    _said: list[str]
    _sound = False

    def checked(self, pragma: str) -> sqlite3.Cursor:
        """Answer a check of the file; SQLite looks once a schedule, for nothing here harms its pages."""
        if self._sound:
            return super().execute("SELECT 'ok' AS quick_check")
        self._sound = True
        return super().execute(pragma)

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:  # noqa: ANN401
        """Run a statement, and note what it writes to."""
        first = sql[0]
        if first in "IUDW":
            self._said.append(sql)
            return super().execute(sql, *args)
        if sql == "COMMIT":
            self.before_commit()
            cursor = super().execute(sql)
            touched = frozenset(table for text in self._said for table in written(text))
            self._said.clear()
            self.after_commit(touched)
            return cursor
        if sql.startswith("BEGIN"):
            self._said = []
        return super().execute(sql, *args)

    def executemany(self, sql: str, *args: Any) -> sqlite3.Cursor:  # noqa: ANN401
        """The same for many rows."""
        self._said.append(sql)
        return super().executemany(sql, *args)


@lru_cache(maxsize=2048)
def written(sql: str) -> frozenset[str]:
    """The tables a statement may write to."""
    words = sql.replace("(", " ").split()
    upper = [word.upper() for word in words]
    found = set()
    for place, word in enumerate(upper[:-1]):
        if (
            word == "INTO"
            or (word == "FROM" and place and upper[place - 1] == "DELETE")
            or (word == "UPDATE" and upper[place + 1] != "SET")
        ):
            found.add(words[place + 1])
    return frozenset(found)


class Snapshot:
    """What a reader's connection is here: the committed data, since no job of a writer is ever left half done.

    So it needs no transaction, and like the real one it refuses to write.
    """

    __slots__ = ("_disk", "_run")

    in_transaction: Final = False
    total_changes: Final = 0

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._run = super(Disk, disk).execute

    def execute(self, sql: str, *args: Any) -> Any:  # noqa: ANN401
        """Run a statement that changes nothing."""
        first = sql[0]
        if first == "B":
            if self._disk.in_transaction:
                raise RuntimeError("a job of the writer left its transaction open")
            return None
        if first in "IUDW" and written(sql):
            error = sqlite3.OperationalError("attempt to write a readonly database")
            error.sqlite_errorcode = sqlite3.SQLITE_READONLY
            raise error
        if first == "P":
            return self._disk.checked(sql)
        return self._run(sql, *args)


class Wire:
    """Stands where aiosqlite's connection does: takes jobs, and does each in a turn of its own."""

    def __init__(self, loop: ProcessLoop, disk: Disk | Snapshot) -> None:
        self._loop = loop
        self._conn = disk

    async def _execute(self, job: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401
        answer = self._loop.create_future()
        self._loop.call_soon(self._do, answer, job, args)
        return await answer

    def _do(self, answer: asyncio.Future[Any], job: Callable[..., Any], args: tuple[Any, ...]) -> None:
        try:
            result = job(*args)
        except Killed:
            if isinstance(self._conn, Disk) and self._conn.in_transaction:
                self._conn.rollback()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the caller's
            if not answer.done():
                answer.set_exception(error)
        else:
            if not answer.done():
                answer.set_result(result)


def blank_disk() -> Disk:
    """An empty database in memory."""
    disk = sqlite3.connect(":memory:", isolation_level=None, cached_statements=512, factory=Disk)
    disk._said = []  # noqa: SLF001 - nobody else's
    disk.execute("PRAGMA foreign_keys = ON")
    return disk


def database(loop: ProcessLoop, disk: Disk) -> Database:
    """The database as one process has it."""
    writing, reading = cast(Any, Wire(loop, disk)), cast(Any, Wire(loop, Snapshot(disk)))
    return Database(Kind.SQLITE, SqliteStore(Writer(writing), [Reader(reading), Reader(reading)], AsyncExitStack()))
