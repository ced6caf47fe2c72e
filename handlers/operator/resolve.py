"""Deciding about an order: two taps, everything checked again at the second; the first operator settles it for all."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from bot.domain import marks
from bot.domain.errors import AlreadyDecided, BadInput, Braked, NotFound, UpstreamMismatch
from bot.domain.money import Money
from bot.domain.orders import Order, OrderState, Reason
from bot.engine import desk
from handlers.keyboards import Screen
from handlers.operator import words
from handlers.operator.answers import show
from handlers.operator.decision_buttons import AskEnd, AskRelease, Attach, End, Release
from handlers.operator.orders import already_decided, decisions, fresh, view_of
from handlers.operator.screens_decisions import (
    attached_note,
    confirm_end,
    confirm_release,
    done_screen,
    ended_note,
    released_note,
)
from handlers.operator.screens_orders import OrderView
from handlers.visits import Visit

#: The ways to give an unknown order's money back.
_RELEASES: Final = frozenset({Reason.NOT_PLACED.value, Reason.GOODWILL.value})


async def attach(visit: Visit, button: Attach) -> None:
    """The second tap: the id that was looked up becomes the order's."""
    resolution = visit.memory.resolution
    upstream_id = resolution.upstream_id if resolution and resolution.order_id == button.order else None
    if await fresh(visit, button.order, button.version, OrderState.UNKNOWN) is None:
        await already_decided(visit, button.order)
        return
    if upstream_id is None or marks.of(upstream_id) != button.mark:
        await show(visit, Screen(visit.texts.html("operator.decision.id-gone")))
        return
    try:
        order = await desk.attach(visit.shop, button.order, upstream_id, visit.person.id, visit.now)
    except (AlreadyDecided, NotFound):
        await already_decided(visit, button.order)
    except UpstreamMismatch as mismatch:
        await _mismatched(visit, button.order, upstream_id, mismatch)
    else:
        await _done(visit, order, attached_note(visit.texts, order))
    visit.memory.resolution = None


async def ask_release(visit: Visit, button: AskRelease) -> None:
    """Not placed, or give back: what that means."""
    view = await fresh(visit, button.order, button.version, OrderState.UNKNOWN)
    if view is None or button.why not in _RELEASES:
        await already_decided(visit, button.order)
        return
    await show(visit, confirm_release(visit.texts, view, Reason(button.why)))


async def release(visit: Visit, button: Release) -> None:
    """The second tap: the money goes back."""
    view = await fresh(visit, button.order, button.version, OrderState.UNKNOWN)
    if view is None or button.why not in _RELEASES:
        await already_decided(visit, button.order)
        return
    try:
        order = await desk.release(visit.shop, button.order, Reason(button.why), visit.person.id, visit.now)
    except (AlreadyDecided, NotFound):
        await already_decided(visit, button.order)
        return
    except Braked:
        await _braked(visit)
        return
    await _done(visit, order, released_note(visit.texts, view))


async def ask_end(visit: Visit, button: AskEnd) -> None:
    """Delivered, or all back: what that means."""
    view = await _endable(visit, button)
    if view is None:
        await already_decided(visit, button.order)
        return
    await show(visit, confirm_end(visit.texts, view, Money(button.back)))


async def end(visit: Visit, button: End) -> None:
    """The second tap: the order ends, and so much goes back."""
    view = await _endable(visit, button)
    if view is None:
        await already_decided(visit, button.order)
        return
    try:
        order = await desk.decide(visit.shop, button.order, Money(button.back), visit.person.id, visit.now)
    except (AlreadyDecided, NotFound, BadInput):
        await already_decided(visit, button.order)
        return
    except Braked:
        await _braked(visit)
        return
    await _done(visit, order, ended_note(visit.texts, view, Money(button.back)))


async def _endable(visit: Visit, button: AskEnd | End) -> OrderView | None:
    view = await fresh(visit, button.order, button.version, OrderState.ACTIVE)
    return view if view and 0 <= button.back <= view.order.charge.micros else None


async def _mismatched(visit: Visit, order_id: int, upstream_id: str, mismatch: UpstreamMismatch) -> None:
    view = await view_of(visit, order_id)
    panel = words.short(view.order.panel, 32) if view else ""
    facts = {"panel": panel, "typed": words.short(upstream_id, 64)}
    await show(visit, Screen(visit.texts.html(f"operator.decision.mismatch-{mismatch.problem}", **facts)))


async def _braked(visit: Visit) -> None:
    await show(visit, Screen(visit.texts.html("operator.problem.braked")))


async def _done(visit: Visit, order: Order, note: Markup) -> None:
    more = len(await decisions(visit))
    await show(visit, done_screen(visit.texts, order, note, more), visit.texts.plain("operator.decision.done"))
