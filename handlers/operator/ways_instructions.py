"""How customers pay by hand: written, shown as they will read it, saved, and removed."""

from __future__ import annotations

from markupsafe import Markup
from telegram.error import BadRequest

from bot.domain import marks
from bot.domain.text import sendable
from bot.domain.topups import Gateway
from bot.engine import ways
from bot.engine.ways import UnfitInstructions
from handlers import telegram
from handlers.context import WayAsked
from handlers.keyboards import Screen
from handlers.operator import screens_ways as screens
from handlers.operator.answers import show
from handlers.operator.steps import Asked
from handlers.operator.way_buttons import AskInstructions, AskRemove, RemoveInstructions, SaveInstructions
from handlers.operator.ways import open_way, view_of
from handlers.steps import END
from handlers.visits import Visit


async def ask_instructions(visit: Visit, button: AskInstructions) -> Asked:
    """Ask how customers pay by hand."""
    visit.memory.way = None
    await show(visit, screens.ask_instructions_screen(visit.texts))
    return Asked.INSTRUCTIONS


async def take_instructions(visit: Visit) -> int | None:
    """They were written: show them as customers will read them, and below that the tap that saves them."""
    message = visit.update.message
    html = sendable(message.text_html if message else "")
    if not Markup(html).striptags().strip():  # noqa: S704 - PTB escapes what is no entity
        await _ask_again(visit, visit.texts.html("operator.ask.text-only"))
        return None
    try:
        ways.refuse_unfit_instructions(html)
        await visit.reply(Screen(Markup(html)))  # noqa: S704 - as above
    except UnfitInstructions as unfit:
        limit = ways.INSTRUCTIONS_MAX
        await _ask_again(visit, visit.texts.html("operator.pages.too-long", length=unfit.length, limit=limit))
        return None
    except BadRequest as error:
        if not telegram.is_unreadable(error):
            raise
        await _ask_again(visit, visit.texts.html("operator.broadcast.unreadable"))
        return None
    visit.memory.way = WayAsked(visit.update.update_id, instructions=html)
    await visit.reply(screens.confirm_instructions_screen(visit.texts, visit.update.update_id))
    return END


async def save(visit: Visit, button: SaveInstructions) -> int:
    """What was shown is what customers read from now on."""
    asked = visit.memory.way
    if asked is None or asked.update_id != button.update or not asked.instructions:
        await visit.answer(visit.texts.plain("operator.ways.gone"), alert=True)
        return await open_way(visit, Gateway.BY_HAND)
    await ways.set_instructions(
        visit.shop, asked.instructions, visit.person.id, visit.update.update_id, visit.now
    )  # fmt: skip
    return await open_way(visit, Gateway.BY_HAND, visit.texts.html("operator.ways.instructions-saved"))


async def ask_remove(visit: Visit, button: AskRemove) -> int:
    """What removing them means."""
    text = (await view_of(visit)).settled.instructions
    if text is None:
        return await open_way(visit, Gateway.BY_HAND)
    visit.memory.way = None
    await show(visit, screens.confirm_remove_screen(visit.texts, text))
    return END


async def remove(visit: Visit, button: RemoveInstructions) -> int:
    """They are gone, unless they are no longer what was shown."""
    text = (await view_of(visit)).settled.instructions
    if text is None or marks.of(text) != button.mark:
        await visit.answer(visit.texts.plain("operator.ways.gone"), alert=True)
        return await open_way(visit, Gateway.BY_HAND)
    await ways.set_instructions(visit.shop, None, visit.person.id, visit.update.update_id, visit.now)
    return await open_way(visit, Gateway.BY_HAND, visit.texts.html("operator.ways.instructions-removed"))


async def take_no_text(visit: Visit) -> None:
    """Neither text nor a command: the question stays open."""
    await _ask_again(visit, visit.texts.html("operator.ask.text-only"))


async def leave(visit: Visit) -> int:
    """`/cancel`: nothing was changed."""
    return await open_way(visit, Gateway.BY_HAND, visit.texts.html("operator.ask.left"))


async def _ask_again(visit: Visit, note: Markup) -> None:
    await visit.reply(screens.ask_instructions_screen(visit.texts, note))
