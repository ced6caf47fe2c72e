"""The order's card: what a customer sees of an order, from `Sending` to what follows its end.

Pure but for `read_card`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.domain.inputs import Field, is_package
from bot.domain.orders import FINAL, Order, OrderState, Reason, Status, understood
from bot.engine.aftersale import NOTHING, AfterSale, after_sale
from bot.engine.judging import Settling, settling
from bot.engine.shop import Shop
from handlers.callbacks import OrderAgain, RefreshOrder, ShowOrders, WithdrawOrder
from handlers.cards_aftersale import after_key, after_lines
from handlers.customer.screens_answers import so_far
from handlers.keyboards import BLANK, Screen, cut, key, keyboard, lines
from handlers.texts import Texts

BAR_CELLS: Final = 10
#: What the card says in words of its own.
_SAID: Final = frozenset({Field.LINK.value, Field.QUANTITY.value})
_SECOND: Final = timedelta(seconds=1)
_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
_LONGEST_ESTIMATE: Final = timedelta(days=30)

_STATE_WORDS: Final[Mapping[OrderState, str]] = {
    OrderState.RESERVED: "state.sending",
    OrderState.SUBMITTING: "state.sending",
    OrderState.UNKNOWN: "state.checking",
    OrderState.COMPLETED: "state.completed",
    OrderState.PARTIAL: "state.partial",
    OrderState.CANCELED: "state.canceled",
    OrderState.FAILED: "state.failed",
}


@dataclass(frozen=True, slots=True)
class Card:
    """What an order's card shows."""

    order: Order
    settling: Settling | None
    now: datetime
    #: Whether this message is the one that is kept up to date by itself.
    live: bool = True
    #: The page of orders it was opened from; 0 for none.
    page: int = 0
    #: Refills and the cancel request.
    after: AfterSale = NOTHING
    #: So long after it was sent the money of an order nobody can tell of comes back.
    deadline: timedelta = _DAY


async def read_card(
    shop: Shop, texts: Texts, order: Order, now: datetime, *, live: bool = True, page: int = 0
) -> Screen:
    """The card of an order as the shop's rules have it."""
    after = await after_sale(shop, order, now)
    return order_card(texts, Card(order, settling(shop, order), now, live, page, after, shop.terms.unknown_deadline))


def state_word(order: Order) -> str:
    """The key of the word for where an order stands."""
    if order.state is not OrderState.ACTIVE:
        return _STATE_WORDS[order.state]
    status = understood(order.status_word or "") or Status.PENDING
    return "state.pending" if status is Status.PENDING else "state.in-progress"


def order_card(texts: Texts, card: Card) -> Screen:
    """The whole card."""
    order = card.order
    html = lines(
        texts.html("card.title", order=str(order.id)),
        texts.html("card.state", state=texts.plain(state_word(order))),
        *_progress(texts, card),
        *_explained(texts, card),
        *after_lines(texts, order, card.after),
        BLANK,
        texts.html("card.service", name=order.service_name),
        *_subject(texts, order),
        *_money(texts, order),
        *_times(texts, order),
    )
    return Screen(html, _keys(texts, card))


def delivered(order: Order) -> int | None:
    """How many units were delivered, as far as is known."""
    if order.state is OrderState.COMPLETED:
        return order.quantity
    if order.state not in (OrderState.ACTIVE, OrderState.PARTIAL) or order.remains is None:
        return None
    return order.quantity - min(max(order.remains, 0), order.quantity)


def bar(percent: int) -> str:
    """A progress bar; it is full only at a hundred."""
    full = percent * BAR_CELLS // 100
    return "▰" * full + "▱" * (BAR_CELLS - full)


def time_left(order: Order, now: datetime) -> timedelta | None:
    """How much longer a running order takes at its pace so far; None before there is a pace to speak of."""
    done = delivered(order)
    if order.state is not OrderState.ACTIVE or order.sent_at is None or not done or done * 20 < order.quantity:
        return None
    # In whole seconds: a timedelta times so many units is more than one holds.
    seconds = (now - order.sent_at) // _SECOND * (order.quantity - done) // done
    return timedelta(seconds=seconds) if 0 < seconds < _LONGEST_ESTIMATE // _SECOND else None


def _progress(texts: Texts, card: Card) -> Iterator[Markup]:
    order = card.order
    done = delivered(order)
    if done is None or order.reason is Reason.DECIDED:
        return  # what the panel last counted would contradict what the operator found
    percent = done * 100 // order.quantity
    yield texts.html("card.progress", bar=bar(percent), percent=texts.percent(percent))
    if not is_package(order.type):
        yield texts.html("card.delivered", delivered=done, quantity=order.quantity, remains=order.quantity - done)
    if card.settling is None and (left := time_left(order, card.now)):
        yield texts.html("card.estimate", span=texts.span(left))


def _explained(texts: Texts, card: Card) -> Iterator[Markup]:
    """What the state means for the customer, in words."""
    order = card.order
    if order.state in (OrderState.RESERVED, OrderState.SUBMITTING):
        waits = order.state is OrderState.RESERVED and order.attempts > 0
        yield texts.html("card.sending-retry" if waits else "card.sending", charge=order.charge)
    elif order.state is OrderState.UNKNOWN:
        yield texts.html("card.checking", charge=order.charge, span=texts.span(card.deadline))
    elif order.state is OrderState.ACTIVE and order.attention:
        yield texts.html("card.attention", charge=order.charge)
    elif order.reason is not None:
        yield texts.html(f"reason.{order.reason.value}")
    if card.settling:
        yield _settling(texts, card.settling, card.now)


def _settling(texts: Texts, settling: Settling, now: datetime) -> Markup:
    until = settling.until + _MINUTE  # it is booked with the next report
    shown = texts.clock(until) if until - now < _DAY else texts.time(until)
    return texts.html(f"card.settling-{settling.state.value}", back=settling.back, until=shown)


def _subject(texts: Texts, order: Order) -> Iterator[Markup]:
    if order.link:
        yield texts.html("card.link", link=order.link)
    if is_package(order.type):
        yield texts.html("card.package")
    else:
        yield texts.html("card.quantity", quantity=order.quantity)
    yield from so_far(texts, order.type, {f: a for f, a in order.answers.items() if f not in _SAID})
    if order.start_count is not None:
        yield texts.html("card.start-count", start=order.start_count)


def _money(texts: Texts, order: Order) -> Iterator[Markup]:
    yield texts.html("card.charge", charge=order.charge)
    if order.returned:
        yield texts.html("card.returned", returned=order.returned)


def _times(texts: Texts, order: Order) -> Iterator[Markup]:
    yield texts.html("card.ordered", at=order.created_at)
    if order.finished_at:
        yield texts.html("card.finished", at=order.finished_at)


def _keys(texts: Texts, card: Card) -> InlineKeyboardMarkup:
    order = card.order
    refill = card.after.refills.last
    refresh: InlineKeyboardButton | None = None
    if order.state not in FINAL or (refill and refill.open and not card.live):
        refresh = key(texts.plain("card.refresh"), RefreshOrder(order.id, card.page))
    action = after_key(texts, order, card.after, card.page)
    if order.state is OrderState.RESERVED:
        action = key(texts.plain("card.cancel"), WithdrawOrder(order.id, card.page), "danger")
    elif order.state in FINAL:
        refresh, action = action or refresh, key(texts.plain("card.again"), OrderAgain(order.id))
    back = "menu.back" if card.page and not card.live else "card.orders"
    orders = key(texts.plain(back), ShowOrders(max(1, card.page), int(card.live)))
    if refresh and action:
        return keyboard([refresh, action], orders)
    return keyboard([button for button in (refresh, action, orders) if button])


def order_label(texts: Texts, order: Order) -> str:
    """An order as one line of a list of buttons."""
    return texts.plain(
        "orders.label", order=str(order.id), state=texts.plain(state_word(order)), name=cut(order.service_name)
    )
