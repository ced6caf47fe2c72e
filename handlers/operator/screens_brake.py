"""The brake: since when it is on, and what broke."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from bot.engine.brake import RESTORED, BrakeFacts, Broken
from handlers.keyboards import BLANK, Screen, key, keyboard, lines
from handlers.operator import words
from handlers.operator.buttons import LetGo, ShowAudit
from handlers.operator.keys import desk_key
from handlers.texts import Texts

_SHOWN: Final = 10


def brake_screen(texts: Texts, facts: BrakeFacts | None, note: Markup | None = None) -> Screen:
    """What the brake means, and the button that lets go of it."""
    if facts is None:
        return Screen(lines(note, texts.html("operator.brake.is-off")), keyboard(desk_key(texts)))
    broken = [_line(texts, each) for each in facts.broken[:_SHOWN]]
    html = lines(note, texts.html("operator.brake.is-on", time=facts.since), BLANK, *broken)
    ways = (
        key(texts.plain("operator.key.brake-off"), LetGo(), "danger"),
        key(texts.plain("operator.key.audit"), ShowAudit()),
    )
    return Screen(html, keyboard(ways, desk_key(texts)))


def _line(texts: Texts, broken: Broken) -> Markup:
    entry = words.short(broken.entry, 80)
    if broken.invariant == RESTORED:
        return texts.html("operator.brake.restored", entry=entry)
    return texts.html("operator.brake.broken", invariant=words.short(broken.invariant, 20), entry=entry)
