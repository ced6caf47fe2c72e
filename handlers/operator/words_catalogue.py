"""Small words about categories, services and markups that several screens say."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from markupsafe import Markup

from bot.domain import marks
from bot.domain.errors import NotFound
from bot.domain.markups import PERCENT_MAX, SHOP, Scope, Subject
from bot.engine import arranging, markups
from bot.engine.arranging import Item
from bot.engine.shop import Shop
from handlers.keyboards import lines
from handlers.operator import words
from handlers.texts import Texts

#: Stands for the shop in buttons, where no word may be empty.
_ALL: Final = "all"
_NAME_MAX: Final = 120


def word_of(subject: Subject) -> str:
    """What stands for a subject in buttons: panels' names fit into none."""
    if subject.scope is Scope.PANEL:
        return marks.of(subject.key)
    return subject.key or _ALL


def subject_of(shop: Shop, scope: str, word: str) -> Subject:
    """The subject that a button's words stand for. Raises NotFound."""
    if scope == Scope.SHOP and word == _ALL:
        return SHOP
    if scope == Scope.PANEL:
        named = (Subject(Scope.PANEL, name) for name in panels(shop))
        if subject := next((s for s in named if word_of(s) == word), None):
            return subject
    elif scope in (Scope.CATEGORY, Scope.SERVICE) and word.isdecimal():
        return markups.subject_of(shop, Scope(scope), word)
    raise NotFound


def hundredths_of(percent: Decimal | None) -> int:
    """A percentage as buttons carry it; below zero for none."""
    return -1 if percent is None else int(percent.scaleb(2))


def percent_of(hundredths: int) -> Decimal | None:
    """The percentage that a button's number stands for, which is no larger than can be set."""
    return None if hundredths < 0 else min(Decimal(hundredths).scaleb(-2), PERCENT_MAX)


def panels(shop: Shop) -> list[str]:
    """Every panel whose services the shop knows."""
    return sorted({*shop.panels, *shop.shelf.stored})


def name_of(texts: Texts, shop: Shop, subject: Subject) -> str:
    """What a subject is called: with its number, where it has one."""
    picture = shop.shelf.catalogue
    match subject.scope:
        case Scope.SHOP:
            return texts.plain("operator.markup.of-shop")
        case Scope.PANEL:
            name, number = subject.key, ""
        case Scope.CATEGORY:
            category = picture.listed.get(subject.number)
            name, number = category.name if category else texts.plain("operator.none"), subject.key
        case Scope.SERVICE:
            offer = picture.offers.get(subject.number)
            name, number = offer.name if offer else texts.plain("operator.none"), subject.key
    return texts.plain(f"operator.markup.of-{subject.scope.value}", name=words.short(name, _NAME_MAX), number=number)


def in_force_line(texts: Texts, shop: Shop, subject: Subject) -> Markup:
    """The markup in force and what it was set for."""
    percent, source = markups.in_force(shop, subject)
    facts = {"percent": texts.percent(percent), "whose": _whose(texts, shop, subject, source)}
    return texts.html("operator.markup.in-force", **facts)


def one_of(texts: Texts, shop: Shop, subject: Subject, own: Decimal | None) -> str:
    """A subject's own markup, or what it has without one."""
    if own is not None:
        return texts.percent(own)
    percent, source = markups.in_force(shop, subject, but_own=True)
    whose = _whose(texts, shop, subject, source)
    return texts.plain("operator.markup.inherited", percent=texts.percent(percent), whose=whose)


def several(texts: Texts, typed: str, count: int, shown: int) -> Markup:
    """More than one thing goes by what was typed, and so many of them are shown."""
    more = count - shown
    return lines(
        texts.html("operator.catalogue.which", typed=typed, count=count),
        texts.html("operator.catalogue.which-more", count=more) if more > 0 else None,
    )


def _whose(texts: Texts, shop: Shop, subject: Subject, source: Subject | None) -> str:
    if source is None:
        return texts.plain("operator.markup.from-settings")
    return texts.plain("operator.markup.its-own") if source == subject else name_of(texts, shop, source)


def place_of(shop: Shop, item: Item) -> tuple[int, int] | None:
    """Where it stands, from 0, and among how many."""
    scope = arranging.scope_of(item)
    at = arranging.place_of(shop, scope, item.number)
    return None if at is None else (at, len(arranging.siblings(shop, scope, item.number)))
