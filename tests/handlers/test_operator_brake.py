"""`/brake`: what broke, and how an operator lets go of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.engine import brake
from bot.engine.brake import RESTORED, Broken
from tests.handlers.operator_desk import Desk, desk
from tests.kit import IRIS, MINA

BROKEN = brake.Broken("L5", "user:7:held")


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        yield found
        await found.bench.sound()


async def engage(at_desk: Desk) -> None:
    assert await brake.engage(at_desk.bench.shop, [BROKEN], at_desk.bench.clock())


async def is_on(at_desk: Desk) -> bool:
    return await at_desk.bench.shop.db.read(brake.engaged)


async def test_an_alert_leads_to_the_brake_and_a_tap_lets_go_after_a_sound_audit(at_desk: Desk) -> None:
    await engage(at_desk)
    await at_desk.counter.deliver()
    alert = await at_desk.newest("something wrong (L5)")
    assert "user:7:held" in alert.text
    shown = await at_desk.press("Brake", alert)
    assert "L5 what a customer has held equals the charges of their running orders: user:7:held" in shown.text
    gone = await at_desk.after("Audit and let go", shown)
    assert "The brake is off" in gone.text
    assert not await is_on(at_desk)


async def test_while_it_is_on_money_is_refused_in_words_and_moved_afterwards(at_desk: Desk) -> None:
    await engage(at_desk)
    told = await at_desk.say(f"/credit {MINA} 5 paid")
    assert "no money can be moved by hand" in told.text
    await at_desk.say("/brake off")
    assert not await is_on(at_desk)
    assert "5" in (await at_desk.say(f"/credit {MINA} 5 paid")).text


async def test_a_decision_is_refused_in_words(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    asked = await at_desk.after("Give back", await at_desk.say("/resolve"))
    await engage(at_desk)
    told = await at_desk.press("Confirm", asked)
    assert "no money can be moved by hand" in told.text
    assert told.labels == ["Brake", "Dashboard"], "and where to look"
    assert (await at_desk.bench.read(order.id)).state is order.state


async def test_a_question_whose_yes_would_be_refused_is_not_put(at_desk: Desk) -> None:
    await at_desk.unknown_order()
    await engage(at_desk)
    told = await at_desk.after("Give back", await at_desk.say("/resolve"))
    assert "no money can be moved by hand" in told.text


async def test_a_shop_on_a_backup_is_let_go_with_a_reason_in_writing(at_desk: Desk) -> None:
    shop, now = at_desk.bench.shop, at_desk.bench.clock()
    await shop.db.write(lambda tx: brake.set_brake(tx, shop, [Broken(RESTORED, "2026-11-25 16:30")], now))
    shown = await at_desk.say("/brake")
    assert "opened on a backup of 2026-11-25 16:30" in shown.text
    assert "Audit and let go" not in shown.labels, "it would lead nowhere: a reason is always wanted"
    still = await at_desk.say("/brake off")
    assert "The brake stays on until you write" in still.text
    assert await is_on(at_desk)
    assert "The brake is off" in (await at_desk.say("/brake off compared with both panels", IRIS)).text
    assert not await is_on(at_desk)


async def test_the_dashboard_leads_to_a_brake_that_is_on(at_desk: Desk) -> None:
    assert "brake" not in (await at_desk.say("/admin")).text
    await engage(at_desk)
    shown = await at_desk.say("/admin")
    assert "The brake is on since" in shown.text
    assert ": user:7:held" in shown.text
    gone = await at_desk.after("Audit and let go", await at_desk.after("Brake", shown))
    assert "The brake is off" in gone.text
