"""Payments as operators see them: a customer's, one in full, and those that fit nobody. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.refunds import REFUNDABLE, WHOLE_ONLY
from bot.domain.standing import Look, Standing
from bot.domain.topups import Payment, PaymentState, RefundState
from handlers.keyboards import Screen, key, keyboard, lines, pager, set_off
from handlers.operator import words
from handlers.operator.buttons import OpenOrder, ShowCustomer
from handlers.operator.keys import desk_key
from handlers.operator.payment_buttons import (
    AskAssign,
    AskGive,
    AskWhose,
    Assign,
    ListPayments,
    ShowPayment,
    ShowRequest,
    ShowSuspense,
)
from handlers.operator.screens_requests import number_of
from handlers.texts import Texts
from storage.customers import Customer
from storage.payment_views import PaymentView
from storage.views import Page

PER_PAGE: Final = 8
_REFUNDS_SHOWN: Final = 3
_WORDS_MAX: Final = 300


def list_screen(texts: Texts, customer_id: int, customer: Customer | None, page: Page[Look]) -> Screen:
    """A page of a customer's payments, newest first."""
    person = words.person(texts, customer_id, customer)
    name = "list" if page.items else "list-none"
    html = lines(
        texts.html(f"operator.payment.{name}", person=person),
        texts.html("browse.page", page=page.number, pages=page.pages) if page.pages > 1 else None,
    )
    rows = [key(_label(texts, look), ShowPayment(look.payment.id)) for look in page.items]
    about = (key(texts.plain("operator.key.customer"), ShowCustomer(customer_id)), desk_key(texts))
    turn = pager(texts, page, lambda number: ListPayments(customer_id, number))
    return Screen(html, keyboard(*rows, turn, about))


def _label(texts: Texts, look: Look) -> str:
    payment = look.payment
    return texts.plain(
        "operator.payment.row",
        number=number_of(payment),
        received=texts.received(payment.received, payment.currency),
        day=texts.day(payment.paid_at),
        state=texts.plain(f"operator.payment.state-{look.standing.value}"),
    )


def payment_screen(texts: Texts, view: PaymentView, note: Markup | None = None) -> Screen:
    """A payment in full, with what can be done about it."""
    html = lines(*set_off(note), *_what(texts, view), *_refunds(texts, view), *_ledger(texts, view))
    return Screen(html, keyboard(*_deeds(texts, view), _about(texts, view), desk_key(texts)))


def _what(texts: Texts, view: PaymentView) -> Iterator[Markup]:
    look, payment = view.look, view.look.payment
    state = texts.plain(f"operator.payment.state-{look.standing.value}")
    yield texts.html("operator.payment.title", number=number_of(payment), state=state)
    if payment.customer_id is not None:
        person = words.person(texts, payment.customer_id, view.customer)
        yield texts.html("operator.payment.customer", person=person)
    gateway, received = (
        texts.plain(f"gateway.{payment.gateway.value}"),
        texts.received(payment.received, payment.currency),
    )
    yield texts.html("operator.payment.money", gateway=gateway, received=received, amount=payment.amount)
    yield texts.html("operator.payment.times", paid=payment.paid_at, credited=payment.at)
    yield texts.html("operator.refunds.charge", charge=words.short(payment.payment_id))
    if payment.payer:
        yield texts.html("operator.payment.payer", payer=words.short(payment.payer, 64))
    if (topup := view.topup) is not None:
        topup_state = texts.plain(f"topup.{topup.state.value}")
        asked = texts.received(topup.asked, topup.currency)
        yield texts.html("operator.payment.topup", number=f"T{topup.id}", asked=asked, state=topup_state)
    if view.order_id is not None:
        yield texts.html("operator.payment.order", order=str(view.order_id))
    if payment.state is PaymentState.CREDITED:
        yield texts.html("operator.payment.unspent", unspent=look.unspent(view.unspent), left=look.left.amount)


def _refunds(texts: Texts, view: PaymentView) -> Iterator[Markup]:
    payment = view.look.payment
    for refund in view.look.made[-_REFUNDS_SHOWN:]:
        yield texts.html(
            "operator.payment.refund",
            time=refund.asked_at,
            received=texts.received(refund.received, payment.currency),
            amount=refund.amount,
            state=texts.plain(f"operator.refunds.state-{refund.state.value}"),
        )
        if refund.reason:
            yield texts.html("operator.refunds.reason", reason=words.short(refund.reason, _WORDS_MAX))
        if refund.answer:
            yield texts.html("operator.refunds.answer", answer=words.short(refund.answer, _WORDS_MAX))


def _ledger(texts: Texts, view: PaymentView) -> Iterator[Markup]:
    shown = [
        texts.plain(f"operator.payment.entry-{entry.kind.value}", amount=entry.amount) for entry in view.entries
    ]  # fmt: skip
    if shown:
        yield texts.html("operator.order.ledger", entries=words.row(shown))


def _deeds(texts: Texts, view: PaymentView) -> Iterator[Sequence[InlineKeyboardButton]]:
    """What can be done: decide what was asked, give back all or a part, or say whose it is."""
    look, payment = view.look, view.look.payment
    if look.standing is Standing.SUSPENSE:
        yield [key(texts.plain("operator.payment.key-whose"), AskWhose(payment.id), "primary")]
    if look.standing is Standing.ASKED and look.last is not None:
        yield [key(texts.plain("operator.payment.key-request"), ShowRequest(look.last.id), "primary")]
    elif can_give(look):
        received = texts.received(look.left.received, payment.currency)
        whole = key(texts.plain("operator.refunds.key-give", received=received), AskGive(payment.id, 0))
        part = key(texts.plain("operator.payment.key-part"), AskGive(payment.id, 1))
        yield [whole] if payment.gateway in WHOLE_ONLY else [whole, part]


def can_give(look: Look) -> bool:
    """Whether an operator can give it back, as far as its gateway goes."""
    under_way = look.last is not None and look.last.state is RefundState.SENDING
    return look.payment.state is PaymentState.CREDITED and look.payment.gateway in REFUNDABLE and not under_way


def _about(texts: Texts, view: PaymentView) -> Sequence[InlineKeyboardButton]:
    payment, ways = view.look.payment, []
    if payment.customer_id is not None:
        ways.append(key(texts.plain("operator.key.customer"), ShowCustomer(payment.customer_id)))
        ways.append(key(texts.plain("operator.payment.key-list"), ListPayments(payment.customer_id, 1)))
    if view.order_id is not None:
        ways.append(key(texts.plain("operator.key.order", order=str(view.order_id)), OpenOrder(view.order_id)))
    return ways


def suspense_screen(texts: Texts, page: Page[Look]) -> Screen:
    """The payments that fit nobody, oldest first."""
    rows = [key(_label(texts, look), ShowPayment(look.payment.id)) for look in page.items]
    html = texts.html("operator.payment.suspense" if rows else "operator.payment.suspense-none")
    return Screen(html, keyboard(*rows, pager(texts, page, ShowSuspense), desk_key(texts)))


def whose_screen(texts: Texts, view: PaymentView, payer: Customer | None, note: Markup | None = None) -> Screen:
    """The question for the customer whose it is; whoever paid is one tap away where the shop knows them."""
    payment = view.look.payment
    html = texts.html(
        "operator.payment.ask-whose",
        number=number_of(payment),
        received=texts.received(payment.received, payment.currency),
        amount=payment.amount,
    )
    guess = None
    if payer is not None:
        label = texts.plain("operator.payment.key-payer", name=words.name_of(texts, payer))
        guess = key(label, AskAssign(payment.id, payer.id), "primary")
    return Screen(
        lines(*set_off(note), html),
        keyboard(guess, key(texts.plain("operator.key.cancel"), ShowPayment(payment.id))),
    )


def confirm_whose_screen(texts: Texts, payment: Payment, customer: Customer) -> Screen:
    """What saying so means: it is credited, for good."""
    html = texts.html(
        "operator.payment.confirm-whose",
        number=number_of(payment),
        amount=payment.amount,
        person=words.person(texts, customer.id, customer),
    )
    return Screen(
        html,
        keyboard(
            key(texts.plain("operator.payment.key-assign"), Assign(payment.id, customer.id), "danger"),
            key(texts.plain("operator.key.cancel"), ShowPayment(payment.id)),
        ),
    )


def found_screen(texts: Texts, looks: Sequence[Look]) -> Screen:
    """The payments one search found."""
    rows = [key(_label(texts, look), ShowPayment(look.payment.id)) for look in looks]
    return Screen(texts.html("operator.payment.found"), keyboard(*rows, desk_key(texts)))


def gone_screen(texts: Texts) -> Screen:
    """There is no such payment."""
    return Screen(texts.html("operator.payment.gone"), keyboard(desk_key(texts)))
