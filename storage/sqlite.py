"""SQLite underneath: connections set up, work driven whole on a connection's thread, errors in storage's words."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

import aiosqlite

from storage.errors import Busy, Closed, Conflict, DiskTrouble, ProgrammingError, StorageError
from storage.statements import Value, statement
from storage.transaction import Row, Work, take_from_coroutine

T = TypeVar("T")

_SCHEME: Final = "sqlite:///"
_BUSY_SECONDS: Final = 10
_CACHED_STATEMENTS: Final = 512
_WRITER_PRAGMAS: Final = (
    # An acknowledged commit survives a power loss (https://www.sqlite.org/pragma.html#pragma_synchronous).
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA journal_size_limit = 67108864",
)
_READER_PRAGMAS: Final = ("PRAGMA query_only = ON", "PRAGMA temp_store = MEMORY")

# Primary result codes (https://www.sqlite.org/rescode.html) that speak of the disk or of somebody else's lock.
_DISK_CODES: Final = frozenset({
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOLFS,
})  # fmt: skip
_BUSY_CODES: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PRIMARY_CODE: Final = 0xFF


def files_of(database: Path) -> list[Path]:
    """A database's file, and what may lie beside it."""
    return [database.with_name(database.name + end) for end in ("", "-wal", "-shm")]


def path_of(url: str) -> Path:
    """The file a `sqlite:///relative` or `sqlite:////absolute` address names; ValueError in one readable line."""
    if not url.startswith(_SCHEME):
        raise ValueError(f"the database's address begins with sqlite:///, not {url.partition(':')[0][:20]!r}")
    path = url.removeprefix(_SCHEME)
    if not path or path == ":memory:":
        raise ValueError("the database's address names a file, as in sqlite:///panelgram.db")
    return Path(path)


async def open_writer(path: Path) -> aiosqlite.Connection:
    """The one connection that changes the database; a file that is not there yet is made for its owner's eyes only.

    Raises DiskTrouble when the file cannot be opened or is no database, Busy when somebody keeps it locked.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise DiskTrouble(f"the database file {path} cannot be opened: {error.strerror}") from error
    return await _open(path, "rw", _prepare_writer)


async def open_reader(path: Path) -> aiosqlite.Connection:
    """A connection that cannot change anything and never waits for the writer."""
    return await _open(path, "ro", _prepare_reader)


def hop(connection: aiosqlite.Connection, job: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
    """Queue a job on the connection's thread, at once and whoever waits for it; the job gets the bare connection.

    aiosqlite offers one hop a statement; only its private `_execute` queues a whole function. It queues in its first
    step and then waits for a plain future, which is all that is taken from it: that way nothing stands or falls with
    the task that happened to ask. Raises Closed when the connection is.
    """
    queue: Callable[..., Coroutine[asyncio.Future[T], None, T]] = connection._execute  # noqa: SLF001 - see above
    try:
        queued = queue(job, connection._conn)  # noqa: SLF001 - see above
        future = queued.send(None)
    except ValueError as error:
        raise Closed("the database is closed") from error
    queued.close()
    take_from_coroutine(future)
    return future


def drive(work: Work[T], raw: sqlite3.Connection) -> T:
    """Run work to its end on this thread, inside the transaction that is open.

    Raises what the work raises; the error of a statement that failed, even if the work caught it; ProgrammingError
    when the work awaits anything but its tx.
    """
    tx = SqliteTx(raw)
    coroutine = work(tx)
    try:
        result = _result_of(coroutine)
        tx.check()
        return result
    finally:
        tx.end()
        coroutine.close()


def read(work: Work[T], raw: sqlite3.Connection) -> T:
    """Run work on one snapshot of what is committed."""
    try:
        raw.execute("BEGIN")
        try:
            return drive(work, raw)
        finally:
            if raw.in_transaction:
                raw.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise translated(error) from error


def translated(error: sqlite3.Error) -> StorageError:
    """A driver's error in storage's words; SQLite's messages name tables and columns, never values."""
    message = str(error)
    if isinstance(error, sqlite3.IntegrityError):
        return Conflict(message)
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    if code in _DISK_CODES:
        return DiskTrouble(message)
    if code in _BUSY_CODES:
        return Busy(message)
    return ProgrammingError(message)


class SqliteTx:
    """A Tx on the thread of its connection: nothing in it ever suspends."""

    __slots__ = ("_raw", "_refusal")

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw
        self._refusal: StorageError | None = None

    async def all(self, sql: str, *args: Value) -> list[Row]:
        """Every row the statement gives."""
        return self._step(sql, args)[0]

    async def one(self, sql: str, *args: Value) -> Row | None:
        """The first row the statement gives."""
        rows = self._step(sql, args)[0]
        return rows[0] if rows else None

    async def run(self, sql: str, *args: Value) -> int:
        """How many rows the statement changed."""
        before = self._raw.total_changes
        count = self._step(sql, args)[1]
        if count >= 0 or self._raw.total_changes == before:
            return max(count, 0)
        # The driver does not count for statements that begin with WITH.
        changed: int = self._raw.execute("SELECT changes()").fetchone()[0]
        return changed

    async def many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run one statement for each row of parameters."""
        self.check()
        known = statement(sql)
        bound = list(rows)
        for row in bound:
            known.check(row)
        try:
            self._raw.executemany(known.sql, bound)
        except sqlite3.Error as error:
            raise self._doomed(error) from error

    def check(self) -> None:
        """Raise what dooms this transaction, if anything does."""
        if self._refusal is not None:
            raise self._refusal

    def end(self) -> None:
        """From here on every statement is refused: what comes next on this connection is somebody else's."""
        self._refusal = ProgrammingError("this transaction is over")

    def _step(self, sql: str, args: Sequence[Value]) -> tuple[list[Row], int]:
        self.check()
        known = statement(sql)
        known.check(args)
        try:
            cursor = self._raw.execute(known.sql, args)
            # To the end always: a statement left half-way holds its transaction and skips its last checks.
            found = cursor.fetchall()
        except sqlite3.Error as error:
            raise self._doomed(error) from error
        return _rows(cursor, found), cursor.rowcount

    def _doomed(self, error: sqlite3.Error) -> StorageError:
        self._refusal = translated(error)
        return self._refusal


def _rows(cursor: sqlite3.Cursor, found: list[tuple[Value, ...]]) -> list[Row]:
    """Rows by column name; sqlite3.Row searches all names at each look, which costs a wide row dearly."""
    if not found:
        return []
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in found]


def _result_of(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        awaited = coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    take_from_coroutine(awaited)
    raise ProgrammingError("a transaction may await nothing but its tx")


async def _open(path: Path, mode: str, prepare: Callable[[sqlite3.Connection], None]) -> aiosqlite.Connection:
    address = f"file:{quote(str(path))}?mode={mode}"
    try:
        connection = await aiosqlite.connect(
            address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, cached_statements=_CACHED_STATEMENTS
        )
    except sqlite3.Error as error:
        raise translated(error) from error
    async with contextlib.AsyncExitStack() as opened:
        opened.push_async_callback(connection.close)
        await _prepared(connection, prepare)
        opened.pop_all()
    return connection


async def _prepared(connection: aiosqlite.Connection, prepare: Callable[[sqlite3.Connection], None]) -> None:
    try:
        await hop(connection, prepare)
    except sqlite3.Error as error:
        raise translated(error) from error


def _prepare_writer(raw: sqlite3.Connection) -> None:
    if raw.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise DiskTrouble("the database's file system cannot hold a write-ahead log")
    for pragma in _WRITER_PRAGMAS:
        raw.execute(pragma)


def _prepare_reader(raw: sqlite3.Connection) -> None:
    for pragma in _READER_PRAGMAS:
        raw.execute(pragma)
