"""The catalogue's editor through the real application: hidden, renamed, put in order; customers see it at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.catalog import Category, Offer
from bot.domain.markups import Scope
from bot.engine import arranging
from bot.engine.arranging import Deed
from handlers.operator import catalogue_buttons as b
from tests.handlers.counter import Seen
from tests.handlers.operator_desk import Desk, desk
from tests.kit import IRIS, LINK, MINA, THEO

HOSTILE = "สวัสดี ❤️ متابعين <b>bold</b> & co"


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        yield found
        await found.bench.sound()


def first(at_desk: Desk) -> tuple[Category, Offer]:
    """The first category customers see, and its first service."""
    category = at_desk.bench.shop.shelf.catalogue.categories[0]
    return category, category.offers[0]


async def open_service(at_desk: Desk, offer: Offer, person: int = IRIS) -> Seen:
    return await at_desk.counter.press_data(
        await at_desk.say("/admin", person), b.OpenService(offer.number).pack(), person
    )


async def open_category(at_desk: Desk, category: Category) -> Seen:
    return await at_desk.counter.press_data(await at_desk.say("/admin"), b.OpenCategory(category.number).pack(), IRIS)


async def acts(at_desk: Desk) -> list[str]:
    rows = await at_desk.bench.shop.db.read(lambda tx: tx.all("SELECT * FROM acts WHERE act <> 'credit' ORDER BY id"))
    return [f"{row['act']} {row['object']}" for row in rows]


# Looking ------------------------------------------------------------------------------------------


async def test_the_dashboard_leads_through_categories_to_a_service(at_desk: Desk) -> None:
    category, offer = first(at_desk)
    shown = await at_desk.after("Catalogue", await at_desk.say("/admin"))
    assert "in the order in which customers see them" in shown.text
    assert "Next »" in shown.labels
    shown = await at_desk.after(category.name, shown)
    for fact in (category.name, f"Category {category.number}", "Place 1 of", "Markup: 25% (from the settings)"):
        assert fact in shown.text
    shown = await at_desk.after(f"Services ({len(category.offers)})", shown)
    shown = await at_desk.after(offer.name[:30], shown)
    for fact in (offer.name, f"Service {offer.number}", "fixedmember", "Rate at the panel", "Refill:", "Place 1 of"):
        assert fact in shown.text
    assert "Services" in (await at_desk.after("« Back", shown)).text


async def test_pages_turn_and_lead_back(at_desk: Desk) -> None:
    one = await at_desk.after("Catalogue", await at_desk.say("/admin"))
    two = await at_desk.after("Next »", one)
    assert "Page 2 of" in two.text
    assert await at_desk.after("« Back", two) == one
    assert "Open: decisions" in (await at_desk.after("Dashboard", one)).text


@pytest.mark.parametrize(
    "button",
    [
        b.OpenCategory(999), b.OpenListing(999, 1), b.OpenService(999), b.Move("service", 999, 0, 1),
        b.Move("panel", 1, 0, 1), b.DropTitle("category", 999), b.AskTitle("shop", 1), b.Hide("service", 999),
        b.Hide("nothing", 1), b.HideCategory(999, 1), b.Unhide("category", 999), b.AskTitle("service", -1),
    ],
)  # fmt: skip
async def test_a_button_of_what_is_gone_says_so_and_leads_on(at_desk: Desk, button: b.Button) -> None:
    shown = await at_desk.counter.press_data(await at_desk.say("/admin"), button.pack(), IRIS)
    assert "not in the catalogue any more" in (await at_desk.counter.toasts())[-1]
    assert "Categories in the order" in shown.text
    assert await acts(at_desk) == []


# Hiding -------------------------------------------------------------------------------------------


async def test_a_hidden_service_vanishes_for_customers_and_its_old_buttons_answer_kindly(at_desk: Desk) -> None:
    category, offer = first(at_desk)
    card = await at_desk.counter.press_data(await at_desk.say("/order", MINA), f"v:{offer.number}", MINA)
    assert "Hidden from customers." in (await at_desk.say(f"/hide service {offer.number}")).text
    answered = await at_desk.press("Order", card, MINA)
    assert "This service is not for sale any more" in answered.text
    listed = await at_desk.counter.press_data(answered, f"s:{category.number}:1", MINA)
    assert not any(offer.name in label for label in listed.labels)
    shown = await open_service(at_desk, offer)
    assert "✕ Hidden: customers do not see it" in shown.text
    assert "✕ Hidden" not in (await at_desk.after("Show", shown)).text
    assert (await at_desk.counter.toasts())[-1] == "Customers see it again."
    named = f"service {offer.number} ({offer.name})"
    assert await acts(at_desk) == [f"hide {named}", f"show {named}"]


async def test_a_confirm_card_of_a_hidden_service_is_answered_kindly_and_charges_nothing(at_desk: Desk) -> None:
    card = await at_desk.counter.to_confirm(LINK, "100")
    await at_desk.say(f"/hide service {at_desk.bench.service()}")
    answered = await at_desk.press("Confirm", card, MINA)
    assert "This service is not for sale any more" in answered.text
    assert (await at_desk.bench.money()).held.micros == 0


async def test_order_again_for_a_hidden_service_is_answered_kindly(at_desk: Desk) -> None:
    number = at_desk.bench.service()
    order = await at_desk.bench.order(number)
    await at_desk.say(f"/hide service {number}")
    answered = await at_desk.counter.press_data(await at_desk.say("/orders", MINA), f"a:{order.id}", MINA)
    assert "This service is not for sale any more" in answered.text


async def test_hiding_a_category_names_how_many_services_go_and_waits_for_a_second_tap(at_desk: Desk) -> None:
    category, offer = first(at_desk)
    asked = await at_desk.say(f"/hide category {category.number}")
    assert "off sale at once" in asked.text
    assert first(at_desk)[0] == category
    hidden = await at_desk.after("Hide", asked)
    assert "For sale 0" in hidden.text
    assert first(at_desk)[0] != category
    service = await open_service(at_desk, offer)
    assert "Its whole category is hidden" in service.text
    await at_desk.counter.press_data(asked, asked.data("Hide"), IRIS)
    assert (await at_desk.counter.toasts())[-1] == "It was hidden already."
    assert "Customers see it again." in (await at_desk.say(f"/show {category.name}")).text
    assert "Customers see it already." in (await at_desk.say(f"/show {category.name}")).text
    assert len(await acts(at_desk)) == 2


async def test_a_yes_to_hide_a_category_covers_as_many_services_as_were_named(at_desk: Desk) -> None:
    category = next(c for c in at_desk.bench.shop.shelf.catalogue.categories if len(c.offers) > 1)
    asked = await at_desk.say(f"/hide category {category.number}")
    await at_desk.say(f"/hide service {category.offers[0].number}", THEO)
    again = await at_desk.after("Hide", asked)
    assert "changed meanwhile" in (await at_desk.counter.toasts())[-1]
    assert f"{len(category.offers) - 1} service" in again.text
    await at_desk.after("Hide", again)
    assert category.number not in at_desk.bench.shop.shelf.catalogue.category_by_number


async def test_what_is_typed_may_mean_several_things_or_none(at_desk: Desk) -> None:
    several = await at_desk.say("/hide followers")
    assert "Which one?" in several.text
    assert "more are not shown" in several.text or len(several.labels) <= 8
    number = await at_desk.say("/hide 1")
    assert [label.split(":")[0] for label in number.labels] == ["Category 1", "Service 1"]
    none = await at_desk.say("/show <nothing>")
    assert "Nothing in the catalogue goes by <nothing>." in none.text
    assert "Write it as /show" in none.text
    assert "Write it as /hide" in (await at_desk.say("/hide")).text
    assert await acts(at_desk) == []
    picked = await at_desk.after("Service 1", number)
    assert "✕ Hidden" in picked.text


# Names --------------------------------------------------------------------------------------------


async def test_a_new_name_is_what_customers_read_everywhere(at_desk: Desk) -> None:
    category, offer = first(at_desk)
    asked = await at_desk.after("Rename", await open_service(at_desk, offer))
    assert "Send its new name" in asked.text
    renamed = await at_desk.say(HOSTILE)
    assert "Renamed." in renamed.text
    assert f"The panel calls it: {offer.name}" in renamed.text
    await at_desk.after("Rename", await open_category(at_desk, category))
    await at_desk.say("Aa <i>first</i>")
    assert "Aa <i>first</i>" in (await at_desk.say("/order", MINA)).labels
    listed = await at_desk.press("Aa <i>first</i>", None, MINA)
    assert "Aa <i>first</i>" in listed.text
    card = await at_desk.press("สวัสดี", listed, MINA)
    assert HOSTILE in card.text
    assert HOSTILE in (await at_desk.press("Order", card, MINA)).text
    await at_desk.say(LINK, MINA)
    minimum = offer.service.minimum
    confirm = await at_desk.say(str(minimum), MINA) if offer.service.type == "default" else await at_desk.counter.last()
    assert HOSTILE in confirm.text
    back = await at_desk.after("Back to the panel's name", await open_service(at_desk, offer))
    assert offer.name in back.text
    assert "The panel calls it" not in back.text


async def test_a_name_is_one_line_neither_empty_nor_too_long(at_desk: Desk) -> None:
    _, offer = first(at_desk)
    await at_desk.after("Rename", await open_service(at_desk, offer))
    assert "A name has at most 100 characters." in (await at_desk.say("x" * 101)).text
    assert "could be read as a name" in (await at_desk.say("\u200d")).text
    assert "Renamed." in (await at_desk.say("  Two\n lines ")).text
    found = at_desk.bench.shop.shelf.catalogue.offer(offer.number)
    assert found is not None
    assert found.name == "Two lines"
    await at_desk.after("Rename", await open_service(at_desk, offer))
    assert "It is called that already." in (await at_desk.say("Two lines")).text


async def test_the_question_for_a_name_can_be_left_in_every_way(at_desk: Desk) -> None:
    _, offer = first(at_desk)
    await at_desk.after("Rename", await open_service(at_desk, offer))
    assert "nothing was changed" in (await at_desk.say("/cancel")).text
    assert "I did not understand that" in (await at_desk.say("Not a name")).text
    asked = await at_desk.after("Rename", await open_service(at_desk, offer))
    assert f"Service {offer.number}" in (await at_desk.after("Cancel", asked)).text
    assert "I did not understand that" in (await at_desk.say("Not a name")).text
    dashboard = await at_desk.say("/admin")
    await at_desk.after("Rename", await open_service(at_desk, offer))
    await at_desk.press("Refresh", dashboard)
    assert "I did not understand that" in (await at_desk.say("Not a name")).text
    await at_desk.after("Rename", await open_service(at_desk, offer))
    await at_desk.counter.to_question(person=IRIS)
    assert "closed" in (await at_desk.say(LINK)).text, "a link for an order of their own is no name"
    assert await acts(at_desk) == []


async def test_a_question_that_is_open_goes_on_after_a_restart(at_desk: Desk) -> None:
    _, offer = first(at_desk)
    await at_desk.after("Rename", await open_service(at_desk, offer))
    await at_desk.counter.restart()
    assert "Renamed." in (await at_desk.say("After all")).text


async def test_a_picture_is_no_name(at_desk: Desk) -> None:
    _, offer = first(at_desk)
    await at_desk.after("Rename", await open_service(at_desk, offer))
    assert "only read text" in (await at_desk.counter.upload(b"x", "x.bin", IRIS)).text
    assert "Renamed." in (await at_desk.say("Better")).text


async def test_a_decision_that_is_asked_about_gives_way_to_a_name_and_the_other_way_round(at_desk: Desk) -> None:
    _, offer = first(at_desk)
    await at_desk.unknown_order()
    await at_desk.after("Attach id", await at_desk.say("/resolve"))
    await at_desk.after("Rename", await open_service(at_desk, offer))
    assert "Renamed." in (await at_desk.say("123")).text
    await at_desk.after("Rename", await open_service(at_desk, offer))
    await at_desk.after("Attach id", await at_desk.say("/resolve"))
    assert "Renamed." not in (await at_desk.say("999999")).text


# Order --------------------------------------------------------------------------------------------


async def test_a_category_moves_up_down_and_to_the_top(at_desk: Desk) -> None:
    third = at_desk.bench.shop.shelf.catalogue.categories[2]
    shown = await open_category(at_desk, third)
    assert "Place 3 of" in shown.text
    shown = await at_desk.after("Up", shown)
    assert "Place 2 of" in shown.text
    shown = await at_desk.after("Down", shown)
    shown = await at_desk.after("To the top", shown)
    assert "Place 1 of" in shown.text
    assert not {"↑ Up", "⇈ To the top"} & set(shown.labels)
    assert (await at_desk.say("/order", MINA)).labels[0] == third.name
    await at_desk.bench.refresh()
    assert (await at_desk.say("/order", MINA)).labels[0] == third.name
    assert [act.split()[0] for act in await acts(at_desk)] == ["move"] * 3


async def test_an_old_button_moves_nothing_that_moved_meanwhile(at_desk: Desk) -> None:
    third = at_desk.bench.shop.shelf.catalogue.categories[2]
    shown = await open_category(at_desk, third)
    deed = Deed(THEO, 1, at_desk.bench.clock())
    await arranging.move(at_desk.bench.shop, Scope.CATEGORY, third.number, 2, 0, deed)
    shown = await at_desk.after("Down", shown)
    assert "order has changed meanwhile" in (await at_desk.counter.toasts())[-1]
    assert "Place 1 of" in shown.text


async def test_a_service_moves_within_its_category(at_desk: Desk) -> None:
    category = next(c for c in at_desk.bench.shop.shelf.catalogue.categories if len(c.offers) > 2)
    last = category.offers[-1]
    shown = await at_desk.after("To the top", await open_service(at_desk, last))
    assert "Place 1 of" in shown.text
    listed = await at_desk.counter.press_data(await at_desk.say("/order", MINA), f"s:{category.number}:1", MINA)
    assert last.name[:30] in listed.labels[0]
