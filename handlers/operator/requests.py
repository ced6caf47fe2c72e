"""What customers ask back: one operator decides, once, with everything known on one card."""

from __future__ import annotations

from bot.domain.errors import AlreadyDecided, BadInput, Braked, NeedsSecond, NotFound, NotOffered, ShortOfMoney
from bot.domain.reasons import TOLD_MOST
from bot.domain.text import sendable
from bot.domain.topups import RefundState
from bot.engine import refunding
from bot.engine.refunding import Refunding
from handlers.context import GivingAsked
from handlers.operator import screens_requests as screens
from handlers.operator.answers import show
from handlers.operator.approvals import ask_another
from handlers.operator.payment_buttons import Agree, AskNo, ShowRequest, ShowRequests
from handlers.operator.screens_brake import braked_screen
from handlers.operator.screens_requests import REQUESTS_SHOWN, RequestView
from handlers.operator.steps import Asked
from handlers.steps import END
from handlers.visits import Visit
from storage import payment_views, refunds
from storage.approvals import Wish, WishKind
from storage.database import Tx


async def show_requests(visit: Visit, button: ShowRequests) -> int:
    """What waits, oldest first."""

    async def work(tx: Tx) -> tuple[list[RequestView], int]:
        views = [await screens.load(tx, refund.id) for refund in await refunds.asked(tx, REQUESTS_SHOWN)]
        return [view for view in views if view], (await payment_views.counts(tx)).refunds

    visit.memory.giving = None
    views, count = await visit.shop.db.read(work)
    await show(visit, screens.requests_screen(visit.texts, views, count, visit.now))
    return END


async def show_request(visit: Visit, button: ShowRequest) -> int:
    """A request as it stands now."""
    visit.memory.giving = None
    await _show(visit, button.refund)
    return END


async def agree(visit: Visit, button: Agree) -> int:
    """Give it back: it leaves the wallet now, and its gateway is told."""
    visit.memory.giving = None
    view = await _view(visit, button.refund)
    if view is None:
        await show(visit, screens.gone_screen(visit.texts))
        return END
    if view.refund.state is not RefundState.ASKED:
        await _show(visit, button.refund, "operator.refunds.late")
        return END
    await _give(visit, view)
    return END


async def _give(visit: Visit, view: RequestView) -> None:
    refund = view.refund
    giving = Refunding(visit.update.update_id, visit.person.id, refund.payment, None, "")
    try:
        await refunding.begin(visit.shop, giving, visit.now)
    except (AlreadyDecided, NotFound, NotOffered, BadInput):
        await _show(visit, refund.id, "operator.refunds.late")
    except ShortOfMoney:
        await _show(visit, refund.id, "operator.refunds.spent")
    except Braked:
        await show(visit, braked_screen(visit.texts))
    except NeedsSecond:
        await _ask_second(visit, view)
    else:
        await _show(visit, refund.id, "operator.refunds.begun")


async def _ask_second(visit: Visit, view: RequestView) -> None:
    refund = view.refund
    # The customer's own words stay with the request, where an erasure finds them.
    wish = Wish(WishKind.REFUND, refund.payment, refund.id, refund.amount, "")
    try:
        await ask_another(visit, visit.update.update_id, wish)
    except (AlreadyDecided, NotFound):
        await _show(visit, refund.id, "operator.refunds.late")


async def ask_no(visit: Visit, button: AskNo) -> Asked | int:
    """Ask why it is turned down; the customer reads it."""
    view = await _view(visit, button.refund)
    if view is None or view.refund.state is not RefundState.ASKED:
        await _show(visit, button.refund, "operator.refunds.late")
        return END
    visit.memory.giving = GivingAsked("request", button.refund)
    await show(visit, screens.ask_no_screen(visit.texts, view))
    return Asked.REFUND_NO


async def take_no(visit: Visit) -> int | None:
    """The reason was typed: the customer hears it."""
    asked = visit.memory.giving
    view = await _view(visit, asked.number) if asked else None
    if asked is None or view is None:
        await show(visit, screens.gone_screen(visit.texts))
        return END
    why = sendable(visit.text)
    if not 0 < len(why) <= TOLD_MOST:
        note = visit.texts.html("operator.refunds.no-too-long", length=len(why), limit=TOLD_MOST)
        await visit.reply(screens.ask_no_screen(visit.texts, view, note))
        return None
    visit.memory.giving = None
    try:
        await refunding.turn_down(visit.shop, asked.number, visit.person.id, why, visit.now)
    except AlreadyDecided:
        await _show(visit, asked.number, "operator.refunds.late")
    else:
        await _show(visit, asked.number, "operator.refunds.turned-down")
    return END


async def take_no_text(visit: Visit) -> int | None:
    """Neither text nor a command: the question stays open."""
    asked = visit.memory.giving
    view = await _view(visit, asked.number) if asked else None
    if view is None:
        await show(visit, screens.gone_screen(visit.texts))
        return END
    await visit.reply(screens.ask_no_screen(visit.texts, view, visit.texts.html("operator.ask.text-only")))
    return None


async def leave(visit: Visit) -> int:
    """`/cancel`: the request still waits."""
    asked, visit.memory.giving = visit.memory.giving, None
    await _show(visit, asked.number if asked else 0)
    return END


async def _show(visit: Visit, refund_id: int, said: str | None = None) -> None:
    """The card as it stands now, below what was said of it."""
    view = await _view(visit, refund_id)
    if view is None:
        await show(visit, screens.gone_screen(visit.texts))
        return
    note = visit.texts.html(said) if said else None
    await show(visit, screens.request_screen(visit.texts, view, visit.now, note))


async def _view(visit: Visit, refund_id: int) -> RequestView | None:
    async def work(tx: Tx) -> RequestView | None:
        return await screens.load(tx, refund_id)

    return await visit.shop.db.read(work)
