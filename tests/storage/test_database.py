"""Opening, reading, writing and closing, on real files."""

from __future__ import annotations

import asyncio
import contextvars
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import sqlite_store
from storage.database import Database, Tx
from storage.errors import Closed, DiskTrouble, NetworkFileSystem, StorageError
from tests.storage.database_kit import (
    PATIENCE_SECONDS,
    Gate,
    database_threads,
    make_table,
    numbers,
    on_writer,
    put,
    stored,
    threads_that_stay,
    url,
)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(url(tmp_path / "shop.db")) as opened:
        await opened.write(make_table)
        yield opened


async def test_a_relative_address_names_a_file_where_the_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with await Database.open("sqlite:///shop.db"):
        assert (tmp_path / "shop.db").exists()


async def test_a_name_with_an_addresss_own_signs_is_a_plain_name(tmp_path: Path) -> None:
    async with await Database.open(url(tmp_path / "a?mode=memory#%41 é.db")) as db:
        await db.write(make_table)
    assert [path.name for path in tmp_path.iterdir()] == ["a?mode=memory#%41 é.db"]


@pytest.mark.parametrize(
    "address", ["mysql://shop:password@host/shop", "shop.db", "sqlite://", "sqlite:///", "sqlite:///:memory:", ""]
)
async def test_other_addresses_are_refused_in_a_line_that_keeps_the_password(address: str) -> None:
    with pytest.raises(ValueError, match="the database's address") as refusal:
        await Database.open(address)
    assert "password" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


async def test_the_files_are_for_their_owners_eyes_only(db: Database, tmp_path: Path) -> None:
    await db.write(put(1))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"shop.db": 0o600, "shop.db-wal": 0o600, "shop.db-shm": 0o600}


async def test_the_writer_is_set_up_to_keep_what_it_acknowledges(db: Database) -> None:
    def settings(raw: sqlite3.Connection) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "temp_store", "query_only")
        return {name: raw.execute(f"PRAGMA {name}").fetchone()[0] for name in names}

    full, memory = 2, 2
    assert await on_writer(db, settings) == {
        "journal_mode": "wal", "synchronous": full, "foreign_keys": 1, "busy_timeout": 10000, "temp_store": memory,
        "query_only": 0,
    }  # fmt: skip


async def test_a_missing_directory_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(DiskTrouble, match=r"shop\.db cannot be opened: No such file or directory$"):
        await Database.open(url(tmp_path / "missing" / "shop.db"))
    assert threads_that_stay() == []


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    path.write_bytes(b"not a database at all\n" * 400)
    with pytest.raises(DiskTrouble, match="file is not a database"):
        await Database.open(url(path))
    assert path.read_bytes().startswith(b"not a database")
    assert threads_that_stay() == []


async def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise NetworkFileSystem(path.name)

    monkeypatch.setattr(sqlite_store, "refuse_network_file_system", refuse)
    with pytest.raises(NetworkFileSystem):
        await Database.open(url(tmp_path / "shop.db"))
    assert list(tmp_path.iterdir()) == []


async def test_rows_are_read_by_name(db: Database) -> None:
    async def work(tx: Tx) -> None:
        row = await tx.one("SELECT number AS n, weight AS w FROM numbers")
        assert row is not None
        assert (row["n"], row["w"]) == (7, b"ww")
        assert dict(row) == {"n": 7, "w": b"ww"}
        assert await tx.one("SELECT number FROM numbers WHERE number = $1", 8) is None

    await db.write(put(7, weight=2))
    await db.read(work)


async def test_affected_rows_are_counted(db: Database) -> None:
    async def work(tx: Tx) -> list[int]:
        await tx.many("INSERT INTO numbers (number) VALUES ($1)", [(n,) for n in range(5)])
        return [
            await tx.run("UPDATE numbers SET weight = x'00' WHERE number < $1", 3),
            await tx.run("UPDATE numbers SET weight = x'00' WHERE number > $1", 30),
            await tx.run("INSERT INTO numbers (number) VALUES ($1) ON CONFLICT DO NOTHING", 4),
            await tx.run("INSERT INTO numbers (number) VALUES ($1), ($2) RETURNING number", 5, 6),
            await tx.run(
                "WITH few AS (SELECT 2 AS n) UPDATE numbers SET weight = NULL WHERE number IN (SELECT n FROM few)"
            ),
            await tx.run("WITH few AS (SELECT 20 AS n) DELETE FROM numbers WHERE number IN (SELECT n FROM few)"),
            await tx.run("/* all */ DELETE FROM numbers"),
            await tx.run("CREATE TABLE other (id INTEGER)"),
        ]

    assert await db.write(work) == [3, 0, 0, 2, 1, 0, 7, 0]


async def test_many_with_one_bad_row_writes_none(db: Database) -> None:
    async def work(tx: Tx) -> None:
        with pytest.raises(TypeError):
            await tx.many("INSERT INTO numbers (number) VALUES ($1)", [(1,), (2.5,)])  # type: ignore[list-item]

    await db.write(work)
    assert await stored(db) == []


async def test_a_reader_does_not_wait_for_the_writer_and_sees_only_what_is_committed(db: Database) -> None:
    await db.write(put(1))
    gate = Gate(2)
    async with asyncio.TaskGroup() as group:
        group.create_task(db.write(gate))
        await gate.entered.wait()
        assert await stored(db) == [1]
        gate.open()
    assert await stored(db) == [1, 2]


async def test_one_read_is_one_snapshot(db: Database) -> None:
    loop, looked, written = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    async def work(tx: Tx) -> tuple[list[int], list[int]]:
        first = await numbers(tx)
        loop.call_soon_threadsafe(looked.set)
        assert written.wait(PATIENCE_SECONDS)
        return first, await numbers(tx)

    async with asyncio.TaskGroup() as group:
        reading = group.create_task(db.read(work))
        await looked.wait()
        await db.write(put(1))
        # The other reader is free meanwhile and sees the new state.
        assert await stored(db) == [1]
        written.set()
    assert reading.result() == ([], [])


async def test_a_read_that_was_canceled_leaves_its_reader_usable(db: Database) -> None:
    loop, looked, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    async def work(tx: Tx) -> None:
        loop.call_soon_threadsafe(looked.set)
        assert go_on.wait(PATIENCE_SECONDS)

    async with asyncio.TaskGroup() as group:
        reading = group.create_task(db.read(work))
        await looked.wait()
        reading.cancel()
        go_on.set()
    assert await asyncio.gather(*[stored(db) for _ in range(10)]) == [[]] * 10


async def test_a_read_cannot_write(db: Database) -> None:
    with pytest.raises(DiskTrouble, match="readonly"):
        await db.read(put(1))
    assert await stored(db) == []


async def test_works_know_the_context_of_their_caller(db: Database) -> None:
    update = contextvars.ContextVar[int]("update")

    async def work(tx: Tx) -> int:
        return update.get()

    async def in_update(number: int) -> tuple[int, int]:
        update.set(number)
        return await db.write(work), await db.read(work)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(in_update(number)) for number in range(20)]
    assert [task.result() for task in tasks] == [(number, number) for number in range(20)]


async def test_close_finishes_what_was_begun_and_refuses_what_comes_later(tmp_path: Path) -> None:
    db = await Database.open(url(tmp_path / "shop.db"))
    await db.write(make_table)
    gate = Gate(0)
    async with asyncio.TaskGroup() as group:
        group.create_task(db.write(gate))
        await gate.entered.wait()
        waiting = [group.create_task(db.write(put(number))) for number in range(1, 600)]
        await asyncio.sleep(0)  # the writers join the queue
        closing = group.create_task(db.close())
        await asyncio.sleep(0)  # the close begins
        for refused in (db.write(put(1000)), db.read(numbers)):
            with pytest.raises(Closed):
                await refused
        gate.open()
    assert closing.done()
    assert [task.result() for task in waiting] == list(range(1, 600))
    async with await Database.open(url(tmp_path / "shop.db")) as again:
        assert await stored(again) == list(range(600))


async def test_close_lets_every_thread_go_and_folds_the_log_into_the_file(tmp_path: Path) -> None:
    db = await Database.open(url(tmp_path / "shop.db"))
    await db.write(make_table)
    assert len(database_threads()) == 3
    await db.close()
    await db.close()
    assert threads_that_stay() == []
    assert [path.name for path in tmp_path.iterdir()] == ["shop.db"]


async def test_a_close_that_is_canceled_lets_the_threads_go_all_the_same(tmp_path: Path) -> None:
    db = await Database.open(url(tmp_path / "shop.db"))
    await db.write(make_table)
    gate = Gate(1)
    writing = asyncio.gather(db.write(gate), return_exceptions=True)
    await gate.entered.wait()
    waiting = asyncio.gather(db.write(put(2)), return_exceptions=True)
    closing = asyncio.gather(db.close(), return_exceptions=True)
    await asyncio.sleep(0)  # the close begins
    closing.cancel()
    gate.open()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert await writing == [1]
    (answer,) = await waiting
    assert threads_that_stay() == []
    async with await Database.open(url(tmp_path / "shop.db")) as again:
        assert await stored(again) == ([1, 2] if answer == 2 else [1])
    assert answer == 2 or isinstance(answer, StorageError)


def test_every_failure_of_storage_is_of_one_family_and_explained() -> None:
    from storage import errors

    family = [thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, Exception)]
    assert all(issubclass(member, StorageError) and member.__doc__ for member in family)
    assert all(member.__name__ in (errors.__doc__ or "") for member in family)
