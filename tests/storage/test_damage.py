"""What is told of a damaged file and of an old library."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.engine.audit import FILE, audit_file
from storage.damage import aging, find_damage
from storage.database import Database, Kind
from storage.migrate import migrate
from tests import databases


async def test_a_whole_database_has_no_damage(tmp_path: Path, both_databases: Kind) -> None:
    async with await Database.open(databases.address(tmp_path)) as db:
        await migrate(db)
        assert await find_damage(db) == []
        assert (await audit_file(db)).sound


async def test_a_page_of_rubbish_is_found(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    async with await Database.open(f"sqlite:///{path}") as db:
        await migrate(db)
        rows = [(f"word {n}", "x" * 500) for n in range(500)]
        await db.write(lambda tx: tx.many("INSERT INTO switches (name, value) VALUES ($1, $2)", rows))
    with path.open("r+b") as file:
        file.seek(-8 * 4096, 2)
        file.write(b"\xa5" * 4096)
    async with await Database.open(f"sqlite:///{path}") as db:
        report = await audit_file(db)
    assert [violation.name for violation in report.violations] == [FILE]
    assert report.violations[0].offenders


@pytest.mark.parametrize(("library", "old"), [((3, 45, 1), True), ((3, 51, 2), True), ((3, 51, 3), False)])
async def test_a_library_is_old_below_the_version_that_is_safe(
    tmp_path: Path, library: tuple[int, ...], old: bool
) -> None:
    async with await Database.open(f"sqlite:///{tmp_path / 'shop.db'}") as db:
        assert (aging(db, library) is not None) is old


async def test_a_server_has_a_library_of_its_own(tmp_path: Path, both_databases: Kind) -> None:
    async with await Database.open(databases.address(tmp_path)) as db:
        assert db.kind is Kind.SQLITE or aging(db, (3, 1, 0)) is None
