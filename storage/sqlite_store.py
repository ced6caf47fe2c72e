"""A SQLite database: a writer's queue and a few readers beside it."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from contextvars import copy_context
from typing import Final, Self, TypeVar

import aiosqlite

from storage.locks import refuse_network_file_system
from storage.sqlite import hop, open_reader, open_writer, path_of, read
from storage.transaction import Work
from storage.writer import Writer

T = TypeVar("T")

log = logging.getLogger(__name__)

_READERS: Final = 2


class SqliteStore:
    """One file. Close it, or its threads keep the process alive."""

    def __init__(self, writer: Writer, readers: list[Reader], resources: contextlib.AsyncExitStack) -> None:
        self.writer = writer
        self._readers = readers
        self._resources = resources

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open the file, making it if need be. Raises ValueError, DiskTrouble, Busy or NetworkFileSystem."""
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
        store = cls(writer, readers, resources)
        log.info("database open", extra={"version": store.version})
        return store

    @property
    def version(self) -> str:
        """The library's version."""
        return f"SQLite {sqlite3.sqlite_version}"

    async def write(self, work: Work[T], of: int | None) -> T:
        """Run work on the writer's thread, one after the other whoever's they are, and share its commit with others."""
        del of
        return await self.writer.write(work)

    async def read(self, work: Work[T]) -> T:
        """Run work on the thread of a reader."""
        reader = min(self._readers, key=lambda reader: reader.busy)
        return await reader.read(work)

    async def close(self) -> None:
        """Finish what was begun, and let the threads go."""
        await self._resources.aclose()


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
