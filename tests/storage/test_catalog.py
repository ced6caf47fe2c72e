"""The durable catalogue: rates to the last digit, unknowns as unknowns, numbers that stay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.catalog import Service, Unsold
from storage import catalog
from storage.catalog import PanelRecord, StoredCategory, StoredService
from storage.database import Database
from tests import databases
from tests.engine.workshop import LIKES, Workshop, open_shop, workshop
from tests.kit import START

pytestmark = pytest.mark.usefixtures("both_databases")


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(databases.address(tmp_path)) as opened:
        await open_shop(opened)
        yield opened


async def stored(db: Database, *services: Service, **more: object) -> list[StoredService]:
    async def work(tx: catalog.Tx) -> list[StoredService]:
        number = await catalog.add_category(tx, "framely", "Framely")
        entries = [replace(StoredService(0, number, place, service), **more) for place, service in enumerate(services)]  # type: ignore[arg-type]
        await catalog.save_services(tx, entries)
        return await catalog.load_services(tx)

    return await db.write(work)


@pytest.mark.parametrize(
    "rate", ["0.90", "0.9", "1E+3", "0.000000000000000000000000000001", "-1", "0", "123456789012345678901234567890.5"]
)
async def test_a_rate_is_kept_exactly_as_it_was_written(db: Database, rate: str) -> None:
    [found] = await stored(db, replace(LIKES, rate=Decimal(rate)), pending_rate=Decimal(rate))
    for kept in (found.service.rate, found.pending_rate):
        assert kept is not None
        assert kept.as_tuple() == Decimal(rate).as_tuple()


@pytest.mark.parametrize("flag", [None, True, False])
async def test_what_a_panel_does_not_say_stays_unsaid(db: Database, flag: bool | None) -> None:
    service = replace(LIKES, refill=flag, cancel=flag, dripfeed=flag, description="„drei“ 💬", name="O'Neil %s")
    [found] = await stored(db, service)
    assert found.service == service


async def test_a_service_keeps_its_number_whatever_changes(db: Database) -> None:
    [first] = await stored(db, LIKES)
    other = replace(LIKES, name="New", type="package", rate=Decimal(7), minimum=1, maximum=1, category="X")
    [second] = await stored(db, other, unsold=Unsold.JUMP, pending_rate=Decimal(9))
    assert second == replace(first, service=other, unsold=Unsold.JUMP, pending_rate=Decimal(9))
    assert await db.read(lambda tx: catalog.service_numbers(tx, "nord")) == {"1": first.number}
    assert await db.read(lambda tx: catalog.service_numbers(tx, "sued")) == {}


async def test_services_are_read_in_the_panels_own_order(db: Database) -> None:
    many = [replace(LIKES, id=str(n)) for n in (9, 3, 7, 1)]
    assert [entry.service.id for entry in await stored(db, *many)] == ["9", "3", "7", "1"]


async def test_a_category_has_one_number_and_the_name_it_came_with(db: Database) -> None:
    numbers = [await db.write(lambda tx, n=name: catalog.add_category(tx, "framely", n)) for name in ("A", "B")]  # type: ignore[misc]
    assert numbers[0] == numbers[1]
    assert await db.read(catalog.load_categories) == {"framely": StoredCategory(numbers[0], "A")}


async def test_what_is_known_of_a_panel_comes_bit_by_bit(db: Database) -> None:
    async def panel() -> PanelRecord:
        return await db.read(lambda tx: catalog.panel(tx, "nord"))

    assert await panel() == PanelRecord("nord")
    await db.write(lambda tx: catalog.save_failure(tx, "nord", "status", "timeout", START))
    await db.write(lambda tx: catalog.save_balance(tx, "nord", Decimal("12.3400"), "EUR", "USD", START))
    await db.write(lambda tx: catalog.save_refresh(tx, "nord", 42, START))
    assert await panel() == PanelRecord(
        "nord", "EUR", Decimal("12.3400"), START, START, 42, START, "status: timeout", "USD"
    )
    assert await db.write(lambda tx: catalog.clear_failure(tx, "nord", "status", START))
    assert not await db.write(lambda tx: catalog.clear_failure(tx, "nord", "status", START))
    assert (await panel()).failing_since is None


async def test_a_failure_keeps_its_beginning_and_its_last_reason(db: Database) -> None:
    for hour, problem in ((3, "timeout"), (4, "refused")):
        at = START.replace(hour=hour)
        await db.write(lambda tx, at=at, p=problem: catalog.save_failure(tx, "nord", "add", p, at))  # type: ignore[misc]
    found = await db.read(lambda tx: catalog.panel(tx, "nord"))
    assert (found.failing_since, found.failure) == (START.replace(hour=3), "add: refused")


async def test_a_service_with_orders_cannot_be_deleted(tmp_path: Path) -> None:
    async with workshop(tmp_path) as bench:
        await _buy(bench)
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            await bench.sql("DELETE FROM services")


async def _buy(bench: Workshop) -> None:
    await bench.customer("10")
    await bench.order()
