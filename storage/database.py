"""The database as the rooms above know it: open, write, read, close."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from contextvars import copy_context
from types import TracebackType
from typing import Final, Self, TypeVar

import aiosqlite

from storage.errors import Closed
from storage.locks import refuse_network_file_system
from storage.sqlite import hop, open_reader, open_writer, path_of, read
from storage.statements import Value
from storage.transaction import Row, Tx, Work
from storage.writer import Writer

__all__ = ["Database", "Row", "Tx", "Value", "Work"]

T = TypeVar("T")

log = logging.getLogger(__name__)

_READERS: Final = 2


class Database:
    """One database: a writer's queue and a few readers beside it. Close it, or its threads keep the process alive."""

    def __init__(self, writer: Writer, readers: list[Reader], resources: contextlib.AsyncExitStack) -> None:
        self._writer = writer
        self._readers = readers
        self._resources = resources
        self._closed = False

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open `sqlite:///relative` or `sqlite:////absolute`, making the file if need be.

        Raises ValueError for another address, and DiskTrouble, Busy or NetworkFileSystem when it cannot be opened.
        """
        path = path_of(url)
        refuse_network_file_system(path)
        async with contextlib.AsyncExitStack() as opened:
            # Closed in reverse: the writer goes last and folds the write-ahead log into the file.
            connection = await open_writer(path)
            opened.push_async_callback(connection.close)
            readers = []
            for _ in range(_READERS):
                reading = await open_reader(path)
                opened.push_async_callback(reading.close)
                readers.append(Reader(reading))
            writer = Writer(connection)
            opened.push_async_callback(writer.drain)
            resources = opened.pop_all()
        log.info("database open", extra={"sqlite": sqlite3.sqlite_version})
        return cls(writer, readers, resources)

    async def write(self, work: Work[T]) -> T:
        """Run work in a transaction of its own and return its result once it is committed to the disk.

        The work runs on another thread. What it raises is raised here, and nothing of it is stored. A caller canceled
        before its turn leaves nothing behind; one canceled later may find its work committed. Raises DiskTrouble, Busy
        or plain StorageError when the commit it shared was lost, ProgrammingError when the work awaits anything but its
        tx, Closed.
        """
        self._refuse_if_closed()
        return await self._writer.write(work)

    async def read(self, work: Work[T]) -> T:
        """Run work on one snapshot of what is committed, without waiting for those who write.

        The work runs on another thread. Raises what the work raises, DiskTrouble when it tries to write, Closed.
        """
        self._refuse_if_closed()
        reader = min(self._readers, key=lambda reader: reader.busy)
        return await reader.read(work)

    async def close(self) -> None:
        """Refuse new work, finish what was begun, and let the threads go; closing twice is harmless."""
        self._closed = True
        await self._resources.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise Closed("the database is closed")


class Reader:
    """One read-only connection; its thread takes what it is given in turn."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        #: How many callers wait for it.
        self.busy = 0

    async def read(self, work: Work[T]) -> T:
        """Run work on one snapshot of what is committed."""
        self.busy += 1
        context = copy_context()
        try:
            return await hop(self._connection, lambda raw: context.run(read, work, raw))
        finally:
            self.busy -= 1
