"""One SQLite connection on aiosqlite's thread: opening it, and running a whole transaction there in one hop."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import aiosqlite

from storage.errors import Busy, Conflict, DiskTrouble, MisusedTx, StorageError
from storage.statements import Value, bound, named

T = TypeVar("T")
Row = sqlite3.Row

BUSY_TIMEOUT_SECONDS: Final = 10
_STATEMENTS_KEPT: Final = 512
_DISK: Final = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY}
)
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class SqliteTx:
    """A transaction's only handle; its methods never suspend, so that a whole transaction runs in one hop."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def all(self, sql: str, *args: Value) -> list[Row]:
        """Every row of a query."""
        with translated():
            return self._connection.execute(named(sql), bound(args)).fetchall()

    async def one(self, sql: str, *args: Value) -> Row | None:
        """The first row of a query, None when there is none."""
        with translated():
            row: Row | None = self._connection.execute(named(sql), bound(args)).fetchone()
            return row

    async def run(self, sql: str, *args: Value) -> int:
        """How many rows a statement touched."""
        with translated():
            return self._connection.execute(named(sql), bound(args)).rowcount

    async def many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement for each row of values."""
        with translated():
            self._connection.executemany(named(sql), [bound(row) for row in rows])


async def open_writer(path: Path) -> aiosqlite.Connection:
    """The one connection that writes: WAL, every commit on disk before anybody hears of it."""
    path.touch(mode=0o600)
    connection = await _connect(str(path), uri=False)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "temp_store = MEMORY"):
        await connection.execute(f"PRAGMA {pragma}")
    return connection


async def open_reader(path: Path) -> aiosqlite.Connection:
    """A connection that sees only what is committed and can change nothing."""
    connection = await _connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    await connection.execute("PRAGMA query_only = ON")
    return connection


async def in_one_hop(connection: aiosqlite.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """Run a function on the connection's thread.

    aiosqlite offers this only privately; this is the one place that knows, and a test pins it.
    """
    result: T = await connection._execute(work, connection._conn)  # type: ignore[no-untyped-call]  # noqa: SLF001
    return result


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that suspends for nothing but its tx, to its end; MisusedTx for any other."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise MisusedTx("a transaction may await nothing but its tx")


@contextmanager
def translated() -> Any:  # noqa: ANN401 - contextmanager's own generator type
    """Turn the driver's errors into ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise translate(error) from error


def translate(error: sqlite3.Error) -> StorageError:
    """Our error for one of the driver's."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if isinstance(error, sqlite3.IntegrityError):
        return Conflict(str(error))
    if code in _DISK:
        return DiskTrouble(str(error))
    if code in _BUSY:
        return Busy(str(error))
    return StorageError(str(error))


async def _connect(name: str, *, uri: bool) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(
        name, uri=uri, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS, cached_statements=_STATEMENTS_KEPT
    )
    connection.row_factory = sqlite3.Row
    return connection
