"""What choosing looks like: categories, services, and a service's card. Pure: data to Screen."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.catalog import Category, Offer, Service
from bot.domain.inputs import RULES, Count
from bot.domain.pricing import PriceRules, is_flat, label_price
from bot.domain.text import harmless
from bot.engine.shelf import Catalogue
from handlers.callbacks import BeginOrder, ShowCategories, ShowMenu, ShowService, ShowServices
from handlers.customer.screens_answers import wording
from handlers.keyboards import BLANK, Screen, cut, key, keyboard, lines, page_of, pager
from handlers.texts import Texts

PAGE_SIZE: Final = 8
_SERVICE_LABEL_MAX: Final = 100
_DESCRIPTION_MAX: Final = 1500


def categories(texts: Texts, catalogue: Catalogue, wanted: int, note: str | None = None) -> Screen:
    """A page of categories; `note` is the text shown in place of the usual heading."""
    home = key(texts.plain("menu.home"), ShowMenu())
    if not catalogue.categories:
        return Screen(texts.html("browse.empty"), keyboard(home))
    page = page_of(catalogue.categories, wanted, PAGE_SIZE)
    rows = [key(category.name, ShowServices(category.number, 1)) for category in page.items]
    html = lines(texts.html(note or "browse.categories"), _place(texts, page.number, page.pages))
    return Screen(html, keyboard(*rows, pager(texts, page, ShowCategories), home))


def services(texts: Texts, category: Category, wanted: int, rules: PriceRules) -> Screen:
    """A page of a category's services, each with its price."""
    page = page_of(category.offers, wanted, PAGE_SIZE)
    rows = [_service_key(texts, offer, rules) for offer in page.items]
    turn = pager(texts, page, lambda number: ShowServices(category.number, number), back=ShowCategories(1))
    everything = key(texts.plain("browse.all"), ShowCategories(1)) if page.number > 1 else None
    flat = {is_flat(offer.service) for offer in page.items}
    priced = "both" if len(flat) > 1 else "package" if True in flat else "thousand"
    html = lines(
        texts.html(f"browse.services-{priced}", category=category.name), _place(texts, page.number, page.pages)
    )
    return Screen(html, keyboard(*rows, turn, everything))


def service_card(
    texts: Texts, offer: Offer, category: Category | None, rules: PriceRules, *, cancel: bool | None = None
) -> Screen:
    """Everything there is to know about a service, and the button to order it.

    `cancel` is whether its orders can be canceled under way; None where nobody can tell.
    """
    service = offer.service
    flat = is_flat(service)
    html = lines(
        texts.html("browse.title", name=offer.name),
        texts.html("browse.category", category=category.name) if category else None,
        BLANK,
        texts.html("browse.price-package" if flat else "browse.price-thousand", price=label_price(offer, rules)),
        _limits(texts, service),
        texts.html(f"browse.refill-{_said(service.refill)}"),
        texts.html(f"browse.cancel-{_said(cancel)}"),
        *_description(service),
    )
    back = ShowServices(category.number, page_with(category, offer)) if category else ShowCategories(1)
    return Screen(
        html,
        keyboard(
            key(texts.plain("browse.order"), BeginOrder(offer.number), "primary"),
            [key(texts.plain("menu.back"), back), key(texts.plain("menu.home"), ShowMenu())],
        ),
    )


def page_with(category: Category, offer: Offer) -> int:
    """The page of a category's services that shows an offer."""
    for place, other in enumerate(category.offers):
        if other.number == offer.number:
            return place // PAGE_SIZE + 1
    return 1


def _place(texts: Texts, page: int, pages: int) -> Markup | None:
    return texts.html("browse.page", page=page, pages=pages) if pages > 1 else None


def _service_key(texts: Texts, offer: Offer, rules: PriceRules) -> InlineKeyboardButton:
    kind = "browse.package-label" if is_flat(offer.service) else "browse.service-label"
    label = texts.plain(kind, price=label_price(offer, rules), name=cut(offer.name))
    return key(label, ShowService(offer.number), limit=_SERVICE_LABEL_MAX)


def _limits(texts: Texts, service: Service) -> Markup | None:
    rule = RULES.get(service.type)
    if rule is None or rule.count is Count.ONE:
        return None
    kind = f"browse.limits-{wording(service.type, rule.counted)}" if rule.counted else "browse.limits"
    return texts.html(kind, minimum=service.minimum, maximum=service.maximum)


def _said(flag: bool | None) -> str:  # noqa: FBT001 - what a panel says, not a switch
    return "unsaid" if flag is None else "yes" if flag else "no"


def _description(service: Service) -> tuple[Markup, ...]:
    if not service.description:
        return ()
    return BLANK, Markup("{}").format(harmless(cut(service.description, _DESCRIPTION_MAX)))
