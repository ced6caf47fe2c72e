"""A PostgreSQL database: works that write exclude each other, works of different owners run side by side.

Writers take an advisory lock for the length of their transaction, so that they are as serial as SQLite's and every verb
may read before it writes. READ COMMITTED gives each statement what was committed when it began, so what follows the
lock sees everything the last holder wrote. Works `of` an owner share the lock and take the owner's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Self, TypeVar

import asyncpg

from storage.errors import StorageError, Unreachable, Unsettled
from storage.postgres import LOCKS, WRITERS, Connection, connect, drive
from storage.postgres_errors import FOREIGN, Contended, translated
from storage.postgres_pool import Pool
from storage.transaction import Work

T = TypeVar("T")

log = logging.getLogger(__name__)

_WRITERS: Final = 8
_READERS: Final = 4
#: A transaction that was lost with its connection, or given up for another one, runs again after these rests.
_RESTS_MS: Final = (20, 100, 300, 700, 1500)

_BEGIN: Final = "BEGIN ISOLATION LEVEL READ COMMITTED"
_BEGIN_READING: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
# The transaction's number comes with the lock: what became of a commit nobody answered is asked by it.
_ALONE: Final = "SELECT CAST(pg_current_xact_id() AS TEXT), pg_advisory_xact_lock($1, $2)"
_OF_ONE: Final = (
    "SELECT CAST(pg_current_xact_id() AS TEXT), pg_advisory_xact_lock_shared($1, $2), pg_advisory_xact_lock($3)"
)
_STATUS: Final = "SELECT pg_xact_status(CAST(CAST($1 AS TEXT) AS xid8))"
_IN_PROGRESS: Final = "in progress"
_COMMITTED: Final = "committed"


class PostgresStore:
    """One database on a server."""

    def __init__(self, url: str, witness: Connection) -> None:
        self._url = url
        self._writers = Pool(url, _WRITERS)
        self._readers = Pool(url, _READERS)
        #: Older than any commit it is asked about, so it knows that the server did not fall in between.
        self._witness = witness
        self._asking = asyncio.Lock()

    @classmethod
    async def open(cls, url: str) -> Self:
        """Reach the server. Raises Unreachable or Unsafe."""
        store = cls(url, await connect(url))
        log.info("database open", extra={"version": store.version})
        return store

    @property
    def version(self) -> str:
        """The server's version."""
        number = str(self._witness.get_settings().server_version)
        return f"PostgreSQL {number.partition(' ')[0]}"

    async def write(self, work: Work[T], of: int | None) -> T:
        """Run work in a transaction that excludes all others, but those of other owners when it is `of` one."""

        async def once() -> T:
            await self._renew_witness()
            async with self._writers.lend() as connection:
                return await self._write_on(connection, work, of)

        return await _patiently(once)

    async def read(self, work: Work[T]) -> T:
        """Run work on one snapshot of what is committed."""

        async def once() -> T:
            async with self._readers.lend() as connection:
                return await _read_on(connection, work)

        return await _patiently(once)

    async def close(self) -> None:
        """Finish what was begun, and close every connection."""
        await self._writers.close()
        await self._readers.close()
        with contextlib.suppress(*FOREIGN):
            await self._witness.close(timeout=1)

    async def _write_on(self, connection: Connection, work: Work[T], of: int | None) -> T:
        witness = self._witness
        number = await _begin(connection, of)
        try:
            result = await drive(work, connection)
        except BaseException:
            # Whatever it is, it is the caller's; nothing of the work may stay.
            await _roll_back(connection)
            raise
        try:
            status = await connection.execute("COMMIT")
        except FOREIGN as error:
            # After an internal error nobody can tell from here whether the word was sent: the witness is asked.
            if not connection.is_closed() and not isinstance(error, asyncpg.InternalClientError):
                await _roll_back(connection)
                raise translated(error) from None
        else:
            if status != "COMMIT":
                raise StorageError("the database server did not commit")
            return result
        if await self._committed(witness, number):
            return result
        raise Unreachable("the database server went away before the commit")

    async def _committed(self, witness: Connection, number: str) -> bool:
        """What became of a commit that was sent and never answered. Raises Unsettled when nobody can tell.

        A server that fell and came back may give a lost transaction's number to another one; a connection that was
        there before and still is proves that it did not fall.
        """
        log.warning("a commit was not answered", extra={"transaction": number})
        with contextlib.suppress(*FOREIGN):
            async with self._asking:
                for rest_ms in (0, *_RESTS_MS):
                    await asyncio.sleep(rest_ms / 1000)
                    status = await witness.fetchval(_STATUS, number)
                    if status != _IN_PROGRESS:
                        return bool(status == _COMMITTED)
        raise Unsettled("the database server went away at the commit")

    async def _renew_witness(self) -> None:
        if self._witness.is_closed():
            async with self._asking:
                if self._witness.is_closed():
                    self._witness = await connect(self._url)


async def _patiently(once: Callable[[], Awaitable[T]]) -> T:
    """Run a transaction again that left nothing behind through no fault of its own, a few times."""
    for rest_ms in _RESTS_MS:
        try:
            return await once()
        except (Unreachable, Contended) as error:
            log.warning("a transaction runs again", extra={"problem": str(error), "rest_ms": rest_ms})
            await asyncio.sleep(rest_ms / 1000)
    return await once()


async def _begin(connection: Connection, of: int | None) -> str:
    """Begin, and wait for one's turn; the transaction's number."""
    try:
        await connection.execute(_BEGIN)
        if of is None:
            number: str = await connection.fetchval(_ALONE, LOCKS, WRITERS)
        else:
            number = await connection.fetchval(_OF_ONE, LOCKS, WRITERS, of)
    except FOREIGN as error:
        await _roll_back(connection)
        raise translated(error) from None
    return number


async def _read_on(connection: Connection, work: Work[T]) -> T:
    try:
        await connection.execute(_BEGIN_READING)
    except FOREIGN as error:
        raise translated(error) from None
    try:
        return await drive(work, connection)
    finally:
        await _roll_back(connection)


async def _roll_back(connection: Connection) -> None:
    # Whoever lent the connection lets go of one that is still in its transaction.
    with contextlib.suppress(*FOREIGN):
        await connection.execute("ROLLBACK")
