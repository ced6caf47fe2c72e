"""What markups look like: all that are set, one and its question, and what a change would do."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.catalog import Category
from bot.domain.markups import SHOP, Scope, Subject
from bot.engine import markups
from bot.engine.shop import Shop
from handlers.callbacks import Button
from handlers.keyboards import BLANK, Screen, cut, key, keyboard, lines, page_of, pager, set_off
from handlers.operator import words
from handlers.operator.catalogue_buttons import (
    OpenCategory,
    OpenMarkup,
    OpenService,
    PickService,
    PickSubject,
    PreviewMarkup,
    ShowMarkups,
)
from handlers.operator.keys import desk_key
from handlers.operator.words_catalogue import hundredths_of, in_force_line, name_of, panels, several, word_of
from handlers.texts import Texts

PAGE_SIZE: Final = 8
#: Taps that save typing.
QUICK: Final = tuple(map(Decimal, (0, 5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150)))
_NAMED: Final = 6
_LABEL_MAX: Final = 100


def overview(texts: Texts, shop: Shop) -> Screen:
    """Every markup that is set, and the ways to each scope."""
    html = lines(
        texts.html("operator.markup.title"),
        texts.html("operator.markup.explain"),
        BLANK,
        texts.html("operator.markup.shop", percent=texts.percent(shop.price_rules.markup_percent))
        if SHOP in shop.shelf.markups
        else texts.html("operator.markup.shop-settings", percent=texts.percent(shop.price_rules.markup_percent)),
        *(_of_scope(texts, shop, scope) for scope in (Scope.PANEL, Scope.CATEGORY, Scope.SERVICE)),
    )
    return Screen(
        html,
        keyboard(
            key(texts.plain("operator.key.markup-shop"), OpenMarkup(Scope.SHOP.value, word_of(SHOP))),
            [
                key(texts.plain(f"operator.key.markup-{scope.value}"), PickSubject(scope.value, 1))
                for scope in (Scope.PANEL, Scope.CATEGORY, Scope.SERVICE)
            ],
            desk_key(texts),
        ),
    )


def _of_scope(texts: Texts, shop: Shop, scope: Scope) -> Markup:
    found = [(s, percent) for s, percent in shop.shelf.markups.items() if s.scope is scope]
    if not found:
        return texts.html(f"operator.markup.{scope.value}-none")
    named = [
        texts.html("operator.markup.set", name=name_of(texts, shop, s), percent=texts.percent(percent))
        for s, percent in found[:_NAMED]
    ]
    more = len(found) - _NAMED
    return lines(
        texts.html(f"operator.markup.{scope.value}-some"),
        *named,
        texts.html("operator.markup.more", count=more) if more > 0 else None,
    )


# Picking ------------------------------------------------------------------------------------------


def pick_panel(texts: Texts, shop: Shop, wanted: int) -> Screen:
    """A page of panels."""
    page = page_of([Subject(Scope.PANEL, name) for name in panels(shop)], wanted, PAGE_SIZE)
    rows = [_subject_key(texts, shop, subject, subject.key) for subject in page.items]
    turn = pager(texts, page, lambda number: PickSubject(Scope.PANEL.value, number), back=ShowMarkups())
    return Screen(texts.html("operator.markup.pick-panel"), keyboard(*rows, turn))


def pick_category(texts: Texts, shop: Shop, wanted: int, scope: Scope) -> Screen:
    """A page of categories: to set a markup for one, or to pick one of its services."""
    page = page_of(list(shop.shelf.catalogue.listed.values()), wanted, PAGE_SIZE)
    rows = [_category_key(texts, shop, category, scope) for category in page.items]
    turn = pager(texts, page, lambda number: PickSubject(scope.value, number), back=ShowMarkups())
    of = "category" if scope is Scope.CATEGORY else "service-category"
    return Screen(texts.html(f"operator.markup.pick-{of}"), keyboard(*rows, turn))


def pick_service(texts: Texts, shop: Shop, category: Category, wanted: int) -> Screen:
    """A page of a category's services."""
    page = page_of(category.offers, wanted, PAGE_SIZE)
    rows = [_subject_key(texts, shop, Subject(Scope.SERVICE, str(o.number)), o.name) for o in page.items]
    turn = pager(texts, page, lambda n: PickService(category.number, n), back=PickSubject(Scope.SERVICE.value, 1))
    html = texts.html("operator.markup.pick-service", category=words.short(category.name))
    return Screen(html, keyboard(*rows, turn))


def which(texts: Texts, shop: Shop, typed: str, subjects: Sequence[Subject], scope: Scope) -> Screen:
    """Nothing, or more than one thing, goes by what was typed."""
    shown, usage = words.short(typed, 40), texts.html("operator.usage.markup")
    if not subjects:
        html = lines(texts.html(f"operator.markup.no-{scope.value}", typed=shown), usage)
        return Screen(html, keyboard(key(texts.plain("operator.key.markups"), ShowMarkups())))
    rows = (_subject_key(texts, shop, s, name_of(texts, shop, s)) for s in subjects[:PAGE_SIZE])
    return Screen(several(texts, shown, len(subjects), PAGE_SIZE), keyboard(*rows))


def _category_key(texts: Texts, shop: Shop, category: Category, scope: Scope) -> InlineKeyboardButton:
    if scope is Scope.SERVICE:
        return key(cut(category.name), PickService(category.number, 1))
    return _subject_key(texts, shop, Subject(Scope.CATEGORY, str(category.number)), category.name)


def _subject_key(texts: Texts, shop: Shop, subject: Subject, name: str) -> InlineKeyboardButton:
    own, way = markups.own_percent(shop, subject), OpenMarkup(subject.scope.value, word_of(subject))
    if own is None:
        return key(name, way)
    label = texts.plain("operator.markup.label", name=cut(name, 50), percent=texts.percent(own))
    return key(label, way, limit=_LABEL_MAX)


# One markup ---------------------------------------------------------------------------------------


def markup_screen(texts: Texts, shop: Shop, subject: Subject, note: Markup | None = None) -> Screen:
    """What is in force for a subject, and the question for another."""
    own = markups.own_percent(shop, subject)
    html = lines(
        *set_off(note),
        texts.html("operator.markup.of", name=name_of(texts, shop, subject)),
        in_force_line(texts, shop, subject),
        BLANK,
        texts.html("operator.markup.ask"),
    )
    scope, word = subject.scope.value, word_of(subject)
    quick = [
        key(texts.percent(percent), PreviewMarkup(scope, word, hundredths_of(percent)))
        for percent in QUICK
        if percent != own
    ]
    rows = [quick[start : start + 4] for start in range(0, len(quick), 4)]
    drop = None
    if own is not None:
        drop = key(texts.plain("operator.key.markup-drop"), PreviewMarkup(scope, word, hundredths_of(None)))
    back = key(texts.plain("operator.key.back"), way_back(subject))
    return Screen(html, keyboard(*rows, drop, (back, key(texts.plain("operator.key.markups"), ShowMarkups()))))


def way_back(subject: Subject) -> Button:
    """Where a subject's markup is come to from."""
    match subject.scope:
        case Scope.CATEGORY:
            return OpenCategory(subject.number)
        case Scope.SERVICE:
            return OpenService(subject.number)
        case Scope.PANEL:
            return PickSubject(Scope.PANEL.value, 1)
        case Scope.SHOP:
            return ShowMarkups()
