"""What each status report means for an order's money: pure, and the same for the engine and for cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.inputs import is_package
from bot.domain.money import Money, share_back
from bot.domain.orders import (
    RETURNING,
    TROUBLED,
    Attention,
    Order,
    OrderEvent,
    OrderState,
    Reading,
    Status,
    StatusReport,
)
from bot.engine.shop import Shop


@dataclass(frozen=True, slots=True)
class Progress:
    """Nothing is over: the card may show more."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Nothing moves; the operator decides."""

    attention: Attention


@dataclass(frozen=True, slots=True)
class Ended:
    """The order is over, and so much comes back; a reading that returns money must stand first."""

    event: OrderEvent
    back: Money
    settles: bool


Meaning = Progress | Trouble | Ended


@dataclass(frozen=True, slots=True)
class Settling:
    """A reported ending that returns money and has not stood long enough yet."""

    #: What the order will be: `PARTIAL` or `CANCELED`.
    state: OrderState
    #: What comes back on top of what already did.
    back: Money
    until: datetime


def judge(order: Order, report: StatusReport, decimals: int, *, canceled_returns_remains: bool = False) -> Meaning:
    """What a report means for an order's money. Pure: the same report always means the same."""
    status = report.status
    if status is None:
        return Trouble(Attention.UNKNOWN_WORD)
    if status in TROUBLED:
        return Trouble(Attention.TROUBLE)
    if status is Status.COMPLETED:
        return Ended(OrderEvent.COMPLETE, Money(0), settles=False)
    package = is_package(order.type)
    if status is Status.PARTIAL and package:
        return Trouble(Attention.PARTIAL_PACKAGE)
    if status is Status.PARTIAL or (status is Status.CANCELED and canceled_returns_remains and not package):
        return _by_remains(order, report, decimals)
    if status in RETURNING:
        return Ended(OrderEvent.UNDO, order.charge, settles=True)
    return Progress()


def judge_in(shop: Shop, order: Order, report: StatusReport) -> Meaning:
    """The same by what the operator settled for the shop and the order's panel."""
    remains_rule = shop.panel_terms(order).canceled_returns_remains
    return judge(order, report, shop.terms.decimals, canceled_returns_remains=remains_rule)


def reading_of(report: StatusReport) -> Reading:
    """What of a report that returns money has to stand. Raises ValueError for a word that is not understood."""
    if report.status is None:
        raise ValueError("a word nobody understands returns nothing")
    return Reading(report.status, report.remains)


def stands(shop: Shop, order: Order, ended: Ended) -> bool:
    """Whether the reading that settles says the same ending with the same money, however the panel spells it."""
    return order.reading is not None and order.reading_since is not None and _again(shop, order, order.reading) == ended


def settling(shop: Shop, order: Order) -> Settling | None:
    """What comes back, and when, if the reading that is settling stands; None when nothing settles."""
    if order.reading is None or order.reading_since is None:
        return None
    meant = _again(shop, order, order.reading)
    if not isinstance(meant, Ended) or meant.back <= order.returned:
        return None
    state = OrderState.PARTIAL if meant.event is OrderEvent.FALL_SHORT else OrderState.CANCELED
    return Settling(state, meant.back - order.returned, order.reading_since + shop.terms.settle)


def _again(shop: Shop, order: Order, reading: Reading) -> Meaning:
    return judge_in(shop, order, StatusReport(reading.status.value, reading.status, remains=reading.remains))


def _by_remains(order: Order, report: StatusReport, decimals: int) -> Meaning:
    if report.remains is None or report.over or not 0 <= report.remains <= order.quantity:
        return Trouble(Attention.NONSENSE_REMAINS)
    back = share_back(order.charge, report.remains, order.quantity, decimals)
    event = OrderEvent.FALL_SHORT if report.status is Status.PARTIAL else OrderEvent.UNDO
    return Ended(event, back, settles=True)
