"""The book of each panel's balance: between two readings with nothing under way it falls by what orders cost.

What it falls beyond that, somebody else spent or a panel took; both is for the operators to know. What it rises is a
top-up or money back, and told once. Tolerance is wide enough for every rounding: a percent of each order's cost or the
last digit the panel shows, whichever is more. While an order is unknown its own alert stands for the difference.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.domain.evidence import digit, tolerance
from bot.domain.money import EXACT
from bot.domain.notices import Alert, AlertKind, Facts
from bot.domain.orders import Order
from bot.engine.alerts import end_alert, raise_alert
from bot.engine.evidence import costs_of, expected_cost
from bot.engine.shop import Shop
from storage import orders, panel_book, snapshots
from storage.database import Tx
from storage.panel_book import Finding
from storage.snapshots import Stored

_LEAST: Final = Decimal("0.0001")
_SHARE: Final = Decimal("0.01")
#: Some panels show a balance that lags: a difference counts once it stood so long, and was read again.
_STANDS: Final = timedelta(minutes=10)
#: Money that comes back is learned of by the status, which may be asked hours later or earlier.
_LEARNED_WITHIN: Final = timedelta(hours=7)
#: So long a released order may still be carried out, and is looked for in what the balance lost.
_WATCHED: Final = timedelta(days=30)


async def check(shop: Shop, panel: str, now: datetime) -> None:
    """Hold a panel's newest balance against its book; what is not explained is put down and told in the same commit."""

    async def look(tx: Tx) -> Stored | None:
        at, newest = await panel_book.anchor(tx, panel), await snapshots.latest(tx, panel)
        return None if at and newest and at.snapshot == newest.id else newest

    if (newest := await shop.db.read(look)) is None:
        return

    async def work(tx: Tx) -> None:
        await _check(tx, shop, panel, newest, now)

    await shop.db.write(work)
    shop.bells.notices.ring()


async def _check(tx: Tx, shop: Shop, panel: str, newest: Stored, now: datetime) -> None:
    at = await panel_book.anchor(tx, panel)
    before = await snapshots.get(tx, at.snapshot) if at else None
    if at is None or before is None or before.snapshot.currency != newest.snapshot.currency:
        await panel_book.settle(tx, panel, newest.id)
        return
    if (await orders.under_way(tx, panel))[1]:
        return
    sent = await snapshots.placed_between(tx, panel, before.turn, newest.turn)
    costs = (await costs_of(tx, [one.order_id for one in sent])).values()
    fell = EXACT.subtract(EXACT.subtract(before.snapshot.balance, _sum(costs)), newest.snapshot.balance)
    nearly = _tolerance(costs, before, newest)
    if -nearly <= fell <= nearly or (fell < 0 and -fell <= nearly + await _back(tx, panel, before.snapshot.at)):
        await panel_book.settle(tx, panel, newest.id)
        await end_alert(tx, AlertKind.PANEL_DRIFT, panel, now)
    elif at.odd_since is None or newest.snapshot.at - at.odd_since < _STANDS:
        await panel_book.doubt(tx, panel, newest.snapshot.at)
    else:
        await _find(tx, shop, panel, fell, nearly, newest, now)
        await panel_book.settle(tx, panel, newest.id)


async def _find(
    tx: Tx, shop: Shop, panel: str, fell: Decimal, nearly: Decimal, newest: Stored, now: datetime
) -> None:  # fmt: skip
    currency = newest.snapshot.currency
    facts: Facts = {"panel": panel, "taken": f"{abs(fell):f}", "currency": currency}
    if fell < 0:
        await panel_book.write(tx, panel, Finding.INCOME, -fell, currency, None, now)
        await raise_alert(tx, shop, Alert.about(AlertKind.PANEL_INCOME, f"{panel}:{newest.id}", facts), now)
        return
    if order := await _released_that_fits(tx, panel, fell, nearly, now):
        await panel_book.write(tx, panel, Finding.LATE, fell, currency, order.id, now)
        await orders.change(tx, order, now, spent=order.cost)
        facts = {**facts, "order": order.id}
        await raise_alert(tx, shop, Alert.about(AlertKind.ORDER_LATE, order.id, facts, order.id), now)
        return
    await panel_book.write(tx, panel, Finding.DRIFT, fell, currency, None, now)
    await raise_alert(tx, shop, Alert.about(AlertKind.PANEL_DRIFT, panel, facts), now)


async def _released_that_fits(tx: Tx, panel: str, fell: Decimal, nearly: Decimal, now: datetime) -> Order | None:
    for order in await panel_book.released(tx, panel, now - _WATCHED):
        cost = await expected_cost(tx, order)
        if abs(fell - cost) <= nearly + tolerance(cost, [fell]):
            return order
    return None


async def _back(tx: Tx, panel: str, since: datetime) -> Decimal:
    """The most that may have come back since a moment by what orders' statuses say."""
    found = await snapshots.may_have_come_back(tx, panel, since - _LEARNED_WITHIN)
    return _sum((await costs_of(tx, found)).values())


def _tolerance(costs: Iterable[Decimal], before: Stored, newest: Stored) -> Decimal:
    read = [before.snapshot.balance, newest.snapshot.balance]
    each = (max(EXACT.multiply(cost, _SHARE), digit(cost, read)) for cost in costs)
    return EXACT.add(max(_LEAST, digit(Decimal(1), read)), _sum(each))


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total
