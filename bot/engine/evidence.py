"""Gathering what can be told of unknown orders; passively, for a second `add` to find out would be a second order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from bot.domain.evidence import Evidence, Verdict
from bot.domain.money import EXACT
from bot.domain.orders import Order
from bot.domain.pricing import panel_cost
from storage import catalog, charges
from storage.database import Tx


async def facts(tx: Tx, order: Order) -> Evidence:
    """What the evidence says of an order, for whoever has to decide about it."""
    return Evidence(Verdict.PENDING, await expected_cost(tx, order))


async def expected_cost(tx: Tx, order: Order) -> Decimal:
    """What an order's panel takes for it, exactly, in its own currency; the rate it really took counts where known."""
    entry = await catalog.service(tx, order.service_number)
    quoted = await charges.quoted_rate(tx, order.id)
    if entry is None or quoted is None:
        raise LookupError(f"the service and the quote of order {order.id}")
    service = replace(entry.service, type=order.type, rate=entry.charged_rate or quoted)
    return EXACT.plus(panel_cost(service, order.quantity))
