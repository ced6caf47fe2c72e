"""The news about money that goes back: refunds, what a gateway took back, and money of an order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.money import Money
from bot.domain.notices import Facts, NoticeKind
from bot.domain.reasons import TOLD_MOST
from handlers.callbacks import AddMoney, AskSupport, ShowOrder, ShowWallet
from handlers.customer.payment_buttons import OpenPayment
from handlers.keyboards import Screen, cut, key, keyboard, lines
from handlers.texts import Texts


def _refunded(texts: Texts, facts: Facts) -> Screen:
    return _about_payment(texts, facts, texts.html("notice.refund-done", **_facts(texts, facts)))


def _turned_down(texts: Texts, facts: Facts) -> Screen:
    return _about_payment(texts, facts, texts.html("notice.refund-turned-down", **_facts(texts, facts)))


def _failed(texts: Texts, facts: Facts) -> Screen:
    return _about_payment(texts, facts, texts.html("notice.refund-failed", **_facts(texts, facts)))


def _taken_back(texts: Texts, facts: Facts) -> Screen:
    """What is owed after it is paid by whatever comes in, and nothing can be ordered until then."""
    said = texts.html("notice.taken-back", **_facts(texts, facts))
    if not (owed := Money(int(facts.get("owed", 0)))):
        return _about_payment(texts, facts, said)
    html = lines(said, texts.html("payment.owing", owed=owed))
    return Screen(html, keyboard(key(texts.plain("wallet.add-money"), AddMoney(), "primary"), _ways(texts, facts)))


def _given_back(texts: Texts, facts: Facts) -> Screen:
    order_id = int(facts["order"])
    html = texts.html("notice.given-back", order=str(order_id), **_facts(texts, facts))
    wallet = key(texts.plain("menu.wallet"), ShowWallet(1))
    return Screen(html, keyboard([key(texts.plain("card.open", order=str(order_id)), ShowOrder(order_id, 0)), wallet]))


def _about_payment(texts: Texts, facts: Facts, html: Markup) -> Screen:
    return Screen(html, keyboard(_ways(texts, facts)))


def _ways(texts: Texts, facts: Facts) -> list[InlineKeyboardButton]:
    payment = key(texts.plain("payment.key-this"), OpenPayment(int(facts["payment"]), 1))
    return [payment, key(texts.plain("menu.support"), AskSupport())]


def _facts(texts: Texts, facts: Facts) -> dict[str, str | Money]:
    reason = cut(str(facts.get("reason", "")), TOLD_MOST)
    told: dict[str, str | Money] = {"amount": Money(int(facts["amount"])), "reason": reason}
    if "received" in facts:
        told["received"] = texts.received(Decimal(str(facts["received"])), str(facts["currency"]))
    return told


#: How each is told.
MESSAGES: Final[Mapping[NoticeKind, Callable[[Texts, Facts], Screen]]] = {
    NoticeKind.REFUND_DONE: _refunded,
    NoticeKind.REFUND_TURNED_DOWN: _turned_down,
    NoticeKind.REFUND_FAILED: _failed,
    NoticeKind.TAKEN_BACK: _taken_back,
    NoticeKind.GIVEN_BACK: _given_back,
}
