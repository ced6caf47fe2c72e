"""The shop's pages as their editor shows them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from markupsafe import Markup

from bot.domain import marks
from bot.domain.pages import LIMITS, OwnPage, PageName
from handlers.keyboards import Screen, key, keyboard, lines
from handlers.operator import words
from handlers.operator.keys import desk_key
from handlers.operator.page_buttons import AskPage, AskStandard, OpenPage, SavePage, SetStandard, ShowPage, ShowPages
from handlers.texts import Library, Texts

_ACTOR_MAX: Final = 20


def pages_screen(texts: Texts, own: Collection[OwnPage]) -> Screen:
    """Every page, with how many languages it has in the operator's words."""
    rows = []
    for name in PageName:
        count = sum(page.name is name for page in own)
        label = _title(texts, name)
        rows.append(
            key(texts.plain("operator.pages.own-in", page=label, count=count) if count else label, ShowPage(name))
        )
    return Screen(texts.html("operator.pages.title"), keyboard(*rows, desk_key(texts)))


def languages_screen(texts: Texts, library: Library, name: PageName, own: Collection[OwnPage]) -> Screen:
    """A page's languages, those in the operator's words marked."""
    written = {page.language for page in own if page.name is name}
    rows = []
    for code, language in names_of(library).items():
        label = texts.plain("operator.pages.own", language=language) if code in written else language
        rows.append(key(label, OpenPage(name, code)))
    html = texts.html("operator.pages.languages", page=_title(texts, name), command=f"/{name}")
    return Screen(html, keyboard(*rows, key(texts.plain("operator.pages.key-all"), ShowPages())))


def page_screen(html: Markup) -> Screen:
    """A page as customers read it, and nothing else."""
    return Screen(html)


def about_screen(
    texts: Texts, name: PageName, language: str, shown: str, own: OwnPage | None, note: Markup | None = None
) -> Screen:
    """What stands below a page: whose words it is in, and what can be done; `shown` is the language's own name."""
    facts = {"page": _title(texts, name), "language": shown}
    if own is None:
        html = texts.html("operator.pages.is-standard", **facts)
    else:
        actor = words.short(str(own.changed_by), _ACTOR_MAX)
        html = texts.html("operator.pages.is-own", **facts, actor=actor, time=own.changed_at)
    back = key(texts.plain("operator.pages.key-standard"), AskStandard(name, language)) if own else None
    return Screen(
        lines(note, html),
        keyboard(
            key(texts.plain("operator.pages.key-write"), AskPage(name, language), "primary"),
            back,
            (key(texts.plain("operator.pages.key-languages"), ShowPage(name)), desk_key(texts)),
        ),
    )


def ask_screen(texts: Texts, name: PageName, language: str, shown: str, note: Markup | None = None) -> Screen:
    """The question for a page's new text."""
    html = texts.html("operator.pages.ask", page=_title(texts, name), language=shown, limit=LIMITS[name])
    return Screen(lines(note, html), keyboard(key(texts.plain("operator.key.cancel"), OpenPage(name, language))))


def confirm_screen(texts: Texts, name: PageName, language: str, shown: str, update_id: int) -> Screen:
    """Below what was written: the tap that puts it in place."""
    html = texts.html("operator.pages.confirm", page=_title(texts, name), language=shown)
    return Screen(
        html,
        keyboard(
            key(texts.plain("operator.pages.key-save"), SavePage(update_id), "primary"),
            (
                key(texts.plain("operator.pages.key-write"), AskPage(name, language)),
                key(texts.plain("operator.key.cancel"), OpenPage(name, language)),
            ),
        ),
    )


def standard_screen(texts: Texts, own: OwnPage, shown: str) -> Screen:
    """Below the standard text: the tap that lets it hold again."""
    html = texts.html("operator.pages.confirm-standard", page=_title(texts, own.name), language=shown)
    button = SetStandard(own.name, own.language, marks.of(own.text))
    return Screen(
        html,
        keyboard(
            key(texts.plain("operator.pages.key-standard"), button, "danger"),
            key(texts.plain("operator.key.cancel"), OpenPage(own.name, own.language)),
        ),
    )


def names_of(library: Library) -> Mapping[str, str]:
    """Every language's own name by its code."""
    return {code: texts.plain("language.name") for code, texts in library.languages.items()}


def _title(texts: Texts, name: PageName) -> str:
    return texts.plain(f"command.{name}")
