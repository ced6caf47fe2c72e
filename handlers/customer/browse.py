"""Choosing a service: every button works from any old message, whatever else is going on."""

from __future__ import annotations

from bot.domain.errors import NotForSale
from bot.engine.cancelling import may_cancel
from bot.engine.quoting import for_sale
from handlers.callbacks import ShowCategories, ShowService, ShowServices
from handlers.customer import screens_browse as screens
from handlers.customer.admission import with_banner
from handlers.steps import Next, Step
from handlers.visits import Visit


async def start_ordering(visit: Visit) -> Next:
    """`/order`: the first page of categories."""
    return await show_categories(visit, ShowCategories(1))


async def show_categories(visit: Visit, button: ShowCategories) -> Next:
    """A page of categories."""
    return await _show_categories(visit, button.page)


async def show_services(visit: Visit, button: ShowServices) -> Next:
    """A page of services; the categories where this one is gone."""
    category = visit.shop.shelf.catalogue.category_by_number.get(button.category)
    if category is None:
        return await _show_categories(visit, 1, "browse.category-gone")
    visit.memory.draft = None
    await visit.show(screens.services(visit.texts, category, button.page, visit.shop.price_rules))
    return Step.CHOOSING


async def show_service(visit: Visit, button: ShowService) -> Next:
    """A service's card; the categories where it is not for sale any more."""
    try:
        offer, _ = for_sale(visit.shop, button.service)
    except NotForSale:
        return await show_gone(visit)
    visit.memory.draft = None
    category = visit.shop.shelf.catalogue.category_by_number.get(offer.category_number)
    cancel = may_cancel(visit.shop, offer.service)
    card = screens.service_card(visit.texts, offer, category, visit.shop.price_rules, cancel=cancel)
    await visit.show(await with_banner(visit, card))
    return Step.CHOOSING


async def show_gone(visit: Visit, *, anew: bool = False) -> Next:
    """The service cannot be bought any more: the categories, with a word about it; `anew` in a message of its own."""
    return await _show_categories(visit, 1, "browse.service-gone", anew=anew)


async def _show_categories(visit: Visit, page: int, note: str | None = None, *, anew: bool = False) -> Next:
    visit.memory.draft = None
    screen = screens.categories(visit.texts, visit.shop.shelf.catalogue, page, note)
    await visit.put(await with_banner(visit, screen), anew=anew)
    return Step.CHOOSING
