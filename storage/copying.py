"""Moving a stopped shop from one database to another: every row of every table, and how far each has numbered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Final

from storage.database import Database, Row, Value
from storage.errors import NotEmpty, StorageError
from storage.migrate import begin_copy, end_copy, leave, migrate, refuse_other_schema
from storage.numbering import last_numbers, number_on
from storage.schema import Table, tables

_ROWS_AT_ONCE: Final = 500
_LARGE: Final = 20_000
#: The one row that a shop has before it was ever opened, with its epoch.
_UNOPENED: Final = "instance"

#: Told of a table that takes a while: its name, the rows there so far, and all there are.
Progress = Callable[[str, int, int], None]


async def copy(source: Database, target: Database, now: datetime, progress: Progress) -> dict[str, int]:
    """Fill an empty database with everything another one holds; how many rows of each table that were.

    Until the last row is there and counted, the target says of itself that it is unfinished, and no shop opens on it.
    Raises SchemaMismatch or SchemaTooNew when the source is not at this program's schema, NotEmpty when the target
    holds anything, and StorageError when the two differ in the end.
    """
    await refuse_other_schema(source)
    await _refuse_filled(target)
    await migrate(target)
    await target.write(lambda tx: begin_copy(tx, now))
    counts = {}
    for table in await tables(target):
        counts[table.name] = await _copy_table(source, target, table, progress)
    await number_on(target, await _numbers_of(source, target))
    return counts


async def finish(source: Database, target: Database, now: datetime) -> bool:
    """The shop opens on the copy from now on, and no more where it was; False when it had left there before.

    In this order: killed in between, it opens on neither, and is copied once more.
    """
    first = await source.write(lambda tx: leave(tx, now))
    await target.write(end_copy)
    return first


async def _refuse_filled(target: Database) -> None:
    for table in await tables(target):
        rows = await _read(target, _first_of(table))
        if any(table.name != _UNOPENED or row["epoch"] for row in rows):
            raise NotEmpty(f"the database to copy into is not empty: {table.name} has rows")


async def _copy_table(source: Database, target: Database, table: Table, progress: Progress) -> int:
    total = await _count(source, table)
    if table.name == _UNOPENED:
        await target.write(lambda tx: tx.run("DELETE FROM instance"))
    insert = insert_into(table)
    copied = 0
    async for rows in _pages(source, table):
        values = [values_of(row, table) for row in rows]
        await _write(target, insert, values)
        copied += len(rows)
        if total > _LARGE:
            progress(table.name, copied, total)
    if not copied == total == await _count(target, table):
        raise StorageError(f"{table.name} has {total} rows, of which {await _count(target, table)} arrived")
    return copied


async def _pages(source: Database, table: Table) -> AsyncIterator[Sequence[Row]]:
    """All rows in the order of their keys, some at a time."""
    after: tuple[Value, ...] = ()
    while rows := await _read(source, page_of(table, further=bool(after)), *after):
        yield rows
        after = tuple(rows[-1][column] for column in table.key)


async def _numbers_of(source: Database, target: Database) -> dict[str, int]:
    """How far the source numbered; where it never wrote that down, how far its rows go."""
    numbers = await last_numbers(target)  # names every table that numbers by itself and has rows
    for table in await tables(target):
        if len(table.key) == 1 and table.key[0] in {"id", "number"}:
            (highest,) = await _read(target, _highest(table))
            if isinstance(highest["last"], int):
                numbers[table.name] = max(numbers.get(table.name, 0), highest["last"])
    for name, last in (await last_numbers(source)).items():
        numbers[name] = max(numbers.get(name, 0), last)
    return numbers


async def _count(db: Database, table: Table) -> int:
    (row,) = await _read(db, f'SELECT COUNT(*) AS n FROM "{table.name}"')  # noqa: S608 - a name of the schema
    return int(row["n"])


async def _read(db: Database, sql: str, *args: Value) -> list[Row]:
    return await db.read(lambda tx: tx.all(sql, *args))


async def _write(db: Database, sql: str, rows: Sequence[Sequence[Value]]) -> None:
    await db.write(lambda tx: tx.many(sql, rows))


def values_of(row: Row, table: Table) -> tuple[Value, ...]:
    """A row in the order of its table's columns."""
    return tuple(row[column] for column in table.columns)


# Statements: only names of the schema at hand reach their texts. ------------------------------------


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _numbered(count: int) -> str:
    return ", ".join(f"${number}" for number in range(1, count + 1))


def _first_of(table: Table) -> str:
    return f'SELECT * FROM "{table.name}" LIMIT 2'  # noqa: S608 - names of the schema


def page_of(table: Table, *, further: bool) -> str:
    """Some rows in the order of their keys, from the first or behind a key."""
    behind = f"WHERE ({_names(table.key)}) > ({_numbered(len(table.key))}) " if further else ""
    return (
        f'SELECT {_names(table.columns)} FROM "{table.name}" {behind}'  # noqa: S608 - names of the schema
        f"ORDER BY {_names(table.key)} LIMIT {_ROWS_AT_ONCE}"
    )


def insert_into(table: Table) -> str:
    """One row of a table."""
    values = _numbered(len(table.columns))
    return f'INSERT INTO "{table.name}" ({_names(table.columns)}) VALUES ({values})'  # noqa: S608 - names of the schema


def _highest(table: Table) -> str:
    return f'SELECT MAX("{table.key[0]}") AS last FROM "{table.name}"'  # noqa: S608 - names of the schema
