"""After a service's first order: what the panel says it took, against what it should have taken.

A rate is not always what it looks like: some panels bill a package by the line, or publish prices per unit. The first
order shows it, and a service that costs other than computed is sold no more until an operator has looked. What a list
costs depends on what customers write: some panels end an entry at a comma, whatever the first order showed. So a list
that cost more than was paid for it takes its service off sale as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from bot.domain import marks
from bot.domain.acts import ActKind
from bot.domain.catalog import Offer, Unsold
from bot.domain.charges import fits, original_charge, rate_taken
from bot.domain.errors import BelowCost
from bot.domain.inputs import Count, sold_rule
from bot.domain.notices import Alert, AlertKind, Facts
from bot.domain.orders import Order, StatusReport
from bot.domain.pricing import panel_cost, price
from bot.engine.alerts import end_alert, raise_alert
from bot.engine.shop import Shop
from bot.engine.spending import own_currency
from storage import acts, catalog, charges
from storage.catalog import StoredService
from storage.database import Tx

#: An order with the report that may be the first of its service to name a charge.
First = tuple[Order, StatusReport]


def is_first(shop: Shop, order: Order, report: StatusReport) -> bool:
    """Whether a report may be the one a service's charge is checked by; known without a look at the database."""
    entry = shop.shelf.stored.get(order.panel, {}).get(order.service_id)
    charge, exchange = original_charge(order, report), shop.shelf.exchange.get(order.panel)
    if entry is None or entry.service.type != order.type or charge is None or exchange is None:
        return False
    expected = order.cost.decimal / exchange
    return _concerns(entry, order, expected, charge) and fits(expected, charge) is not None


def _concerns(entry: StoredService, order: Order, expected: Decimal, charge: Decimal) -> bool:
    """Whether an order is to be held against its cost: a service's first, or a list that cost more than was paid."""
    if entry.charge_checked_at is None:
        return True
    if entry.charged_rate is not None or not _is_list(order.type):
        return False
    # Not what ran when an operator looked: they know of it.
    fresh = order.created_at > entry.charge_checked_at
    return fresh and charge * order.cost.micros > expected * order.charge.micros


def _is_list(service_type: str) -> bool:
    rule = sold_rule(service_type)
    return rule is not None and rule.count is Count.LINES


async def check(shop: Shop, found: Sequence[First], now: datetime) -> None:
    """Hold the charges of services' first orders against their computed costs; what does not fit goes off sale.

    The orders themselves go on as usual. One whose figure says nothing leaves the check to the next.
    """
    if not found:
        return

    async def work(tx: Tx) -> list[StoredService]:
        checked = [await _check(tx, shop, order, report, now) for order, report in found]
        return [entry for entry in checked if entry]

    async with shop.shelf.changing:
        entries = await shop.db.write(work)
        if any(entry.charged_rate is not None for entry in entries):
            await shop.shelf.put(entries)
        else:
            shop.shelf.note(entries)
    shop.bells.notices.ring()


def odd_ones(shop: Shop) -> list[Offer]:
    """Services that wait for an operator because a panel took another amount than computed."""
    offers = shop.shelf.catalogue.offers.values()
    return sorted((o for o in offers if o.unsold is Unsold.CHARGE), key=lambda offer: offer.number)


def mark_of(offer: Offer) -> str:
    """A short mark of exactly this finding, so that a yes cannot cover another."""
    return marks.of(f"{offer.number}:{offer.charged_rate}")


def loses(shop: Shop, offer: Offer) -> bool:
    """Whether the shop's price does not cover what the panel takes."""
    if offer.charged_rate is None or offer.service.panel not in shop.price_rules.exchange:
        return False
    dearer = replace(offer, service=replace(offer.service, rate=offer.charged_rate))
    try:
        return price(dearer, 1000, shop.price_rules).cost > price(offer, 1000, shop.price_rules).charge
    except ValueError:
        return True


async def accept(shop: Shop, number: int, mark: str, operator_id: int, now: datetime) -> Offer | None:
    """An operator has looked: the service is for sale again at its computed price, and is not checked anew.

    None, and nothing happens, when what waits is not exactly what `mark` stands for. Raises BelowCost while the shop's
    price does not cover what the panel took; but for lists, whose cost is of what one customer wrote.
    """
    async with shop.shelf.changing:
        offer = shop.shelf.catalogue.offer(number)
        if offer is None or offer.charged_rate is None or mark_of(offer) != mark:
            return None
        if loses(shop, offer) and not _is_list(offer.service.type):
            raise BelowCost
        taken = offer.charged_rate

        async def work(tx: Tx) -> StoredService | None:
            if not await charges.accept(tx, number, taken):
                return None
            await end_alert(tx, AlertKind.CHARGE_MISMATCH, number, now)
            detail = f"{offer.service.rate} computed, {taken:f} taken"
            await acts.record(tx, operator_id, ActKind.ACCEPT, f"charge of {number}", detail, now)
            return await catalog.service(tx, number)

        entry = await shop.db.write(work)
        await shop.shelf.put([entry] if entry else ())
    return shop.shelf.catalogue.offer(number) if entry else None


async def _check(tx: Tx, shop: Shop, order: Order, report: StatusReport, now: datetime) -> StoredService | None:
    """The service as it is then; None where the figure tells nothing, or another was first."""
    entry = await catalog.service(tx, order.service_number)
    rate = await charges.quoted_rate(tx, order.id)
    charge = original_charge(order, report)
    if entry is None or rate is None or charge is None:
        return None
    currency = await own_currency(tx, shop, order)
    service = replace(entry.service, rate=rate)
    if order.type != service.type or report.currency not in (None, currency):
        return None
    expected = panel_cost(service, order.quantity)
    fit = fits(expected, charge) if _concerns(entry, order, expected, charge) else None
    if fit is None:
        return None
    taken = None if fit else rate_taken(service, order.quantity, charge)
    await charges.note(tx, entry.number, taken, now)
    if not fit:
        await _tell(tx, shop, order, entry, (expected, charge, currency), now)
    return await catalog.service(tx, entry.number)


async def _tell(
    tx: Tx, shop: Shop, order: Order, entry: StoredService, figures: tuple[Decimal, Decimal, str | None], now: datetime
) -> None:
    expected, charge, currency = figures
    facts: Facts = {
        "order": order.id, "panel": order.panel, "name": entry.name, "expected": f"{expected:f}",
        "taken": f"{charge:f}", "currency": currency or "",
    }  # fmt: skip
    await raise_alert(tx, shop, Alert.about(AlertKind.CHARGE_MISMATCH, entry.number, facts, order.id), now)
