"""PostgreSQL as the rooms above know it: the same promises as SQLite's, kept by other means."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage.database import Database, Kind, Tx
from storage.errors import Closed, Conflict, DiskTrouble, ProgrammingError
from tests import databases
from tests.storage.database_kit import Refused, numbers, put, put_and_refuse, stored
from tests.storage.postgres_kit import closed_gate, make_table, pass_gate


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with databases.standing_on(Kind.POSTGRES):
        yield databases.address(tmp_path)


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with await Database.open(url) as opened:
        await opened.write(make_table)
        yield opened


async def test_rows_are_read_by_name_and_values_come_back_as_they_went(db: Database) -> None:
    values = (2**63 - 1, "a'b\"c 💬", b"\0w", None, True)

    async def work(tx: Tx) -> dict[str, object]:
        row = await tx.one(
            "SELECT CAST($1 AS BIGINT) AS n, CAST($2 AS TEXT) AS t, CAST($3 AS BYTEA) AS b,"
            " CAST($4 AS TEXT) AS nothing, CAST($5 AS BIGINT) AS yes", *values,
        )  # fmt: skip
        assert row is not None
        assert row["n"] == values[0]
        return dict(row)

    assert list((await db.read(work)).values()) == [*values[:4], 1]


async def test_a_character_postgresql_cannot_hold_is_replaced(db: Database) -> None:
    row = await db.read(lambda tx: tx.one("SELECT CAST($1 AS TEXT) AS text", "a\0b"))
    assert row is not None
    assert row["text"] == "a\ufffdb"


@pytest.mark.parametrize("value", [1.5, 1.0, object(), [1]])
async def test_what_is_never_stored_is_refused(db: Database, value: object) -> None:
    with pytest.raises(TypeError, match="a parameter may be"):
        await db.write(lambda tx: tx.run("INSERT INTO numbers (number) VALUES ($1)", value))  # type: ignore[arg-type]
    assert await stored(db) == []


@pytest.mark.parametrize("sql", ["COMMIT", "ROLLBACK", "BEGIN", "/* */ savepoint s", "SELECT $2", "SELECT $x"])
async def test_statements_that_cannot_be_are_refused(db: Database, sql: str) -> None:
    with pytest.raises(ProgrammingError):
        await db.write(lambda tx: tx.run(sql, *([1] if "$2" in sql else [])))


async def test_affected_rows_are_counted(db: Database) -> None:
    async def work(tx: Tx) -> list[int]:
        await tx.many("INSERT INTO numbers (number) VALUES ($1)", [(n,) for n in range(5)])
        return [
            await tx.run("UPDATE numbers SET weight = '' WHERE number < $1", 3),
            await tx.run("UPDATE numbers SET weight = '' WHERE number > $1", 30),
            await tx.run("INSERT INTO numbers (number) VALUES ($1) ON CONFLICT DO NOTHING", 4),
            await tx.run("INSERT INTO numbers (number) VALUES ($1), ($2) RETURNING number", 5, 6),
            await tx.run(
                "WITH few AS (SELECT 2 AS n) UPDATE numbers SET weight = NULL WHERE number IN (SELECT n FROM few)"
            ),
            await tx.run("SELECT number FROM numbers"),
            await tx.run("DELETE FROM numbers"),
            await tx.run("CREATE TABLE other (id BIGINT)"),
        ]

    assert await db.write(work) == [3, 0, 0, 2, 1, 0, 7, 0]


async def test_a_works_own_error_takes_everything_of_it_back(db: Database) -> None:
    with pytest.raises(Refused):
        await db.write(put_and_refuse(1))
    assert await db.write(put(2)) == 2
    assert await stored(db) == [2]


async def test_a_statement_that_failed_dooms_its_transaction(db: Database) -> None:
    async def work(tx: Tx) -> None:
        await put(1)(tx)
        with pytest.raises(Conflict):
            await put(1)(tx)
        with pytest.raises(Conflict):
            await put(2)(tx)

    with pytest.raises(Conflict, match="numbers_pkey"):
        await db.write(work)
    assert await stored(db) == []


async def test_no_message_and_no_log_holds_a_stored_value(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    await db.write(put(424242))
    with caplog.at_level(logging.DEBUG):
        for work in (put(424242), lambda tx: tx.run("SELECT CAST(CAST($1 AS TEXT) AS BIGINT)", "x424242")):
            with pytest.raises(Conflict) as refusal:
                await db.write(work)
            logging.getLogger("test").error("refused", exc_info=refusal.value)
    assert "424242" not in caplog.text
    assert "DETAIL" not in caplog.text


@pytest.mark.parametrize("foreign", ["sleep", "gather", "future"])
async def test_a_work_that_awaits_anything_but_its_tx_is_refused(db: Database, foreign: str) -> None:
    future = asyncio.get_running_loop().create_future()

    async def work(tx: Tx) -> None:
        await put(1)(tx)
        match foreign:
            case "sleep":
                await asyncio.sleep(0.001)
            case "gather":
                await asyncio.gather(put(2)(tx), put(3)(tx))
            case _:
                await future

    with pytest.raises((ProgrammingError, RuntimeError)) as refusal:
        await db.write(work)
    assert isinstance(refusal.value, ProgrammingError)
    future.set_result(None)
    assert await future is None, "whoever else waits for it is not harmed"
    assert await stored(db) == []


async def test_a_tx_that_is_over_is_refused(db: Database) -> None:
    kept: list[Tx] = []

    async def work(tx: Tx) -> None:
        kept.append(tx)

    await db.write(work)
    with pytest.raises(ProgrammingError, match="over"):
        await kept[0].run("DELETE FROM numbers")


async def test_a_read_cannot_write(db: Database) -> None:
    with pytest.raises(DiskTrouble, match="read-only"):
        await db.read(put(1))


async def test_one_read_is_one_snapshot_and_waits_for_nobody_who_writes(db: Database, url: str) -> None:
    async def twice(tx: Tx) -> tuple[list[int], list[int]]:
        first = await numbers(tx)
        await pass_gate(tx)
        return first, await numbers(tx)

    async def slow(tx: Tx) -> int:
        await pass_gate(tx)
        return await put(2)(tx)

    async with closed_gate(url) as gate, asyncio.TaskGroup() as group:
        reading = group.create_task(db.read(twice))
        await gate.waiting(1)
        await db.write(put(1))
        writing = group.create_task(db.write(slow))
        await gate.waiting(2)
        assert await stored(db) == [1]
        await gate.open()
    assert reading.result() == ([], [])
    assert writing.result() == 2
    assert await stored(db) == [1, 2]


@pytest.mark.parametrize(
    ("first", "second", "waits"), [(None, None, True), (None, 1, True), (1, None, True), (1, 1, True), (1, 2, False)]
)
async def test_works_overlap_only_when_they_are_of_different_owners(
    db: Database, url: str, first: int | None, second: int | None, waits: bool
) -> None:
    """The second reads what the first has not committed yet: with a lock it sees it, without one it may not."""

    async def slow(tx: Tx) -> None:
        await put(1)(tx)
        await pass_gate(tx)

    async def count(tx: Tx) -> int:
        return len(await numbers(tx))

    async with closed_gate(url) as gate, asyncio.TaskGroup() as group:
        group.create_task(db.write(slow, of=first))
        await gate.waiting(1)
        counting = group.create_task(db.write(count, of=second))
        if waits:
            await gate.waiting(2)
        else:
            assert await counting == 0
        await gate.open()
    assert counting.result() == (1 if waits else 0)


async def test_whoever_reads_before_it_writes_is_right_all_the_same(db: Database) -> None:
    async def next_number(tx: Tx) -> int:
        return await put(len(await numbers(tx)))(tx)

    made = await asyncio.gather(*[db.write(next_number) for _ in range(100)])
    assert sorted(made) == list(range(100))


async def test_a_caller_that_was_canceled_leaves_a_connection_for_the_next(db: Database, url: str) -> None:
    async def slow(tx: Tx) -> None:
        await put(1)(tx)
        await pass_gate(tx)

    async with closed_gate(url) as gate:
        writing = asyncio.gather(db.write(slow), return_exceptions=True)
        await gate.waiting(1)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert await db.write(put(2)) == 2
    assert await stored(db) == [2]


async def test_close_waits_for_what_was_begun_and_refuses_the_rest(db: Database, url: str) -> None:
    async def slow(tx: Tx) -> int:
        await pass_gate(tx)
        return await put(1)(tx)

    async with closed_gate(url) as gate, asyncio.TaskGroup() as group:
        writing = group.create_task(db.write(slow))
        await gate.waiting(1)
        closing = group.create_task(db.close())
        await asyncio.sleep(0)
        for refused in (db.write(put(2)), db.read(numbers)):
            with pytest.raises(Closed):
                await refused
        assert not closing.done()
        await gate.open()
    assert writing.result() == 1
    await db.close()


async def test_many_with_one_bad_row_writes_none(db: Database) -> None:
    async def work(tx: Tx) -> None:
        await tx.many("INSERT INTO numbers (number) VALUES ($1)", [(1,), (2,), (1,)])

    with pytest.raises(Conflict):
        await db.write(work)
    assert await stored(db) == []


async def test_the_version_is_told(db: Database) -> None:
    assert db.version.startswith("PostgreSQL ")
    assert db.kind is Kind.POSTGRES
