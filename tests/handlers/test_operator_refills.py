"""What the operator sees of refills and cancel requests, and how an unclear refill is settled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.refills import Refill, RefillReason, RefillState
from bot.engine import cancelling, refills
from bot.pollers.aftersale import follow_refills, send_cancels, send_refills
from storage import refills as rows
from tests.handlers.counter import Seen
from tests.handlers.operator_desk import Desk, desk
from tests.kit import MINA, THEO


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        yield found


async def refill_of(at_desk: Desk) -> Refill:
    (found,) = await at_desk.bench.shop.db.read(lambda tx: rows.of_order(tx, 1, 9))
    return found


async def asked_for(at_desk: Desk, fault: str = "", **more: object) -> Refill:
    """A refill of a completed order that met a fault."""
    at = at_desk.bench
    order = await at.active_order()
    await at.panel.set_order(order.upstream_id, status="Completed")
    at.clock.forward(minutes=2)
    await at.track()
    if fault:
        await at.panel.fault("refill", fault, **more)
    await refills.ask_refill(at.shop, order.id, MINA, 777, at.clock())
    await send_refills(at.shop, at.panel.name, at.clock)
    await at_desk.counter.deliver()
    return await refill_of(at_desk)


async def opened(at_desk: Desk) -> Seen:
    """The order, opened from the alert."""
    alert = await at_desk.newest("A refill of order #1 needs a look")
    return await at_desk.press("Order #1", alert)


async def test_a_lost_refill_alerts_once_and_leads_to_its_order(at_desk: Desk) -> None:
    await asked_for(at_desk, "reset_after")
    alert = await at_desk.newest("needs a look")
    assert "fixedmember" in alert.text
    assert "the connection broke" in alert.text
    shown = await opened(at_desk)
    assert "Nobody can tell whether fixedmember took this refill" in shown.text
    assert {"Refill was taken", "It was not taken"} <= set(shown.labels)


async def test_it_was_taken_asks_for_the_panels_id_and_looks_it_up(at_desk: Desk) -> None:
    await asked_for(at_desk, "reset_after")
    question = await at_desk.press("Refill was taken", await opened(at_desk))
    assert "Send the id that fixedmember gave to the refill of order #1" in question.text
    assert "does not look like an id" in (await at_desk.say("one two")).text
    assert "does not know a refill 99" in (await at_desk.say("99")).text
    await at_desk.bench.panel.fault("refill_status", "http_500")
    assert "did not answer" in (await at_desk.say("1")).text
    shown = await at_desk.say("1")
    assert "is followed as 1; the panel says “Pending”" in shown.text
    assert "taken by the panel" in shown.text
    assert "the connection broke" not in shown.text
    assert "Refill was taken" not in shown.labels
    assert (await refill_of(at_desk)).state is RefillState.ACTIVE
    assert len(await at_desk.bench.panel.journal("refill")) == 1
    assert "attach refill of order 1" in (await at_desk.say("/audit")).text


async def test_it_was_not_taken_lets_the_customer_ask_again(at_desk: Desk) -> None:
    await asked_for(at_desk, "reset_before")
    shown = await at_desk.after("It was not taken", await opened(at_desk))
    assert "was never taken" in shown.text
    assert (await refill_of(at_desk)).reason is RefillReason.NOT_TAKEN
    await at_desk.counter.deliver()
    told = await at_desk.newest("No refill of order #1", MINA)
    assert "the request never arrived. You can ask again." in told.text
    card = await at_desk.counter.press("Open #1", told, MINA)
    assert "Ask for a refill" in card.labels


async def test_leaving_the_question_leaves_the_refill_as_it_was(at_desk: Desk) -> None:
    refill = await asked_for(at_desk, "reset_after")
    shown = await opened(at_desk)
    question = await at_desk.press("Refill was taken", shown)
    assert "Refill was taken" in (await at_desk.press("Cancel", question)).labels
    await at_desk.press_data_of(shown, f"ora:{refill.id}:{refill.version}")
    assert "still waits" in (await at_desk.say("/cancel")).text
    assert (await at_desk.say("/start")).text
    assert await refill_of(at_desk) == refill


async def test_the_first_operator_settles_it_for_all(at_desk: Desk) -> None:
    refill = await asked_for(at_desk, "reset_after")
    shown = await opened(at_desk)
    alert = await at_desk.newest("needs a look", THEO)
    theirs = await at_desk.press("Order #1", alert, THEO)
    await at_desk.press("It was not taken", theirs, THEO)
    assert "has moved on" in (await at_desk.after("It was not taken", shown)).text
    question = await at_desk.press_data_of(shown, f"ora:{refill.id}:{refill.version}")
    assert "has moved on" in question.text


async def test_a_question_overtaken_by_another_operator_is_closed(at_desk: Desk) -> None:
    await asked_for(at_desk, "reset_after")
    shown = await opened(at_desk)
    await at_desk.press("Refill was taken", shown)
    theirs = await at_desk.press("Order #1", await at_desk.newest("needs a look", THEO), THEO)
    await at_desk.press("It was not taken", theirs, THEO)
    assert "has moved on" in (await at_desk.say("1")).text


async def test_a_customer_reaches_none_of_it(at_desk: Desk) -> None:
    refill = await asked_for(at_desk, "reset_after")
    menu = await at_desk.counter.say("/start", MINA)
    for data in (f"ora:{refill.id}:{refill.version}", f"orR:{refill.id}:{refill.version}", "orx:1"):
        await at_desk.counter.press_data(menu, data, MINA)
        assert (await at_desk.counter.toasts())[-1] == "This button is out of date."
    assert await refill_of(at_desk) == refill


async def test_the_order_shows_what_the_panel_said_to_a_refill(at_desk: Desk) -> None:
    await asked_for(at_desk, "refuse", text="Refill is disabled for this service")
    shown = await at_desk.say("/find 1")
    assert "refused" in shown.text
    assert "Refill is disabled for this service" in shown.text


async def test_the_order_shows_its_cancel_request(at_desk: Desk) -> None:
    at = at_desk.bench
    order = await at.active_order()
    await cancelling.ask_cancel(at.shop, order.id, MINA, at.clock())
    assert "waits to be sent" in (await at_desk.say("/find 1")).text
    await send_cancels(at.shop, at.panel.name, at.clock)
    assert "only the order's status tells whether it is done" in (await at_desk.say("/find 1")).text


async def test_a_refill_word_nobody_knows_is_told_to_operators(at_desk: Desk) -> None:
    refill = await asked_for(at_desk)
    await at_desk.bench.panel.set_refill(refill.refill_id, "Awaiting moon")
    at_desk.bench.clock.forward(minutes=2)
    await follow_refills(at_desk.bench.shop, at_desk.bench.panel.name, at_desk.bench.clock)
    await at_desk.counter.deliver()
    alert = await at_desk.newest("uses a refill status")
    assert "Awaiting moon" in alert.text
    assert (await refill_of(at_desk)).state is RefillState.ACTIVE
