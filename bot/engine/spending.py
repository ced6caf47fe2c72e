"""What an order cost the shop: the panel's own figure where it can be believed, else what was expected."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.domain.money import MONEY_MAX_MICROS, Money, round_up
from bot.domain.notices import Alert, AlertKind, Facts
from bot.domain.orders import Order, StatusReport
from bot.engine.alerts import raise_alert
from bot.engine.shop import Shop
from storage import catalog
from storage.database import Tx

#: A figure beyond so many times the expected cost is not believed.
_TIMES_EXPECTED: Final = 2


async def book_charge(
    tx: Tx, shop: Shop, order: Order, report: StatusReport, back: Money, now: datetime
) -> Money:  # fmt: skip
    """What the panel keeps of an order that ended, in shop currency.

    A figure in another currency than the panel's own, or far from the expected cost, is not booked; the operator is
    told, once a day for each panel.
    """
    expected = spent_share(order, back)
    exchange = shop.shelf.exchange.get(order.panel)
    if report.charge is None or exchange is None:
        return expected
    own = await own_currency(tx, shop, order)
    booked = _believed(order, report.charge, exchange) if report.currency in (None, own) else None
    if booked is not None:
        return booked
    facts: Facts = {
        "order": order.id, "panel": order.panel, "detail": f"{report.charge:f} {report.currency or own or ''}".strip()
    }  # fmt: skip
    about = f"{order.panel}:{now:%Y-%m-%d}"
    await raise_alert(tx, shop, Alert.about(AlertKind.CHARGE_ODD, about, facts, order.id), now)
    return expected


async def own_currency(tx: Tx, shop: Shop, order: Order) -> str | None:
    """The currency an order's panel charges in, as far as is known."""
    return shop.panel_terms(order).currency or (await catalog.panel(tx, order.panel)).currency


def spent_share(order: Order, back: Money) -> Money:
    """The part of the expected cost that belongs to what was delivered."""
    return Money(order.cost.micros * (order.charge - back).micros // order.charge.micros)


def _believed(order: Order, charge: Decimal, exchange: Decimal) -> Money | None:
    most = Money(min(_TIMES_EXPECTED * order.cost.micros + 1, MONEY_MAX_MICROS - 1))
    if not 0 <= charge * exchange <= most.decimal:
        return None
    return round_up(charge * exchange, 6)
