"""What an order cost: the panel's figure is booked only in its own currency and near what was expected."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.orders import StatusReport
from storage import views
from tests.engine.workshop import CANCELED, DONE, NORD, SHORT, Workshop
from tests.kit import LINK

#: A thousand of LIKES at 0.9.
EXPECTED = 900_000


@pytest.fixture(autouse=True)
def checked_before(rich: Workshop) -> None:
    """These services were held against their first orders long ago."""
    for panel in rich.shop.shelf.stored.values():
        panel.update({id_: replace(entry, charge_checked_at=rich.clock()) for id_, entry in panel.items()})


async def spent(bench: Workshop, said: StatusReport, link: str = LINK) -> int:
    order = await bench.settled(await bench.sent(link=link, quantity="1000"), said)
    return int((await bench.rows("SELECT spent FROM orders WHERE id = $1", order.id))[0]["spent"])


@pytest.mark.parametrize(
    ("charge", "booked"), [("0", 0), ("0.7", 700_000), ("1.8", 1_800_000), ("1.800001", 1_800_001)]
)
@pytest.mark.parametrize("currency", [None, "USD"])
async def test_a_believable_figure_is_booked(rich: Workshop, charge: str, booked: int, currency: str | None) -> None:
    assert await spent(rich, replace(DONE, charge=Decimal(charge), currency=currency)) == booked
    assert await rich.alerts() == []


@pytest.mark.parametrize("charge", ["1.800002", "1e15", "4611686018427", "1e60", "-0.000001", "-1e30"])
async def test_a_figure_that_cannot_be_is_told_and_the_expected_cost_booked(rich: Workshop, charge: str) -> None:
    assert await spent(rich, replace(DONE, charge=Decimal(charge))) == EXPECTED
    assert await rich.alerts() == [f"charge-odd:{NORD}:{rich.clock():%Y-%m-%d}"]
    await rich.sound()


async def test_a_figure_in_another_currency_is_not_taken_for_the_panels_own(rich: Workshop) -> None:
    assert await spent(rich, replace(DONE, charge=Decimal("0.9"), currency="EUR")) == EXPECTED
    assert len(await rich.alerts()) == 1


async def test_a_panel_that_keeps_lying_is_told_once_a_day(rich: Workshop) -> None:
    await rich.credit("100")
    for number in range(5):
        await spent(rich, replace(DONE, charge=Decimal(10**9)), f"{LINK}/{number}")
    assert len(await rich.alerts()) == 1
    rich.clock.forward(days=1)
    await spent(rich, replace(DONE, charge=Decimal(10**9)), f"{LINK}/next")
    assert len(await rich.alerts()) == 2


@pytest.mark.parametrize(("said", "booked"), [(SHORT, 540_000), (CANCELED, 0)])
async def test_without_a_figure_the_delivered_part_of_the_expected_cost_is_booked(
    rich: Workshop, said: StatusReport, booked: int
) -> None:
    assert await spent(rich, said) == booked
    assert await rich.alerts() == []


async def test_the_database_holds_no_more_than_can_be_believed(rich: Workshop) -> None:
    await spent(rich, DONE)
    for nonsense in (-1, 2 * EXPECTED + 2, 2**62):
        with pytest.raises(Exception, match=r"(?i)check"):
            await rich.sql("UPDATE orders SET spent = $1", nonsense)


async def test_the_dashboard_adds_up_whatever_was_spent(rich: Workshop) -> None:
    start = rich.clock()
    for number in range(3):
        await spent(rich, DONE, f"{LINK}/{number}")
    most = 2**62 - 1
    await rich.sql("UPDATE orders SET cost = $1, spent = $2", most, 2 * most + 1)
    found = await rich.shop.db.read(lambda tx: views.turnover(tx, start))
    assert found.cost.micros == 3 * (2 * most + 1)
