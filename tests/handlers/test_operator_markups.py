"""`/markup` by words and by buttons: nothing changes before the yes, and a yes covers exactly what was shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.catalog import Category, Offer
from bot.domain.markups import SHOP, Scope, Subject
from handlers.operator import catalogue_buttons as b
from handlers.operator.words_catalogue import word_of
from tests.handlers.counter import Seen
from tests.handlers.operator_desk import Desk, desk
from tests.kit import IRIS, LINK, MINA, THEO, money

PANEL = Subject(Scope.PANEL, "fixedmember")


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        yield found
        await found.bench.sound()


def first(at_desk: Desk) -> tuple[Category, Offer]:
    category = next(c for c in at_desk.bench.shop.shelf.catalogue.categories if len(c.offers) > 1)
    return category, category.offers[0]


def percents(at_desk: Desk) -> dict[Subject, Decimal]:
    return at_desk.bench.shop.shelf.markups


async def set_by_words(at_desk: Desk, words: str) -> Seen:
    return await at_desk.after("Confirm", await at_desk.say(f"/markup {words}"))


async def pressed(at_desk: Desk, button: b.Button) -> Seen:
    """What a button shows, pressed from anywhere."""
    return await at_desk.counter.press_data(await at_desk.say("/markup"), button.pack(), IRIS)


async def acts(at_desk: Desk) -> list[str]:
    rows = await at_desk.bench.shop.db.read(lambda tx: tx.all("SELECT * FROM acts WHERE act = 'markup' ORDER BY id"))
    return [f"{row['object']}: {row['detail']}" for row in rows]


async def test_a_preview_shows_prices_before_and_after_and_changes_nothing(at_desk: Desk) -> None:
    shown = await at_desk.say("/markup 50")
    assert "25% (from the settings) → 50%" in shown.text
    assert "prices rise." in shown.text
    assert 3 <= shown.text.count(" USD → ") <= 5
    assert "Nothing is changed yet." in shown.text
    assert percents(at_desk) == {}
    assert await acts(at_desk) == []
    left = await at_desk.after("Cancel", shown)
    assert "Markup: 25% (from the settings)" in left.text
    assert percents(at_desk) == {}


async def test_the_shops_markup_is_set_told_and_taken_away(at_desk: Desk) -> None:
    done = await set_by_words(at_desk, "50")
    assert "✓ Markup: the whole shop" in done.text
    assert "prices changed." in done.text
    assert percents(at_desk) == {SHOP: Decimal(50)}
    assert "Whole shop: 50%" in (await at_desk.say("/markup")).text
    assert "now 25% (from the settings)" in (await set_by_words(at_desk, "shop off")).text
    assert percents(at_desk) == {}
    assert [act.partition(",")[0] for act in await acts(at_desk)] == ["shop: none to 50%", "shop: 50% to none"]


async def test_every_scope_is_set_by_words_and_shown_in_the_overview(at_desk: Desk) -> None:
    category, offer = first(at_desk)
    await set_by_words(at_desk, "panel FIXED 30")
    await set_by_words(at_desk, f"category {category.name} 20%")
    await set_by_words(at_desk, f"service #{offer.number} 12,5")
    expected = {
        PANEL: Decimal(30), Subject(Scope.CATEGORY, str(category.number)): Decimal(20),
        Subject(Scope.SERVICE, str(offer.number)): Decimal("12.5"),
    }  # fmt: skip
    assert percents(at_desk) == expected
    shown = await at_desk.say("/markup")
    for fact in ("panel fixedmember: 30%", f"{category.name}: 20%", f"{offer.name}: 12.5%", "from the settings"):
        assert fact in shown.text
    preview = await at_desk.say("/markup panel fixedmember 40")
    assert "keep a narrower markup" in preview.text
    service = await pressed(at_desk, b.OpenService(offer.number))
    assert "Markup: 12.5% (its own)" in service.text
    other = await pressed(at_desk, b.OpenService(category.offers[1].number))
    assert f"Markup: 20% (category {category.number}, {category.name})" in other.text
    assert "✓ Markup" in (await set_by_words(at_desk, f"service {offer.number} off")).text


async def test_a_customer_reads_and_pays_the_new_price(at_desk: Desk) -> None:
    await set_by_words(at_desk, "100")
    offer = at_desk.bench.shop.shelf.catalogue.offers[at_desk.bench.service()]
    await at_desk.counter.buy(LINK, "100")
    held = (await at_desk.bench.money()).held
    assert held == money(f"{offer.service.rate / 10 * 2:f}")


async def test_a_category_is_chosen_and_priced_by_buttons(at_desk: Desk) -> None:
    category, _ = first(at_desk)
    overview = await at_desk.after("Markups", await at_desk.say("/admin"))
    picked = await at_desk.after("Categories", overview)
    while not any(category.name in label for label in picked.labels):
        picked = await at_desk.after("Next »", picked)
    asked = await at_desk.after(category.name, picked)
    assert "Tap a percentage" in asked.text
    preview = await at_desk.after("40%", asked)
    assert f"{len(category.offers)} prices rise." in preview.text
    done = await at_desk.after("Confirm", preview)
    assert "40%" in done.text
    assert "Markup: 40% (its own)" in (await at_desk.after("Category", done)).text


async def test_panels_and_services_are_chosen_by_buttons(at_desk: Desk) -> None:
    category, offer = first(at_desk)
    overview = await at_desk.say("/markup")
    assert (
        "Markup: panel fixedmember"
        in (await at_desk.after("fixedmember", await at_desk.after("Panels", overview))).text
    )
    picked = await at_desk.after("Services", await at_desk.say("/markup"))
    while not any(category.name in label for label in picked.labels):
        picked = await at_desk.after("Next »", picked)
    asked = await at_desk.after(offer.name[:20], await at_desk.after(category.name, picked))
    assert f"Markup: service {offer.number}" in asked.text
    await set_by_words(at_desk, f"service {offer.number} 70")
    again = await pressed(at_desk, b.PickService(category.number, 1))
    assert any("70%" in label for label in again.labels)


async def test_a_percentage_can_be_typed_and_nonsense_is_asked_again(at_desk: Desk) -> None:
    await at_desk.after("Whole shop", await at_desk.say("/markup"))
    for typed in ("abc", "-5", "1.234", "12 13"):
        assert "is not a percentage" in (await at_desk.say(typed)).text
    assert "10,000% at most" in (await at_desk.say("10000.01")).text
    preview = await at_desk.say("33.5%")
    assert "→ 33.5%" in preview.text
    assert "I did not understand that" in (await at_desk.say("40")).text
    await at_desk.after("Confirm", preview)
    assert percents(at_desk) == {SHOP: Decimal("33.5")}


async def test_the_question_can_be_left_and_gives_way_to_an_order_of_their_own(at_desk: Desk) -> None:
    await at_desk.say("/markup category 1")
    assert "nothing was changed" in (await at_desk.say("/cancel")).text
    await at_desk.say("/markup category 1")
    await at_desk.counter.to_question(person=IRIS)
    assert "closed" in (await at_desk.say(LINK)).text
    assert "quantity" in (await at_desk.say(LINK)).text
    assert percents(at_desk) == {}


async def test_two_operators_who_agree_at_once_are_safe(at_desk: Desk) -> None:
    iris, theo = await at_desk.say("/markup 50"), await at_desk.say("/markup 60", THEO)
    await at_desk.after("Confirm", iris)
    again = await at_desk.after("Confirm", theo, THEO)
    assert "nothing was done" in again.text
    assert "50% → 60%" in again.text
    assert percents(at_desk) == {SHOP: Decimal(50)}
    await at_desk.after("Confirm", again, THEO)
    assert percents(at_desk) == {SHOP: Decimal(60)}


async def test_a_yes_does_not_cover_prices_that_came_later(at_desk: Desk) -> None:
    asked = await at_desk.say("/markup 50")
    _, offer = first(at_desk)
    dearer = f"{offer.service.rate * Decimal('1.2'):f}"
    await at_desk.bench.panel.change_services(change={offer.service.id: {"rate": dearer}})
    await at_desk.bench.refresh()
    assert "Prices have changed meanwhile" in (await at_desk.after("Confirm", asked)).text
    assert percents(at_desk) == {}


async def test_a_second_tap_and_a_replay_are_answered_kindly_and_leave_one_act(at_desk: Desk) -> None:
    asked = await at_desk.say("/markup 50")
    data = asked.data("Confirm")
    await at_desk.after("Confirm", asked)
    await at_desk.counter.handle(at_desk.counter.handled[-1])
    again = await at_desk.counter.press_data(asked, data, IRIS)
    assert "It was so already; nothing was changed." in again.text
    assert len(await acts(at_desk)) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("nonsense", "is not a percentage"), ("panel west 30", "No panel goes by west"),
        ("category 999 20", "No category goes by 999"), ("service no-such 20", "No service goes by no-such"),
        ("99999", "10,000% at most"), ("shop x", "is not a percentage"), ("category <b> 5", "No category goes by <b>"),
    ],
)  # fmt: skip
async def test_what_cannot_be_meant_is_refused_in_plain_words(at_desk: Desk, words: str, said: str) -> None:
    shown = await at_desk.say(f"/markup {words}")
    assert said in shown.text
    assert "Write it as /markup 30" in shown.text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("panel", "Which one?"), ("category", "Which one?"), ("service", "Which category"), ("shop", "the whole shop"),
        ("category followers", "Which one?"), ("panel 30", "Which one?"), ("service 99.5", "Which category"),
    ],
)  # fmt: skip
async def test_what_is_left_out_is_asked(at_desk: Desk, words: str, said: str) -> None:
    assert said in (await at_desk.say(f"/markup {words}")).text


@pytest.mark.parametrize(
    "button",
    [
        b.OpenMarkup("category", "999"), b.OpenMarkup("panel", "abc"), b.OpenMarkup("shop", "1"),
        b.OpenMarkup("x", "1"), b.PreviewMarkup("service", "999", 100), b.SetMarkup("service", "x", 1, "abc"),
        b.PickService(999, 1),
    ],
)  # fmt: skip
async def test_a_button_of_what_is_gone_says_so_and_leads_on(at_desk: Desk, button: b.Button) -> None:
    shown = await at_desk.counter.press_data(await at_desk.say("/markup"), button.pack(), IRIS)
    assert "not in the catalogue any more" in (await at_desk.counter.toasts())[-1]
    assert "Whole shop: 25%" in shown.text


async def test_no_button_sets_more_than_the_most(at_desk: Desk) -> None:
    button = b.PreviewMarkup("shop", word_of(SHOP), 10**12)
    shown = await at_desk.counter.press_data(await at_desk.say("/markup"), button.pack(), IRIS)
    assert "→ 10,000%" in shown.text


async def test_a_customer_is_answered_as_to_an_unknown_command(at_desk: Desk) -> None:
    for command in ("/markup 30", "/hide service 1", "/show service 1"):
        assert "I do not know this command" in (await at_desk.say(command, MINA)).text
    card = await at_desk.say("/order", MINA)
    pressed = await at_desk.counter.press_data(card, b.SetMarkup("shop", "all", 0, "abc").pack(), MINA)
    assert "out of date" in pressed.text
    assert percents(at_desk) == {}
