"""PostgreSQL underneath: connections set up, and work driven statement by statement on one of them."""

from __future__ import annotations

import contextlib
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Sequence
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

import asyncpg

from storage.errors import ProgrammingError, StorageError, Unsafe
from storage.postgres_errors import FOREIGN, translated
from storage.statements import Value, statement
from storage.transaction import Row, Work, take_from_coroutine

T = TypeVar("T")

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

#: The shop's own corner among a database's advisory locks, and what is locked in it.
LOCKS: Final = 20_486
PROCESS, WRITERS = 0, 1

_SCHEMES: Final = ("postgresql://", "postgres://")
_CONNECT_SECONDS: Final = 10
_CACHED_STATEMENTS: Final = 512
#: `pg_current_xact_id`, `CREATE OR REPLACE TRIGGER`.
_OLDEST: Final = 140_000
#: NUL, the one character PostgreSQL's text cannot hold, and what stands for it.
_NUL, _REPLACEMENT = "\0", "\ufffd"
_SETTINGS: Final = (
    # As patient as SQLite's writer; a process that vanished in mid-transaction is given up within a minute.
    "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s';"
    " SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 4; SET jit = off"
)
_PROMISES: Final = (
    "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,"
    " CAST(current_setting('server_version_num') AS INTEGER) AS version"
)


def is_postgres(url: str) -> bool:
    """Whether an address names a PostgreSQL server."""
    return url.startswith(_SCHEMES)


async def connect(url: str) -> Connection:
    """A connection that keeps what it acknowledges.

    Raises Unreachable when the server cannot be reached or lets nobody in, Unsafe when it is set up to forget what
    it acknowledged, or is older than version 14. Neither message holds the password.
    """
    try:
        connection: Connection = await asyncpg.connect(
            url, timeout=_CONNECT_SECONDS, statement_cache_size=_CACHED_STATEMENTS, max_cached_statement_lifetime=0
        )
    except FOREIGN as error:
        raise translated(error) from None
    async with contextlib.AsyncExitStack() as opened:
        opened.callback(connection.terminate)
        try:
            await connection.execute(_SETTINGS)
            _refuse_forgetful(await connection.fetchrow(_PROMISES))
        except FOREIGN as error:
            raise translated(error) from None
        opened.pop_all()
    return connection


def _refuse_forgetful(promises: asyncpg.Record | None) -> None:
    if promises is None:
        raise LookupError("a row of settings")
    if promises["version"] < _OLDEST:
        raise Unsafe(f"the database server is PostgreSQL {promises['version'] // 10_000}; 14 or newer is needed")
    for name in ("fsync", "synchronous_commit"):
        if promises[name] == "off":
            raise Unsafe(f"the database server runs with {name}=off: it may forget what it acknowledged; turn it on")


async def drive(work: Work[T], connection: Connection) -> T:
    """Run work to its end, inside the transaction that is open on the connection.

    Raises what the work raises; the error of a statement that failed, even if the work caught it; ProgrammingError
    when the work awaits anything but its tx.
    """
    tx = PostgresTx()
    coroutine = work(tx)
    try:
        result = await _result_of(coroutine, connection)
        tx.check()
        return result
    finally:
        tx.end()
        coroutine.close()


class Asked:
    """What a work's statement hands to whoever drives the work: the one thing it may wait for."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[[Connection], Awaitable[Any]]) -> None:
        self.call = call


class PostgresTx:
    """A Tx whose statements are carried out by the driver of its work."""

    __slots__ = ("_refusal",)

    def __init__(self) -> None:
        self._refusal: StorageError | None = None

    async def all(self, sql: str, *args: Value) -> list[Row]:
        """Every row the statement gives."""
        rows: list[Row] = await self._ask(partial(_fetch, sql=sql, args=_bound(sql, args)))
        return rows

    async def one(self, sql: str, *args: Value) -> Row | None:
        """The first row the statement gives."""
        rows: list[Row] = await self._ask(partial(_fetch, sql=sql, args=_bound(sql, args)))
        return rows[0] if rows else None

    async def run(self, sql: str, *args: Value) -> int:
        """How many rows the statement changed."""
        status: str = await self._ask(partial(_execute, sql=sql, args=_bound(sql, args)))
        verb, _, counts = status.partition(" ")
        return int(counts.rpartition(" ")[2]) if verb in _CHANGING else 0

    async def many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run one statement for each row of parameters."""
        bound = [_bound(sql, row) for row in rows]
        await self._ask(partial(_execute_many, sql=sql, rows=bound))

    def check(self) -> None:
        """Raise what dooms this transaction, if anything does."""
        if self._refusal is not None:
            raise self._refusal

    def end(self) -> None:
        """From here on every statement is refused: what comes next on this connection is somebody else's."""
        self._refusal = ProgrammingError("this transaction is over")

    async def _ask(self, call: Callable[[Connection], Awaitable[Any]]) -> Any:  # noqa: ANN401 - as the call answers
        self.check()
        try:
            return await _hand_over(Asked(call))
        except StorageError as error:
            self._refusal = error
            raise


_CHANGING: Final = frozenset({"INSERT", "UPDATE", "DELETE"})


@types.coroutine
def _hand_over(asked: Asked) -> Generator[Asked, Any, Any]:
    return (yield asked)


async def _result_of(coroutine: Coroutine[Any, Any, T], connection: Connection) -> T:
    resume: Callable[[], object] = partial(coroutine.send, None)
    while True:
        try:
            asked = resume()
        except StopIteration as done:
            result: T = done.value
            return result
        if not isinstance(asked, Asked):
            take_from_coroutine(asked)
            raise ProgrammingError("a transaction may await nothing but its tx")
        try:
            answer = await asked.call(connection)
        except FOREIGN as error:
            # Its own text may hold stored values, so it goes no further.
            resume = partial(coroutine.throw, translated(error))
        else:
            resume = partial(coroutine.send, answer)


def _fetch(connection: Connection, *, sql: str, args: Sequence[Value]) -> Awaitable[Any]:
    return connection.fetch(sql, *args)


def _execute(connection: Connection, *, sql: str, args: Sequence[Value]) -> Awaitable[Any]:
    return connection.execute(sql, *args)


def _execute_many(connection: Connection, *, sql: str, rows: Sequence[Sequence[Value]]) -> Awaitable[Any]:
    return connection.executemany(sql, rows)


def _bound(sql: str, args: Sequence[Value]) -> Sequence[Value]:
    statement(sql).check(args)
    if any(isinstance(value, str) and _NUL in value for value in args):
        return [value.replace(_NUL, _REPLACEMENT) if isinstance(value, str) else value for value in args]
    return args
