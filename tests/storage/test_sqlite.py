"""Work on the connection's thread: what it may await, what dooms it, and the one private door into aiosqlite."""

from __future__ import annotations

import ast
import asyncio
import inspect
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import aiosqlite
import pytest

import storage
from storage.database import Database, Tx
from storage.errors import Busy, Closed, Conflict, DiskTrouble, ProgrammingError
from storage.sqlite import hop, translated
from tests.storage.database_kit import Refused, make_table, on_writer, put, put_and_refuse, stored, url


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(url(tmp_path / "shop.db")) as opened:
        await opened.write(make_table)
        yield opened


def test_the_private_door_of_aiosqlite_has_the_shape_that_is_relied_on() -> None:
    door = aiosqlite.Connection._execute
    assert inspect.iscoroutinefunction(door)
    assert str(inspect.signature(door)) == "(self, fn, *args, **kwargs)"
    assert isinstance(aiosqlite.Connection._conn, property)


def test_the_private_door_is_used_in_one_place() -> None:
    uses = [
        (path.name, node.attr)
        for path in Path(*storage.__path__).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"_execute", "_conn"}
    ]
    assert sorted(uses) == [("sqlite.py", "_conn"), ("sqlite.py", "_execute")]


async def test_a_hop_begins_at_once_and_runs_whole_on_the_connections_thread(db: Database) -> None:
    began = threading.Event()

    def job(raw: sqlite3.Connection) -> tuple[str, int]:
        began.set()
        return threading.current_thread().name, raw.execute("SELECT 42").fetchone()[0]

    future = hop(db._store.writer._connection, job)
    assert began.wait(60), "the job waits for somebody to await it"
    name, answer = await future
    assert (name, answer) == (db._store.writer._connection._thread.name, 42)
    assert await future == (name, answer), "the future is a plain one"


async def test_a_hop_hands_on_what_its_job_raises(db: Database) -> None:
    def job(raw: sqlite3.Connection) -> None:
        raise Refused

    with pytest.raises(Refused):
        await hop(db._store.writer._connection, job)


async def test_a_hop_on_a_closed_connection_is_refused() -> None:
    async with aiosqlite.connect(":memory:") as connection:
        pass
    with pytest.raises(Closed):
        hop(connection, lambda raw: None)


async def test_a_transaction_may_await_nothing_but_its_tx(db: Database) -> None:
    elsewhere: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def waits_for_the_network(tx: Tx) -> None:
        await put(1)(tx)
        await elsewhere

    async def gives_way(tx: Tx) -> None:
        await put(2)(tx)
        await asyncio.sleep(0)

    async def waits_for_the_clock(tx: Tx) -> None:
        await put(3)(tx)
        await asyncio.sleep(1)

    answers = await asyncio.gather(
        db.write(waits_for_the_network), db.write(gives_way), db.write(waits_for_the_clock), db.write(put(4)),
        return_exceptions=True,
    )  # fmt: skip
    for answer in answers[:2]:
        assert isinstance(answer, ProgrammingError)
        assert str(answer) == "a transaction may await nothing but its tx"
    assert isinstance(answers[2], RuntimeError), "there is no event loop on the connection's thread"
    assert answers[3] == 4
    assert await stored(db) == [4]
    for reading in (waits_for_the_network, gives_way):
        with pytest.raises((ProgrammingError, DiskTrouble)):
            await db.read(reading)
    asyncio.get_running_loop().call_soon(elsewhere.set_result, 5)
    assert await elsewhere == 5, "what was awaited by mistake can still be awaited by others"


async def test_a_tx_that_outlives_its_transaction_is_refused(db: Database) -> None:
    kept: list[Tx] = []

    async def keep(tx: Tx) -> None:
        kept.append(tx)

    async def use(tx: Tx) -> None:
        await kept[0].run("INSERT INTO numbers (number) VALUES (1)")

    await db.write(keep)
    with pytest.raises(ProgrammingError, match="this transaction is over"):
        await db.write(use)
    for late in (kept[0].all("SELECT 1"), kept[0].many("SELECT $1", [])):
        with pytest.raises(ProgrammingError, match="this transaction is over"):
            await late
    assert await stored(db) == []


async def test_a_statement_that_fails_dooms_its_transaction_even_when_caught(db: Database) -> None:
    async def work(tx: Tx) -> str:
        await put(2)(tx)
        with pytest.raises(Conflict):
            await put(1)(tx)
        with pytest.raises(Conflict):
            await put(3)(tx)
        return "all is well"

    await db.write(put(1))
    with pytest.raises(Conflict, match=r"UNIQUE constraint failed: numbers\.number"):
        await db.write(work)
    assert await stored(db) == [1]


async def test_every_kind_of_constraint_is_a_conflict_that_shows_no_value(db: Database) -> None:
    async def tables(tx: Tx) -> None:
        await tx.run(
            "CREATE TABLE guarded (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK (name <> 'secret-bad'),"
            " parent INTEGER REFERENCES guarded (id)) STRICT"
        )
        await tx.run("INSERT INTO guarded (id, name) VALUES (1, 'secret-name')")
        await tx.run(
            "CREATE TRIGGER veto BEFORE DELETE ON guarded BEGIN SELECT RAISE(ABORT, 'rows stay'); END",
        )

    async def one(tx: Tx, sql: str) -> None:
        await tx.run(sql)

    await db.write(tables)
    for sql in (
        "INSERT INTO guarded (name) VALUES ('secret-name')",
        "INSERT INTO guarded (name) VALUES (NULL)",
        "INSERT INTO guarded (name) VALUES ('secret-bad')",
        "INSERT INTO guarded (id, name) VALUES ('secret-id', 'a')",
        "INSERT INTO guarded (name, parent) VALUES ('a', 77) RETURNING id",
        "UPDATE guarded SET id = 'secret-id'",
        "DELETE FROM guarded",
    ):
        with pytest.raises(Conflict) as conflict:
            await db.write(lambda tx, sql=sql: one(tx, sql))  # type: ignore[misc]
        if "CHECK" not in str(conflict.value):  # a CHECK is quoted from the schema itself
            assert "secret" not in str(conflict.value)


@pytest.mark.parametrize(
    "sql", ["SELEKT 1", "SELECT missing FROM numbers", "INSERT INTO nowhere VALUES (1)", "SELECT ?"]
)
async def test_a_statement_that_cannot_be_is_a_defect(db: Database, sql: str) -> None:
    async def work(tx: Tx) -> None:
        await tx.all(sql)

    with pytest.raises(ProgrammingError):
        await db.write(work)


async def test_a_number_too_large_is_refused_and_the_transaction_lives(db: Database) -> None:
    async def work(tx: Tx) -> None:
        with pytest.raises(OverflowError):
            await tx.run("INSERT INTO numbers (number) VALUES ($1)", 2**63)
        await tx.run("INSERT INTO numbers (number) VALUES ($1)", 2**63 - 1)

    await db.write(work)
    assert await stored(db) == [2**63 - 1]


async def test_a_database_somebody_else_writes_to_is_busy_not_broken(db: Database, tmp_path: Path) -> None:
    await on_writer(db, lambda raw: raw.execute("PRAGMA busy_timeout = 0"))
    other = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy):
            await db.write(put(1))
        other.execute("ROLLBACK")
    finally:
        other.close()
    assert await db.write(put(1)) == 1


async def test_works_own_errors_come_out_as_they_are(db: Database) -> None:
    with pytest.raises(Refused):
        await db.write(put_and_refuse(1))

    async def reading(tx: Tx) -> None:
        raise Refused

    with pytest.raises(Refused):
        await db.read(reading)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, DiskTrouble),
        (sqlite3.SQLITE_IOERR_FSYNC, DiskTrouble),
        (sqlite3.SQLITE_CORRUPT, DiskTrouble),
        (sqlite3.SQLITE_READONLY_DBMOVED, DiskTrouble),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, Busy),
        (sqlite3.SQLITE_LOCKED, Busy),
        (sqlite3.SQLITE_ERROR, ProgrammingError),
    ],
)
def test_result_codes_are_told_apart_by_their_primary_code(code: int, kind: type[Exception]) -> None:
    error = sqlite3.OperationalError("as the driver says")
    error.sqlite_errorcode = code
    assert type(translated(error)) is kind
