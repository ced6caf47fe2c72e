"""Deciding about orders: attach, not placed, give back, delivered, an amount, all; two operators; old buttons."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.money import ZERO, Money
from bot.domain.orders import OrderState, Reason
from handlers.callbacks import Button
from handlers.operator import decision_buttons as buttons
from storage import acts
from tests.handlers.operator_desk import Desk, desk
from tests.kit import IRIS, MINA, THEO, money


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        yield found
        await found.bench.sound()


async def acts_at(at_desk: Desk) -> list[tuple[str, str, str]]:
    found = await at_desk.bench.shop.db.read(lambda tx: acts.last(tx, 20))
    return [(act.actor, act.act, act.object) for act in found if act.act != "credit"]


async def asked_for_id(at_desk: Desk) -> None:
    """An open question for the upstream id of the only unknown order."""
    walk = await at_desk.say("/resolve")
    assert "Decision 1 of 1" in walk.text
    question = await at_desk.after("Attach id", walk)
    assert "Send the id" in question.text


async def test_an_id_is_looked_up_before_it_is_attached(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    upstream = await at_desk.placed_id()
    await asked_for_id(at_desk)
    inspected = await at_desk.say(upstream)
    assert f"its order {upstream}" in inspected.text
    assert "Status: " in inspected.text
    assert "expected" in inspected.text
    assert (await at_desk.bench.read(order.id)).state is OrderState.UNKNOWN
    done = await at_desk.after("Confirm", inspected)
    assert f"#{order.id} is active as {upstream}" in done.text
    attached = await at_desk.bench.read(order.id)
    assert (attached.state, attached.upstream_id) == (OrderState.ACTIVE, upstream)
    assert (str(IRIS), "attach", f"order {order.id}") in await acts_at(at_desk)
    assert await at_desk.bench.panel.adds() == 1


async def test_the_question_outlives_a_restart(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    await asked_for_id(at_desk)
    await at_desk.counter.restart()
    inspected = await at_desk.say(f"#{await at_desk.placed_id()}")
    await at_desk.counter.restart()
    await at_desk.press("Confirm", inspected)
    assert (await at_desk.bench.read(order.id)).state is OrderState.ACTIVE


@pytest.mark.parametrize(
    ("typed", "words"),
    [("999999999", "does not know"), ("no id at all", "does not look like"), ("<b>&", "does not look like")],
)
async def test_a_wrong_id_leaves_the_question_open(at_desk: Desk, typed: str, words: str) -> None:
    order = await at_desk.unknown_order()
    await asked_for_id(at_desk)
    assert words in (await at_desk.say(typed)).text
    inspected = await at_desk.say(await at_desk.placed_id())
    await at_desk.press("Confirm", inspected)
    assert (await at_desk.bench.read(order.id)).state is OrderState.ACTIVE


async def test_an_id_that_another_order_has_is_refused(at_desk: Desk) -> None:
    taken = await at_desk.bench.active_order(link="https://framely.example/p/other")
    await at_desk.unknown_order()
    await asked_for_id(at_desk)
    assert "belongs to another order" in (await at_desk.say(taken.upstream_id or "")).text


async def test_a_panel_that_does_not_answer_leaves_the_question_open(at_desk: Desk) -> None:
    await at_desk.unknown_order()
    upstream = await at_desk.placed_id()
    await asked_for_id(at_desk)
    await at_desk.bench.panel.fault("status", "http_503", count=None)
    assert "did not answer" in (await at_desk.say(upstream)).text
    await at_desk.bench.panel.heal()
    assert "Attach it to order" in (await at_desk.say(upstream)).text


async def test_an_order_with_another_charge_is_warned_about(at_desk: Desk) -> None:
    other = await at_desk.bench.active_order(link="https://framely.example/p/other", quantity="1000")
    await at_desk.bench.shop.db.write(
        lambda tx: tx.run("UPDATE orders SET upstream_id = 'elsewhere' WHERE id = $1", other.id)
    )
    order = await at_desk.unknown_order()
    await asked_for_id(at_desk)
    inspected = await at_desk.say(other.upstream_id or "")
    assert "This may be another order" in inspected.text
    warned = await at_desk.after("Confirm", inspected)
    assert "The charge does not fit" in warned.text
    assert (await at_desk.bench.read(order.id)).state is OrderState.UNKNOWN
    await at_desk.press("Attach it all the same", warned)
    assert (await at_desk.bench.read(order.id)).upstream_id == other.upstream_id


async def test_cancel_closes_the_question_and_changes_nothing(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    await asked_for_id(at_desk)
    assert "still waits" in (await at_desk.say("/cancel")).text
    assert "Attach it" not in (await at_desk.say(await at_desk.placed_id())).text
    assert await at_desk.bench.read(order.id) == order


async def test_other_commands_and_replies_are_never_taken_for_the_answer(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    await asked_for_id(at_desk)
    assert "Customers" in (await at_desk.say("/admin")).text
    assert f"Order #{order.id}" in (await at_desk.say(f"/find {order.id}")).text
    inspected = await at_desk.say(await at_desk.placed_id())
    assert "Attach it to order" in inspected.text


async def test_what_was_meant_for_an_order_of_ones_own_closes_the_question(at_desk: Desk) -> None:
    await at_desk.unknown_order()
    service = at_desk.bench.service()
    await at_desk.say("/order")
    await at_desk.counter.press_data(await at_desk.counter.last(IRIS), f"o:{service}", IRIS)
    await asked_for_id(at_desk)
    assert "send it again" in (await at_desk.say("https://framely.example/p/mine")).text
    assert "send it again" not in (await at_desk.say("https://framely.example/p/mine")).text


@pytest.mark.parametrize(("label", "reason"), [("Not placed", Reason.NOT_PLACED), ("Give back", Reason.GOODWILL)])
async def test_money_goes_back_at_the_second_tap(at_desk: Desk, label: str, reason: Reason) -> None:
    order = await at_desk.unknown_order()
    walk = await at_desk.say("/resolve")
    asked = await at_desk.after(label, walk)
    assert "the shop pays" in asked.text
    assert (await at_desk.bench.money()).held == order.charge
    done = await at_desk.after("Confirm", asked)
    assert "went back" in done.text
    released = await at_desk.bench.read(order.id)
    assert (released.state, released.reason, released.returned) == (OrderState.FAILED, reason, order.charge)
    assert (await at_desk.bench.money()).available == money("10")
    assert (str(IRIS), "release", f"order {order.id}") in await acts_at(at_desk)


async def test_cancel_at_the_second_tap_leads_back_to_the_order(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    asked = await at_desk.after("Give back", await at_desk.say("/resolve"))
    assert "Decision 1 of 1" in (await at_desk.after("Cancel", asked)).text
    assert await at_desk.bench.read(order.id) == order


async def test_decisions_are_walked_through_one_at_a_time(at_desk: Desk) -> None:
    troubled = await at_desk.troubled_order()
    lost = await at_desk.unknown_order()
    walk = await at_desk.say("/resolve")
    assert "Decision 1 of 2" in walk.text
    assert f"#{troubled.id}" in walk.text
    walk = await at_desk.after("Later", walk)
    assert "Decision 2 of 2" in walk.text
    assert f"#{lost.id}" in walk.text
    walk = await at_desk.after("Back", walk)
    done = await at_desk.after("Confirm", await at_desk.after("Delivered", walk))
    following = await at_desk.after("Next decision", done)
    assert "Decision 1 of 1" in following.text
    assert f"#{lost.id}" in following.text


@pytest.mark.parametrize(("word", "why"), [("Fail", "reports a failure"), ("Sleeping", "does not know")])
async def test_a_reported_problem_is_shown_with_the_panels_own_word(at_desk: Desk, word: str, why: str) -> None:
    await at_desk.troubled_order(word)
    walk = await at_desk.say("/resolve")
    assert why in walk.text
    assert f"Reported word: “{word}”" in walk.text


async def test_delivered_keeps_the_charge(at_desk: Desk) -> None:
    order = await at_desk.troubled_order()
    asked = await at_desk.after("Delivered", await at_desk.say("/resolve"))
    assert "nothing returns" in asked.text
    await at_desk.press("Confirm", asked)
    ended = await at_desk.bench.read(order.id)
    assert (ended.state, ended.returned) == (OrderState.COMPLETED, ZERO)


async def test_all_back_returns_the_charge(at_desk: Desk) -> None:
    order = await at_desk.troubled_order()
    asked = await at_desk.after("All back", await at_desk.say("/resolve"))
    await at_desk.press("Confirm", asked)
    ended = await at_desk.bench.read(order.id)
    assert (ended.state, ended.returned) == (OrderState.CANCELED, order.charge)
    assert (await at_desk.bench.money()).available == money("10")


async def test_an_amount_back_is_asked_for_and_checked(at_desk: Desk) -> None:
    order = await at_desk.troubled_order()
    asked = await at_desk.after("An amount back", await at_desk.say("/resolve"))
    assert "Send the amount" in asked.text
    assert "not an amount" in (await at_desk.say("half of it")).text
    assert "no more than that" in (await at_desk.say("999")).text
    half = Money(order.charge.micros // 200 * 100)
    confirm = await at_desk.say(f"{half.decimal.normalize():f}")
    assert "go back" in confirm.text
    assert (await at_desk.bench.read(order.id)).state is OrderState.ACTIVE
    await at_desk.press("Confirm", confirm)
    ended = await at_desk.bench.read(order.id)
    assert (ended.state, ended.returned) == (OrderState.PARTIAL, half)


async def test_the_first_of_two_operators_settles_it_for_both(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    iris = await at_desk.after("Give back", await at_desk.say("/resolve"))
    theo = await at_desk.after("Not placed", await at_desk.say("/resolve", THEO), THEO)
    await at_desk.press("Confirm", theo, THEO)
    late = await at_desk.after("Confirm", iris)
    assert f"Already decided: order #{order.id} is failed" in late.text
    assert "has moved on" in (await at_desk.counter.toasts())[-1]
    assert (await at_desk.bench.read(order.id)).reason is Reason.NOT_PLACED
    assert (await at_desk.bench.money()).available == money("10")
    assert [act for _, act, _ in await acts_at(at_desk)] == ["release"]


async def test_two_confirmations_at_the_same_moment_move_the_money_once(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    iris = await at_desk.after("Give back", await at_desk.say("/resolve"))
    theo = await at_desk.after("Not placed", await at_desk.say("/resolve", THEO), THEO)
    for person, shown in ((IRIS, iris), (THEO, theo)):
        await at_desk.counter.post(f"/chat/{person}/press", message_id=shown.id, data=shown.data("Confirm"))
    updates = await at_desk.counter.application.bot.get_updates(offset=at_desk.counter.offset, timeout=0)
    await asyncio.gather(*map(at_desk.counter.handle, updates))
    shown_last = [(await at_desk.counter.message(m.id, p)).text for p, m in ((IRIS, iris), (THEO, theo))]
    assert sorted("went back" in text for text in shown_last) == [False, True]
    assert sorted("Already decided" in text for text in shown_last) == [False, True]
    assert (await at_desk.bench.money()).available == money("10")
    assert [act for _, act, _ in await acts_at(at_desk)] == ["release"]
    assert (await at_desk.bench.read(order.id)).state is OrderState.FAILED


async def test_an_operator_who_types_an_id_too_late_is_told_so(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    upstream = await at_desk.placed_id()
    await asked_for_id(at_desk)
    await at_desk.press("Confirm", await at_desk.after("Not placed", await at_desk.say("/resolve", THEO), THEO), THEO)
    assert f"Already decided: order #{order.id}" in (await at_desk.say(upstream)).text
    assert "Already decided" not in (await at_desk.say("hello")).text


async def test_a_handled_update_that_comes_again_decides_once(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    asked = await at_desk.after("Give back", await at_desk.say("/resolve"))
    await at_desk.press("Confirm", asked)
    for update in list(at_desk.counter.handled):
        await at_desk.counter.handle(update)
    assert (await at_desk.bench.money()).available == money("10")
    assert [act for _, act, _ in await acts_at(at_desk)] == ["release"]
    assert (await at_desk.bench.read(order.id)).returned == order.charge


async def test_an_active_order_can_be_decided_though_nothing_asks_for_it(at_desk: Desk) -> None:
    order = await at_desk.bench.active_order()
    found = await at_desk.say(f"/find {order.id}")
    choices = await at_desk.after("Decide anyway", found)
    assert "reports no problem" in choices.text
    asked = await at_desk.after("All back", choices)
    assert "may go on delivering" in asked.text
    assert (await at_desk.bench.read(order.id)).state is OrderState.ACTIVE
    back = await at_desk.after("Cancel", asked)
    asked = await at_desk.after("All back", await at_desk.after("Decide anyway", back))
    await at_desk.after("Confirm", asked)
    decided = await at_desk.bench.read(order.id)
    assert (decided.state, decided.returned, decided.next_at) == (OrderState.CANCELED, order.charge, None)
    assert "Decide anyway" not in (await at_desk.say(f"/find {order.id}")).labels
    assert (str(IRIS), "decide", f"order {order.id}") in await acts_at(at_desk)


async def test_an_amount_of_an_order_without_a_problem_goes_back_at_the_second_tap(at_desk: Desk) -> None:
    order = await at_desk.bench.active_order()
    choices = await at_desk.after("Decide anyway", await at_desk.say(f"/find {order.id}"))
    await at_desk.after("An amount back", choices)
    asked = await at_desk.say("0.01")
    assert "may go on delivering" in asked.text
    await at_desk.after("Confirm", asked)
    assert (await at_desk.bench.read(order.id)).returned == money("0.01")


async def test_deciding_anyway_by_an_old_button_decides_nothing(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    walk = await at_desk.say("/resolve")
    for version in (order.version, order.version - 1):
        pressed = await at_desk.counter.press_data(walk, buttons.DecideAnyway(order.id, version).pack(), IRIS)
        assert "moved on" in pressed.text
    assert await at_desk.bench.read(order.id) == order


@pytest.mark.parametrize("typed", ["0", "none", "-7", "error"])
async def test_a_word_that_no_panel_uses_as_an_id_is_answered(at_desk: Desk, typed: str) -> None:
    await at_desk.unknown_order()
    await asked_for_id(at_desk)
    assert "does not look like" in (await at_desk.say(typed)).text


def old_buttons(order: int, version: int) -> list[Button]:
    return [
        buttons.AskUpstream(order, version), buttons.Attach(order, version, "abc"),
        buttons.AskRelease(order, version, "goodwill"), buttons.Release(order, version, "goodwill"),
        buttons.Release(order, version, "by-customer"), buttons.AskAmount(order, version),
        buttons.AskEnd(order, version, 0), buttons.End(order, version, 0), buttons.End(order, version, -5),
        buttons.End(order, version, 10**15),
    ]  # fmt: skip


async def test_buttons_of_another_state_or_another_order_move_nothing(at_desk: Desk) -> None:
    lost = await at_desk.unknown_order()
    troubled_first = await at_desk.say("/resolve")
    for button in [*old_buttons(lost.id, lost.version - 1), *old_buttons(999, 1)]:
        answered = await at_desk.counter.press_data(troubled_first, button.pack(), IRIS)
        assert "moved on" in answered.text or "no order #999" in answered.text
    for button in old_buttons(lost.id, lost.version)[4:]:
        await at_desk.counter.press_data(troubled_first, button.pack(), IRIS)
    assert await at_desk.bench.read(lost.id) == lost
    assert await acts_at(at_desk) == []


@pytest.mark.parametrize("back", [-5, 10**15])
async def test_no_forged_amount_ends_an_order(at_desk: Desk, back: int) -> None:
    order = await at_desk.troubled_order()
    walk = await at_desk.say("/resolve")
    for button in (buttons.AskEnd(order.id, order.version, back), buttons.End(order.id, order.version, back)):
        assert "has moved on" in (await at_desk.counter.press_data(walk, button.pack(), IRIS)).text
    assert await at_desk.bench.read(order.id) == order


async def test_a_confirmation_for_another_id_than_was_looked_up_attaches_nothing(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    await asked_for_id(at_desk)
    inspected = await at_desk.say(await at_desk.placed_id())
    forged = buttons.Attach(order.id, order.version, "0123456789")
    assert "no longer at hand" in (await at_desk.counter.press_data(inspected, forged.pack(), IRIS)).text
    assert await at_desk.bench.read(order.id) == order


async def test_a_customer_who_presses_an_operators_button_gets_a_customers_answer(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    shown = await at_desk.counter.last(MINA)
    for button in old_buttons(order.id, order.version):
        await at_desk.counter.press_data(shown, button.pack(), MINA)
    assert await at_desk.bench.read(order.id) == order
    assert "unknown" not in (await at_desk.counter.last(MINA)).text


async def test_resolve_with_nothing_to_decide_says_so(at_desk: Desk) -> None:
    assert "No order needs a decision" in (await at_desk.say("/resolve")).text


async def test_find_shows_the_order_its_attempt_and_its_ledger_entries(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    found = await at_desk.say(f"/find #{order.id}")
    for fact in ("unknown", "Mina", order.link, "Attempt 1", "Ledger: held", "Decide"):
        assert fact in f"{found.text} {found.labels}"
    assert "no order #404" in (await at_desk.say("/find 404")).text
    assert "/find <number>" in (await at_desk.say("/find it")).text
