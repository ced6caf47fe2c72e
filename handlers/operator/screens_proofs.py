"""Payments by hand as operators see them: the card under what a customer sent, and what it asks in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.money import Money
from bot.domain.orders import Quote
from bot.domain.topups import Gateway, Topup, TopupState
from handlers.keyboards import BLANK, Screen, key, keyboard, lines
from handlers.operator import words
from handlers.operator.buttons import ShowCustomer
from handlers.operator.keys import desk_key
from handlers.operator.proof_buttons import ApproveProof, AskReceived, AskTurnDown, LeaveProof, ShowProof
from handlers.texts import Texts
from storage import customers, payments, proofs, quotes, topups
from storage.customers import Customer
from storage.database import Tx
from storage.proofs import Record

#: So many are listed at once.
LIST_MOST: Final = 10


@dataclass(frozen=True, slots=True)
class ProofView:
    """A payment by hand with the people and the order it is about."""

    topup: Topup
    customer: Customer | None
    decider: Customer | None
    #: What was credited for it, once it was.
    credited: Money | None
    record: Record
    quote: Quote | None


async def load(tx: Tx, topup_id: int) -> ProofView | None:
    """Read a payment by hand; None for what is none."""
    topup = await topups.get(tx, topup_id)
    if topup is None or topup.gateway is not Gateway.BY_HAND:
        return None
    payment = await payments.known(tx, Gateway.BY_HAND, str(topup_id))
    decider = await customers.get(tx, topup.decided_by) if topup.decided_by else None
    quote = await quotes.get(tx, topup.quote_token, topup.customer_id) if topup.quote_token else None
    customer, record = await customers.get(tx, topup.customer_id), await proofs.record_before(tx, topup)
    return ProofView(topup, customer, decider, payment.amount if payment else None, record, quote)


def proof_screen(texts: Texts, view: ProofView) -> Screen:
    """The card: what the customer says, what is known of them, and the choices, or what was decided."""
    topup = view.topup
    person = words.person(texts, topup.customer_id, view.customer)
    undecided = topup.state is TopupState.PENDING
    html = lines(
        texts.html("operator.payments.proof", person=person, amount=topup.amount),
        texts.html("operator.proofs.number", number=str(topup.id), time=topup.changed_at)
        if undecided
        else texts.html("operator.proofs.number-only", number=str(topup.id)),
        _waits(texts, view),
        _record(texts, view.record),
        *(() if undecided else (BLANK, decision(texts, view))),
    )
    about = key(texts.plain("operator.key.customer"), ShowCustomer(topup.customer_id))
    if not undecided:
        return Screen(html, keyboard((about, desk_key(texts))))
    approve = ApproveProof(topup.id, topup.version, topup.amount.micros)
    return Screen(
        html,
        keyboard(
            key(texts.plain("operator.proofs.key-approve", amount=topup.amount), approve, "success"),
            (
                key(texts.plain("operator.proofs.key-other"), AskReceived(topup.id, topup.version)),
                key(texts.plain("operator.proofs.key-reject"), AskTurnDown(topup.id, topup.version), "danger"),
            ),
            about,
        ),
    )


def decision(texts: Texts, view: ProofView) -> Markup:
    """Who decided what."""
    topup = view.topup
    by = words.person(texts, topup.decided_by or 0, view.decider)
    if topup.state is TopupState.INVALID:
        reason = words.short(topup.reason or "")
        return texts.html("operator.proofs.turned-down", person=by, time=topup.changed_at, reason=reason)
    state = texts.plain(f"topup.{topup.state.value}")
    if view.credited is None:
        return texts.html("operator.proofs.state", state=state)
    return texts.html("operator.proofs.approved", person=by, time=topup.changed_at, amount=view.credited, state=state)


def ask_received(texts: Texts, topup: Topup, note: Markup | None = None) -> Screen:
    """The question for the amount that came."""
    return _question(texts, topup, texts.html("operator.proofs.ask-received", amount=topup.amount), note)


def ask_reason(texts: Texts, topup: Topup, note: Markup | None = None) -> Screen:
    """The question for why it is turned down."""
    return _question(texts, topup, texts.html("operator.proofs.ask-reason"), note)


def confirm_received(texts: Texts, view: ProofView, received: Money) -> Screen:
    """Another amount than the customer said, before it is credited."""
    topup = view.topup
    person = words.person(texts, topup.customer_id, view.customer)
    button = ApproveProof(topup.id, topup.version, received.micros)
    return Screen(
        texts.html("operator.proofs.confirm", person=person, amount=received, asked=topup.amount, number=str(topup.id)),
        keyboard(
            key(texts.plain("operator.proofs.key-approve", amount=received), button, "success"),
            key(texts.plain("operator.key.cancel"), LeaveProof(topup.id)),
        ),
    )


def proofs_screen(texts: Texts, waiting: Sequence[Topup], count: int, now: datetime) -> Screen:
    """Those that wait, the oldest first."""
    if not waiting:
        return Screen(texts.html("operator.proofs.none"), keyboard(desk_key(texts)))
    html = texts.html("operator.proofs.title", count=count)
    return Screen(html, keyboard(*_rows(texts, waiting, now), desk_key(texts)))


def _rows(texts: Texts, waiting: Sequence[Topup], now: datetime) -> Iterator[InlineKeyboardButton]:
    for topup in waiting:
        label = texts.plain(
            "operator.proofs.row",
            number=str(topup.id),
            amount=topup.amount,
            span=texts.span(now - topup.changed_at),
        )
        yield key(label, ShowProof(topup.id))


def _question(texts: Texts, topup: Topup, html: Markup, note: Markup | None) -> Screen:
    number = texts.html("operator.proofs.about", number=str(topup.id), amount=topup.amount)
    return Screen(lines(note, number, html), keyboard(key(texts.plain("operator.key.cancel"), LeaveProof(topup.id))))


def _waits(texts: Texts, view: ProofView) -> Markup | None:
    return texts.html("operator.proofs.order", charge=view.quote.charge) if view.quote else None


def _record(texts: Texts, record: Record) -> Markup:
    if not record.found + record.turned_down:
        return texts.html("operator.proofs.first")
    return texts.html("operator.proofs.record", found=record.found, turned_down=record.turned_down)
