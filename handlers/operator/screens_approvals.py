"""What one operator asks of another: the wish, who has it, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.orders import Order, Reason
from bot.domain.topups import Payment, Topup
from bot.domain.vouchers import Voucher
from bot.engine.approvals import is_open
from handlers.keyboards import BLANK, Screen, key, keyboard, lines
from handlers.operator import words
from handlers.operator.buttons import OpenOrder, ShowCustomer
from handlers.operator.decision_buttons import Deny, Grant
from handlers.operator.keys import desk_key
from handlers.operator.payment_buttons import ShowPayment
from handlers.operator.proof_buttons import ShowProof
from handlers.operator.voucher_buttons import ShowVoucher
from handlers.texts import Texts
from storage import approvals, customers, orders, payments, refunds, topups, vouchers
from storage.approvals import Approval, ApprovalState, WishKind
from storage.customers import Customer
from storage.database import Tx

_OF_PAYMENTS: Final = frozenset({WishKind.REFUND, WishKind.ASSIGN})


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """An approval with the people and the order it is about."""

    approval: Approval
    asker: Customer | None
    decider: Customer | None
    customer: Customer | None
    order: Order | None = None
    topup: Topup | None = None
    voucher: Voucher | None = None
    payment: Payment | None = None
    #: What a customer said why their payment shall go back.
    asked_because: str = ""

    @property
    def customer_id(self) -> int:
        """Whom it is about."""
        wish = self.approval.wish
        if wish.kind is WishKind.ASSIGN:
            return int(wish.why)
        about = self.order or self.topup or self.payment
        return (about.customer_id if about else None) or wish.subject


async def load(tx: Tx, approval_id: int) -> ApprovalView | None:
    """Read an approval; None for a number that never was."""
    found = await approvals.get(tx, approval_id)
    if found is None:
        return None
    wish = found.wish
    order = await orders.get(tx, wish.subject) if wish.kind.of_order else None
    topup = await topups.get(tx, wish.subject) if wish.kind is WishKind.TOPUP else None
    voucher = await vouchers.get(tx, wish.subject) if wish.kind is WishKind.VOUCHER else None
    decider = await customers.get(tx, found.decided_by) if found.decided_by else None
    payment = await payments.get(tx, wish.subject) if wish.kind in _OF_PAYMENTS else None
    asker = await customers.get(tx, found.asked_by)
    request = await refunds.get(tx, wish.version) if wish.kind is WishKind.REFUND else None
    because = request.reason if request else ""
    view = ApprovalView(found, asker, decider, None, order, topup, voucher, payment, because)
    return replace(view, customer=await customers.get(tx, view.customer_id))


def approval_screen(texts: Texts, view: ApprovalView, reader_id: int, now: datetime) -> Screen:
    """The card: with yes and no for every operator but the one who asked, while it is open."""
    asked, still_open = view.approval, is_open(view.approval, now)
    asker = words.person(texts, asked.asked_by, view.asker)
    title = "settled" if not still_open else "waits" if asked.asked_by == reader_id else "asks"
    html = lines(
        texts.html(f"operator.approval.{title}", person=asker),
        BLANK,
        _wish(texts, view),
        BLANK,
        texts.html("operator.approval.expires", time=asked.expires_at) if still_open else _end(texts, view),
    )
    about = _about(texts, view)
    if not still_open:
        return Screen(html, keyboard((about, desk_key(texts))))
    return Screen(html, keyboard(_choices(texts, view, reader_id), (about, desk_key(texts))))


def _wish(texts: Texts, view: ApprovalView) -> Markup:
    wish, voucher = view.approval.wish, view.voucher
    if voucher is not None:
        return texts.html(
            "operator.approval.wish-voucher", worth=voucher.amount, uses=voucher.uses, each=voucher.each,
            total=voucher.total,
        )  # fmt: skip
    known = wish.why in frozenset(Reason)
    return texts.html(
        f"operator.approval.wish-{wish.kind.value}",
        amount=wish.amount,
        order=str(wish.subject),
        person=words.person(texts, view.customer_id, view.customer),
        panel=words.short(view.order.panel, 32) if view.order else "",
        why=texts.plain(f"operator.reason.{wish.why}") if known else _why(texts, view),
    )


def _why(texts: Texts, view: ApprovalView) -> str:
    return words.short(view.approval.wish.why or view.asked_because) or texts.plain("operator.none")


def _end(texts: Texts, view: ApprovalView) -> Markup:
    asked = view.approval
    if asked.state is ApprovalState.OPEN or asked.decided_at is None:
        return texts.html("operator.approval.expired", time=asked.expires_at)
    by = asked.decided_by or asked.asked_by
    person = words.person(texts, by, view.decider if asked.decided_by else view.asker)
    taken_back = asked.state is ApprovalState.REFUSED and asked.decided_by is None
    name = "taken-back" if taken_back else asked.state.value
    return texts.html(f"operator.approval.{name}", person=person, time=asked.decided_at)


def _choices(texts: Texts, view: ApprovalView, reader_id: int) -> Sequence[InlineKeyboardButton]:
    asked = view.approval
    if asked.asked_by == reader_id:
        return [key(texts.plain("operator.key.take-back"), Deny(asked.id))]
    yes = key(texts.plain("operator.key.grant", amount=asked.wish.amount), Grant(asked.id), "danger")
    return [yes, key(texts.plain("operator.key.deny"), Deny(asked.id))]


def _about(texts: Texts, view: ApprovalView) -> InlineKeyboardButton:
    subject = view.approval.wish.subject
    if view.topup:
        return key(texts.plain("operator.proofs.key-open"), ShowProof(subject))
    if view.voucher:
        return key(texts.plain("operator.vouchers.key-open"), ShowVoucher(subject))
    if view.approval.wish.kind.of_order:
        return key(texts.plain("operator.key.order", order=str(subject)), OpenOrder(subject))
    if view.payment:
        return key(texts.plain("operator.payment.key-open"), ShowPayment(subject))
    return key(texts.plain("operator.key.customer"), ShowCustomer(subject))
