"""What a transaction's work is written against, whatever the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from storage.statements import Value

T = TypeVar("T")


class Row(Protocol):
    """One row, read by column name; `dict(row)` works."""

    def __getitem__(self, column: str, /) -> Any:  # noqa: ANN401 - what the schema says, known to the reader
        """The value of a column; IndexError or KeyError where there is none."""

    def keys(self) -> Iterable[str]:
        """The columns' names, in the statement's order."""


class Tx(Protocol):
    """An open transaction; its statements take `$1`-style parameters.

    Every method raises Conflict, DiskTrouble, Busy or ProgrammingError. A statement that fails dooms its transaction
    (PostgreSQL does no other): catching the error does not save it, every later statement raises it again.
    """

    async def all(self, sql: str, *args: Value) -> list[Row]:
        """Every row the statement gives."""

    async def one(self, sql: str, *args: Value) -> Row | None:
        """The first row the statement gives."""

    async def run(self, sql: str, *args: Value) -> int:
        """How many rows the statement inserted, updated or deleted."""

    async def many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run one statement for each row of parameters."""


#: A transaction's part of a verb. It awaits nothing but its `tx`, and touches nothing the event loop may touch
#: meanwhile: it may run on another thread. It changes nothing but the database: it may be run again from its beginning.
Work = Callable[[Tx], Coroutine[Any, Any, T]]


def take_from_coroutine(awaited: object) -> None:
    """Do what a task does with the future it is handed, or nobody else could await that future any more."""
    if asyncio.isfuture(awaited):
        awaited._asyncio_future_blocking = False  # noqa: SLF001 - asyncio's protocol between futures and tasks
