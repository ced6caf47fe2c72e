"""What operators arranged is stored beside what panels list, and saving a panel's rows again leaves it alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.arranging import Arrangement
from bot.domain.markups import Scope
from storage import arranging, catalog
from storage.catalog import StoredService
from storage.database import Database, Tx
from tests import databases
from tests.engine.workshop import BOOST, LIKES, open_shop

pytestmark = pytest.mark.usefixtures("both_databases")
OWN = Arrangement("Ours „<b>“ ☕", -2048, hidden=True)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(databases.address(tmp_path)) as opened:
        await open_shop(opened)
        yield opened


async def filled(db: Database) -> list[StoredService]:
    async def work(tx: Tx) -> list[StoredService]:
        number = await catalog.add_category(tx, "framely", "Framely")
        await catalog.save_services(tx, [StoredService(0, number, at, of) for at, of in enumerate((LIKES, BOOST))])
        return await catalog.load_services(tx)

    return await db.write(work)


async def arrange(db: Database, scope: Scope, number: int) -> None:
    async def work(tx: Tx) -> None:
        await arranging.write(tx, scope, number, OWN)
        await arranging.place(tx, scope, {number: OWN.place or 0})

    await db.write(work)


async def test_a_service_keeps_what_was_arranged_when_its_row_is_saved_again(db: Database) -> None:
    likes, boost = await filled(db)
    assert likes.own == Arrangement()
    await arrange(db, Scope.SERVICE, likes.number)
    dearer = replace(likes, service=replace(LIKES, rate=Decimal(2), name="New"), position=7)
    await db.write(lambda tx: catalog.save_services(tx, [dearer]))
    found = {entry.number: entry for entry in await db.read(catalog.load_services)}
    assert found[likes.number].own == OWN
    assert found[likes.number].service.rate == Decimal(2)
    assert found[boost.number] == boost


async def test_a_category_keeps_what_was_arranged_when_it_is_met_again(db: Database) -> None:
    likes, _ = await filled(db)
    await arrange(db, Scope.CATEGORY, likes.category_number)
    await db.write(lambda tx: catalog.add_category(tx, "framely", "FRAMELY"))
    [kind] = (await db.read(catalog.load_categories)).values()
    assert (kind.name, kind.own) == ("Framely", OWN)


async def test_writing_a_title_leaves_the_place_alone_and_the_other_way_round(db: Database) -> None:
    likes, boost = await filled(db)
    await db.write(lambda tx: arranging.place(tx, Scope.SERVICE, {likes.number: 1, boost.number: 2}))
    await db.write(lambda tx: arranging.write(tx, Scope.SERVICE, likes.number, Arrangement("A", None, hidden=False)))
    await db.write(lambda tx: arranging.place(tx, Scope.SERVICE, {boost.number: 0}))
    owns = [entry.own for entry in await db.read(catalog.load_services)]
    assert owns == [Arrangement("A", 1), Arrangement(None, 0)]
