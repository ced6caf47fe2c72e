"""Screens of the catalogue's editor and of markups: hostile data, Telegram's limits, and the words for every state."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

import pytest

from bot.domain.arranging import Arrangement
from bot.domain.catalog import Category, Offer, Service, Unsold
from bot.domain.markups import SHOP, Scope, Subject
from bot.domain.money import Money
from bot.domain.text import plain_name
from bot.engine.markups import Change, Example, Preview
from bot.engine.shelf import Shelf
from bot.engine.shop import Shop, Terms
from handlers.keyboards import Screen
from handlers.operator import screens_catalogue as screens
from handlers.operator import screens_item, screens_markups
from handlers.operator.finding import find, panels_named
from handlers.operator.screens_preview import preview_screen, set_screen
from handlers.operator.words_catalogue import subject_of, word_of
from storage.catalog import StoredCategory, StoredService
from tests.handlers.operator_kit import HOSTILE, assert_sendable, english, visible

TEXTS = english()
LIKES = Service("east", "7", "Framely Likes", "default", "Framely", Decimal("0.9"), 10, 1000, refill=True)
TERMS = Terms("Shop", "USD", 4, Decimal(25), {}, (1,), {})


def shop_of(*services: Service, own: Arrangement | None = None, **more: Any) -> Shop:
    """A shop whose shelf holds these services in one category, and no database behind it."""
    shelf = Shelf(
        exchange={"east": Decimal(1)}, category_keys={"c": StoredCategory(1, "Framely", own or Arrangement())}
    )
    for place, service in enumerate(services or (LIKES,), 1):
        entry = replace(StoredService(place, 1, place, replace(service, id=str(place))), **more)
        shelf.stored.setdefault(service.panel, {})[entry.service.id] = entry
    asyncio.run(shelf.renew())
    return Shop(cast("Any", None), {}, TERMS, shelf, 1, lambda: "token")


def offer_of(shop: Shop) -> Offer:
    return shop.shelf.catalogue.offers[1]


def category_of(shop: Shop) -> Category:
    return shop.shelf.catalogue.listed[1]


def labels(screen: Screen) -> list[str]:
    return [button.text for row in (screen.keyboard.inline_keyboard if screen.keyboard else ()) for button in row]


def test_hostile_names_leave_every_screen_valid_and_short_enough() -> None:
    name = plain_name(HOSTILE)
    hostile = replace(LIKES, name=name, type=HOSTILE, panel="east")
    shop = shop_of(*[hostile] * 40, own=Arrangement(title=name[:100]))
    picture, rules = shop.shelf.catalogue, shop.price_rules
    for percent, subject in enumerate((SHOP, *(Subject(Scope.SERVICE, str(n)) for n in range(1, 30)))):
        shop.shelf.markups[subject] = Decimal(percent)
    asyncio.run(shop.shelf.renew())
    examples = [Example(offer_of(shop), Money(10**15), Money(10**15 + 1))] * 5
    seen = Preview(Change(Subject(Scope.SERVICE, "1"), None), Decimal(3), 1, 2, 3, 4, examples, "abc")
    note = TEXTS.html("operator.catalogue.left")
    for screen in (
        screens.catalogue(TEXTS, picture, 1),
        screens.listing(TEXTS, picture, category_of(shop), 2, rules),
        screens_item.item_screen(TEXTS, shop, category_of(shop), note),
        screens_item.item_screen(TEXTS, shop, offer_of(shop), note),
        screens_item.confirm_hide(TEXTS, category_of(shop)),
        screens_item.ask_title(TEXTS, category_of(shop), note),
        screens.which(TEXTS, "hide", HOSTILE, [category_of(shop), *picture.offers.values()]),
        screens.which(TEXTS, "show", HOSTILE, []),
        screens_markups.overview(TEXTS, shop),
        screens_markups.pick_panel(TEXTS, shop, 1),
        screens_markups.pick_category(TEXTS, shop, 1, Scope.CATEGORY),
        screens_markups.pick_category(TEXTS, shop, 1, Scope.SERVICE),
        screens_markups.pick_service(TEXTS, shop, category_of(shop), 1),
        screens_markups.which(
            TEXTS, shop, HOSTILE, [Subject(Scope.SERVICE, str(n)) for n in range(1, 30)], Scope.SERVICE
        ),
        screens_markups.markup_screen(TEXTS, shop, Subject(Scope.SERVICE, "1"), note),
        preview_screen(TEXTS, shop, seen, note),
        set_screen(TEXTS, shop, seen, fresh=True),
    ):
        assert_sendable(screen)


@pytest.mark.parametrize("reason", Unsold)
def test_every_reason_for_being_off_sale_has_words(reason: Unsold) -> None:
    shop = shop_of(unsold=reason)
    assert "⚠ Off sale: " in visible(screens_item.item_screen(TEXTS, shop, offer_of(shop)))


def test_an_empty_catalogue_says_how_to_fill_it() -> None:
    assert "/sync" in visible(screens.catalogue(TEXTS, Shelf().catalogue, 1))


def test_lists_mark_what_customers_do_not_see() -> None:
    hidden = shop_of(own=Arrangement(hidden=True))
    shown = screens.catalogue(TEXTS, hidden.shelf.catalogue, 1)
    assert "✕ hidden by you" in visible(shown)
    assert labels(shown)[0] == "✕ Framely · 1"
    dear = shop_of(unsold=Unsold.TYPE)
    assert labels(screens.catalogue(TEXTS, dear.shelf.catalogue, 1))[0] == "⚠ Framely · 1"
    listed = screens.listing(TEXTS, dear.shelf.catalogue, category_of(dear), 1, dear.price_rules)
    assert labels(listed)[0] == "⚠ – · Framely Likes"
    for_sale = shop_of()
    listed = screens.listing(TEXTS, for_sale.shelf.catalogue, category_of(for_sale), 1, for_sale.price_rules)
    assert labels(listed)[0] == "1.125 USD · Framely Likes"
    assert "✕" not in visible(listed)


@pytest.mark.parametrize("name", ["east", "a panel: with, everything " * 9, "пане́ль"])
def test_any_panel_fits_into_a_button(name: str) -> None:
    shop = shop_of(replace(LIKES, panel=name))
    subject = Subject(Scope.PANEL, name)
    assert subject_of(shop, "panel", word_of(subject)) == subject
    assert_sendable(screens_markups.markup_screen(TEXTS, shop, subject))


def test_a_name_in_full_comes_before_parts_of_names() -> None:
    shop = shop_of(LIKES, replace(LIKES, name="Framely Likes plus"), replace(LIKES, name="Straße"))
    picture = shop.shelf.catalogue

    def found(typed: str) -> list[tuple[str, int]]:
        return [(type(item).__name__, item.number) for item in asyncio.run(find(picture, typed))]

    assert found("framely LIKES") == [("Offer", 1)]
    assert found("likes") == [("Offer", 1), ("Offer", 2)]
    assert found("STRASSE") == [("Offer", 3)]
    assert found("framely") == [("Category", 1)]
    assert found("1") == [("Category", 1), ("Offer", 1)]
    assert found("#3") == found("service 3") == [("Offer", 3)]
    assert found("category 1") == found("Category Framely") == [("Category", 1)]
    assert found("99") == found("\u200d") == found("zebra") == []


def test_a_panel_goes_by_part_of_its_name() -> None:
    assert panels_named(["West", "Westend"], "west") == ["West"]
    assert panels_named(["West", "Westend"], "est") == ["West", "Westend"]
    assert panels_named(["West"], "") == []
