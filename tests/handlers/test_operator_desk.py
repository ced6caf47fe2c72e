"""The dashboard, panels, alerts, prices, money by hand and customers' messages, through the real application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest

from bot.domain.catalog import Unsold
from bot.domain.money import Money
from bot.domain.notices import Alert, AlertKind
from bot.engine.alerts import alert_operators
from bot.engine.customers import ask_for_gap
from handlers.operator import buttons
from storage import outbox
from tests.handlers.operator_desk import Desk, desk
from tests.kit import IRIS, MINA, THEO, money


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        yield found
        await found.bench.sound()


# The dashboard ------------------------------------------------------------------------------------


async def test_the_dashboard_counts_orders_money_and_panels(at_desk: Desk) -> None:
    await at_desk.unknown_order()
    shown = await at_desk.say("/admin")
    for fact in ("unknown 1", "decisions 1", "alerts 1", "Customers: 3", "turnover 0.00 USD", "fixedmember", "100"):
        assert fact in shown.text
    assert "Decisions (1)" in shown.labels
    assert not any("Price jumps" in label for label in shown.labels)
    assert "Decision 1 of 1" in (await at_desk.after("Decisions", shown)).text


async def test_refreshing_an_unchanged_dashboard_is_harmless(at_desk: Desk) -> None:
    shown = await at_desk.say("/admin")
    again = await at_desk.after("Refresh", shown)
    assert again == shown


async def test_the_panels_show_balance_services_and_failures_and_can_be_synced(at_desk: Desk) -> None:
    shown = await at_desk.say("/panels")
    for fact in ("fixedmember", "Balance 100.00 USD", "60 listed", "Catalogue read"):
        assert fact in shown.text
    rung = at_desk.bench.shop.bells.refresh.rung
    await at_desk.press("Sync", shown)
    assert "/panels shows the result" in (await at_desk.say("/sync")).text
    assert at_desk.bench.shop.bells.refresh.rung == rung + 2


async def test_the_audit_comes_first_and_then_the_last_acts(at_desk: Desk) -> None:
    shown = await at_desk.say("/audit")
    assert "The ledger is sound" in shown.text
    assert shown.text.index("✓ L1") < shown.text.index("Last acts") < shown.text.index(f"customer {MINA}")


async def test_the_audit_says_which_act_was_tampered_with(at_desk: Desk) -> None:
    assert "The acts fit together" in (await at_desk.say("/audit")).text
    await at_desk.bench.shop.db.write(lambda tx: tx.run("UPDATE acts SET detail = 'nothing' WHERE id = 1"))
    assert "do not fit together from act 1 on" in (await at_desk.say("/audit")).text


async def test_a_broken_ledger_is_named_with_what_breaks_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as at_desk:
        account = f"user:{MINA}:available"
        await at_desk.bench.shop.db.write(
            lambda tx: tx.run("UPDATE accounts SET balance = balance + 1 WHERE id = $1", account)
        )
        shown = await at_desk.say("/audit")
        assert "do not hold" in shown.text
        assert f"✗ L2 every balance equals its transfers: {account}" in shown.text


# Money by hand ------------------------------------------------------------------------------------


async def test_credit_and_debit_answer_with_the_new_balance_and_tell_the_customer(at_desk: Desk) -> None:
    assert "Balance now 12.50 USD" in (await at_desk.say(f"/credit {MINA} 2.5 bank transfer")).text
    assert "Balance now 12.00 USD" in (await at_desk.say(f"/debit {MINA} 0.5 fee")).text
    await at_desk.counter.deliver()
    assert "bank transfer" in (await at_desk.newest("2.50 USD", MINA)).text


async def test_a_command_that_comes_again_moves_money_once(at_desk: Desk) -> None:
    await at_desk.say(f"/credit {MINA} 2.5 bank transfer")
    for update in list(at_desk.counter.handled):
        await at_desk.counter.handle(update)
    assert (await at_desk.bench.money()).available == money("12.5")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/credit", "customer id is missing"),
        (f"/credit {MINA} 5", "reason is missing"),
        (f"/credit {MINA} 5,5 gift", "not an amount"),
        ("/credit 55555 5 gift", "Nobody with the id 55555"),
        ("/credit 55555 5000 gift", "Nobody with the id 55555"),
        (f"/debit {MINA} 10.01 fee", "can spend 10.00 USD"),
        ("/user 55555", "Nobody with the id 55555"),
        ("/user mina", "not a customer id"),
    ],
)
async def test_what_cannot_be_done_is_said_and_moves_nothing(at_desk: Desk, command: str, words: str) -> None:
    said = await at_desk.say(command)
    assert words in said.text
    assert said.data("Dashboard")
    assert (await at_desk.bench.money()).available == money("10")


async def test_a_large_amount_moves_at_the_second_tap_and_once(at_desk: Desk) -> None:
    asked = await at_desk.say(f"/credit {MINA} 1000 a house")
    assert "large amount" in asked.text
    assert (await at_desk.bench.money()).available == money("10")
    await at_desk.counter.restart()
    assert "Balance now 1,010.00 USD" in (await at_desk.after("Confirm", asked)).text
    assert "moved already" in (await at_desk.after("Confirm", asked)).text
    assert "moved already" in (await at_desk.after("Cancel", asked)).text
    assert (await at_desk.bench.money()).available == money("1010")


async def test_an_amount_the_reader_may_mean_as_thousands_is_not_moved(at_desk: Desk) -> None:
    await at_desk.say(f"/credit {MINA} 1.125 for a reader of English")
    await at_desk.say("/language")
    await at_desk.press("Türkçe")
    for typed in ("1.250", "12.500"):
        asked = await at_desk.say(f"/credit {MINA} {typed} havale")
        assert typed.replace(".", "") in asked.text
        assert (await at_desk.bench.money()).available == money("11.125")
    for typed in ("1.2500", "0.125", "1.25", "250"):
        await at_desk.say(f"/credit {MINA} {typed} havale")
    assert (await at_desk.bench.money()).available == money("263.75")


async def test_a_tap_that_comes_again_moves_a_large_amount_once(at_desk: Desk) -> None:
    asked = await at_desk.say(f"/credit {MINA} 1000 a house")
    await at_desk.press("Confirm", asked)
    for update in list(at_desk.counter.handled):
        await at_desk.counter.handle(update)
    assert (await at_desk.bench.money()).available == money("1010")


async def test_a_large_amount_that_was_dropped_or_replaced_is_not_moved(at_desk: Desk) -> None:
    first = await at_desk.say(f"/credit {MINA} 1000 a house")
    second = await at_desk.say(f"/credit {MINA} 2000 a villa")
    assert "closed" in (await at_desk.after("Confirm", first)).text
    assert "Nothing was moved" in (await at_desk.after("Cancel", second)).text
    assert "closed" in (await at_desk.after("Confirm", second)).text
    assert (await at_desk.bench.money()).available == money("10")


async def test_a_forged_confirmation_moves_nothing(at_desk: Desk) -> None:
    asked = await at_desk.say(f"/credit {MINA} 1000 a house")
    forged = buttons.MoveMoney(1, MINA, 2_000_000_000, 1)
    await at_desk.counter.press_data(asked, forged.pack(), IRIS)
    mine = await at_desk.counter.last(MINA)
    await at_desk.counter.press_data(mine, asked.data("Confirm"), MINA)
    await at_desk.counter.press_data(await at_desk.counter.last(THEO), asked.data("Confirm"), THEO)
    assert (await at_desk.bench.money()).available == money("10")


async def test_a_profile_shows_money_and_the_last_orders(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    shown = await at_desk.say(f"/user {MINA}")
    for fact in ("Mina", "@mina", str(MINA), "1 order", "Balance"):
        assert fact in shown.text
    opened = await at_desk.after(f"#{order.id}", shown)
    assert f"Order #{order.id}" in opened.text
    assert f"{MINA}" in (await at_desk.after("Customer", opened)).text


# Alerts -------------------------------------------------------------------------------------------


async def test_an_alert_reaches_every_operator_and_the_first_ok_settles_it(at_desk: Desk) -> None:
    await at_desk.unknown_order()
    await at_desk.counter.deliver()
    iris = await at_desk.newest("needs a decision")
    theo = await at_desk.newest("needs a decision", THEO)
    assert "Seen by" in (await at_desk.after("OK", iris)).text
    late = await at_desk.after("OK", theo, THEO)
    assert "Seen by Iris" in late.text
    assert "has seen to it already" in (await at_desk.counter.toasts())[-1]
    assert "alerts 0" in (await at_desk.say("/admin")).text


async def test_resolving_from_an_alert_keeps_the_alert(at_desk: Desk) -> None:
    order = await at_desk.unknown_order()
    await at_desk.counter.deliver()
    alert = await at_desk.newest("needs a decision")
    walk = await at_desk.press("Resolve", alert)
    assert f"Decision 1 of 1\n\nOrder #{order.id}" in walk.text
    assert await at_desk.counter.message(alert.id, IRIS) == alert


async def test_an_alert_that_is_over_before_it_is_delivered_says_so(at_desk: Desk) -> None:
    await at_desk.unknown_order()
    await at_desk.press("Confirm", await at_desk.after("Not placed", await at_desk.say("/resolve")))
    await at_desk.counter.deliver()
    alert = await at_desk.newest("needs a decision")
    assert "Over since" in alert.text
    assert alert.labels == ["Order #1"]


async def test_open_alerts_are_listed_by_pages_and_closed_one_by_one(at_desk: Desk) -> None:
    for number in range(7):
        facts = {"panel": f"panel-{number}", "detail": "down"}
        alert = Alert(f"panel-failing:{number}", AlertKind.PANEL_FAILING, None, facts)
        await alert_operators(at_desk.bench.shop, alert, at_desk.bench.clock())
    listed = await at_desk.after("Alerts", await at_desk.say("/admin"))
    assert "7 open alerts" in listed.text
    assert "Page 1 of 2" in listed.text
    assert "Page 2 of 2" in (await at_desk.after("»", listed)).text
    fewer = await at_desk.after("OK 2", listed)
    assert "6 open alerts" in fewer.text
    assert "panel-5 does" not in fewer.text
    gone = await at_desk.counter.press_data(fewer, buttons.Acknowledge(10**6).pack(), IRIS)
    assert gone == fewer
    assert "no such entry" in (await at_desk.counter.toasts())[-1]
    assert len(await at_desk.bench.shop.db.read(outbox.open_alerts)) == 6


# Prices -------------------------------------------------------------------------------------------


async def jumped(at_desk: Desk, *numbers: int, factor: int = 3) -> None:
    """Let the panel multiply the rates of some services, and read its catalogue."""
    stored = at_desk.bench.shop.shelf.catalogue.offers
    change = {stored[n].service.id: {"rate": str(stored[n].service.rate * factor)} for n in numbers}
    await at_desk.bench.panel.change_services(change=change)
    await at_desk.bench.refresh()


def offers(at_desk: Desk) -> list[int]:
    return [o.number for o in at_desk.bench.shop.shelf.catalogue.offers.values() if o.for_sale]


async def test_a_price_jump_is_reviewed_from_its_alert_and_agreed_to(at_desk: Desk) -> None:
    one, two, *_ = offers(at_desk)
    await jumped(at_desk, one, two)
    await at_desk.counter.deliver()
    review = await at_desk.press("Review", await at_desk.newest("jumped"))
    assert "2 price jumps wait" in review.text
    assert "(+200%)" in review.text
    after_one = await at_desk.after("Agree 1", review)
    assert "Agreed: " in after_one.text
    assert "1 price jump waits" in after_one.text
    confirm = await at_desk.after("Agree to 1 new price", after_one)
    assert "Agreed to 1 new price" in (await at_desk.after("Confirm", confirm)).text
    assert {one, two} <= set(offers(at_desk))
    assert "alerts 0" in (await at_desk.say("/admin")).text
    assert "accept prices" in (await at_desk.say("/audit")).text


async def test_a_yes_never_covers_prices_that_came_later(at_desk: Desk) -> None:
    one, two, *_ = offers(at_desk)
    await jumped(at_desk, one)
    review = await at_desk.after("Price jumps", await at_desk.say("/admin"))
    confirm = await at_desk.after("Agree to 1", review)
    await jumped(at_desk, two)
    changed = await at_desk.after("Confirm", confirm)
    assert "2 price jumps wait" in changed.text
    assert "has changed" in (await at_desk.counter.toasts())[-1]
    await at_desk.counter.press_data(changed, review.data("Agree 1"), IRIS)
    held = [o.number for o in at_desk.bench.shop.shelf.catalogue.offers.values() if o.unsold is Unsold.JUMP]
    assert held == [two]
    assert (await at_desk.say("/audit")).text.count("accept prices") == 1


async def test_a_yes_to_one_price_does_not_cover_its_next_price(at_desk: Desk) -> None:
    one, *_ = offers(at_desk)
    rate = at_desk.bench.shop.shelf.catalogue.offers[one].service.rate
    await jumped(at_desk, one)
    review = await at_desk.after("Price jumps", await at_desk.say("/admin"))
    await jumped(at_desk, one, factor=9)
    assert "1 price jump waits" in (await at_desk.after("Agree 1", review)).text
    assert at_desk.bench.shop.shelf.catalogue.offers[one].service.rate == rate
    assert at_desk.bench.shop.shelf.catalogue.offers[one].pending_rate == rate * Decimal(9)


# Customers' messages ------------------------------------------------------------------------------


async def ticket(at_desk: Desk) -> None:
    await at_desk.counter.say("/support")
    await at_desk.counter.say("Where is <my> order & money?")
    await at_desk.counter.deliver()


async def test_a_reply_to_a_customers_message_answers_the_customer(at_desk: Desk) -> None:
    await ticket(at_desk)
    asked = await at_desk.newest("Where is <my> order & money?")
    assert "Mina" in asked.text
    assert "Sent to Mina" in (await at_desk.reply(asked, "It is <on> its way.")).text
    await at_desk.counter.deliver()
    assert await at_desk.newest("It is <on> its way.", MINA)
    assert "Sent to Mina" in (await at_desk.reply(asked, "It arrived.")).text


async def test_the_first_operator_to_answer_settles_it(at_desk: Desk) -> None:
    await ticket(at_desk)
    await at_desk.reply(await at_desk.newest("Where is", THEO), "Here.", THEO)
    asked = await at_desk.newest("Where is")
    assert "has answered this message already" in (await at_desk.reply(asked, "There.")).text
    await at_desk.counter.deliver()
    assert [m.text for m in await at_desk.counter.history(MINA) if "There." in m.text] == []


async def test_a_reply_answers_the_customer_even_while_a_question_is_open(at_desk: Desk) -> None:
    await at_desk.unknown_order()
    await ticket(at_desk)
    await at_desk.after("Attach id", await at_desk.say("/resolve"))
    assert "Sent to Mina" in (await at_desk.reply(await at_desk.newest("Where is"), "Soon.")).text
    assert "Attach it to order" in (await at_desk.say(await at_desk.placed_id())).text


async def test_the_customers_profile_opens_beside_the_message(at_desk: Desk) -> None:
    await ticket(at_desk)
    asked = await at_desk.newest("Where is")
    assert "Balance" in (await at_desk.press("Customer", asked)).text
    assert await at_desk.counter.message(asked.id, IRIS) == asked
    await at_desk.press("Reply to this", asked)
    assert "Reply to this message" in (await at_desk.counter.toasts())[-1]


async def test_replies_that_reach_nobody_are_explained(at_desk: Desk) -> None:
    await ticket(at_desk)
    desk_message = await at_desk.say("/admin")
    assert "nothing was sent" in (await at_desk.reply(desk_message, "Hello?")).text
    asked = await at_desk.newest("Where is")
    assert "at most 2,000 characters" in (await at_desk.reply(asked, "a" * 2001)).text
    await at_desk.bench.shop.db.write(lambda tx: tx.run("DELETE FROM tickets"))
    assert "no longer kept" in (await at_desk.reply(asked, "Hello?")).text


async def test_a_picture_as_answer_is_refused_in_words(at_desk: Desk) -> None:
    await ticket(at_desk)
    asked = await at_desk.newest("Where is")
    form = aiohttp.FormData({"kind": "document", "reply_to": str(asked.id)})
    form.add_field("file", b"a receipt", filename="receipt.txt")
    async with at_desk.counter.http.post(f"{at_desk.counter.url}/chat/{IRIS}/upload", data=form) as answer:
        assert answer.status == 200
    await at_desk.counter.settle()
    assert "Only text can be passed on" in (await at_desk.counter.last(IRIS)).text


async def test_a_request_to_be_topped_up_carries_the_command_and_stays(at_desk: Desk) -> None:
    await ask_for_gap(at_desk.bench.shop, "a-token", MINA, Money(2_500_000), Money(12_500_000), at_desk.bench.clock())
    await at_desk.counter.deliver()
    asked = await at_desk.newest("topped up")
    assert f"/credit {MINA} 2.5" in asked.text
    assert [b["copy_text"]["text"] for b in asked.keyboard if "copy_text" in b] == [f"/credit {MINA} 2.5 "]
    await at_desk.press("Customer", asked)
    assert await at_desk.counter.message(asked.id, IRIS) == asked
    assert "Balance now 12.50 USD" in (await at_desk.say(f"/credit {MINA} 2.5 paid")).text
