"""Batches the disk refuses: every member is told, nothing is stored, the connection lives on."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storage.database import Database, Tx
from storage.errors import DiskTrouble, StorageError
from tests.storage.database_kit import Refused, make_table, on_writer, put, put_and_refuse, stored, url


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(url(tmp_path / "shop.db")) as opened:
        await opened.write(make_table)
        yield opened


async def limit_pages(db: Database, spare: int | None) -> None:
    """Let the database grow by so many pages; None for as many as it likes."""
    used = await on_writer(db, lambda raw: raw.execute("PRAGMA page_count").fetchone()[0])
    limit = 2**30 if spare is None else used + spare
    await on_writer(db, lambda raw: raw.execute(f"PRAGMA max_page_count = {limit}"))


async def test_a_full_disk_that_ends_the_transaction_fails_every_member(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await limit_pages(db, spare=4)
    answers = await asyncio.gather(
        db.write(put(1)), db.write(put_and_refuse(2)), db.write(put(3, weight=100_000)), db.write(put(4)),
        return_exceptions=True,
    )  # fmt: skip
    # Even the one that refused: what it saw before it refused was never stored.
    assert [type(answer) for answer in answers] == [DiskTrouble] * 4
    assert len({id(answer) for answer in answers}) == 4, "a traceback of one's own for each"
    assert all("full" in str(answer) for answer in answers)
    assert await stored(db) == []
    assert [record.getMessage() for record in caplog.records] == ["a batch of transactions was lost"]
    await limit_pages(db, spare=None)
    assert await db.write(put(5, weight=100_000)) == 5
    assert await stored(db) == [5]


async def test_a_full_disk_that_spares_the_transaction_fails_its_member_alone(db: Database) -> None:
    async def many_rows(tx: Tx) -> None:
        # Several rows in one statement: SQLite can take the statement back and keep the transaction.
        await tx.run(
            "WITH RECURSIVE n (n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM n LIMIT 500)"
            " INSERT INTO numbers (number, weight) SELECT n, zeroblob(1000) FROM n"
        )

    await limit_pages(db, spare=4)
    answers = await asyncio.gather(
        db.write(put(1)), db.write(many_rows), db.write(put(2)), return_exceptions=True
    )  # fmt: skip
    assert answers[0] == 1
    assert isinstance(answers[1], DiskTrouble)
    assert answers[2] == 2
    assert await stored(db) == [1, 2]


async def test_a_full_disk_cannot_be_caught_and_forgotten(db: Database) -> None:
    async def careless(tx: Tx) -> str:
        with pytest.raises(DiskTrouble):
            await put(2, weight=100_000)(tx)
        return "all is well"

    async def deceived(tx: Tx) -> None:
        with pytest.raises(DiskTrouble):
            await put(3, weight=100_000)(tx)
        raise Refused

    for work in (careless, deceived):
        await limit_pages(db, spare=4)
        answers = await asyncio.gather(db.write(put(1)), db.write(work), db.write(put(4)), return_exceptions=True)
        assert all(isinstance(answer, StorageError) for answer in answers)
        assert await stored(db) == []


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Writes past this size fail in the kernel (EFBIG), as they would on a failing disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_commit_the_disk_refuses_fails_every_member(db: Database, tmp_path: Path) -> None:
    await db.write(put(1))
    with largest_file((tmp_path / "shop.db-wal").stat().st_size + 10_000):
        answers = await asyncio.gather(
            db.write(put(2)), db.write(put(3, weight=200_000)), db.write(put_and_refuse(4)), return_exceptions=True
        )
    assert [type(answer) for answer in answers] == [DiskTrouble] * 3
    assert await stored(db) == [1]
    assert await db.write(put(5, weight=200_000)) == 5
    assert await stored(db) == [1, 5]


async def test_a_commit_that_fails_for_one_members_sake_blames_no_other(db: Database) -> None:
    async def tables(tx: Tx) -> None:
        await tx.run("CREATE TABLE child (parent INTEGER REFERENCES numbers (number) DEFERRABLE INITIALLY DEFERRED)")

    async def orphan(tx: Tx) -> None:
        await tx.run("INSERT INTO child (parent) VALUES (77)")

    await db.write(tables)
    answers = await asyncio.gather(db.write(put(1)), db.write(orphan), return_exceptions=True)
    assert [type(answer) for answer in answers] == [StorageError] * 2
    assert not await on_writer(db, lambda raw: raw.in_transaction), "nobody else is kept waiting meanwhile"
    assert await stored(db) == []
    assert await db.write(put(2)) == 2
    assert await stored(db) == [2]


async def test_a_trigger_that_rolls_everything_back_fails_every_member(db: Database) -> None:
    async def tables(tx: Tx) -> None:
        await tx.run(
            "CREATE TRIGGER bomb BEFORE INSERT ON numbers WHEN new.number = 13"
            " BEGIN SELECT RAISE(ROLLBACK, 'no thirteen'); END"
        )

    await db.write(tables)
    answers = await asyncio.gather(*[db.write(put(number)) for number in (12, 13, 14)], return_exceptions=True)
    assert [type(answer) for answer in answers] == [StorageError] * 3
    assert await stored(db) == []
    assert await db.write(put(14)) == 14


async def test_a_transaction_left_open_by_a_failed_rollback_is_never_committed(db: Database) -> None:
    await on_writer(db, lambda raw: raw.execute("BEGIN"))
    await on_writer(db, lambda raw: raw.execute("INSERT INTO numbers (number) VALUES (1)"))
    assert await db.write(put(2)) == 2
    assert await stored(db) == [2]
