"""The database as the rooms above know it: open, write, read, close."""

from __future__ import annotations

from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self, TypeVar

from storage.errors import Closed
from storage.postgres import is_postgres
from storage.postgres_store import PostgresStore
from storage.sqlite_store import SqliteStore
from storage.statements import Value
from storage.transaction import Row, Tx, Work

__all__ = ["Database", "Kind", "Row", "Tx", "Value", "Work"]

T = TypeVar("T")


class Kind(StrEnum):
    """The databases the shop runs on, by the names of their migrations' directories."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


class Store(Protocol):
    """What each kind of database does in its own way."""

    @property
    def version(self) -> str:
        """Its name and version, as an operator knows them."""

    async def write(self, work: Work[T], of: int | None) -> T:
        """Run work in a transaction of its own and return once it is committed."""

    async def read(self, work: Work[T]) -> T:
        """Run work on one snapshot of what is committed."""

    async def close(self) -> None:
        """Finish what was begun, and let go; closing twice is harmless."""


class Database:
    """One database, whatever its kind. Close it, or its threads and connections stay."""

    def __init__(self, kind: Kind, store: Store) -> None:
        self.kind = kind
        self._store = store
        self._closed = False

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open `sqlite:///relative` or `sqlite:////absolute`, making the file if need be, or `postgresql://…`.

        Raises ValueError for another address, and DiskTrouble, Busy, NetworkFileSystem, Unreachable or Unsafe when it
        cannot be opened.
        """
        if is_postgres(url):
            return cls(Kind.POSTGRES, await PostgresStore.open(url))
        return cls(Kind.SQLITE, await SqliteStore.open(url))

    @property
    def version(self) -> str:
        """Its name and version, as an operator knows them."""
        return self._store.version

    async def write(self, work: Work[T], *, of: int | None = None) -> T:
        """Run work in a transaction of its own and return its result once it is committed to the disk.

        Works never overlap, but those `of` different owners (a person, an update) may: such a work writes nothing but
        its owner's rows, and reads besides them only what works without an owner write. On SQLite the work runs on
        another thread; on PostgreSQL it may run again from its beginning when its connection broke. What it raises is
        raised here, and nothing of it is stored. A caller canceled before its turn leaves nothing behind; one canceled
        later may find its work committed. Raises DiskTrouble, Busy, Unreachable or plain StorageError when nothing is
        stored, Unsettled when nobody can tell, ProgrammingError when the work awaits anything but its tx, Closed.
        """
        self._refuse_if_closed()
        return await self._store.write(work, of)

    async def read(self, work: Work[T]) -> T:
        """Run work on one snapshot of what is committed, without waiting for those who write.

        The work may run on another thread. Raises what the work raises, DiskTrouble when it tries to write,
        Unreachable, Closed.
        """
        self._refuse_if_closed()
        return await self._store.read(work)

    async def close(self) -> None:
        """Refuse new work, finish what was begun, and let go of everything; closing twice is harmless."""
        self._closed = True
        await self._store.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise Closed("the database is closed")
