"""`/pages`: terms, privacy and payment help in the operator's words; written, shown as customers read it, saved."""

from __future__ import annotations

from markupsafe import Markup
from telegram.error import BadRequest

from bot.domain import marks
from bot.domain.errors import AlreadyDecided
from bot.domain.pages import OwnPage, PageName
from bot.domain.text import sendable
from bot.engine import pages
from bot.engine.pages import Unfit
from handlers import telegram
from handlers.context import PageAsked
from handlers.customer.pages import standard_text
from handlers.keyboards import Screen
from handlers.operator import screens_pages as screens
from handlers.operator.answers import show
from handlers.operator.page_buttons import AskPage, AskStandard, OpenPage, SavePage, SetStandard, ShowPage, ShowPages
from handlers.operator.steps import Asked
from handlers.steps import END
from handlers.visits import Visit


async def pages_command(visit: Visit) -> int:
    """`/pages`."""
    return await _all(visit)


async def show_pages(visit: Visit, button: ShowPages) -> int:
    """The same, by a button."""
    return await _all(visit)


async def show_page(visit: Visit, button: ShowPage) -> int:
    """A page's languages."""
    name = _name(button.page)
    if name is None:
        return await _all(visit)
    visit.memory.page = None
    own = await pages.all_own(visit.shop)
    await show(visit, screens.languages_screen(visit.texts, visit.context.bot_data.library, name, own))
    return END


async def open_page(visit: Visit, button: OpenPage) -> int:
    """A page in one language as customers read it, and below it what can be done."""
    found = _named(visit, button.page, button.language)
    if found is None:
        return await _all(visit)
    await _open(visit, *found)
    return END


async def ask_page(visit: Visit, button: AskPage) -> Asked | int:
    """Ask for the new text."""
    found = _named(visit, button.page, button.language)
    if found is None:
        return await _all(visit)
    visit.memory.page = PageAsked(*found)
    await show(visit, _question(visit, *found))
    return Asked.PAGE


async def take_text(visit: Visit) -> int | None:
    """The text was written: show it as customers will read it, and below it the tap that saves it."""
    asked, message = visit.memory.page, visit.update.message
    found = _named(visit, asked.name, asked.language) if asked else None
    if asked is None or found is None:
        return await _all(visit)
    name, language = found
    html = sendable(message.text_html if message else "")
    if not Markup(html).striptags().strip():  # noqa: S704 - PTB escapes what is no entity
        await _ask_again(visit, name, language, visit.texts.html("operator.ask.text-only"))
        return None
    try:
        pages.refuse_unfit(name, html)
        await visit.reply(screens.page_screen(Markup(html)))  # noqa: S704 - as above
    except Unfit as unfit:
        note = visit.texts.html("operator.pages.too-long", length=unfit.length, limit=unfit.limit)
        await _ask_again(visit, name, language, note)
        return None
    except BadRequest as error:
        if not telegram.is_unreadable(error):
            raise
        await _ask_again(visit, name, language, visit.texts.html("operator.broadcast.unreadable"))
        return None
    visit.memory.page = PageAsked(name, language, html, visit.update.update_id)
    await visit.reply(
        screens.confirm_screen(visit.texts, name, language, _shown(visit, language), visit.update.update_id)
    )
    return END


async def take_no_text(visit: Visit) -> int | None:
    """Neither text nor a command: the question stays open."""
    asked = visit.memory.page
    found = _named(visit, asked.name, asked.language) if asked else None
    if found is None:
        return await _all(visit)
    await _ask_again(visit, *found, visit.texts.html("operator.ask.text-only"))
    return None


async def save(visit: Visit, button: SavePage) -> int:
    """The text that was shown is the page from now on."""
    asked = visit.memory.page
    found = _named(visit, asked.name, asked.language) if asked and asked.update_id == button.update else None
    if asked is None or found is None:
        await visit.answer(visit.texts.plain("operator.pages.gone"), alert=True)
        return await _all(visit)
    name, language = found
    await pages.write(visit.shop, name, language, asked.text, visit.person.id, visit.update.update_id, visit.now)
    visit.memory.page = None
    await _about(visit, name, language, visit.texts.html("operator.pages.saved"))
    return END


async def ask_standard(visit: Visit, button: AskStandard) -> int:
    """Show the standard text, and below it the tap that lets it hold again."""
    found = _named(visit, button.page, button.language)
    if found is None:
        return await _all(visit)
    own = await pages.own(visit.shop, *found)
    if own is None:
        await _open(visit, *found)
        return END
    await show(visit, screens.page_screen(_standard(visit, *found)))
    await visit.reply(screens.standard_screen(visit.texts, own, _shown(visit, own.language)))
    return END


async def set_standard(visit: Visit, button: SetStandard) -> int:
    """The standard text holds again, unless the page is no longer what it was."""
    found = _named(visit, button.page, button.language)
    if found is None:
        return await _all(visit)
    own = await pages.own(visit.shop, *found)
    if own is not None and marks.of(own.text) == button.mark:
        try:
            await pages.back_to_standard(
                visit.shop, *found, own.text, visit.person.id, visit.update.update_id, visit.now
            )
        except AlreadyDecided:
            own = await pages.own(visit.shop, *found)
        else:
            own = None
    if own is not None:
        await visit.answer(visit.texts.plain("operator.pages.changed"), alert=True)
        await _open(visit, *found)
        return END
    await _about(visit, *found, visit.texts.html("operator.pages.standard-again"))
    return END


async def leave(visit: Visit) -> int:
    """`/cancel`: nothing was changed."""
    visit.memory.page = None
    await visit.reply(Screen(visit.texts.html("operator.ask.left")))
    return END


async def _all(visit: Visit) -> int:
    visit.memory.page = None
    await show(visit, screens.pages_screen(visit.texts, await pages.all_own(visit.shop)))
    return END


async def _open(visit: Visit, name: PageName, language: str) -> None:
    """The page in place of what was pressed, and a word about it below."""
    visit.memory.page = None
    own = await pages.own(visit.shop, name, language)
    html = Markup(own.text) if own else _standard(visit, name, language)  # noqa: S704 - made by PTB, which escapes
    await show(visit, screens.page_screen(html))
    await visit.reply(_about_screen(visit, name, language, own))


async def _about(visit: Visit, name: PageName, language: str, note: Markup) -> None:
    await show(visit, _about_screen(visit, name, language, await pages.own(visit.shop, name, language), note))


def _about_screen(
    visit: Visit, name: PageName, language: str, own: OwnPage | None, note: Markup | None = None
) -> Screen:
    return screens.about_screen(visit.texts, name, language, _shown(visit, language), own, note)


async def _ask_again(visit: Visit, name: PageName, language: str, note: Markup) -> None:
    await visit.reply(_question(visit, name, language, note))


def _question(visit: Visit, name: PageName, language: str, note: Markup | None = None) -> Screen:
    return screens.ask_screen(visit.texts, name, language, _shown(visit, language), note)


def _standard(visit: Visit, name: PageName, language: str) -> Markup:
    """The standard text in the page's language, which need not be the operator's own."""
    return standard_text(visit.context.bot_data.library.languages[language], name, visit.shop.terms.name)


def _shown(visit: Visit, language: str) -> str:
    return screens.names_of(visit.context.bot_data.library)[language]


def _name(word: str) -> PageName | None:
    return PageName(word) if word in frozenset(PageName) else None


def _named(visit: Visit, page: str, language: str) -> tuple[PageName, str] | None:
    """The page and language that a button or the memory speaks of; None for what there is not."""
    name = _name(page)
    return (name, language) if name and language in visit.context.bot_data.library.languages else None
