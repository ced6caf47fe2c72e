"""What the database's tests share: a table to write to, works, and a work that stands still on demand."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from storage.database import Database, Tx
from storage.sqlite import hop

T = TypeVar("T")

PATIENCE_SECONDS = 60
LEAVING_SECONDS = 10


class Refused(Exception):
    """A work's own refusal."""


class Gate:
    """A work that writes its number and then stands on the writer's thread until opened."""

    def __init__(self, number: int) -> None:
        self.entered = asyncio.Event()
        self._number = number
        self._loop = asyncio.get_running_loop()
        self._open = threading.Event()

    def open(self) -> None:
        self._open.set()

    async def __call__(self, tx: Tx) -> int:
        await put(self._number)(tx)
        self._loop.call_soon_threadsafe(self.entered.set)
        assert self._open.wait(PATIENCE_SECONDS), "nobody opened the gate"
        return self._number


def url(path: Path) -> str:
    return f"sqlite:///{path}"


async def make_table(tx: Tx) -> None:
    await tx.run("CREATE TABLE numbers (number INTEGER PRIMARY KEY, weight BLOB)")


def put(number: int, weight: int = 0) -> Callable[[Tx], Coroutine[Any, Any, int]]:
    """Work that stores a number with so many bytes beside it, and returns it."""

    async def work(tx: Tx) -> int:
        await tx.run("INSERT INTO numbers (number, weight) VALUES ($1, $2)", number, b"w" * weight)
        return number

    return work


def put_and_refuse(number: int) -> Callable[[Tx], Coroutine[Any, Any, int]]:
    """Work that stores a number and then thinks better of it."""

    async def work(tx: Tx) -> int:
        await put(number)(tx)
        raise Refused(number)

    return work


async def numbers(tx: Tx) -> list[int]:
    return [row["number"] for row in await tx.all("SELECT number FROM numbers ORDER BY number")]


async def stored(db: Database) -> list[int]:
    return await db.read(numbers)


async def on_writer(db: Database, job: Callable[[sqlite3.Connection], T]) -> T:
    """Do something with the writer's bare connection, between two batches."""
    return await hop(db._store.writer._connection, job)


async def traced(db: Database) -> list[str]:
    """From now on, every statement the writer runs, in order."""
    statements: list[str] = []
    await on_writer(db, lambda raw: raw.set_trace_callback(statements.append))
    return statements


def database_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if "_connection_worker_thread" in thread.name]


def threads_that_stay() -> list[str]:
    """Database threads that are not on their way out; each would keep the process alive."""
    threads = database_threads()
    for thread in threads:
        thread.join(LEAVING_SECONDS)
    return [thread.name for thread in threads if thread.is_alive()]
