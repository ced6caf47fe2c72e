"""The confirm card: its token is enough, its price is what is charged, and no tap does harm."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.notices import NoticeKind
from bot.domain.orders import OrderState
from bot.engine import upkeep
from storage.catalog import StoredService
from tests.handlers.counter import Counter
from tests.kit import LINK, MINA


@pytest.fixture(autouse=True)
async def mina(shop: Counter) -> None:
    await shop.say("/start")


async def asked_for(shop: Counter) -> list[int]:
    """The gaps that were to be told to operators, in micro-units."""
    rows = await shop.bench.shop.db.read(
        lambda tx: tx.all("SELECT facts FROM notices WHERE kind = $1", NoticeKind.TOPUP_ASKED)
    )
    return [int(json.loads(row["facts"])["gap"]) for row in rows]


async def test_a_second_tap_finds_the_same_order(shop: Counter) -> None:
    await shop.bench.credit("10")
    confirm = await shop.to_confirm()
    await shop.press("Confirm", confirm)
    await shop.press_data(confirm, confirm.data("Confirm"))
    assert (await shop.bench.money()).held == (await shop.bench.read(1)).charge
    assert "Order #1" in (await shop.message(confirm.id)).text
    assert (await shop.last()).id == confirm.id


async def test_cancel_right_after_confirm_shows_the_order_not_a_lie(shop: Counter) -> None:
    await shop.bench.credit("10")
    confirm = await shop.to_confirm()
    await shop.press("Confirm", confirm)
    shown = await shop.press_data(confirm, confirm.data("Cancel"))
    assert "Order #1" in shown.text
    assert (await shop.bench.read(1)).state is OrderState.RESERVED


async def test_turning_down_charges_nothing(shop: Counter) -> None:
    await shop.bench.credit("10")
    confirm = await shop.to_confirm()
    shown = await shop.press("Cancel", confirm)
    assert "Nothing was ordered" in shown.text
    again = await shop.press_data(confirm, confirm.data("Confirm"))
    assert "This was canceled" in again.text
    assert (await shop.bench.money()).held.micros == 0


async def forget(shop: Counter) -> None:
    """Days go by, and what was quoted before is deleted."""
    shop.bench.clock.forward(days=3)
    await upkeep.forget(shop.bench.shop, shop.bench.clock())


async def test_a_language_is_chosen_also_where_the_waiting_card_was_forgotten(shop: Counter) -> None:
    await shop.to_confirm()
    await forget(shop)
    chosen = await shop.press("Türkçe", await shop.say("/language"))
    assert "Confirm" not in chosen.text
    assert "Mina" in (await shop.say("/start")).text
    assert await shop.bench.shop.db.read(lambda tx: tx.one("SELECT 1 FROM customers WHERE chosen_language = 'tr'"))


async def test_back_to_a_card_that_was_forgotten_is_a_fresh_price(shop: Counter) -> None:
    await shop.bench.credit("10")
    question = await shop.press("Change quantity", await shop.to_confirm())
    await forget(shop)
    confirm = await shop.press("« Back", question)
    assert "Quantity: 100" in confirm.text
    await shop.press("Confirm", confirm)
    assert (await shop.bench.money()).held == (await shop.bench.read(1)).charge


async def test_confirm_works_when_the_conversation_is_lost(shop: Counter) -> None:
    await shop.bench.credit("10")
    confirm = await shop.to_confirm()
    shop.notebook.conversations.clear()
    shop.notebook.memories.clear()
    await shop.restart()
    assert "Order #1" in (await shop.press("Confirm", confirm)).text


async def test_confirm_of_an_earlier_order_leaves_the_open_question_alone(shop: Counter) -> None:
    await shop.bench.credit("10")
    confirm = await shop.to_confirm()
    await shop.to_question()
    await shop.press_data(confirm, confirm.data("Confirm"))
    assert "Order #1" in (await shop.message(confirm.id)).text
    assert "Minimum" in (await shop.say(LINK)).text


async def test_too_little_money_names_the_exact_gap_and_confirm_works_once_it_is_there(shop: Counter) -> None:
    confirm = await shop.to_confirm()
    assert "short" in confirm.text
    charge = confirm.text.split("Price: ")[1].split()[0]
    assert f"balance is {charge} USD short" in confirm.text
    still = await shop.press("Confirm", confirm)
    assert "short" in still.text
    assert "Confirm" in still.labels
    assert charge in (await shop.toasts())[-1]
    asked = await shop.press("Ask the operator", still)
    assert "has been asked" in asked.text
    assert [gap / 1_000_000 for gap in await asked_for(shop)] == [float(charge)]
    await shop.bench.credit(charge)
    assert "Order #1" in (await shop.press("Confirm", asked)).text
    assert (await shop.bench.money()).available.micros == 0


async def test_what_is_owed_is_asked_for_too_since_whatever_comes_pays_it_first(shop: Counter) -> None:
    confirm = await shop.to_confirm()
    owe = "UPDATE customers SET owed = 300000 WHERE id = $1"
    await shop.bench.shop.db.write(lambda tx: tx.run(owe, MINA))
    asked = await shop.press("Ask the operator", confirm)
    assert "has been asked" in asked.text
    (gap,) = await asked_for(shop)
    await shop.bench.credit(str(Decimal(gap).scaleb(-6)))
    assert "Order #1" in (await shop.press("Confirm", asked)).text


async def test_the_card_remembers_that_the_operator_was_asked(shop: Counter) -> None:
    confirm = await shop.to_confirm()
    asked = await shop.press("Ask the operator", confirm)
    shown = asked
    for label in ("Confirm", "Change link", "« Back"):
        shown = await shop.press(label, shown)
    assert "The operator has been asked" in shown.text
    assert not any("Ask the operator" in label for label in shown.labels)
    assert len(await asked_for(shop)) == 1


async def test_cancel_by_command_closes_the_card_too(shop: Counter) -> None:
    await shop.bench.credit("10")
    confirm = await shop.to_confirm()
    await shop.say("/cancel")
    assert "Nothing was ordered and nothing was charged." in (await shop.message(confirm.id)).text
    assert "Confirm" not in (await shop.message(confirm.id)).labels
    for label in ("Confirm", "Change link", "Cancel"):
        await shop.press_data(confirm, confirm.data(label))
        assert "anceled. Nothing was ordered" in (await shop.message(confirm.id)).text
    assert (await shop.bench.money()).held.micros == 0


async def test_changing_after_the_order_was_placed_shows_the_order(shop: Counter) -> None:
    await shop.bench.credit("10")
    confirm = await shop.to_confirm()
    await shop.press("Confirm", confirm)
    await shop.press_data(confirm, confirm.data("Change link"))
    assert "Order #1" in (await shop.message(confirm.id)).text


async def test_an_order_quoted_anew_leaves_another_one_that_is_open_alone(shop: Counter) -> None:
    await shop.bench.credit("10")
    confirm = await shop.to_confirm()
    await shop.to_question()
    offer = shop.bench.shop.shelf.catalogue.offers[shop.bench.service()]
    await shop.bench.panel.change_services(change={offer.service.id: {"rate": str(offer.service.rate * 14 / 10)}})
    await shop.bench.refresh()
    await shop.press_data(confirm, confirm.data("Confirm"))
    again = await shop.message(confirm.id)
    assert "The price changed from" in again.text
    assert "Minimum" in (await shop.say(LINK)).text
    await shop.press("Confirm", again)
    assert "Order #1" in (await shop.message(confirm.id)).text


async def test_money_is_asked_for_once_a_quote_and_once_a_minute(shop: Counter) -> None:
    confirm = await shop.to_confirm()
    for _ in range(3):
        await shop.press_data(confirm, confirm.data("Ask the operator"))
    other = await shop.to_confirm(LINK, "200")
    assert "Ask the operator" in " ".join((await shop.press("Ask the operator", other)).labels)
    assert "wait a little" in (await shop.toasts())[-1]
    assert len(await asked_for(shop)) == 1
    shop.bench.clock.forward(minutes=1)
    assert "has been asked" in (await shop.press("Ask the operator", other)).text
    assert len(await asked_for(shop)) == 2


async def test_nobody_is_asked_for_money_that_is_there_by_now(shop: Counter) -> None:
    confirm = await shop.to_confirm()
    await shop.bench.credit("10")
    shown = await shop.press("Ask the operator", confirm)
    assert await asked_for(shop) == []
    assert "Balance after" in shown.text


async def test_an_expired_price_offers_a_fresh_one_for_the_same_order(shop: Counter) -> None:
    await shop.bench.credit("10")
    confirm = await shop.to_confirm()
    shop.bench.clock.forward(hours=1)
    expired = await shop.press("Confirm", confirm)
    assert "no longer valid" in expired.text
    fresh = await shop.press("fresh price", expired)
    assert LINK in fresh.text
    assert "Quantity: 100" in fresh.text
    assert "Order #1" in (await shop.press("Confirm", fresh)).text


async def test_a_service_that_would_be_sold_below_cost_is_quoted_anew(shop: Counter) -> None:
    await shop.bench.credit("10")
    confirm = await shop.to_confirm()
    offer = shop.bench.shop.shelf.catalogue.offers[shop.bench.service()]
    dearer = str(offer.service.rate * 14 / 10)
    await shop.bench.panel.change_services(change={offer.service.id: {"rate": dearer}})
    await shop.bench.refresh()
    again = await shop.press("Confirm", confirm)
    assert "The price changed from" in again.text
    assert (await shop.bench.money()).held.micros == 0
    assert "Order #1" in (await shop.press("Confirm", again)).text


async def test_limits_that_moved_ask_for_the_quantity_again(shop: Counter) -> None:
    await shop.bench.credit("10")
    confirm = await shop.to_confirm()
    shop.bench.clock.forward(hours=1)
    expired = await shop.press("Confirm", confirm)
    number = shop.bench.service()
    stored = shop.bench.shop.shelf.stored
    raise_minimum(stored, number, 500)
    await shop.bench.shop.shelf.renew()
    question = await shop.press("fresh price", expired)
    assert "100 is too few" in question.text
    assert LINK in question.text


async def test_a_service_gone_since_the_quote_is_not_sold(shop: Counter) -> None:
    await shop.bench.credit("10")
    confirm = await shop.to_confirm()
    offer = shop.bench.shop.shelf.catalogue.offers[shop.bench.service()]
    await shop.bench.panel.change_services(change={offer.service.id: {"remove": True}})
    await shop.bench.refresh()
    assert "not for sale any more" in (await shop.press("Confirm", confirm)).text
    assert (await shop.bench.money()).held.micros == 0


async def test_somebody_elses_quote_is_nothing_to_anybody(shop: Counter) -> None:
    confirm = await shop.to_confirm()
    theirs = await shop.say("/start", 1002)
    shown = await shop.press_data(theirs, confirm.data("Confirm"), 1002)
    assert "no longer open" in shown.text
    for label in ("Cancel", "Change link", "Ask the operator"):
        await shop.press_data(shown, confirm.data(label), 1002)
    assert LINK not in "".join(m.text for m in await shop.history(1002))


async def test_every_press_is_answered_once(shop: Counter) -> None:
    confirm = await shop.to_confirm()
    await shop.press("Confirm", confirm)
    answers = await shop.journal("answerCallbackQuery")
    ids = [entry["params"]["callback_query_id"] for entry in answers]
    assert len(ids) == len(set(ids))
    assert all(entry["ok"] for entry in answers)


def raise_minimum(stored: dict[str, dict[str, StoredService]], number: int, minimum: int) -> None:
    for panel in stored.values():
        for key, entry in panel.items():
            if entry.number == number:
                panel[key] = replace(entry, service=replace(entry.service, minimum=minimum))


async def test_an_old_copy_of_a_card_that_was_changed_points_to_the_one_that_holds(shop: Counter) -> None:
    await shop.bench.credit("10")
    old = await shop.to_confirm()
    await shop.press("Change quantity", old)
    renewed = await shop.say("200")
    assert renewed.id != old.id
    pointed = await shop.press_data(old, old.data("Confirm"))
    assert "in another message" in (await shop.message(old.id)).text, pointed.text
    await shop.press("Confirm", renewed)
    assert (await shop.bench.read(1)).quantity == 200
