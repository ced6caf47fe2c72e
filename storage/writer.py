"""Group commit: writers that wait at the same time share one commit, each in a savepoint of its own."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

import aiosqlite

from storage.errors import StorageError
from storage.sqlite import SqliteTx, drive, in_one_hop, translate

T = TypeVar("T")
Work = Callable[[Any], Coroutine[Any, Any, Any]]

MEMBERS_PER_COMMIT: Final = 256


class _Outcome(Protocol):
    def deliver(self, future: asyncio.Future[Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class _Done:
    value: object

    def deliver(self, future: asyncio.Future[Any]) -> None:
        future.set_result(self.value)


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException

    def deliver(self, future: asyncio.Future[Any]) -> None:
        future.set_exception(self.error)


class Writer:
    """Runs transactions on one connection, one after another, as many per commit as wait.

    There is no task of its own: whoever finds nobody leading leads, carries out everything that waits, and is
    replaced by a waiting one if it is canceled meanwhile.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._waiting: deque[tuple[Work, asyncio.Future[Any]]] = deque()
        self._turn = asyncio.Lock()

    async def write(self, work: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        """Run a transaction; its value, once it is on disk.

        Canceled before its turn it never runs; canceled later it is carried out all the same.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, future))
        try:
            async with self._turn:
                while not future.done():
                    await asyncio.shield(self._commit_those_waiting())
        except asyncio.CancelledError:
            future.cancel()
            raise
        return await future

    async def _commit_those_waiting(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MEMBERS_PER_COMMIT))]
        batch = [(work, future) for work, future in batch if not future.done()]
        if not batch:
            return
        outcomes = await in_one_hop(self._connection, lambda c: _commit(c, [work for work, _ in batch]))
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():
                outcome.deliver(future)


def _commit(connection: sqlite3.Connection, members: list[Work]) -> list[_Outcome]:
    """Carry out a batch on the connection's thread. A disk error that ends the transaction fails every member."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        outcomes = [_member(connection, work) for work in members]
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        _roll_back(connection)
        return [_Failed(translate(error)) for _ in members]
    except _TransactionLost as lost:
        _roll_back(connection)
        return [_Failed(lost.cause) for _ in members]
    return outcomes


def _member(connection: sqlite3.Connection, work: Work) -> _Outcome:
    connection.execute("SAVEPOINT member")
    try:
        value = drive(work(SqliteTx(connection)))
    except BaseException as error:
        if not connection.in_transaction:
            raise _TransactionLost(error) from error
        connection.execute("ROLLBACK TO member")
        connection.execute("RELEASE member")
        return _Failed(error)
    connection.execute("RELEASE member")
    return _Done(value)


class _TransactionLost(Exception):
    """An error inside a member ended the whole transaction."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.cause = error if isinstance(error, StorageError) else StorageError(str(error))


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
