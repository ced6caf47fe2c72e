"""A panel whose currency changes: told at once, off sale, and agreed to by exactly the button that was shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from bot.engine import panels
from bot.panels.wire_requests import Balance
from tests.handlers.operator_desk import Desk, desk
from tests.kit import IRIS


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        yield found
        await found.bench.sound()


async def balance_in(at_desk: Desk, currency: str) -> None:
    shop, clock = at_desk.bench.shop, at_desk.bench.clock
    [panel] = shop.panels
    await panels.note_balance(shop, panel, Balance(Decimal(100), currency), clock())


def sold(at_desk: Desk) -> int:
    return sum(offer.for_sale for offer in at_desk.bench.shop.shelf.catalogue.offers.values())


async def test_a_new_currency_is_agreed_to_from_its_alert(at_desk: Desk) -> None:
    await balance_in(at_desk, "EUR")
    assert sold(at_desk) == 0
    await at_desk.counter.deliver()
    alert = await at_desk.newest("The currency of fixedmember changed")
    assert "in USD and is in EUR now" in alert.text
    await at_desk.counter.press_data(alert, alert.data("Agree to EUR"), IRIS)
    assert "prices of fixedmember are in EUR" in (await at_desk.counter.toasts())[-1]
    assert "agree currency of fixedmember: USD to EUR" in (await at_desk.say("/audit")).text
    await at_desk.counter.press_data(alert, alert.data("Agree to EUR"), IRIS)
    assert "has changed again, or was agreed to" in (await at_desk.counter.toasts())[-1]
    assert (await at_desk.say("/audit")).text.count("agree currency") == 1


async def test_a_new_currency_shows_with_the_panels_and_can_be_agreed_to_there(at_desk: Desk) -> None:
    before = sold(at_desk)
    await balance_in(at_desk, "EUR")
    shown = await at_desk.say("/panels")
    assert "changed from USD to EUR" in shown.text
    await balance_in(at_desk, "GBP")
    later = await at_desk.after("Agree to EUR at fixedmember", shown)
    assert "changed from USD to GBP" in later.text, "a yes to one currency is none to the next"
    assert sold(at_desk) == 0
    agreed = await at_desk.after("Agree to GBP", later)
    assert "No exchange rate for GBP" in agreed.text
    await balance_in(at_desk, "USD")
    await at_desk.after("Agree to USD", await at_desk.say("/panels"))
    assert sold(at_desk) == before
