"""The desk's questions, each with the way back."""

from __future__ import annotations

from markupsafe import Markup

from handlers.keyboards import Screen, key, keyboard
from handlers.operator.buttons import ShowDesk
from handlers.operator.keys import desk_key
from handlers.texts import Fact, Texts


def asked_screen(texts: Texts, what: str, **facts: Fact) -> Screen:
    """One of the questions."""
    return with_cancel(texts, texts.html(f"operator.ask.{what}", **facts))


def with_cancel(texts: Texts, html: Markup) -> Screen:
    """A question that can be left."""
    return Screen(html, keyboard(key(texts.plain("operator.key.cancel"), ShowDesk())))


def with_desk(texts: Texts, html: Markup) -> Screen:
    """A word, and the way to the dashboard."""
    return Screen(html, keyboard(desk_key(texts)))
