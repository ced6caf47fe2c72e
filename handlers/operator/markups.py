"""`/markup`: what is set, what a change would do, and only then the change. A typed percent is a question's answer."""

from __future__ import annotations

from markupsafe import Markup

from bot.domain.errors import NotFound
from bot.domain.markups import SHOP, Scope, Subject
from bot.engine import markups
from bot.engine.markups import Change, Outcome
from handlers.keyboards import Screen
from handlers.operator import screens_markups as screens
from handlers.operator.answers import argument_of, problem_of, refuse, show
from handlers.operator.arguments import MarkupRequest, Unreadable, is_percent, read_markup_request, read_percent
from handlers.operator.arranging import ask, shopping_instead
from handlers.operator.catalogue_buttons import (
    OpenMarkup,
    PickService,
    PickSubject,
    PreviewMarkup,
    SetMarkup,
    ShowMarkups,
)
from handlers.operator.finding import find, panels_named
from handlers.operator.screens_preview import preview_screen, set_screen
from handlers.operator.steps import Asked
from handlers.operator.words_catalogue import panels, percent_of, subject_of, word_of
from handlers.steps import END
from handlers.visits import Visit


async def markup(visit: Visit) -> Asked | int:
    """`/markup [scope] [of what] [percent or off]`."""
    argument = argument_of(visit)
    if not argument:
        await visit.reply(screens.overview(visit.texts, visit.shop))
        return END
    try:
        wanted = read_markup_request(argument)
    except Unreadable as refused:
        await refuse(visit, refused, "markup")
        return END
    return await _ask_for(visit, wanted)


async def _ask_for(visit: Visit, wanted: MarkupRequest) -> Asked | int:
    if wanted.scope is not Scope.SHOP and not wanted.name:
        await _pick(visit, wanted.scope, 1)
        return END
    found = await _subjects(visit, wanted)
    if not found and not wanted.given and is_percent(wanted.name):
        await _pick(visit, wanted.scope, 1)  # `/markup panel 30`: of which, is still to be said
        return END
    if len(found) != 1:
        await visit.reply(screens.which(visit.texts, visit.shop, wanted.name, found, wanted.scope))
        return END
    if not wanted.given:
        return await _open(visit, found[0])
    await _preview(visit, Change(found[0], wanted.percent))
    return END


async def show_markups(visit: Visit, _button: ShowMarkups) -> None:
    """Every markup that is set."""
    await show(visit, screens.overview(visit.texts, visit.shop))


async def pick_subject(visit: Visit, button: PickSubject) -> None:
    """A page of panels or categories."""
    await _pick(visit, Scope(button.scope) if button.scope in tuple(Scope) else Scope.SHOP, button.page)


async def pick_service(visit: Visit, button: PickService) -> None:
    """A page of a category's services."""
    category = visit.shop.shelf.catalogue.listed.get(button.category)
    if category is None:
        await _gone(visit)
        return
    await show(visit, screens.pick_service(visit.texts, visit.shop, category, button.page))


async def open_markup(visit: Visit, button: OpenMarkup) -> Asked | int:
    """The markup of a subject, and the question for another."""
    subject = await _subject(visit, button.scope, button.key)
    return END if subject is None else await _open(visit, subject)


async def take_percent(visit: Visit) -> Asked | int | None:
    """A percent was typed: show what it would do."""
    asked = visit.memory.arranging
    try:
        subject = subject_of(visit.shop, asked.scope, asked.key) if asked else None
    except NotFound:
        subject = None
    if asked is None or subject is None:
        await _gone(visit)
        return END
    try:
        percent = read_percent(visit.text.strip())
    except Unreadable as refused:
        if shopping_instead(visit, asked):
            await visit.reply(Screen(visit.texts.html("operator.catalogue.left-shopping")))
            return END
        note = problem_of(visit.texts, refused)
        await visit.reply(screens.markup_screen(visit.texts, visit.shop, subject, note))
        return None
    visit.memory.arranging = None
    await _preview(visit, Change(subject, percent))
    return END


async def preview(visit: Visit, button: PreviewMarkup) -> Asked | int:
    """A percent was tapped: show what it would do."""
    subject = await _subject(visit, button.scope, button.key)
    if subject is not None:
        await _preview(visit, Change(subject, percent_of(button.hundredths)))
    return END


async def set_markup(visit: Visit, button: SetMarkup) -> None:
    """The yes; what was not shown so is shown anew instead."""
    subject = await _subject(visit, button.scope, button.key)
    if subject is None:
        return
    change = Change(subject, percent_of(button.hundredths))
    outcome, seen = await markups.set_markup(
        visit.shop, change, button.mark, visit.person.id, visit.update.update_id, visit.now
    )
    if outcome is Outcome.CHANGED:
        note = visit.texts.html("operator.markup.meanwhile")
        await show(visit, preview_screen(visit.texts, visit.shop, seen, note))
        return
    await show(visit, set_screen(visit.texts, visit.shop, seen, fresh=outcome is Outcome.SET))


async def _subjects(visit: Visit, wanted: MarkupRequest) -> list[Subject]:
    if wanted.scope is Scope.SHOP:
        return [SHOP]
    if wanted.scope is Scope.PANEL:
        return [Subject(Scope.PANEL, name) for name in panels_named(panels(visit.shop), wanted.name)]
    items = await find(visit.shop.shelf.catalogue, wanted.name, (wanted.scope,))
    return [Subject(wanted.scope, str(item.number)) for item in items]


async def _pick(visit: Visit, scope: Scope, page: int) -> None:
    match scope:
        case Scope.PANEL:
            screen = screens.pick_panel(visit.texts, visit.shop, page)
        case Scope.CATEGORY | Scope.SERVICE:
            screen = screens.pick_category(visit.texts, visit.shop, page, scope)
        case Scope.SHOP:
            screen = screens.overview(visit.texts, visit.shop)
    await show(visit, screen)


async def _open(visit: Visit, subject: Subject, note: Markup | None = None) -> Asked:
    ask(visit, subject.scope.value, word_of(subject))
    await show(visit, screens.markup_screen(visit.texts, visit.shop, subject, note))
    return Asked.PERCENT


async def _preview(visit: Visit, change: Change) -> None:
    seen = await markups.preview(visit.shop, change)
    await show(visit, preview_screen(visit.texts, visit.shop, seen))


async def _subject(visit: Visit, scope: str, word: str) -> Subject | None:
    try:
        return subject_of(visit.shop, scope, word)
    except NotFound:
        await _gone(visit)
        return None


async def _gone(visit: Visit) -> None:
    await show(visit, screens.overview(visit.texts, visit.shop), visit.texts.plain("operator.catalogue.gone"))
