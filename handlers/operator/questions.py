"""What a decision asks in words: the panel's id of an unknown order, or how much goes back. Nothing moves here."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from bot.domain import marks
from bot.domain.errors import AlreadyDecided, NotFound, UpstreamMismatch
from bot.domain.orders import Order, OrderState, StatusReport
from bot.engine import desk, panels
from bot.panels.errors import PanelError
from handlers.context import Resolution
from handlers.keyboards import Screen
from handlers.operator import words
from handlers.operator.answers import problem_of, show
from handlers.operator.arguments import Unreadable, read_amount
from handlers.operator.decision_buttons import AskAmount, AskUpstream, LeaveQuestion
from handlers.operator.orders import already_decided, fresh, resolve, show_decision, show_order, view_of
from handlers.operator.screens_decisions import confirm_end, fits, inspected_screen, question, with_way_out
from handlers.operator.steps import Asked
from handlers.steps import END
from handlers.texts import Fact
from handlers.visits import Visit
from storage import catalog
from storage.database import Tx

#: The conversation's name, under which its state is kept.
NAME: Final = "resolve"
_SHOWN_MAX_CHARACTERS: Final = 64


async def ask_upstream(visit: Visit, button: AskUpstream) -> Asked | int:
    """Attach id: ask for the panel's id of an unknown order."""
    return await _ask(visit, button, Asked.UPSTREAM)


async def ask_amount(visit: Visit, button: AskAmount) -> Asked | int:
    """An amount back: ask how much."""
    return await _ask(visit, button, Asked.AMOUNT)


async def _ask(visit: Visit, button: AskUpstream | AskAmount, asked: Asked) -> Asked | int:
    state = OrderState.UNKNOWN if asked is Asked.UPSTREAM else OrderState.ACTIVE
    view = await fresh(visit, button.order, button.version, state)
    if view is None:
        await already_decided(visit, button.order)
        return END
    visit.memory.resolution = Resolution(button.order)
    await show(visit, question(visit.texts, view.order, amount=asked is Asked.AMOUNT))
    return asked


async def take_upstream(visit: Visit) -> int | None:
    """The id was typed: look it up and show what the panel says of it."""
    order = await _asked_about(visit)
    if order is None:
        return END
    typed = visit.text.strip().removeprefix("#")
    try:
        report = await desk.inspect_upstream(visit.shop, order.id, typed)
    except (AlreadyDecided, NotFound):
        return await _overtaken(visit, order.id)
    except UpstreamMismatch as mismatch:
        html = _of_panel(visit, order, f"mismatch-{mismatch.problem}", typed=_shown(typed))
        return await _refuse(visit, order, html, nonsense=mismatch.problem == "malformed")
    except PanelError as error:
        html = _of_panel(visit, order, "panel-silent", problem=words.short(str(error)))
        return await _refuse(visit, order, html)
    await visit.reply(await _inspected(visit, order, typed, report))
    return END


async def take_amount(visit: Visit) -> int | None:
    """The amount was typed: show what returning it means."""
    order = await _asked_about(visit)
    if order is None:
        return END
    view = await fresh(visit, order.id, order.version, OrderState.ACTIVE)
    if view is None:
        return await _overtaken(visit, order.id)
    try:
        back = read_amount(visit.text.strip(), visit.shop.terms.decimals, most=order.charge)
    except Unreadable as refused:
        html = problem_of(visit.texts, refused)
        return await _refuse(visit, order, html, nonsense=refused.problem == "amount-unreadable")
    visit.memory.resolution = None
    await visit.reply(confirm_end(visit.texts, view, back))
    return END


async def take_no_text(visit: Visit) -> int | None:
    """Neither text nor a command: the question stays open and is put again."""
    order = await _asked_about(visit)
    if order is None:
        return END
    await visit.reply(question(visit.texts, order, amount=order.state is OrderState.ACTIVE))
    return None


async def leave(visit: Visit) -> int:
    """`/cancel`: the question is closed, the order still waits."""
    resolution, visit.memory.resolution = visit.memory.resolution, None
    if resolution is not None:
        await visit.reply(Screen(visit.texts.html("operator.decision.left", order=str(resolution.order_id))))
    return END


async def press_leave(visit: Visit, button: LeaveQuestion) -> int:
    """Cancel under a question or a second tap: back to the order."""
    visit.memory.resolution = None
    view = await view_of(visit, button.order)
    if view is not None and view.order.state is OrderState.ACTIVE and not view.open:
        await show_order(visit, button.order)
    else:
        await show_decision(visit, button.order)
    return END


async def start_over(visit: Visit) -> int:
    """`/resolve` while a question is open: the question is closed."""
    visit.memory.resolution = None
    await resolve(visit)
    return END


async def _asked_about(visit: Visit) -> Order | None:
    resolution = visit.memory.resolution
    view = await view_of(visit, resolution.order_id) if resolution else None
    return view.order if view else None


async def _overtaken(visit: Visit, order_id: int) -> int:
    """Another operator, or the panel itself, was faster."""
    visit.memory.resolution = None
    await already_decided(visit, order_id)
    return END


async def _refuse(visit: Visit, order: Order, html: Markup, *, nonsense: bool = False) -> int | None:
    """Say what is wrong and leave the question open; what was surely meant for an order of their own closes it."""
    if nonsense and visit.memory.draft is not None:
        visit.memory.resolution = None
        await visit.reply(Screen(visit.texts.html("operator.decision.left-shopping", order=str(order.id))))
        return END
    await visit.reply(with_way_out(visit.texts, html, order.id))
    return None


async def _inspected(visit: Visit, order: Order, upstream_id: str, report: StatusReport) -> Screen:
    async def work(tx: Tx) -> str | None:
        return (await catalog.panel(tx, order.panel)).currency

    currency = report.currency or await visit.shop.db.read(work)
    exchange = panels.exchange_rate(visit.shop, currency)
    mark = marks.of(upstream_id)
    visit.memory.resolution = Resolution(order.id, upstream_id, odd=not fits(order, report, exchange))
    return inspected_screen(visit.texts, order, upstream_id, mark, report, exchange, currency or "")


def _of_panel(visit: Visit, order: Order, name: str, **facts: Fact) -> Markup:
    return visit.texts.html(f"operator.decision.{name}", panel=words.short(order.panel, 32), **facts)


def _shown(typed: str) -> str:
    return words.short(typed, _SHOWN_MAX_CHARACTERS)
