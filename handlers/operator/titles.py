"""Renaming: the new name is asked for in words, and customers read it from the next screen on."""

from __future__ import annotations

from bot.domain.arranging import TITLE_MAX_CHARACTERS
from bot.domain.markups import Scope
from bot.domain.text import plain_name
from bot.engine import arranging
from bot.engine.arranging import Item, scope_of
from handlers.context import Arranging
from handlers.keyboards import Screen
from handlers.operator.answers import show
from handlers.operator.arranging import ask, shopping_instead
from handlers.operator.catalogue import deed_of, found, gone, show_item
from handlers.operator.catalogue_buttons import AskTitle
from handlers.operator.screens_item import ask_title as ask_title_screen
from handlers.operator.steps import Asked
from handlers.steps import END
from handlers.visits import Visit


async def ask_title(visit: Visit, button: AskTitle) -> Asked | int:
    """Ask for a category's or a service's new name."""
    item = await _item(visit, Arranging(button.scope, str(button.number)))
    if item is None:
        await gone(visit)
        return END
    ask(visit, button.scope, str(button.number))
    await show(visit, ask_title_screen(visit.texts, item))
    return Asked.TITLE


async def take_title(visit: Visit) -> Asked | int | None:
    """The name was typed."""
    asked = visit.memory.arranging
    item = await _item(visit, asked) if asked else None
    if asked is None or item is None:
        await gone(visit)
        return END
    if shopping_instead(visit, asked):
        await visit.reply(Screen(visit.texts.html("operator.catalogue.left-shopping")))
        return END
    # One more than may be, so that a longer one is seen to be longer.
    title = plain_name(visit.text, TITLE_MAX_CHARACTERS + 1)
    if not title or len(title) > TITLE_MAX_CHARACTERS:
        kind = "title-too-long" if title else "title-empty"
        note = visit.texts.html(f"operator.problem.{kind}", limit=TITLE_MAX_CHARACTERS)
        await visit.reply(ask_title_screen(visit.texts, item, note))
        return None
    visit.memory.arranging = None
    fresh = await arranging.rename(visit.shop, scope_of(item), item.number, title, deed_of(visit))
    renamed = await found(visit, scope_of(item), item.number) or item
    await show_item(
        visit, renamed, visit.texts.html("operator.catalogue.renamed" if fresh else "operator.catalogue.named-so")
    )
    return END


async def take_no_text(visit: Visit) -> None:
    """Neither text nor a command: the question stays open."""
    await visit.reply(Screen(visit.texts.html("operator.catalogue.text-only")))


async def leave(visit: Visit) -> int:
    """`/cancel`: nothing was changed."""
    visit.memory.arranging = None
    await visit.reply(Screen(visit.texts.html("operator.catalogue.left")))
    return END


async def _item(visit: Visit, asked: Arranging) -> Item | None:
    if asked.scope not in (Scope.CATEGORY, Scope.SERVICE) or not asked.key.isdecimal():
        return None
    return await found(visit, Scope(asked.scope), int(asked.key))
