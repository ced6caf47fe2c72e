"""What the catalogue's editor looks like: every category and service, and what can be done to each. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.catalog import Category, Offer
from bot.domain.pricing import PriceRules, label_price
from bot.engine.arranging import Item, scope_of
from bot.engine.markups import has_price
from bot.engine.shelf import Catalogue
from handlers.keyboards import Screen, cut, key, keyboard, lines, page_of, pager
from handlers.operator import words
from handlers.operator.catalogue_buttons import (
    Hide,
    OpenCategory,
    OpenListing,
    OpenService,
    ShowCatalogue,
    ShowMarkups,
    Unhide,
)
from handlers.operator.keys import desk_key
from handlers.operator.words_catalogue import several
from handlers.texts import Texts

PAGE_SIZE: Final = 8
_NAME_MAX: Final = 200
_SERVICE_LABEL_MAX: Final = 100


def catalogue(texts: Texts, picture: Catalogue, wanted: int) -> Screen:
    """A page of all categories, as customers see them in order, and the hidden ones among them."""
    desk = desk_key(texts)
    if not picture.listed:
        return Screen(texts.html("operator.catalogue.empty"), keyboard(desk))
    page = page_of(list(picture.listed.values()), wanted, PAGE_SIZE)
    html = lines(
        texts.html("operator.catalogue.title"),
        texts.html("operator.catalogue.explain"),
        _signs(
            texts,
            hidden=any(c.own.hidden for c in page.items),
            off=any(not count_for_sale(c) for c in page.items),
        ),
        _page(texts, page.number, page.pages),
    )
    rows = [key(category_label(texts, category), OpenCategory(category.number)) for category in page.items]
    ways = (key(texts.plain("operator.key.markups"), ShowMarkups()), desk)
    return Screen(html, keyboard(*rows, pager(texts, page, ShowCatalogue), ways))


def listing(texts: Texts, picture: Catalogue, category: Category, wanted: int, rules: PriceRules) -> Screen:
    """A page of a category's services."""
    page = page_of(category.offers, wanted, PAGE_SIZE)
    off = [offer.unsold is not None for offer in page.items]
    html = lines(
        texts.html("operator.catalogue.listing", category=words.short(category.name, _NAME_MAX)),
        _signs(texts, hidden=any(offer.own.hidden for offer in page.items), off=any(off)),
        _page(texts, page.number, page.pages),
    )
    rows = [
        key(service_label(texts, picture, offer, rules), OpenService(offer.number), limit=_SERVICE_LABEL_MAX)
        for offer in page.items
    ]
    back = OpenCategory(category.number)
    turn = pager(texts, page, lambda number: OpenListing(category.number, number), back=back)
    up = key(texts.plain("operator.key.category"), back) if page.number > 1 else None
    return Screen(html, keyboard(*rows, turn, up))


def usage(texts: Texts, command: str) -> Screen:
    """How `/hide` or `/show` is written."""
    return Screen(texts.html(f"operator.usage.{command}"), keyboard(_browse(texts)))


def which(texts: Texts, command: str, typed: str, items: Sequence[Item]) -> Screen:
    """Nothing, or more than one thing, goes by what was typed."""
    shown = words.short(typed, 40)
    if not items:
        html = lines(texts.html("operator.catalogue.none-found", typed=shown), texts.html(f"operator.usage.{command}"))
        return Screen(html, keyboard(_browse(texts)))
    hiding = command == "hide"
    html = several(texts, shown, len(items), PAGE_SIZE)
    return Screen(html, keyboard(*(_pick(texts, item, hiding=hiding) for item in items[:PAGE_SIZE])))


def _pick(texts: Texts, item: Item, *, hiding: bool) -> InlineKeyboardButton:
    scope = scope_of(item)
    label = texts.plain(f"operator.catalogue.pick-{scope.value}", number=str(item.number), name=cut(item.name))
    kind = Hide if hiding else Unhide
    return key(label, kind(scope.value, item.number), limit=_SERVICE_LABEL_MAX)


def category_label(texts: Texts, category: Category) -> str:
    """A category in a list, with the number of its services."""
    kind = "hidden" if category.own.hidden else "sold" if count_for_sale(category) else "off"
    return texts.plain(f"operator.catalogue.label-{kind}", name=cut(category.name, 45), count=len(category.offers))


def service_label(texts: Texts, picture: Catalogue, offer: Offer, rules: PriceRules) -> str:
    """A service in a list, with its price where it has one."""
    kind = "hidden" if offer.own.hidden else "off" if offer.unsold else "sold"
    priced = label_price(offer, rules) if has_price(picture, offer) else texts.plain("operator.none")
    return texts.plain(f"operator.catalogue.service-{kind}", price=priced, name=cut(offer.name))


def count_for_sale(category: Category) -> int:
    """How many of a category's services customers can buy, or could but for the category's hiding."""
    return sum(offer.unsold is None and not offer.own.hidden for offer in category.offers)


def _signs(texts: Texts, *, hidden: bool, off: bool) -> Markup | None:
    """What the signs in front of the names below mean, where there are any."""
    kind = "both" if hidden and off else "hidden" if hidden else "off" if off else None
    return texts.html(f"operator.catalogue.signs-{kind}") if kind else None


def _page(texts: Texts, page: int, pages: int) -> Markup | None:
    return texts.html("operator.catalogue.page", page=page, pages=pages) if pages > 1 else None


def _browse(texts: Texts) -> InlineKeyboardButton:
    return key(texts.plain("operator.key.catalogue"), ShowCatalogue(1))
