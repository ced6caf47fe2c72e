"""The database: transactions that are whole or not at all, and reads that wait for nobody."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self, TypeVar

import aiosqlite

from storage.errors import StorageError
from storage.locks import refuse_network_file_system
from storage.sqlite import Row, SqliteTx, drive, in_one_hop, open_reader, open_writer, translate
from storage.statements import Value
from storage.writer import Writer

__all__ = ["Database", "Row", "Tx", "Value", "path_of"]

T = TypeVar("T")
_READERS: Final = 2


class Tx(Protocol):
    """What a transaction may await, and nothing else."""

    async def all(self, sql: str, *args: Value) -> list[Row]:
        """Every row of a query."""

    async def one(self, sql: str, *args: Value) -> Row | None:
        """The first row of a query, None when there is none."""

    async def run(self, sql: str, *args: Value) -> int:
        """How many rows a statement touched."""

    async def many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement for each row of values."""


Work = Callable[[Tx], Coroutine[Any, Any, T]]


def path_of(url: str) -> Path:
    """The file of a `sqlite:///…` address; StorageError for any other."""
    if not url.startswith("sqlite:///") or url == "sqlite:///":
        raise StorageError("the database's address must be sqlite:///file.db")
    return Path(url.removeprefix("sqlite:///"))


class Database:
    """One SQLite file: a connection that writes, and a few that read what is committed."""

    def __init__(self, writer: aiosqlite.Connection, readers: list[aiosqlite.Connection]) -> None:
        self._connections = [writer, *readers]
        self._writer = Writer(writer)
        self._idle: asyncio.Queue[aiosqlite.Connection] = asyncio.Queue()
        for reader in readers:
            self._idle.put_nowait(reader)

    @classmethod
    async def open(cls, url: str, *, create: bool = True) -> Database:
        """Open the database of an address. Raises StorageError, UnsafePlace among them."""
        path = path_of(url)
        if not create and not path.exists():
            raise StorageError(f"there is no database at {path}")
        refuse_network_file_system(path)
        opened: list[aiosqlite.Connection] = []
        try:
            opened.append(await open_writer(path))
            for _ in range(_READERS):
                opened.append(await open_reader(path))  # noqa: PERF401 - each must be closed if a later one fails
        except sqlite3.Error as error:
            for connection in opened:
                await connection.close()
            raise translate(error) from error
        return cls(opened[0], opened[1:])

    async def write(self, work: Work[T]) -> T:
        """Run a transaction; its value once it is on disk, or its own exception with nothing of it kept.

        `work` awaits nothing but its tx, so that no network can slip into a transaction.
        """
        return await self._writer.write(work)

    async def read(self, work: Work[T]) -> T:
        """Run queries on one consistent picture of what is committed."""
        reader = await self._idle.get()
        try:
            return await asyncio.shield(in_one_hop(reader, lambda connection: _read(connection, work)))
        finally:
            self._idle.put_nowait(reader)

    async def close(self) -> None:
        """Close every connection; their threads end with them."""
        for connection in self._connections:
            await connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _read(connection: sqlite3.Connection, work: Work[T]) -> T:
    connection.execute("BEGIN")
    try:
        return drive(work(SqliteTx(connection)))
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
