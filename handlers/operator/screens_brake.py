"""The brake: since when it is on, and what broke."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from bot.engine.brake import RESTORED, BrakeFacts, Broken
from handlers.keyboards import BLANK, Screen, key, keyboard, lines
from handlers.operator import words
from handlers.operator.buttons import LetGo, ShowAudit, ShowBrake
from handlers.operator.keys import desk_key
from handlers.texts import Texts

_SHOWN: Final = 10
_ENTRY_MAX_CHARACTERS: Final = 80


def brake_screen(texts: Texts, facts: BrakeFacts | None, note: Markup | None = None) -> Screen:
    """What the brake means, and the button that lets go of it where a sound audit is enough for that."""
    if facts is None:
        return Screen(note or texts.html("operator.brake.is-off"), keyboard(desk_key(texts)))
    broken = [broken_line(texts, each) for each in facts.broken[:_SHOWN]]
    html = lines(note, texts.html("operator.brake.is-on", time=facts.since), BLANK, *broken)
    let_go = None if _wants_words(facts) else key(texts.plain("operator.key.brake-off"), LetGo(), "danger")
    ways = [way for way in (let_go, key(texts.plain("operator.key.audit"), ShowAudit())) if way]
    return Screen(html, keyboard(ways, desk_key(texts)))


def braked_screen(texts: Texts) -> Screen:
    """Why money cannot be moved by hand now, and where to look."""
    brake = key(texts.plain("operator.key.brake"), ShowBrake(), "danger")
    return Screen(texts.html("operator.problem.braked"), keyboard((brake, desk_key(texts))))


def stays_on(texts: Texts, what: str) -> Markup:
    """Why the brake could not be let go, and what to do about it."""
    if what.startswith(RESTORED):
        return texts.html("operator.brake.still-restored")
    return texts.html("operator.brake.still", what=words.short(what, _ENTRY_MAX_CHARACTERS))


def broken_line(texts: Texts, broken: Broken) -> Markup:
    """One thing that set the brake, with what it promises."""
    entry = words.short(broken.entry, _ENTRY_MAX_CHARACTERS)
    if broken.invariant == RESTORED:
        return texts.html("operator.brake.restored", entry=entry)
    promise = words.promise(texts, broken.invariant)
    return texts.html(
        "operator.audit.violated", name=words.short(broken.invariant, 20), promise=promise, offenders=entry
    )


def _wants_words(facts: BrakeFacts) -> bool:
    """Whether it never goes without a reason in writing."""
    return any(each.invariant == RESTORED for each in facts.broken)
