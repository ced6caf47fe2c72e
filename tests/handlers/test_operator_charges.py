"""A service whose first order cost something else than computed, from the alert to the yes that sells it again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.catalog import Offer
from bot.domain.notices import AlertKind
from handlers.operator.screens_alerts import alert_text
from handlers.texts import MoneyStyle, load
from tests.handlers.operator_desk import Desk, desk
from tests.kit import IRIS


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        yield found


async def overcharged(at_desk: Desk) -> Offer:
    """Let the panel take twice the price of a service's first order; the service as the shop holds it then."""
    await at_desk.bench.panel.fault("add", "overcharge")
    order = await at_desk.bench.active_order(quantity="1000")
    at_desk.bench.clock.forward(minutes=2)
    await at_desk.bench.track()
    await at_desk.counter.deliver()
    return at_desk.bench.shop.shelf.catalogue.offers[order.service_number]


async def covered(at_desk: Desk, offer: Offer) -> None:
    """Raise the markup until the shop's price covers what the panel took."""
    await at_desk.after("Confirm", await at_desk.say(f"/markup service {offer.number} 200"))


async def test_the_alert_names_both_figures_and_leads_to_the_order_and_the_yes(at_desk: Desk) -> None:
    offer = await overcharged(at_desk)
    rate = offer.service.rate
    alert = await at_desk.newest("took another amount than computed")
    for words in (offer.name, "#1", f"the computed cost is {rate.normalize():f} USD", f"took {2 * rate:f} USD"):
        assert words in alert.text
    assert "Order #1" in (await at_desk.press("Order #1", alert)).text
    review = await at_desk.press("Review", alert)
    assert f"Per 1000: computed {rate.normalize():f}, taken {(2 * rate).normalize():f}" in review.text
    assert "does not cover what the panel took" in review.text
    await at_desk.press("Sell 1 again", review)
    assert "Raise the markup first" in (await at_desk.counter.toasts())[-1]
    assert not at_desk.bench.shop.shelf.catalogue.offers[offer.number].for_sale
    await covered(at_desk, offer)
    review = await at_desk.after("Charges to check", await at_desk.say("/admin"))
    assert "does not cover" not in review.text
    assert "For sale again: " in (await at_desk.after("Sell 1 again", review)).text
    assert at_desk.bench.shop.shelf.catalogue.offers[offer.number].for_sale
    assert "alerts 0" in (await at_desk.say("/admin")).text
    assert "accept charge of" in (await at_desk.say("/audit")).text


@pytest.mark.parametrize(
    ("language", "figures"), [("en", ("0.5015 USD", "1.003 USD")), ("tr", ("0,5015 USD", "1,003 USD"))]
)
def test_both_figures_are_written_for_the_reader(language: str, figures: tuple[str, str]) -> None:
    facts = {
        "order": 7,
        "panel": "east",
        "name": "Likes",
        "expected": "0.501500",
        "taken": "1.00300",
        "currency": "USD",
    }
    said = alert_text(load(MoneyStyle("USD", 4)).speak(language), AlertKind.CHARGE_MISMATCH, facts)
    assert all(figure in said for figure in figures)


async def test_the_dashboard_leads_to_it_as_long_as_it_waits(at_desk: Desk) -> None:
    offer = await overcharged(at_desk)
    shown = await at_desk.say("/admin")
    assert "Charges to check (1)" in shown.labels
    review = await at_desk.after("Charges to check", shown)
    assert offer.name in review.text
    await covered(at_desk, offer)
    await at_desk.press("Sell 1 again", review)
    assert not any("Charges" in label for label in (await at_desk.say("/admin")).labels)


async def test_an_old_yes_changes_nothing_and_shows_what_is_left(at_desk: Desk) -> None:
    await covered(at_desk, await overcharged(at_desk))
    review = await at_desk.after("Charges to check", await at_desk.say("/admin"))
    await at_desk.press("Sell 1 again", review)
    again = await at_desk.counter.press_data(review, review.data("Sell 1 again"), IRIS)
    assert "Every first order cost what was computed." in again.text
    assert "has changed" in (await at_desk.counter.toasts())[-1]
    assert (await at_desk.say("/audit")).text.count("accept charge") == 1
