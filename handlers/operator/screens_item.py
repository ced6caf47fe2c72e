"""What a category and a service look like in the catalogue's editor, and what can be done to each. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.catalog import Category, Offer
from bot.domain.markups import Scope, Subject
from bot.domain.pricing import is_flat, price
from bot.engine.arranging import Item, given_name, scope_of
from bot.engine.markups import has_price
from bot.engine.shop import Shop
from handlers.keyboards import BLANK, Screen, key, keyboard, lines, set_off
from handlers.operator import words
from handlers.operator.catalogue_buttons import (
    AskTitle,
    DropTitle,
    Hide,
    HideCategory,
    Move,
    OpenCategory,
    OpenListing,
    OpenMarkup,
    OpenService,
    ShowCatalogue,
    Unhide,
)
from handlers.operator.keys import desk_key
from handlers.operator.screens_catalogue import PAGE_SIZE, count_for_sale
from handlers.operator.words_catalogue import in_force_line, place_of
from handlers.texts import Texts

_NAME_MAX: Final = 200


def item_screen(texts: Texts, shop: Shop, item: Item, note: Markup | None = None) -> Screen:
    """A category or a service, and what can be done to it."""
    if isinstance(item, Category):
        return _category(texts, shop, item, note)
    return _service(texts, shop, item, note)


def _category(texts: Texts, shop: Shop, category: Category, note: Markup | None) -> Screen:
    counted = Counter(_standing(offer) for offer in category.offers)
    standing = place_of(shop, category)
    html = lines(
        *_above(texts, category, note),
        texts.html("operator.catalogue.category", number=str(category.number)),
        _place(texts, standing),
        texts.html("operator.catalogue.counts", sale=counted["sale"], hidden=counted["hidden"], off=counted["off"]),
        in_force_line(texts, shop, Subject(Scope.CATEGORY, str(category.number))),
    )
    services = key(
        texts.plain("operator.key.services", count=len(category.offers)), OpenListing(category.number, 1), "primary"
    )
    back = key(texts.plain("operator.key.back"), ShowCatalogue(_page_with(standing)))
    return Screen(html, keyboard(services, *_deeds(texts, category, standing), (back, desk_key(texts))))


def _service(texts: Texts, shop: Shop, offer: Offer, note: Markup | None) -> Screen:
    service, picture = offer.service, shop.shelf.catalogue
    category, standing = picture.listed.get(offer.category_number), place_of(shop, offer)
    html = lines(
        *_above(texts, offer, note),
        texts.html("operator.catalogue.off-sale", why=texts.plain(f"operator.unsold.{offer.unsold.value}"))
        if offer.unsold
        else None,
        texts.html(
            "operator.catalogue.service",
            number=str(offer.number),
            panel=words.short(service.panel, 32),
            service_id=words.short(service.id, 32),
            type=words.short(service.type, 40),
        ),
        texts.html("operator.catalogue.in-category", category=words.short(category.name, _NAME_MAX))
        if category
        else None,
        _place(texts, standing),
        BLANK,
        *_money(texts, shop, offer),
        in_force_line(texts, shop, Subject(Scope.SERVICE, str(offer.number))),
        texts.html("operator.catalogue.limits", minimum=service.minimum, maximum=service.maximum),
        texts.html("operator.catalogue.refill", said=_said(texts, service.refill)),
        texts.html("operator.catalogue.cancel", said=_said(texts, service.cancel)),
    )
    way = OpenListing(offer.category_number, _page_with(standing)) if category else ShowCatalogue(1)
    back = key(texts.plain("operator.key.back"), way)
    return Screen(html, keyboard(*_deeds(texts, offer, standing), (back, desk_key(texts))))


def ask_title(texts: Texts, item: Item, note: Markup | None = None) -> Screen:
    """The question for a new name."""
    given = words.short(given_name(item), _NAME_MAX)
    html = lines(
        *set_off(note),
        texts.html("operator.catalogue.ask-title", name=words.short(item.name, _NAME_MAX)),
        texts.html("operator.catalogue.given", name=given) if item.own.title is not None else None,
    )
    way = OpenCategory(item.number) if isinstance(item, Category) else OpenService(item.number)
    return Screen(html, keyboard(key(texts.plain("operator.key.cancel"), way)))


def confirm_hide(texts: Texts, category: Category) -> Screen:
    """What hiding a whole category means, and the second tap."""
    count = count_for_sale(category)
    html = texts.html("operator.catalogue.confirm-hide", category=words.short(category.name, _NAME_MAX), count=count)
    leave = key(texts.plain("operator.key.cancel"), OpenCategory(category.number))
    confirm = key(texts.plain("operator.key.hide"), HideCategory(category.number, count), "danger")
    return Screen(html, keyboard((leave, confirm)))


def _page_with(standing: tuple[int, int] | None) -> int:
    """The page of the list on which it stands."""
    return 1 if standing is None else standing[0] // PAGE_SIZE + 1


def _standing(offer: Offer) -> str:
    return "off" if offer.unsold else "hidden" if offer.hidden else "sale"


def _above(texts: Texts, item: Item, note: Markup | None) -> Iterator[Markup]:
    """What is said first: the name, whose name it is, and whether customers see it."""
    yield from set_off(note)
    yield texts.html("operator.catalogue.name", name=words.short(item.name, _NAME_MAX))
    if item.own.title is not None:
        yield texts.html("operator.catalogue.given", name=words.short(given_name(item), _NAME_MAX))
    if item.own.hidden:
        yield texts.html("operator.catalogue.is-hidden")
    elif isinstance(item, Offer) and item.category_hidden:
        yield texts.html("operator.catalogue.category-is-hidden")


def _deeds(texts: Texts, item: Item, standing: tuple[int, int] | None) -> Iterator[Sequence[InlineKeyboardButton]]:
    scope = scope_of(item)
    yield _moves(texts, scope.value, item.number, standing)
    word, way = ("show", Unhide) if item.own.hidden else ("hide", Hide)
    yield (
        key(texts.plain("operator.key.rename"), AskTitle(scope.value, item.number)),
        key(texts.plain("operator.key.markup"), OpenMarkup(scope.value, str(item.number))),
        key(texts.plain(f"operator.key.{word}"), way(scope.value, item.number)),
    )
    if item.own.title is not None:
        yield (key(texts.plain("operator.key.drop-title"), DropTitle(scope.value, item.number)),)


def _moves(texts: Texts, scope: str, number: int, standing: tuple[int, int] | None) -> Sequence[InlineKeyboardButton]:
    if standing is None:
        return ()
    at, count = standing
    ways = (("up", at - 1, at > 0), ("down", at + 1, at < count - 1), ("top", 0, at > 1))
    return [
        key(texts.plain(f"operator.key.{word}"), Move(scope, number, at, to)) for word, to, possible in ways if possible
    ]


def _money(texts: Texts, shop: Shop, offer: Offer) -> Iterator[Markup]:
    yield texts.html("operator.catalogue.rate", rate=words.number(texts, offer.service.rate))
    if offer.pending_rate is not None:
        yield texts.html("operator.catalogue.pending", rate=words.number(texts, offer.pending_rate))
    if has_price(shop.shelf.catalogue, offer):
        kind = "package" if is_flat(offer.service) else "thousand"
        found = price(offer, 1 if is_flat(offer.service) else 1000, shop.price_rules)
        yield texts.html(f"operator.catalogue.price-{kind}", cost=found.cost, price=found.charge)


def _place(texts: Texts, standing: tuple[int, int] | None) -> Markup | None:
    return standing and texts.html("operator.catalogue.place", place=standing[0] + 1, places=standing[1])


def _said(texts: Texts, flag: bool | None) -> str:  # noqa: FBT001 - what a panel says, not a switch
    return texts.plain(f"operator.catalogue.said-{'unsaid' if flag is None else 'yes' if flag else 'no'}")
