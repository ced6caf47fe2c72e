"""Deciding about an order: two taps, everything checked again at the second; the first operator settles it for all."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final

from markupsafe import Markup

from bot.domain import marks
from bot.domain.errors import AlreadyDecided, BadInput, Braked, NeedsSecond, NotFound, UpstreamMismatch
from bot.domain.money import Money
from bot.domain.orders import Order, OrderState, Reason
from bot.engine import brake, desk
from handlers.keyboards import Screen
from handlers.operator import words
from handlers.operator.answers import show
from handlers.operator.approvals import ask_another
from handlers.operator.decision_buttons import (
    AskEnd,
    AskRelease,
    AskTeach,
    Attach,
    AttachAnyway,
    End,
    Release,
    Snooze,
    Teach,
)
from handlers.operator.orders import already_decided, decisions, fresh, show_next, view_of
from handlers.operator.screens_brake import braked_screen
from handlers.operator.screens_decisions import (
    attached_note,
    confirm_end,
    confirm_release,
    confirm_teach,
    done_screen,
    ended_note,
    odd_charge,
    released_note,
    taught_note,
)
from handlers.operator.screens_orders import OrderView
from handlers.visits import Visit
from storage.approvals import Wish, WishKind

#: The ways to give an unknown order's money back.
_RELEASES: Final = frozenset({Reason.NOT_PLACED.value, Reason.GOODWILL.value})


async def attach(visit: Visit, button: Attach) -> None:
    """The second tap: the id that was looked up becomes the order's, after another one where its charge is odd."""
    await _attach(visit, button.order, button.version, button.mark, anyway=False)


async def attach_anyway(visit: Visit, button: AttachAnyway) -> None:
    """The tap after the warning that the charge does not fit."""
    await _attach(visit, button.order, button.version, button.mark, anyway=True)


async def _attach(visit: Visit, order_id: int, version: int, mark: str, *, anyway: bool) -> None:
    found = visit.memory.resolution
    resolution = found if found and found.order_id == order_id else None
    view = await fresh(visit, order_id, version, OrderState.UNKNOWN)
    if view is None:
        await already_decided(visit, order_id)
        return
    if resolution is None or resolution.upstream_id is None or marks.of(resolution.upstream_id) != mark:
        await show(visit, Screen(visit.texts.html("operator.decision.id-gone")))
        return
    if resolution.odd and not anyway:
        await show(visit, odd_charge(visit.texts, view.order, resolution.upstream_id, mark))
        return
    await _attach_now(visit, order_id, resolution.upstream_id)
    visit.memory.resolution = None


async def _attach_now(visit: Visit, order_id: int, upstream_id: str) -> None:
    try:
        order = await desk.attach(visit.shop, order_id, upstream_id, visit.person.id, visit.now)
    except (AlreadyDecided, NotFound):
        await already_decided(visit, order_id)
    except UpstreamMismatch as mismatch:
        await _mismatched(visit, order_id, upstream_id, mismatch)
    else:
        await _done(visit, order, attached_note(visit.texts, order))


async def ask_teach(visit: Visit, button: AskTeach) -> None:
    """Always a refusal: what that means."""
    view = await _teachable(visit, button)
    if view is not None and view.unknown is not None:
        await _ask(visit, confirm_teach(visit.texts, view, view.unknown.words))


async def teach(visit: Visit, button: Teach) -> None:
    """The second tap: these words are known from now on, and this order is refused."""
    view = await _teachable(visit, button)
    if view is None or view.unknown is None:
        return
    wish = Wish(WishKind.TEACH, button.order, button.version, view.order.charge, view.unknown.words)
    await _decide(
        visit, wish, desk.teach(visit.shop, button.order, visit.person.id, visit.now), taught_note(visit.texts, view)
    )


async def _teachable(visit: Visit, button: AskTeach | Teach) -> OrderView | None:
    """The order, where it still waits for the same words; else what became of it is said."""
    view = await fresh(visit, button.order, button.version, OrderState.UNKNOWN)
    if view is not None and view.unknown and view.unknown.words and marks.of(view.unknown.words) == button.mark:
        return view
    await already_decided(visit, button.order)
    return None


async def snooze(visit: Visit, button: Snooze) -> None:
    """Later: no reminder for a while, and on to the next."""
    try:
        until = await desk.snooze(visit.shop, button.order, button.version, visit.person.id, visit.now)
    except (AlreadyDecided, NotFound):
        await already_decided(visit, button.order)
        return
    note = visit.texts.html("operator.decision.snoozed", order=str(button.order), time=until)
    await show_next(visit, button.order, note)


async def ask_release(visit: Visit, button: AskRelease) -> None:
    """Not placed, or give back: what that means."""
    view = await fresh(visit, button.order, button.version, OrderState.UNKNOWN)
    if view is None or button.why not in _RELEASES:
        await already_decided(visit, button.order)
        return
    await _ask(visit, confirm_release(visit.texts, view, Reason(button.why)))


async def _ask(visit: Visit, question: Screen) -> None:
    """Put a question whose yes moves money; while the brake is on it would lead nowhere, which is said at once."""
    braked = await visit.shop.db.read(brake.engaged)
    await show(visit, braked_screen(visit.texts) if braked else question)


async def release(visit: Visit, button: Release) -> None:
    """The second tap: the money goes back."""
    view = await fresh(visit, button.order, button.version, OrderState.UNKNOWN)
    if view is None or button.why not in _RELEASES:
        await already_decided(visit, button.order)
        return
    wish = Wish(WishKind.RELEASE, button.order, button.version, view.order.charge, button.why)
    verb = desk.release(visit.shop, button.order, Reason(button.why), visit.person.id, visit.now)
    await _decide(visit, wish, verb, released_note(visit.texts, view))


async def ask_end(visit: Visit, button: AskEnd) -> None:
    """Delivered, or all back: what that means."""
    view = await _endable(visit, button)
    if view is None:
        await already_decided(visit, button.order)
        return
    await _ask(visit, confirm_end(visit.texts, view, Money(button.back)))


async def end(visit: Visit, button: End) -> None:
    """The second tap: the order ends, and so much goes back."""
    view = await _endable(visit, button)
    if view is None:
        await already_decided(visit, button.order)
        return
    back = Money(button.back)
    verb = desk.decide(visit.shop, button.order, back, visit.person.id, visit.now)
    await _decide(
        visit, Wish(WishKind.DECIDE, button.order, button.version, back, ""), verb, ended_note(visit.texts, view, back)
    )


async def _decide(visit: Visit, wish: Wish, verb: Awaitable[Order], note: Markup) -> None:
    """Do it, or ask another operator where it is too much for one alone."""
    try:
        order = await verb
    except (AlreadyDecided, NotFound, BadInput):
        await already_decided(visit, wish.subject)
    except Braked:
        await show(visit, braked_screen(visit.texts))
    except NeedsSecond:
        try:
            await ask_another(visit, visit.update.update_id, wish)
        except (AlreadyDecided, NotFound):
            await already_decided(visit, wish.subject)
    else:
        await _done(visit, order, note)


async def _endable(visit: Visit, button: AskEnd | End) -> OrderView | None:
    view = await fresh(visit, button.order, button.version, OrderState.ACTIVE)
    return view if view and 0 <= button.back <= view.order.charge.micros else None


async def _mismatched(visit: Visit, order_id: int, upstream_id: str, mismatch: UpstreamMismatch) -> None:
    view = await view_of(visit, order_id)
    panel = words.short(view.order.panel, 32) if view else ""
    facts = {"panel": panel, "typed": words.short(upstream_id, 64)}
    await show(visit, Screen(visit.texts.html(f"operator.decision.mismatch-{mismatch.problem}", **facts)))


async def _done(visit: Visit, order: Order, note: Markup) -> None:
    more = len(await decisions(visit))
    await show(visit, done_screen(visit.texts, order, note, more), visit.texts.plain("operator.decision.done"))
