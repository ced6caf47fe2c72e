"""`/brake`: what broke, and letting go of it: by a tap after a sound audit, otherwise with a reason in writing."""

from __future__ import annotations

from markupsafe import Markup

from bot.domain.errors import StillBroken
from bot.engine import brake as braking
from handlers.operator.answers import argument_of, show
from handlers.operator.buttons import LetGo, ShowBrake
from handlers.operator.screens_brake import brake_screen, stays_on
from handlers.visits import Visit

_OFF = "off"


async def brake(visit: Visit) -> None:
    """`/brake`, or `/brake off [reason]`."""
    word, _, reason = argument_of(visit).partition(" ")
    if word.casefold() == _OFF:
        await _let_go(visit, reason)
    else:
        await _show(visit)


async def show_brake(visit: Visit, _button: ShowBrake) -> None:
    """Whether the brake is on, by a button."""
    await _show(visit)


async def let_go(visit: Visit, _button: LetGo) -> None:
    """Audit, and let go where nothing is found."""
    await _let_go(visit, "")


async def _let_go(visit: Visit, reason: str) -> None:
    try:
        gone = await braking.let_go(visit.shop, visit.person.id, visit.now, reason)
    except StillBroken as still:
        await _show(visit, stays_on(visit.texts, still.why))
        return
    await _show(visit, visit.texts.html("operator.brake.gone") if gone else None)


async def _show(visit: Visit, note: Markup | None = None) -> None:
    facts = await visit.shop.db.read(braking.facts)
    await show(visit, brake_screen(visit.texts, facts, note))
