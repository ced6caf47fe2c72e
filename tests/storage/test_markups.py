"""Markups as they are stored: one for each subject, to the last digit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.markups import SHOP, Scope, Subject
from storage import markups
from storage.database import Database
from tests import databases
from tests.engine.workshop import open_shop

pytestmark = pytest.mark.usefixtures("both_databases")
NAMED = Subject(Scope.PANEL, "O'Neil „west“ %s")


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(databases.address(tmp_path)) as opened:
        await open_shop(opened)
        yield opened


async def put(db: Database, subject: Subject, percent: str | None) -> None:
    await db.write(lambda tx: markups.put(tx, subject, None if percent is None else Decimal(percent)))


async def test_every_subject_has_one_markup_of_its_own(db: Database) -> None:
    category, service = Subject(Scope.CATEGORY, "7"), Subject(Scope.SERVICE, "7")
    for subject, percent in ((SHOP, "30"), (NAMED, "0"), (category, "12.50"), (service, "10000")):
        await put(db, subject, percent)
    found = await db.read(markups.load)
    assert found == {SHOP: Decimal(30), NAMED: Decimal(0), category: Decimal("12.5"), service: Decimal(10000)}
    assert str(found[category]) == "12.50"


async def test_a_markup_is_replaced_and_taken_away(db: Database) -> None:
    await put(db, NAMED, "5")
    await put(db, NAMED, "6")
    assert await db.read(lambda tx: markups.get(tx, NAMED)) == Decimal(6)
    await put(db, NAMED, None)
    await put(db, NAMED, None)
    assert await db.read(lambda tx: markups.get(tx, NAMED)) is None
    assert await db.read(markups.load) == {}
