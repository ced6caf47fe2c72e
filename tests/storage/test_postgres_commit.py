"""A COMMIT whose answer is lost: what is stored is told as stored, what is not runs again, and doubt is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from storage.database import Database, Kind, Tx
from storage.errors import Busy, Conflict, StorageError, Unreachable, Unsettled
from storage.postgres_errors import FOREIGN, translated
from tests import databases
from tests.storage.database_kit import put, stored
from tests.storage.postgres_kit import Wire, make_table, wired


@pytest.fixture
def url(tmp_path: Path) -> AsyncIterator[str]:
    with databases.standing_on(Kind.POSTGRES):
        yield databases.address(tmp_path)


@pytest.fixture
async def behind(url: str, tmp_path: Path) -> AsyncIterator[tuple[Wire, Database]]:
    async with wired(url, tmp_path) as made:
        await made[1].write(make_table)
        yield made


@pytest.mark.parametrize(("where", "runs"), [("before", 2), ("after", 1)])
async def test_a_commit_without_an_answer_is_one_commit(
    behind: tuple[Wire, Database], where: str, runs: int
) -> None:  # fmt: skip
    wire, db = behind
    ran = []

    async def work(tx: Tx) -> int:
        ran.append(await tx.one("SELECT COUNT(*) AS n FROM numbers"))
        return await put(7)(tx)

    wire.break_at = where
    assert await db.write(work) == 7
    assert await stored(db) == [7]
    assert len(ran) == runs


@pytest.mark.parametrize(("where", "found"), [("before", []), ("after", [7])])
async def test_when_nobody_can_tell_that_is_said_and_nothing_is_repeated(
    behind: tuple[Wire, Database], where: str, found: list[int]
) -> None:
    wire, db = behind
    wire.break_at, wire.all_at_once = where, True
    with pytest.raises(Unsettled):
        await db.write(put(7))
    assert await stored(db) == found
    assert await db.write(put(8)) == 8, "the next one finds its way again"


async def test_a_killed_connection_is_one_more_run(url: str) -> None:
    async with await Database.open(url) as db:
        await db.write(make_table)
        runs = 0

        async def work(tx: Tx) -> int:
            nonlocal runs
            runs += 1
            await put(runs)(tx)
            if runs < 3:
                await tx.all("SELECT pg_terminate_backend(pg_backend_pid())")
            return runs

        assert await db.write(work) == 3
        assert await stored(db) == [3]


async def test_a_connection_that_is_killed_again_and_again_is_given_up(url: str) -> None:
    async with await Database.open(url) as db:
        runs = 0

        async def work(tx: Tx) -> None:
            nonlocal runs
            runs += 1
            await tx.all("SELECT pg_terminate_backend(pg_backend_pid())")

        with pytest.raises(Unreachable):
            await db.write(work)
        assert runs == 6


async def test_idle_connections_that_were_killed_are_replaced(url: str) -> None:
    async with await Database.open(url) as db:
        await db.write(make_table)
        await asyncio.gather(*[stored(db) for _ in range(8)])
        await asyncio.to_thread(
            databases.server().run_on,
            url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        assert await asyncio.gather(*[stored(db) for _ in range(8)]) == [[]] * 8
        assert await db.write(put(1)) == 1


def test_a_connection_taken_away_in_the_middle_of_a_word_counts_as_gone() -> None:
    error = asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")
    assert isinstance(error, FOREIGN)
    assert isinstance(translated(error), Unreachable)


async def test_a_transaction_the_server_gave_up_runs_again(url: str) -> None:
    async with await Database.open(url) as db:
        await db.write(make_table)
        runs = 0

        async def work(tx: Tx) -> int:
            nonlocal runs
            runs += 1
            if runs < 4:
                await tx.run("DO 'BEGIN RAISE EXCEPTION SQLSTATE ''40P01''; END'")
            return await put(runs)(tx)

        assert await db.write(work) == 4
        assert await stored(db) == [4]


async def test_a_server_that_is_not_there_is_told_in_one_line_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as refusal:
        await Database.open(f"postgresql://shop:s3cret@/shop?host={tmp_path}")
    assert "s3cret" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


async def test_a_database_that_is_not_there_is_told_in_one_line(url: str) -> None:
    with pytest.raises(Unreachable, match='"nowhere" does not exist'):
        await Database.open(databases.server().url("nowhere"))


@pytest.mark.parametrize("setting", ["synchronous_commit", "fsync"])
async def test_a_server_that_forgets_is_refused(url: str, setting: str, tmp_path: Path) -> None:
    own = await asyncpg.connect(url)
    try:
        await own.execute(f"ALTER SYSTEM SET {setting} = off")
        await reloaded(own, setting, "off")
        with pytest.raises(StorageError, match=f"{setting}=off"):
            await Database.open(url)
    finally:
        await own.execute(f"ALTER SYSTEM RESET {setting}")
        await reloaded(own, setting, "on")
        await own.close()


async def reloaded(own: asyncpg.Connection, setting: str, value: str) -> None:
    await own.execute("SELECT pg_reload_conf()")
    while await own.fetchval(f"SHOW {setting}") != value:  # noqa: ASYNC110 - the server's event, not the loop's
        await asyncio.sleep(0)


async def test_a_lock_somebody_else_keeps_is_busy_not_for_ever(url: str) -> None:
    async with await Database.open(url) as db:
        await db.write(make_table)
        own = await asyncpg.connect(url)
        try:
            await own.execute("BEGIN; LOCK TABLE numbers")

            async def work(tx: Tx) -> None:
                await tx.run("SET LOCAL lock_timeout = '10ms'")
                await put(1)(tx)

            with pytest.raises(Busy):
                await db.write(work)
        finally:
            await own.close()
        assert await db.write(put(1)) == 1
        with pytest.raises(Conflict):
            await db.write(put(1))
