"""A shop on an older schema, killed while it is brought to today's: then again, and nothing may be missing."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from bot.engine.audit import audit
from prove.kills import tracing
from prove.kills.process import Child
from prove.kills.town import Town
from prove.kills.tracing import Point
from storage.database import Database
from storage.migrate import MIGRATIONS, migrate

#: The last schema that was released before today's.
_OLDER: Final = ("0001_shop.sql", "0002_counter.sql")
_TRIES: Final = 6


def main(arguments: Sequence[str]) -> int:
    """The whole life of a process that brings a database to today's schema."""

    async def work() -> None:
        async with await Database.open(arguments[0]) as db:
            await migrate(db)

    asyncio.run(work())
    return 0


class Mover:
    """Copies of an older shop, each killed at another point of its migration."""

    def __init__(self, made: Town) -> None:
        self._town = made
        self._older = made.folder / "older.db"
        self._database = made.folder / "moved.db"
        self._columns: dict[str, set[str]] = {}
        self._rows: dict[str, list[tuple[object, ...]]] = {}
        self._schema: list[tuple[object, ...]] = []
        self.problems: list[str] = []

    async def record(self) -> Sequence[Point]:
        """The calls of a whole migration; what comes out is what must come out."""
        await self._make_older()
        file = self._town.folder / "migration.calls"
        child = await self._child()
        async with tracing.recorded(child, file):
            child.go()
            assert await child.wait() == 0, self._town.log_tail()
        self._schema = _schema(self._database)
        return tracing.first_points(file)

    async def killed(self, point: Point) -> bool:
        """Kill at a point, migrate again, and compare; whether there was a kill."""
        for _ in range(_TRIES):
            child = await self._child()
            async with tracing.armed(child, point, self._town.folder / "strace.log"):
                child.go()
                status = await child.wait()
            if status < 0:
                break
            point = Point(point.thread, point.call, max(1, point.number * 2 // 3))
        again = await self._child(fresh=False)
        again.go()
        self.problems = [] if await again.wait() == 0 else [f"it never was brought up to date: {self._town.log_tail()}"]
        self.problems += await self._differences()
        return status < 0

    async def _child(self, *, fresh: bool = True) -> Child:
        if fresh:
            for end in ("", "-wal", "-shm"):
                Path(f"{self._database}{end}").unlink(missing_ok=True)
            shutil.copy(self._older, self._database)
        run = f"{__name__}:main"
        return await self._town.nursery.child({}, self._town.folder, run, f"sqlite:///{self._database}")

    async def _make_older(self) -> None:
        """Everything this town's shop holds, as far as the older schema has a place for it."""
        folder = self._town.folder / "older"
        folder.mkdir()
        for name in _OLDER:
            shutil.copy(MIGRATIONS / "sqlite" / name, folder)
        async with await Database.open(f"sqlite:///{self._older}") as db:
            await migrate(db, folder)
        with closing(sqlite3.connect(self._older, isolation_level=None)) as older:
            older.execute("PRAGMA foreign_keys = OFF")
            older.execute("ATTACH ? AS today", (str(self._town.folder / "shop.db"),))
            for table in _tables(older):
                columns = ", ".join(sorted(_columns(older, "main", table) & _columns(older, "today", table)))
                if table != "schema_version" and columns:
                    older.execute(f"INSERT OR IGNORE INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}")
            older.execute("DETACH today")
            assert older.execute("PRAGMA foreign_key_check").fetchall() == []
            self._columns = {table: _columns(older, "main", table) for table in _tables(older)}
            self._rows = {table: _content(older, table, columns) for table, columns in self._columns.items()}
            assert self._rows["transfers"]
            assert self._rows["orders"]
            older.execute("PRAGMA journal_mode = DELETE")

    async def _differences(self) -> list[str]:
        async with await Database.open(f"sqlite:///{self._database}") as db:
            report = await audit(db)
        found = [f"{v.name} violated: {', '.join(v.offenders)}" for v in report.violations]
        if _schema(self._database) != self._schema:
            found.append("the schema is another one than without the kill")
        with closing(sqlite3.connect(self._database)) as now:
            for table, rows in self._rows.items():
                kept = _content(now, table, self._columns[table])
                if table != "schema_version" and kept != rows:
                    found.append(f"{table} is not what it was")
        return found


def _tables(db: sqlite3.Connection) -> list[str]:
    rows = db.execute(
        "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
    )
    return [row[0] for row in rows]


def _columns(db: sqlite3.Connection, schema: str, table: str) -> set[str]:
    return {row[0] for row in db.execute("SELECT name FROM pragma_table_info(?, ?)", (table, schema))}


def _content(db: sqlite3.Connection, table: str, columns: set[str]) -> list[tuple[object, ...]]:
    found = db.execute(f"SELECT {', '.join(sorted(columns))} FROM main.{table}").fetchall()
    return sorted(found, key=repr)


def _schema(database: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as db:
        return db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
