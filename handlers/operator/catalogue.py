"""The catalogue's editor: everything is shown, hidden or not, and every button is checked again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from markupsafe import Markup

from bot.domain.catalog import Category
from bot.domain.errors import NotFound
from bot.domain.markups import Scope
from bot.engine import arranging
from bot.engine.arranging import Deed, Item, scope_of
from handlers.operator import screens_catalogue as screens
from handlers.operator import screens_item
from handlers.operator.answers import argument_of, show
from handlers.operator.catalogue_buttons import (
    DropTitle,
    Hide,
    HideCategory,
    Move,
    OpenCategory,
    OpenListing,
    OpenService,
    ShowCatalogue,
    Unhide,
)
from handlers.operator.finding import find
from handlers.visits import Visit


async def show_catalogue(visit: Visit, button: ShowCatalogue) -> None:
    """A page of all categories."""
    await _show_all(visit, button.page)


async def open_category(visit: Visit, button: OpenCategory) -> None:
    """A category."""
    await _open(visit, Scope.CATEGORY, button.category)


async def open_listing(visit: Visit, button: OpenListing) -> None:
    """A page of a category's services."""
    picture = visit.shop.shelf.catalogue
    category = picture.listed.get(button.category)
    if category is None:
        await gone(visit)
        return
    await show(visit, screens.listing(visit.texts, picture, category, button.page, visit.shop.price_rules))


async def open_service(visit: Visit, button: OpenService) -> None:
    """A service."""
    await _open(visit, Scope.SERVICE, button.service)


async def move(visit: Visit, button: Move) -> None:
    """Up, down or to the top."""
    scope = _scope_of(button.scope)
    try:
        moved = scope and await arranging.move(visit.shop, scope, button.number, button.was, button.to, deed_of(visit))
    except NotFound:
        moved = None
    if scope is None or moved is None:
        await gone(visit)
        return
    await _open(visit, scope, button.number, None if moved else visit.texts.plain("operator.catalogue.moved-meanwhile"))


async def drop_title(visit: Visit, button: DropTitle) -> None:
    """Its panel's name again."""
    scope = _scope_of(button.scope)
    if scope is None or not await found(visit, scope, button.number):
        await gone(visit)
        return
    await arranging.rename(visit.shop, scope, button.number, None, deed_of(visit))
    await _open(visit, scope, button.number, visit.texts.plain("operator.catalogue.title-dropped"))


# Hiding -------------------------------------------------------------------------------------------


async def hide_command(visit: Visit) -> None:
    """`/hide <service or category>`."""
    await _pick(visit, "hide", lambda item: _hide(visit, item))


async def show_command(visit: Visit) -> None:
    """`/show <service or category>`."""
    await _pick(visit, "show", lambda item: _unhide(visit, item))


async def press_hide(visit: Visit, button: Hide) -> None:
    """Hide a service; about a category it is asked first."""
    item = await _of_button(visit, button.scope, button.number)
    if item is not None:
        await _hide(visit, item)


async def press_unhide(visit: Visit, button: Unhide) -> None:
    """Show it again."""
    item = await _of_button(visit, button.scope, button.number)
    if item is not None:
        await _unhide(visit, item)


async def hide_category(visit: Visit, button: HideCategory) -> None:
    """The second tap: a whole category goes off sale, as many services as were named."""
    category = await found(visit, Scope.CATEGORY, button.category)
    if not isinstance(category, Category):
        await gone(visit)
        return
    if not category.own.hidden and screens.count_for_sale(category) != button.count:
        changed = visit.texts.plain("operator.catalogue.changed")
        await show(visit, screens_item.confirm_hide(visit.texts, category), changed)
        return
    await _write(visit, category, hidden=True)


async def _pick(visit: Visit, command: str, act: Callable[[Item], Awaitable[None]]) -> None:
    """Do it to the one thing that was meant, or ask which."""
    typed = argument_of(visit)
    if not typed:
        await visit.reply(screens.usage(visit.texts, command))
        return
    items = await find(visit.shop.shelf.catalogue, typed)
    if len(items) == 1:
        await act(items[0])
    else:
        await visit.reply(screens.which(visit.texts, command, typed, items))


async def _hide(visit: Visit, item: Item) -> None:
    if isinstance(item, Category) and not item.own.hidden and screens.count_for_sale(item):
        await show(visit, screens_item.confirm_hide(visit.texts, item))
        return
    await _write(visit, item, hidden=True)


async def _unhide(visit: Visit, item: Item) -> None:
    await _write(visit, item, hidden=False)


async def _write(visit: Visit, item: Item, *, hidden: bool) -> None:
    scope = scope_of(item)
    fresh = await arranging.hide(visit.shop, scope, item.number, deed_of(visit), hidden=hidden)
    said = f"operator.catalogue.{'hidden' if hidden else 'shown'}{'' if fresh else '-already'}"
    if visit.update.callback_query is None:
        await show_item(visit, await found(visit, scope, item.number) or item, visit.texts.html(said))
    else:
        await _open(visit, scope, item.number, visit.texts.plain(said))


# What the rooms beside use ------------------------------------------------------------------------


def deed_of(visit: Visit) -> Deed:
    """Who does it, and by which update."""
    return Deed(visit.person.id, visit.update.update_id, visit.now)


async def found(visit: Visit, scope: Scope, number: int) -> Item | None:
    """The category or service of this number."""
    try:
        return arranging.item(visit.shop, scope, number)
    except NotFound:
        return None


async def show_item(visit: Visit, item: Item, note: Markup | None = None) -> None:
    """A category's or a service's screen."""
    await show(visit, screens_item.item_screen(visit.texts, visit.shop, item, note))


async def gone(visit: Visit) -> None:
    """What was asked for is not there any more: all categories, with a word about it."""
    await _show_all(visit, 1, visit.texts.plain("operator.catalogue.gone"))


# Within -------------------------------------------------------------------------------------------


async def _open(visit: Visit, scope: Scope, number: int, toast: str | None = None) -> None:
    item = await found(visit, scope, number)
    if item is None:
        await gone(visit)
        return
    await show(visit, screens_item.item_screen(visit.texts, visit.shop, item), toast)


async def _of_button(visit: Visit, scope: str, number: int) -> Item | None:
    known = _scope_of(scope)
    item = await found(visit, known, number) if known else None
    if item is None:
        await gone(visit)
    return item


def _scope_of(word: str) -> Scope | None:
    return Scope(word) if word in (Scope.CATEGORY, Scope.SERVICE) else None


async def _show_all(visit: Visit, page: int, toast: str | None = None) -> None:
    await show(visit, screens.catalogue(visit.texts, visit.shop.shelf.catalogue, page), toast)
