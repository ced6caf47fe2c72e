"""An unknown order at the desk: its facts, words of a panel that always mean a refusal, and deciding later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.orders import Order, OrderState, Reason
from handlers.operator import decision_buttons as buttons
from tests.handlers.operator_desk import Desk, desk


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        yield found
        await found.bench.sound()


async def refused_in_new_words(at_desk: Desk, words: str = "Closed for today") -> Order:
    order = await at_desk.bench.order(link="https://framely.example/p/new")
    await at_desk.bench.panel.fault("add", "refuse", text=words)
    await at_desk.bench.submit()
    return await at_desk.bench.read(order.id)


async def test_the_alert_has_the_facts_and_what_can_be_decided(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    at_desk.bench.clock.forward(minutes=20)
    await at_desk.counter.deliver()
    alert = await at_desk.newest("needs a decision")
    for fact in (f"Order #{order.id}", order.link, "Quantity: 100", "expected cost", "Unknown for 20 minutes", "🔎"):
        assert fact in alert.text
    assert "the connection broke before an answer came" in alert.text
    assert alert.labels == ["Attach id", "Not placed", "Give back", "Later »", "Resolve", "OK, seen"]
    assert "It is too early" not in alert.text, "the evidence is told once"
    where = await at_desk.press("Attach id", alert)
    assert order.link in where.text, "it is what the order is found by at the panel"
    asked = await at_desk.press("Not placed", alert)
    assert "the shop pays" in asked.text
    assert "🔎" in asked.text, "whoever decides reads what the evidence says"
    await at_desk.press("Confirm", asked)
    assert (await at_desk.bench.read(order.id)).reason is Reason.NOT_PLACED
    late = await at_desk.press("Attach id", alert)
    assert "Already decided" in late.text


async def test_words_that_always_mean_a_refusal_are_taught_at_the_second_tap(at_desk: Desk) -> None:
    order = await refused_in_new_words(at_desk)
    walk = await at_desk.say("/resolve")
    asked = await at_desk.after("This always means refused", walk)
    assert "closed for today" in asked.text
    assert (await at_desk.bench.read(order.id)).state is OrderState.UNKNOWN
    done = await at_desk.after("Yes, always refused", asked)
    assert "are a refusal from now on" in done.text
    refused = await at_desk.bench.read(order.id)
    assert (refused.state, refused.reason, refused.returned) == (OrderState.FAILED, Reason.REFUSED, order.charge)
    assert (await refused_in_new_words(at_desk, "closed  for TODAY")).state is OrderState.FAILED
    assert (await refused_in_new_words(at_desk, "Closed for ever")).state is OrderState.UNKNOWN


async def test_only_words_of_the_panel_can_be_taught(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    walk = await at_desk.say("/resolve")
    assert not any("always" in label for label in walk.labels)
    forged = buttons.Teach(order.id, order.version, "0123456789ab")
    assert "moved on" in (await at_desk.press_data_of(walk, forged.pack())).text
    assert (await at_desk.bench.read(order.id)).state is OrderState.UNKNOWN


async def test_later_keeps_reminders_away_and_goes_on(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    walk = await at_desk.say("/resolve")
    assert "you are reminded" in (await at_desk.after("Later", walk)).text
    assert await at_desk.bench.read(order.id) == order
    stale = buttons.Snooze(order.id, order.version - 1)
    assert "moved on" in (await at_desk.press_data_of(walk, stale.pack())).text
