"""Notices to operators: each row becomes a message, with the state of things at delivery."""

from __future__ import annotations

from bot.domain.money import Money
from bot.domain.notices import Alert, AlertKind, Notice, NoticeKind
from handlers.context import Counter
from handlers.keyboards import Screen
from handlers.operator import screens_alerts, screens_approvals, screens_requests, words
from handlers.operator.screens_alerts import AlertView, alert_screen
from handlers.operator.screens_approvals import ApprovalView, approval_screen
from handlers.operator.screens_people import ticket_screen, topup_screen
from handlers.operator.screens_requests import RequestView, request_screen
from handlers.operator.screens_restart import restart_screen
from handlers.texts import Texts
from storage import customers
from storage.customers import Customer, Ticket
from storage.database import Tx
from storage.outbox import OpenAlert


async def notice_screen(texts: Texts, counter: Counter, notice: Notice) -> Screen:
    """What an operator's notice shows: an alert, a customer's message, a plea for money, or for another's yes.

    Raises ValueError for a notice that is not for operators.
    """
    match notice.kind:
        case NoticeKind.ALERT:
            return await _alert(texts, counter, notice)
        case NoticeKind.TICKET:
            return await _ticket(texts, counter, notice)
        case NoticeKind.TOPUP_ASKED:
            return await _topup(texts, counter, notice)
        case NoticeKind.RESTARTED:
            return restart_screen(texts, *(_number(notice, name) for name in ("unknown", "reserved", "unsent")))
        case NoticeKind.REFUND_ASKED:
            return await _refund(texts, counter, notice)
        case NoticeKind.APPROVAL:
            return await _approval(texts, counter, notice)
        case _:
            raise ValueError(f"{notice.kind} is no notice to operators")


async def _alert(texts: Texts, counter: Counter, notice: Notice) -> Screen:
    alert_id = _number(notice, "alert")

    async def work(tx: Tx) -> AlertView | None:
        return await screens_alerts.load(tx, counter.shop, alert_id, counter.now())

    view = await counter.shop.db.read(work)
    return alert_screen(texts, view or _as_told(counter, notice))


def _as_told(counter: Counter, notice: Notice) -> AlertView:
    """The alert as its notice tells it, where no row is left."""
    alert = Alert(notice.key, AlertKind(str(notice.facts["about"])), notice.order_id, notice.facts)
    return AlertView(OpenAlert(_number(notice, "alert"), alert, counter.now(), None, None), None)


async def _ticket(texts: Texts, counter: Counter, notice: Notice) -> Screen:
    async def work(tx: Tx) -> tuple[Ticket | None, Customer | None, Customer | None]:
        ticket = await customers.ticket(tx, _number(notice, "ticket"))
        if ticket is None:
            return None, None, None
        answerer = await customers.get(tx, ticket.answered_by) if ticket.answered_by else None
        return ticket, await customers.get(tx, ticket.customer_id), answerer

    ticket, asker, answerer = await counter.shop.db.read(work)
    answered = words.person(texts, ticket.answered_by, answerer) if ticket and ticket.answered_by else None
    return ticket_screen(texts, ticket, asker, answered)


async def _topup(texts: Texts, counter: Counter, notice: Notice) -> Screen:
    customer_id = _number(notice, "customer")

    async def work(tx: Tx) -> Customer | None:
        return await customers.get(tx, customer_id)

    asker = await counter.shop.db.read(work)
    gap, charge = Money(_number(notice, "gap")), Money(_number(notice, "charge"))
    return topup_screen(texts, customer_id, asker, gap, charge, counter.shop.terms.decimals)


async def _refund(texts: Texts, counter: Counter, notice: Notice) -> Screen:
    refund_id = _number(notice, "refund")

    async def work(tx: Tx) -> RequestView | None:
        return await screens_requests.load(tx, refund_id)

    view = await counter.shop.db.read(work)
    if view is None:
        raise LookupError(f"{notice.key} is of no request")
    return request_screen(texts, view, counter.now())


async def _approval(texts: Texts, counter: Counter, notice: Notice) -> Screen:
    approval_id = _number(notice, "approval")

    async def work(tx: Tx) -> ApprovalView | None:
        return await screens_approvals.load(tx, approval_id)

    view = await counter.shop.db.read(work)
    if view is None:
        raise LookupError(f"{notice.key} is of no approval")
    return approval_screen(texts, view, notice.chat_id, counter.now())


def _number(notice: Notice, name: str) -> int:
    """One of a notice's facts that must be a whole number."""
    value = notice.facts[name]
    if not isinstance(value, int):
        raise TypeError(f"{name} of {notice.key} is no number")
    return value
