"""`/ban`, `/unban`, `/maintenance` and what the desk's buttons ask for in writing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.engine import admission
from handlers.operator import buttons
from storage import acts
from tests.handlers.operator_desk import Desk, desk
from tests.kit import IRIS, MINA, THEO, money


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        yield found
        await found.bench.sound()


async def banned(at_desk: Desk) -> bool:
    return await admission.refusal(at_desk.bench.shop, MINA) is not None


async def last_act(at_desk: Desk) -> tuple[str, str, str, str]:
    (act,) = await at_desk.bench.shop.db.read(lambda tx: acts.last(tx, 1))
    return act.actor, act.act, act.object, act.detail


# Bans ---------------------------------------------------------------------------------------------


async def test_a_ban_takes_two_taps_keeps_its_reason_and_shows_in_the_profile(at_desk: Desk) -> None:
    asked = await at_desk.say(f"/ban {MINA} asks back <b>what</b> was delivered")
    assert "Ban Mina" in asked.text
    assert "Reason: asks back <b>what</b> was delivered" in asked.text
    assert not await banned(at_desk)
    await at_desk.counter.restart()
    profile = await at_desk.after("Ban Mina", asked)
    assert "Banned since" in profile.text
    assert "Lift the ban" in profile.labels
    assert await banned(at_desk)
    reason = "asks back <b>what</b> was delivered"
    assert await last_act(at_desk) == (str(IRIS), "ban", f"customer {MINA}", reason)
    lifted = await at_desk.after("Lift the ban", profile)
    assert "Banned since" not in lifted.text
    assert not await banned(at_desk)
    assert (await last_act(at_desk))[1:] == ("unban", f"customer {MINA}", "")


async def test_a_profile_leads_to_the_ban_and_cancel_leads_back(at_desk: Desk) -> None:
    profile = await at_desk.say(f"/user {MINA}")
    asked = await at_desk.after("Ban", profile)
    back = await at_desk.after("Cancel", asked)
    assert "Balance" in back.text
    assert not await banned(at_desk)
    again = await at_desk.after("Ban", back)
    await at_desk.press("Ban Mina", again)
    assert await banned(at_desk)


async def test_an_old_or_forged_ban_button_bans_nobody(at_desk: Desk) -> None:
    asked = await at_desk.say(f"/ban {MINA} first")
    await at_desk.say(f"/ban {MINA} second")
    assert "That question is closed" in (await at_desk.after("Ban Mina", asked)).text
    mine = await at_desk.counter.last(MINA)
    await at_desk.counter.press_data(mine, asked.data("Ban"), MINA)
    await at_desk.counter.press_data(await at_desk.counter.last(THEO), buttons.Ban(MINA, 1).pack(), THEO)
    assert not await banned(at_desk)


async def test_unban_works_at_once_and_says_when_there_was_no_ban(at_desk: Desk) -> None:
    assert "not banned" in (await at_desk.say(f"/unban {MINA}")).text
    await admission.ban(at_desk.bench.shop, MINA, IRIS, "", at_desk.bench.clock())
    assert "is banned already" in (await at_desk.say(f"/ban {MINA}")).text
    assert "The ban is lifted" in (await at_desk.say(f"/unban {MINA}")).text
    assert not await banned(at_desk)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/ban", "customer id is missing"),
        ("/ban mina", "not a customer id"),
        ("/ban 55555", "Nobody with the id 55555"),
        (f"/ban {IRIS}", "is an operator"),
        (f"/ban {THEO} rival", "is an operator"),
        ("/unban", "customer id is missing"),
        ("/unban 55555", "Nobody with the id 55555"),
    ],
)
async def test_what_cannot_be_banned_is_said(at_desk: Desk, command: str, words: str) -> None:
    assert words in (await at_desk.say(command)).text


async def test_an_operators_profile_offers_no_ban(at_desk: Desk) -> None:
    assert "Ban" not in (await at_desk.say(f"/user {THEO}")).labels


# Maintenance --------------------------------------------------------------------------------------


async def test_a_maintenance_begins_at_the_second_tap_and_the_dashboard_says_so(at_desk: Desk) -> None:
    asked = await at_desk.say("/maintenance on")
    assert "Begin a maintenance?" in asked.text
    assert "The shop is open" in asked.text
    assert await admission.maintained_since(at_desk.bench.shop) is None
    begun = await at_desk.after("Begin maintenance", asked)
    assert "Maintenance since" in begun.text
    assert await last_act(at_desk) == (str(IRIS), "maintenance", "shop", "on")
    board = await at_desk.say("/admin", THEO)
    assert "nobody can order" in board.text
    shown = await at_desk.after("Maintenance", board, THEO)
    assert "The shop is open" in (await at_desk.after("End maintenance", shown, THEO)).text
    assert await last_act(at_desk) == (str(THEO), "maintenance", "shop", "off")
    assert "nobody can order" not in (await at_desk.say("/admin")).text


async def test_a_maintenance_ends_at_the_first_word_and_outlives_a_restart(at_desk: Desk) -> None:
    await at_desk.press("Begin maintenance", await at_desk.say("/maintenance"))
    await at_desk.counter.restart()
    assert "Maintenance since" in (await at_desk.say("/maintenance")).text
    assert "The shop is open" in (await at_desk.say("/maintenance off")).text
    assert "/maintenance on" in (await at_desk.say("/maintenance perhaps")).text


# Asked in writing ---------------------------------------------------------------------------------


async def test_the_desk_finds_a_customer_by_a_typed_id(at_desk: Desk) -> None:
    asked = await at_desk.after("Customer", await at_desk.say("/admin"))
    assert "Which customer?" in asked.text
    assert "not a customer id" in (await at_desk.say("mina")).text
    await at_desk.counter.restart()
    assert "Balance 10.00 USD" in (await at_desk.say(str(MINA))).text
    assert "did not understand" in (await at_desk.say(str(MINA))).text


async def test_the_desk_finds_an_order_by_a_typed_number(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    await at_desk.press("Order", await at_desk.say("/admin"))
    assert "There is no order #99" in (await at_desk.say("99")).text
    assert "Order #1" in (await at_desk.say(f"#{order.id}")).text


async def test_the_desk_moves_money_as_the_commands_do(at_desk: Desk) -> None:
    await at_desk.press("Credit", await at_desk.say("/admin"))
    assert "reason is missing" in (await at_desk.say(f"{MINA} 5")).text
    assert "Balance now 15.00 USD" in (await at_desk.say(f"{MINA} 5 bank transfer")).text
    profile = await at_desk.say(f"/user {MINA}")
    asked = await at_desk.after("Debit", profile)
    assert "from Mina" in asked.text
    assert "Balance now 12.00 USD" in (await at_desk.say("3 credited too much")).text
    await at_desk.press("Credit", profile)
    assert "is a large amount" in (await at_desk.say("1000 a house")).text
    assert (await at_desk.bench.money()).available == money("12")


@pytest.mark.parametrize("way_out", ["/cancel", "Cancel"])
async def test_a_question_of_the_desk_can_be_left(at_desk: Desk, way_out: str) -> None:
    asked = await at_desk.after("Debit", await at_desk.say("/admin"))
    if way_out == "Cancel":
        assert "Customers: 3" in (await at_desk.after("Cancel", asked)).text
    else:
        assert "nothing was done" in (await at_desk.say("/cancel")).text
    assert "did not understand" in (await at_desk.say(f"{MINA} 5 bank transfer")).text
    assert (await at_desk.bench.money()).available == money("10")


async def test_a_file_leaves_the_desks_question_open(at_desk: Desk) -> None:
    await at_desk.press("Customer", await at_desk.say("/admin"))
    assert "Only text" in (await at_desk.counter.upload(b"x", "x.txt", IRIS)).text
    assert "Balance 10.00 USD" in (await at_desk.say(str(MINA))).text


async def test_a_button_asking_for_what_is_nothing_opens_no_question(at_desk: Desk) -> None:
    board = await at_desk.say("/admin")
    await at_desk.counter.press_data(board, buttons.AskFor("upstream").pack(), IRIS)
    assert "did not understand" in (await at_desk.say("17")).text


async def test_the_desk_leads_to_the_audit_and_back(at_desk: Desk) -> None:
    audited = await at_desk.after("Audit", await at_desk.say("/admin"))
    assert "The ledger is sound" in audited.text
    assert "Customers: 3" in (await at_desk.after("Dashboard", audited)).text
