"""What an order's card says and offers of refills and of canceling. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.cancels import Cancel, CancelState
from bot.domain.orders import FINAL, Order, OrderState, even_word
from bot.domain.refills import STATUSES, Refill, RefillState, RefillStatus
from bot.engine.aftersale import AfterSale
from handlers.callbacks import AskCancel, AskRefill, KeepOrder, RequestCancel, ShowOrder
from handlers.keyboards import Screen, cut, key, keyboard
from handlers.texts import Texts

_NAME_MAX = 200
#: Once an order is over, only these say something its own end does not.
_REQUESTED = frozenset({CancelState.ACCEPTED, CancelState.UNKNOWN})


def after_lines(texts: Texts, order: Order, after: AfterSale) -> Iterator[Markup]:
    """What was asked for, and what came of it."""
    if after.cancel.request is not None:
        yield from _cancel(texts, order, after.cancel.request)
    if after.refills.last is not None:
        yield _refill(texts, after.refills.last)
        if after.refills.again_at is not None:
            yield texts.html("refill.again", at=after.refills.again_at)


def after_key(texts: Texts, order: Order, after: AfterSale, page: int) -> InlineKeyboardButton | None:
    """What can be asked for now."""
    if after.refills.possible:
        return key(texts.plain("refill.key"), AskRefill(order.id, page))
    if after.cancel.possible:
        return key(texts.plain("cancel.key"), AskCancel(order.id))
    return None


def cancel_question(texts: Texts, order: Order) -> Screen:
    """What asking to cancel an order under way means, and the second tap."""
    return Screen(
        texts.html("cancel.question", order=str(order.id), name=cut(order.service_name, _NAME_MAX)),
        keyboard(
            key(texts.plain("cancel.yes"), RequestCancel(order.id), "danger"),
            key(texts.plain("cancel.no"), KeepOrder(order.id)),
        ),
    )


def cancel_said(texts: Texts, text: str, order_id: int) -> Screen:
    """What became of the question, and the way to the order."""
    label = texts.plain("card.open", order=str(order_id))
    return Screen(texts.html(text, order=str(order_id)), keyboard(key(label, ShowOrder(order_id, 0))))


def _refill(texts: Texts, refill: Refill) -> Markup:
    if refill.state is RefillState.ACTIVE and _runs(refill):
        return texts.html("refill.active-running")
    reason = texts.html(f"refill.reason-{refill.reason.value}") if refill.reason else Markup("")
    return texts.html(f"refill.{refill.state.value}", at=refill.ended_at or refill.asked_at, reason=reason)


def _runs(refill: Refill) -> bool:
    return STATUSES.get(even_word(refill.status_word or "")) is RefillStatus.IN_PROGRESS


def _cancel(texts: Texts, order: Order, request: Cancel) -> Iterator[Markup]:
    if order.state not in FINAL:
        yield texts.html(f"cancel.{request.state.value}")
    elif request.state in _REQUESTED and order.state is OrderState.COMPLETED:
        yield texts.html("cancel.too-late")
    elif request.state in _REQUESTED and order.state is OrderState.PARTIAL:
        yield texts.html("cancel.cut-short")
