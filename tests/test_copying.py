"""`panelgram copy`: a stopped shop moves both ways and back without losing or changing anything, or not at all."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot import cli, copying
from bot.engine import catalogue
from bot.engine.audit import audit
from storage.database import Database, Kind
from storage.errors import AlreadyRunning, NotEmpty, SchemaMismatch, SchemaTooNew, StorageError
from storage.locks import only_process
from storage.migrate import migrate
from storage.numbering import last_numbers
from storage.schema import tables
from tests import databases
from tests.engine.test_audit import busy
from tests.engine.workshop import LIKES, TERMS, Workshop, open_shop, workshop
from tests.kit import START, Clock

PAIRS = [(one, other) for one in Kind for other in Kind]
Rows = dict[str, list[tuple[object, ...]]]


@pytest.fixture(autouse=True)
def _both_at_hand() -> Iterator[None]:
    with databases.standing_on(Kind.SQLITE):
        yield


async def lived_in(folder: Path, kind: Kind) -> str:
    """The address of a shop that has seen everything, and is closed."""
    folder.mkdir()
    with standing_on(kind):
        async with workshop(folder) as bench:
            await busy(bench)
            # The highest numbers were given and are gone again: they must not come back.
            await bench.sql("INSERT INTO notices (id, key, chat_id, kind, facts, due_at, created_at)"
                            " VALUES (5000, 'k', 1, 'card', '{}', 1, 1)")  # fmt: skip
            await bench.sql("DELETE FROM notices WHERE id = 5000")
        return databases.address(folder)


@contextmanager
def standing_on(kind: Kind) -> Iterator[None]:
    """Like databases.standing_on, but what is made stays until the test ends."""
    before, databases._Here.kind = databases._Here.kind, kind
    try:
        yield
    finally:
        databases._Here.kind = before


async def everything(url: str) -> tuple[Rows, dict[str, int]]:
    async with await Database.open(url) as db:
        found = {}
        for table in await tables(db):
            rows = await db.read(lambda tx, name=table.name: tx.all(f"SELECT * FROM {name}"))  # type: ignore[misc]
            found[table.name] = sorted((tuple(dict(row).values()) for row in rows), key=repr)
        return found, await last_numbers(db)


async def moved(source: str, target: str) -> list[str]:
    said: list[str] = []
    assert await copying.copy(source, target, START, said.append)
    return said


@pytest.mark.parametrize(("source_kind", "target_kind"), PAIRS)
async def test_a_lived_in_shop_moves_whole_and_goes_on(tmp_path: Path, source_kind: Kind, target_kind: Kind) -> None:
    source, target = await lived_in(tmp_path / "old", source_kind), databases.empty(tmp_path, target_kind)
    said = await moved(source, target)
    rows, numbers = await everything(source)
    copied, numbers_copied = await everything(target)
    assert copied == rows
    assert all(numbers_copied[name] >= number for name, number in numbers.items() if name != "categories")
    assert all(rows[name] for name in ("orders", "transfers", "accounts", "attempts", "quotes", "notices", "acts"))
    assert [line.split(": ", 1)[1][:5] for line in said[-2:]] == ["sound", "sound"]
    async with await Database.open(target) as db:
        bench = Workshop(await open_shop(db, TERMS), {}, Clock())
        await catalogue.load(bench.shop)
        await bench.balance()
        order = await bench.order(bench.number(LIKES), quantity="100")
        assert order.id > max(row[0] for row in rows["orders"])  # type: ignore[type-var]
        assert (await audit(db)).sound


async def test_there_and_back_again_is_the_same_shop(tmp_path: Path) -> None:
    source = await lived_in(tmp_path / "old", Kind.SQLITE)
    there, back = databases.empty(tmp_path, Kind.POSTGRES), f"sqlite:///{tmp_path / 'back.db'}"
    await moved(source, there)
    await moved(there, back)
    before, after = await everything(source), await everything(back)
    assert after[0] == before[0]
    assert after[1] == before[1]


@pytest.mark.parametrize(("source_kind", "target_kind"), PAIRS)
async def test_a_shop_that_moved_opens_only_where_it_went(tmp_path: Path, source_kind: Kind, target_kind: Kind) -> None:
    source, target = await lived_in(tmp_path / "old", source_kind), databases.empty(tmp_path, target_kind)
    await moved(source, target)
    async with await Database.open(source) as db:
        with pytest.raises(SchemaMismatch, match="moved to another database"):
            await migrate(db)
    async with await Database.open(target) as db:
        assert await migrate(db) == []


async def test_a_shop_that_moved_is_copied_once_more_with_a_warning(tmp_path: Path) -> None:
    source = await lived_in(tmp_path / "old", Kind.SQLITE)
    first, second = (f"sqlite:///{tmp_path / name}" for name in ("first.db", "second.db"))
    assert "before" not in " ".join(await moved(source, first))
    assert "open only one of its copies" in (await moved(source, second))[-1]
    assert await everything(second) == await everything(first)


@pytest.mark.parametrize("kind", list(Kind))
async def test_numbers_that_were_given_are_never_given_again(tmp_path: Path, kind: Kind) -> None:
    source, target = await lived_in(tmp_path / "old", Kind.SQLITE), databases.empty(tmp_path, kind)
    await moved(source, target)
    async with await Database.open(target) as db:
        row = await db.write(
            lambda tx: tx.one(
                "INSERT INTO notices (key, chat_id, kind, facts, due_at, created_at)"
                " VALUES ('new', 1, 'card', '{}', 1, 1) RETURNING id"
            )
        )
        assert row is not None
        assert row["id"] == 5001


@pytest.mark.parametrize(("source_kind", "target_kind"), PAIRS)
async def test_a_shop_that_runs_is_not_moved(tmp_path: Path, source_kind: Kind, target_kind: Kind) -> None:
    source, target = await lived_in(tmp_path / "old", source_kind), databases.empty(tmp_path, target_kind)
    for url in (source, target):
        async with only_process(url, lambda: None):
            with pytest.raises(AlreadyRunning):
                await moved(source, target)
    await moved(source, target)


@pytest.mark.parametrize("target_kind", list(Kind))
async def test_a_database_that_holds_something_is_left_alone(tmp_path: Path, target_kind: Kind) -> None:
    source = await lived_in(tmp_path / "old", Kind.SQLITE)
    target = await lived_in(tmp_path / "other", target_kind)
    before = await everything(target)
    with pytest.raises(NotEmpty):
        await moved(source, target)
    assert await everything(target) == before


@pytest.mark.parametrize("target_kind", list(Kind))
async def test_a_database_that_was_only_migrated_is_empty(tmp_path: Path, target_kind: Kind) -> None:
    source, target = await lived_in(tmp_path / "old", Kind.SQLITE), databases.empty(tmp_path, target_kind)
    async with await Database.open(target) as db:
        await migrate(db)
    await moved(source, target)


@pytest.mark.parametrize(("number", "refusal"), [(1, SchemaMismatch), (9, SchemaTooNew)])
async def test_another_schema_is_refused(tmp_path: Path, number: int, refusal: type[StorageError]) -> None:
    source, target = await lived_in(tmp_path / "old", Kind.SQLITE), databases.empty(tmp_path, Kind.POSTGRES)
    async with await Database.open(source) as db:
        if number == 1:
            await db.write(lambda tx: tx.run("DELETE FROM schema_version WHERE number > 1"))
        else:
            await db.write(lambda tx: tx.run("INSERT INTO schema_version VALUES ($1, 'later', 1)", number))
    with pytest.raises(refusal):
        await moved(source, target)
    async with await Database.open(target) as db:
        assert await tables(db) == []


async def test_a_file_that_is_no_shop_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none.db").touch()
    for source in (f"sqlite:///{tmp_path / 'missing.db'}", f"sqlite:///{tmp_path / 'none.db'}"):
        with pytest.raises(StorageError, match=r"no database|no shop"):
            await moved(source, f"sqlite:///{tmp_path / 'new.db'}")


@pytest.mark.parametrize("target_kind", list(Kind))
async def test_a_copy_that_failed_half_way_opens_no_shop_and_takes_no_other(tmp_path: Path, target_kind: Kind) -> None:
    source, target = await lived_in(tmp_path / "old", Kind.SQLITE), databases.empty(tmp_path, target_kind)
    async with await Database.open(source) as db:
        # A row that no schema takes, as a file that was tampered with may hold.
        await db.write(lambda tx: tx.run("PRAGMA writable_schema = ON"))
        await db.write(
            lambda tx: tx.run(
                "UPDATE sqlite_master SET sql = REPLACE(sql, 'CHECK (blocked IN (0, 1))', '') WHERE name = 'customers'"
            )
        )
    async with await Database.open(source) as db:
        await db.write(lambda tx: tx.run("UPDATE customers SET blocked = 2"))
    with pytest.raises(StorageError):
        await moved(source, target)
    async with await Database.open(target) as db:
        with pytest.raises(SchemaMismatch, match="did not finish"):
            await migrate(db)
    with pytest.raises(StorageError):
        await moved(source, target)


@pytest.mark.parametrize("target_kind", list(Kind))
async def test_a_copy_that_is_killed_leaves_nothing_a_shop_would_open(tmp_path: Path, target_kind: Kind) -> None:
    source, target = await lived_in(tmp_path / "old", Kind.SQLITE), databases.empty(tmp_path, target_kind)
    killer = (
        "import os, signal, sys\n"
        "from storage import copying\n"
        "async def die(*_): os.kill(os.getpid(), signal.SIGKILL)\n"
        "copying.number_on = die\n"
        "from bot.cli import main\n"
        "main(['copy', *sys.argv[1:]])\n"
    )
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", killer, source, target])
    assert done.returncode == -signal.SIGKILL
    async with await Database.open(target) as db:
        with pytest.raises(SchemaMismatch, match="did not finish"):
            await migrate(db)


async def test_an_unsound_shop_is_copied_as_it_is_and_not_opened(tmp_path: Path) -> None:
    source, target = await lived_in(tmp_path / "old", Kind.SQLITE), databases.empty(tmp_path, Kind.POSTGRES)
    async with await Database.open(source) as db:
        await db.write(lambda tx: tx.run("UPDATE accounts SET balance = balance + 1 WHERE id = 'sys:revenue'"))
    said: list[str] = []
    assert not await copying.copy(source, target, START, said.append)
    assert [line.rpartition(": ")[0].rpartition(": ")[2] for line in said[-2:]] == ["violated", "violated"]
    async with await Database.open(target) as db:
        with pytest.raises(SchemaMismatch, match="did not finish"):
            await migrate(db)


def test_bad_addresses_are_told_without_their_passwords(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["copy", "mysql://u:s3cret@h/d", "sqlite:///new.db"]) == cli.BAD_SETTINGS
    assert cli.main(["copy", "sqlite:///missing.db", "postgresql://u:s3cret@h:x/d"]) == cli.BAD_SETTINGS
    assert cli.main(["copy", "sqlite:///missing.db", "sqlite:///new.db"]) == cli.FAILED
    said = capsys.readouterr().err
    assert "s3cret" not in said
    assert [line.partition(":")[0] for line in said.splitlines()] == [
        "from-url", "to-url", "there is no database at sqlite",
    ]  # fmt: skip
