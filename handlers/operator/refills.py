"""Refills nobody can tell the fate of: the panel took it, by its own name for it, or it did not. No money moves."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from bot.domain.errors import AlreadyDecided, NotFound
from bot.domain.refills import Refill, RefillState
from bot.engine import refill_desk
from bot.panels.errors import PanelError
from bot.wire.reading import read_id
from handlers.context import Resolution
from handlers.keyboards import Screen, key, keyboard
from handlers.operator import words
from handlers.operator.answers import show
from handlers.operator.decision_buttons import AskRefillId, LeaveRefill, ReleaseRefill
from handlers.operator.orders import show_order
from handlers.operator.steps import Asked
from handlers.steps import END
from handlers.texts import Fact
from handlers.visits import Visit
from storage import refills
from storage.database import Tx

_SHOWN_MAX_CHARACTERS: Final = 64


async def ask_refill_id(visit: Visit, button: AskRefillId) -> Asked | int:
    """It was taken: ask for the panel's name of it."""
    refill = await _fresh(visit, button.refill, button.version)
    if refill is None:
        await _moved_on(visit, button.refill)
        return END
    visit.memory.resolution = Resolution(refill.order_id, refill=refill.id)
    await show(visit, _question(visit, refill, "ask"))
    return Asked.REFILL


async def take_refill_id(visit: Visit) -> int | None:
    """The name was typed: where the panel knows it, the refill is followed by it from now on."""
    refill = await _asked_about(visit)
    if refill is None or refill.state is not RefillState.UNKNOWN:
        visit.memory.resolution = None
        await _moved_on(visit, refill.id if refill else 0)
        return END
    typed = visit.text.strip().removeprefix("#")
    facts = {"typed": words.short(typed, _SHOWN_MAX_CHARACTERS)}
    if read_id(typed) != typed:
        await visit.reply(_question(visit, refill, "malformed", **facts))
        return None
    try:
        report = await refill_desk.inspect(visit.shop, refill, typed)
    except PanelError as error:
        await visit.reply(_question(visit, refill, "silent", problem=words.short(str(error))))
        return None
    if report is None:
        await visit.reply(_question(visit, refill, "not-found", **facts))
        return None
    visit.memory.resolution = None
    try:
        await refill_desk.attach(visit.shop, refill.id, typed, visit.person.id, visit.now)
    except (AlreadyDecided, NotFound):
        await _moved_on(visit, refill.id)
        return END
    note = _say(visit, refill, "attached", word=words.short(report.word, _SHOWN_MAX_CHARACTERS), **facts)
    await show_order(visit, refill.order_id, note)
    return END


async def release(visit: Visit, button: ReleaseRefill) -> None:
    """It was not taken: the customer may ask for another one."""
    refill = await _fresh(visit, button.refill, button.version)
    if refill is None:
        await _moved_on(visit, button.refill)
        return
    try:
        await refill_desk.release(visit.shop, refill.id, visit.person.id, visit.now)
    except (AlreadyDecided, NotFound):
        await _moved_on(visit, button.refill)
        return
    toast = visit.texts.plain("operator.decision.done")
    await show_order(visit, refill.order_id, _say(visit, refill, "released"), toast)


async def take_no_text(visit: Visit) -> int | None:
    """Neither text nor a command: the question stays open and is put again."""
    refill = await _asked_about(visit)
    if refill is None:
        return END
    await visit.reply(_question(visit, refill, "ask"))
    return None


async def leave(visit: Visit) -> int:
    """`/cancel`: the question is closed, the refill still waits."""
    resolution, visit.memory.resolution = visit.memory.resolution, None
    if resolution is not None:
        await visit.reply(Screen(visit.texts.html("operator.refill.left", order=str(resolution.order_id))))
    return END


async def press_leave(visit: Visit, button: LeaveRefill) -> int:
    """Cancel under the question: back to the order."""
    visit.memory.resolution = None
    await show_order(visit, button.order)
    return END


async def _asked_about(visit: Visit) -> Refill | None:
    resolution = visit.memory.resolution
    return await _read(visit, resolution.refill) if resolution else None


async def _read(visit: Visit, number: int) -> Refill | None:
    async def work(tx: Tx) -> Refill | None:
        return await refills.get(tx, number)

    return await visit.shop.db.read(work)


async def _fresh(visit: Visit, number: int, version: int) -> Refill | None:
    """The refill a button was made for, if nobody can tell its fate still."""
    refill = await _read(visit, number)
    stands = refill is not None and refill.version == version and refill.state is RefillState.UNKNOWN
    return refill if stands else None


async def _moved_on(visit: Visit, number: int) -> None:
    """An old button, or another operator was faster: the order as it stands."""
    refill = await _read(visit, number)
    toast = visit.texts.plain("operator.decision.moved-on")
    if refill is None:
        await show(visit, Screen(visit.texts.html("operator.not-found")), toast)
        return
    await show_order(visit, refill.order_id, visit.texts.html("operator.decision.moved-on"), toast)


def _question(visit: Visit, refill: Refill, text: str, **facts: Fact) -> Screen:
    cancel = key(visit.texts.plain("operator.key.cancel"), LeaveRefill(refill.order_id))
    return Screen(_say(visit, refill, text, **facts), keyboard(cancel))


def _say(visit: Visit, refill: Refill, text: str, **facts: Fact) -> Markup:
    about = {"order": str(refill.order_id), "panel": words.short(refill.panel, 32)}
    return visit.texts.html(f"operator.refill.{text}", **about, **facts)
