"""Group commit: writers that wait at the same time share one commit, each in its own savepoint.

SQLite has one writer at a time and a commit costs an fsync, so the fsync is shared. On the connection's thread the
members of a batch run one after the other, never interleaved; on the event loop nobody is told anything before the
batch's COMMIT has returned. No task leads: the loop's own callbacks carry one batch after another, so it does not
matter which caller goes away while a batch is under way.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections import deque
from collections.abc import Sequence
from contextvars import Context, copy_context
from functools import partial
from typing import Any, Final, Generic, TypeVar

import aiosqlite

from storage.errors import Busy, Closed, DiskTrouble, StorageError
from storage.sqlite import drive, hop, translated
from storage.transaction import Work

T = TypeVar("T")

log = logging.getLogger(__name__)

#: Members of one batch at most, so that the first of them is not kept waiting by a crowd.
LARGEST_BATCH: Final = 256


class Member(Generic[T]):
    """One writer's part of a batch: filled in on the connection's thread, told to its caller on the event loop."""

    __slots__ = ("_answer", "_context", "_error", "_result", "_work")

    def __init__(self, work: Work[T], answer: asyncio.Future[T], context: Context) -> None:
        self._work = work
        self._answer = answer
        self._context = context
        self._result: T | None = None
        self._error: BaseException | None = None

    @property
    def gone(self) -> bool:
        """Whether the caller was canceled, and nobody waits for this any more."""
        return self._answer.cancelled()

    def run(self, raw: sqlite3.Connection) -> None:
        """Run the work in its own savepoint, keeping its result or its error.

        Raises StorageError, or the driver's own error, when the whole batch is lost with it.
        """
        raw.execute("SAVEPOINT member")
        try:
            self._result = self._context.run(drive, self._work, raw)
        except BaseException as error:
            # Whatever it is, it is the caller's: a canceled or exiting member must not take the batch with it.
            self._error = error
            if not raw.in_transaction:
                raise _for_all(error) from error
            raw.execute("ROLLBACK TO member")
        raw.execute("RELEASE member")

    def lose(self, error: BaseException) -> None:
        """The batch did not commit: whatever came of this member stands on ground that is not there."""
        self._error = _for_all(error)
        self._error.__cause__ = error

    def tell(self) -> None:
        """Answer the caller, if it still waits."""
        if self._answer.done():
            return
        if self._error is not None:
            self._answer.set_exception(self._error)
        else:
            self._answer.set_result(self._result)  # type: ignore[arg-type]  # without an error it is the work's own T


class Writer:
    """The queue in front of the one connection that writes."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._waiting: deque[Member[Any]] = deque()
        self._idle = asyncio.Event()
        self._idle.set()

    async def write(self, work: Work[T]) -> T:
        """Run work in a transaction of its own and return when it is on the disk."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._waiting.append(Member(work, answer, copy_context()))
        if self._idle.is_set():
            self._idle.clear()
            # Not at once: everybody who wants to write in this turn of the loop shares the commit.
            loop.call_soon(self._next_batch)
        return await answer

    async def drain(self) -> None:
        """Wait until everything taken so far is on the disk."""
        await self._idle.wait()

    def _next_batch(self) -> None:
        batch = self._take()
        if not batch:
            self._idle.set()
            return
        try:
            done = hop(self._connection, partial(commit_together, batch))
        except StorageError as error:
            self._answer(batch, error)
        else:
            done.add_done_callback(lambda done: self._answer(batch, done.exception()))

    def _take(self) -> list[Member[Any]]:
        batch: list[Member[Any]] = []
        while self._waiting and len(batch) < LARGEST_BATCH:
            member = self._waiting.popleft()
            if not member.gone:
                batch.append(member)
        return batch

    def _answer(self, batch: Sequence[Member[Any]], error: BaseException | None) -> None:
        if error is not None:
            log.error("a batch of transactions was lost", extra={"transactions": len(batch)}, exc_info=error)
        for member in batch:
            if error is not None:
                member.lose(error)
            member.tell()
        # After those just answered had their turn: what they write next belongs to the same batch.
        asyncio.get_running_loop().call_soon(self._next_batch)


def commit_together(batch: Sequence[Member[Any]], raw: sqlite3.Connection) -> None:
    """Run each member in its savepoint and commit them all; runs on the connection's thread.

    Raises StorageError when nothing of the batch was stored; the connection can be used again.
    """
    try:
        _begin(raw)
        for member in batch:
            if not member.gone:
                member.run(raw)
        raw.execute("COMMIT")
    except sqlite3.Error as error:
        _give_up(raw)
        raise translated(error) from error
    except BaseException:
        _give_up(raw)
        raise


def _begin(raw: sqlite3.Connection) -> None:
    if raw.in_transaction:
        # The last batch could not even be rolled back then; it must not be committed now.
        raw.execute("ROLLBACK")
    raw.execute("BEGIN IMMEDIATE")


def _give_up(raw: sqlite3.Connection) -> None:
    # What ended the batch is what its members are told; if this fails too, the next batch begins with it.
    with contextlib.suppress(sqlite3.Error):
        if raw.in_transaction:
            raw.execute("ROLLBACK")


def _for_all(error: BaseException) -> StorageError:
    """What everybody in a lost batch is told: the disk's trouble is theirs too, one member's own fault is not."""
    if isinstance(error, DiskTrouble | Busy | Closed):
        return type(error)(str(error))
    return StorageError("the transaction was lost together with another one")
