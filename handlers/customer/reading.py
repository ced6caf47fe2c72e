"""What the customer's screens are made of, read in one transaction each; only ever the person's own."""

from __future__ import annotations

from bot.domain.money import Money
from bot.domain.orders import Order
from bot.engine import funds, ways
from bot.engine.ways import Ways
from handlers.visits import Visit
from storage import orders
from storage.database import Tx


async def own_order(visit: Visit, order_id: int) -> Order | None:
    """The person's own order of this number."""

    async def work(tx: Tx) -> Order | None:
        return await orders.get(tx, order_id)

    order = await visit.shop.db.read(work)
    return order if order and order.customer_id == visit.person.id else None


async def open_ways(visit: Visit) -> Ways:
    """The ways of paying in as they are now."""

    async def work(tx: Tx) -> Ways:
        return await ways.read(tx, visit.shop)

    return await visit.shop.db.read(work)


async def available(visit: Visit) -> Money:
    """What the person can spend now."""

    async def work(tx: Tx) -> Money:
        return await funds.spendable(tx, visit.shop, visit.person.id, visit.now)

    return await visit.shop.db.read(work)
