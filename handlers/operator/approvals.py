"""A second operator's yes: asking for it where an amount is large, and giving it. One alone cannot do both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.domain.errors import AlreadyDecided, Braked, NeedsSecond, NotFound, ShortOfMoney
from bot.engine import approvals
from bot.engine.shop import Shop
from handlers.operator import screens_approvals as screens
from handlers.operator.answers import show
from handlers.operator.decision_buttons import Deny, Grant
from handlers.visits import Visit
from storage.approvals import Approval, Wish
from storage.database import Tx

Verb = Callable[[Shop, int, int, datetime], Awaitable[Approval]]


async def ask_another(visit: Visit, update_id: int, wish: Wish) -> None:
    """Ask the other operators, and show how that stands. Raises what asking does."""
    asked = await approvals.ask(visit.shop, update_id, wish, visit.person.id, visit.now)
    await _show(visit, asked.id)


async def grant(visit: Visit, button: Grant) -> None:
    """Yes: it is done."""
    await _settle(visit, button.approval, approvals.grant)


async def deny(visit: Visit, button: Deny) -> None:
    """No: it is not done."""
    await _settle(visit, button.approval, approvals.refuse)


async def _settle(visit: Visit, approval_id: int, verb: Verb) -> None:
    toast = None
    try:
        await verb(visit.shop, approval_id, visit.person.id, visit.now)
    except NotFound:
        await visit.answer(visit.texts.plain("operator.not-found"))
        return
    except AlreadyDecided:
        toast = visit.texts.plain("operator.approval.late")
    except NeedsSecond:
        toast = visit.texts.plain("operator.approval.alone")
    except Braked:
        toast = visit.texts.plain("operator.approval.braked")
    except ShortOfMoney as short:
        toast = visit.texts.plain("operator.approval.short", available=short.available)
    await _show(visit, approval_id, toast)


async def _show(visit: Visit, approval_id: int, toast: str | None = None) -> None:
    async def work(tx: Tx) -> screens.ApprovalView | None:
        return await screens.load(tx, approval_id)

    view = await visit.shop.db.read(work)
    if view is not None:
        await show(visit, screens.approval_screen(visit.texts, view, visit.person.id, visit.now), toast)
