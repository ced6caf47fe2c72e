"""What customers ask back, as operators see it: the card, the list, and the question for a no. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.money import Money
from bot.domain.reasons import TOLD_MOST
from bot.domain.refunds import Refund
from bot.domain.standing import Look
from bot.domain.topups import Payment, RefundState
from handlers.keyboards import BLANK, Screen, key, keyboard, lines, set_off
from handlers.operator import words
from handlers.operator.buttons import ShowCustomer
from handlers.operator.keys import desk_key
from handlers.operator.payment_buttons import Agree, AskNo, ShowPayment, ShowRequest, ShowRequests
from handlers.texts import Texts
from storage import customers, payment_views, payments, refunds
from storage.customers import Customer
from storage.database import Tx

REQUESTS_SHOWN: Final = 20
_OVER: Final = frozenset({RefundState.DONE, RefundState.FAILED})


@dataclass(frozen=True, slots=True)
class RequestView:
    """A customer's request with the payment and the people it is about."""

    refund: Refund
    payment: Payment
    customer: Customer | None
    decider: Customer | None
    #: What of the payment could go back now.
    unspent: Money


async def load(tx: Tx, refund_id: int) -> RequestView | None:
    """Read a request; None for a number that never was."""
    refund = await refunds.get(tx, refund_id)
    payment = await payments.get(tx, refund.payment) if refund else None
    if refund is None or payment is None:
        return None
    decider = await customers.get(tx, refund.decided_by) if refund.decided_by else None
    look = Look(payment, await refunds.of_payment(tx, payment.id))
    unspent = look.unspent(await payment_views.unspent_of(tx, refund.customer_id))
    return RequestView(refund, payment, await customers.get(tx, refund.customer_id), decider, unspent)


def request_screen(texts: Texts, view: RequestView, now: datetime, note: Markup | None = None) -> Screen:
    """The card: who wants which payment back and why, whether it is unspent, and the choices or what was decided."""
    refund, payment = view.refund, view.payment
    received = texts.received(refund.received, payment.currency)
    html = lines(
        *set_off(note),
        texts.html(
            "operator.payments.refund-asked",
            person=words.person(texts, refund.customer_id, view.customer),
            received=received,
            amount=refund.amount,
        ),
        *_facts(texts, view, now),
    )
    about = (
        key(texts.plain("operator.refunds.key-payment"), ShowPayment(payment.id)),
        key(texts.plain("operator.key.customer"), ShowCustomer(refund.customer_id)),
    )
    return Screen(html, keyboard(_choices(texts, view, received), about, desk_key(texts)))


def _facts(texts: Texts, view: RequestView, now: datetime) -> Iterator[Markup]:
    refund, payment = view.refund, view.payment
    gateway = texts.plain(f"gateway.{payment.gateway.value}")
    yield texts.html("operator.refunds.payment", number=number_of(payment), gateway=gateway, time=payment.paid_at)
    yield texts.html("operator.refunds.charge", charge=words.short(payment.payment_id))
    yield texts.html("operator.refunds.asked", span=texts.span(now - refund.asked_at), time=refund.asked_at)
    if refund.reason:
        yield texts.html("operator.refunds.reason", reason=words.short(refund.reason, TOLD_MOST))
    else:
        yield texts.html("operator.refunds.no-reason")
    if refund.state is not RefundState.ASKED:
        yield BLANK
        yield decision(texts, view)
    elif view.unspent < refund.amount:
        yield texts.html("operator.refunds.short", unspent=view.unspent, amount=refund.amount)
    else:
        yield texts.html("operator.refunds.enough")


def _choices(texts: Texts, view: RequestView, received: str) -> Sequence[InlineKeyboardButton]:
    if view.refund.state is not RefundState.ASKED:
        return ()
    return [
        key(texts.plain("operator.refunds.key-give", received=received), Agree(view.refund.id), "primary"),
        key(texts.plain("operator.refunds.key-no"), AskNo(view.refund.id), "danger"),
    ]


def decision(texts: Texts, view: RequestView) -> Markup:
    """What became of it, and by whom."""
    refund = view.refund
    state = texts.plain(f"operator.refunds.state-{refund.state.value}")
    if refund.decided_by is None or refund.decided_at is None:
        return texts.html("operator.refunds.became", state=state)
    by = words.person(texts, refund.decided_by, view.decider)
    said = texts.html("operator.refunds.decided", state=state, person=by, time=refund.decided_at)
    ended = texts.html("operator.refunds.ended", time=refund.ended_at) if _is_over(refund) and refund.ended_at else None
    answer = texts.html("operator.refunds.answer", answer=words.short(refund.answer)) if refund.answer else None
    return lines(said, ended, answer)


def _is_over(refund: Refund) -> bool:
    return refund.state in _OVER


def requests_screen(texts: Texts, views: Sequence[RequestView], count: int, now: datetime) -> Screen:
    """What waits, oldest first."""
    if not views:
        return Screen(texts.html("operator.refunds.none"), keyboard(desk_key(texts)))
    rows = [
        key(
            texts.plain(
                "operator.refunds.row",
                received=texts.received(view.refund.received, view.payment.currency),
                name=words.name_of(texts, view.customer),
                span=texts.span(now - view.refund.asked_at),
            ),
            ShowRequest(view.refund.id),
        )
        for view in views
    ]
    return Screen(texts.html("operator.refunds.title", count=count), keyboard(*rows, desk_key(texts)))


def ask_no_screen(texts: Texts, view: RequestView, note: Markup | None = None) -> Screen:
    """The question for why it is turned down."""
    html = texts.html(
        "operator.refunds.ask-no",
        person=words.person(texts, view.refund.customer_id, view.customer),
        received=texts.received(view.refund.received, view.payment.currency),
    )
    cancel = key(texts.plain("operator.key.cancel"), ShowRequest(view.refund.id))
    return Screen(lines(*set_off(note), html), keyboard(cancel))


def gone_screen(texts: Texts) -> Screen:
    """There is no such request."""
    all_of_them = key(texts.plain("operator.refunds.key-all"), ShowRequests())
    return Screen(texts.html("operator.refunds.gone"), keyboard(all_of_them, desk_key(texts)))


def number_of(payment: Payment) -> str:
    """How operators call a payment: `P12`."""
    return f"P{payment.id}"
