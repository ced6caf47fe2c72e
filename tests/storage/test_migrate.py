"""Numbered migrations: once each, whole or not at all, in one order for ever."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

import storage
from storage.database import Database, Tx
from storage.errors import Conflict, ProgrammingError, SchemaMismatch, SchemaTooNew
from storage.migrate import migrate, read_migrations, split
from tests.storage.database_kit import stored, url

NOW = datetime(2024, 2, 29, 12, tzinfo=UTC)

SHOP = """-- The first schema; not the last.
CREATE TABLE numbers (number INTEGER PRIMARY KEY, weight BLOB); -- a comment; with a semicolon
CREATE TABLE changes (number INTEGER NOT NULL, text TEXT NOT NULL DEFAULT 'a; b');
CREATE TRIGGER numbers_change AFTER UPDATE OF number ON numbers
BEGIN
    INSERT INTO changes (number) VALUES (old.number);
    INSERT INTO changes (number, text) VALUES (new.number, '$1; END;');
END;
/* done; */
"""
FILL = """INSERT INTO numbers (number) VALUES (1);
UPDATE numbers SET number = 2; INSERT INTO numbers (number)
VALUES (3)
;"""
WIDEN = "ALTER TABLE numbers ADD COLUMN name TEXT; UPDATE numbers SET name = 'n' || number;"
FILES = {"0001_shop.sql": SHOP, "0002_fill.sql": FILL, "0003_widen.sql": WIDEN}


def directory(tmp_path: Path, files: Mapping[str, str], name: str = "migrations") -> Path:
    made = tmp_path / name
    made.mkdir()
    for file, text in files.items():
        (made / file).write_text(text, encoding="utf-8")
    return made


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(url(tmp_path / "shop.db")) as opened:
        yield opened


async def recorded(db: Database) -> list[tuple[int, str, int]]:
    async def work(tx: Tx) -> list[tuple[int, str, int]]:
        rows = await tx.all("SELECT number, name, applied_at FROM schema_version ORDER BY number")
        return [(row["number"], row["name"], row["applied_at"]) for row in rows]

    return await db.read(work)


async def changes(tx: Tx) -> list[tuple[int, str]]:
    return [(row["number"], row["text"]) for row in await tx.all("SELECT number, text FROM changes ORDER BY rowid")]


async def names(tx: Tx) -> list[str]:
    return [row["name"] for row in await tx.all("SELECT name FROM numbers ORDER BY number")]


async def assert_whole(db: Database) -> None:
    assert [number for number, _, _ in await recorded(db)] == [1, 2, 3]
    assert await stored(db) == [2, 3]
    assert await db.read(changes) == [(1, "a; b"), (2, "$1; END;")]
    assert await db.read(names) == ["n2", "n3"]


async def test_migrations_are_applied_in_order_and_written_down(db: Database, tmp_path: Path) -> None:
    files = directory(tmp_path, FILES)
    assert await migrate(db, files, lambda: NOW) == [1, 2, 3]
    at = int(NOW.timestamp() * 1000)
    assert await recorded(db) == [(1, "0001_shop", at), (2, "0002_fill", at), (3, "0003_widen", at)]
    await assert_whole(db)


async def test_what_is_applied_is_not_applied_again(db: Database, tmp_path: Path) -> None:
    files = directory(tmp_path, {"0001_shop.sql": SHOP})
    assert await migrate(db, files) == [1]
    assert await migrate(db, files) == []
    (files / "0002_fill.sql").write_text(FILL)
    (files / "0003_widen.sql").write_text(WIDEN)
    assert await migrate(db, files) == [2, 3]
    await assert_whole(db)


async def test_processes_that_migrate_at_once_apply_each_once(tmp_path: Path) -> None:
    files = directory(tmp_path, FILES)
    databases = [await Database.open(url(tmp_path / "shop.db")) for _ in range(3)]
    try:
        applied = await asyncio.gather(*[migrate(db, files) for db in databases])
        assert sorted(number for numbers in applied for number in numbers) == [1, 2, 3]
        await assert_whole(databases[0])
    finally:
        for db in databases:
            await db.close()


async def test_an_old_program_refuses_a_newer_schema(db: Database, tmp_path: Path) -> None:
    await migrate(db, directory(tmp_path, FILES, "new"))
    old = directory(tmp_path, {"0001_shop.sql": SHOP}, "old")
    with pytest.raises(SchemaTooNew) as refusal:
        await migrate(db, old)
    assert str(refusal.value) == "the database is at schema 3, this program knows 1: run the newer version"
    await assert_whole(db)


async def test_a_renamed_migration_is_refused(db: Database, tmp_path: Path) -> None:
    await migrate(db, directory(tmp_path, {"0001_shop.sql": SHOP}, "before"))
    after = directory(tmp_path, {"0001_store.sql": SHOP, "0002_fill.sql": FILL}, "after")
    with pytest.raises(SchemaMismatch, match="has migration 0001_shop, the program has 0001_store"):
        await migrate(db, after)
    assert await stored(db) == []


async def test_a_record_with_a_gap_is_refused(db: Database, tmp_path: Path) -> None:
    files = directory(tmp_path, FILES)
    await migrate(db, files)

    async def forget(tx: Tx) -> None:
        await tx.run("DELETE FROM schema_version WHERE number = 2")

    await db.write(forget)
    with pytest.raises(SchemaMismatch, match="0003_widen, the program has 0002_fill"):
        await migrate(db, files)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (["0001_a.sql", "0003_c.sql"], "0003_c.sql stands where migration 0002 should"),
        (["0001_a.sql", "0001_b.sql"], "0001_b.sql stands where migration 0002 should"),
        (["0002_b.sql"], "0002_b.sql stands where migration 0001 should"),
        (["0000_a.sql"], "0000_a.sql stands where migration 0001 should"),
        (["1_a.sql"], "1_a.sql is not named like a migration"),
        (["0001-a.sql"], "0001-a.sql is not named like a migration"),
        (["0001_A.sql"], "0001_A.sql is not named like a migration"),
        ([], "no migrations in migrations"),
    ],
)
async def test_a_directory_that_is_no_sequence_is_refused(
    db: Database, tmp_path: Path, files: list[str], reason: str
) -> None:
    with pytest.raises(SchemaMismatch, match=reason):
        await migrate(db, directory(tmp_path, dict.fromkeys(files, "SELECT 1;")))


async def test_a_migration_that_fails_leaves_nothing_of_itself_and_says_its_name(db: Database, tmp_path: Path) -> None:
    files = directory(tmp_path, FILES)
    (files / "0002_fill.sql").write_text(FILL + "INSERT INTO numbers (number) VALUES (3);")
    with pytest.raises(Conflict) as conflict:
        await migrate(db, files)
    assert conflict.value.__notes__ == ["in migration 0002_fill"]
    assert [number for number, _, _ in await recorded(db)] == [1]
    assert await stored(db) == []
    (files / "0002_fill.sql").write_text(FILL)
    assert await migrate(db, files) == [2, 3]
    await assert_whole(db)


async def test_a_migration_that_ends_its_own_transaction_is_refused(db: Database, tmp_path: Path) -> None:
    with pytest.raises(ProgrammingError, match="begins and ends around its work"):
        await migrate(db, directory(tmp_path, {"0001_shop.sql": SHOP + "COMMIT;"}))
    assert await db.read(lambda tx: tx.all("SELECT name FROM sqlite_schema WHERE name = 'numbers'")) == []


async def test_a_migration_cut_off_in_the_middle_is_refused_by_name(db: Database, tmp_path: Path) -> None:
    with pytest.raises(ProgrammingError, match="ends in the middle of a statement") as refusal:
        await migrate(db, directory(tmp_path, {"0001_shop.sql": SHOP.replace("END;", "EN")}))
    assert refusal.value.__notes__ == ["in migration 0001_shop"]


DYING = """
import asyncio, os, signal, sys
from pathlib import Path
from storage import sqlite
from storage.database import Database
from storage.migrate import migrate

left = int(sys.argv[3])
step = sqlite.SqliteTx._step

def dying(tx, sql, args):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    return step(tx, sql, args)

async def main():
    async with await Database.open(sys.argv[1]) as db:
        await migrate(db, Path(sys.argv[2]))

sqlite.SqliteTx._step = dying
asyncio.run(main())
"""


async def test_a_migration_killed_at_any_statement_goes_on_where_it_was(tmp_path: Path) -> None:
    files = directory(tmp_path, FILES)
    statements = sum(len(migration.statements) for migration in read_migrations(files))
    # Each transaction makes the table, reads it and writes its line; one more finds nothing left to do.
    steps = statements + 3 * len(FILES) + 2
    for killed_at in range(steps + 1):
        address = url(tmp_path / f"{killed_at}.db")
        command = [sys.executable, "-c", DYING, address, str(files), str(killed_at)]
        died = await asyncio.to_thread(subprocess.run, command, timeout=60)
        assert died.returncode == (0 if killed_at == steps else -signal.SIGKILL)
        async with await Database.open(address) as db:
            await migrate(db, files)
            await assert_whole(db)


@pytest.mark.parametrize(
    ("script", "statements"),
    [
        ("", []),
        ("-- only; a comment\n;;\n", []),
        ("SELECT 1;SELECT 2;", ["SELECT 1;", "SELECT 2;"]),
        ("SELECT ';'; -- so; long", ["SELECT ';';"]),
        ('SELECT "a;b", [c;d], `e;f` FROM g;', ['SELECT "a;b", [c;d], `e;f` FROM g;']),
        (SHOP.split("CREATE TRIGGER")[1].join(["CREATE TRIGGER", ""]).split("/*")[0], None),
    ],
)
def test_a_script_is_split_where_its_statements_end(script: str, statements: list[str] | None) -> None:
    assert list(split(script)) == (statements if statements is not None else [script.strip()])


@pytest.mark.parametrize(
    "script", ["SELECT 1", "SELECT 'open;", "SELECT 1; SELECT", "CREATE TRIGGER a AFTER INSERT ON b BEGIN SELECT 1;"]
)
def test_a_script_that_ends_in_a_statement_is_refused(script: str) -> None:
    with pytest.raises(ProgrammingError, match="ends in the middle"):
        list(split(script))


async def test_the_shops_own_migrations_apply(db: Database) -> None:
    own = Path(*storage.__path__) / "migrations" / "sqlite"
    applied = await migrate(db, own)
    assert applied == list(range(1, len(list(own.glob("*.sql"))) + 1))
    assert await migrate(db, own) == []
    check = await db.read(lambda tx: tx.one("PRAGMA integrity_check"))
    assert check is not None
    assert check["integrity_check"] == "ok"


def test_splitting_keeps_every_statement_sqlite_would_run() -> None:
    plain, whole = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
    try:
        for sql in split(SHOP + FILL + WIDEN):
            plain.execute(sql)
        whole.executescript(SHOP + FILL + WIDEN)
        assert list(plain.iterdump()) == list(whole.iterdump())
    finally:
        plain.close()
        whole.close()
