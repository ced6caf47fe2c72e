"""What can follow the sale of one order: a refill, a cancel request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.orders import Order
from bot.engine import cancelling, refills
from bot.engine.cancelling import NO_CANCEL, Canceling
from bot.engine.refills import NO_REFILLS, Refilling
from bot.engine.shop import Shop
from storage.database import Tx


@dataclass(frozen=True, slots=True)
class AfterSale:
    """How things stand after the sale of an order."""

    refills: Refilling = NO_REFILLS
    cancel: Canceling = NO_CANCEL


NOTHING: Final = AfterSale()


async def after_sale(shop: Shop, order: Order, now: datetime) -> AfterSale:
    """What was asked for and what may be; nothing for an order no panel has a number for."""
    if order.upstream_id is None:
        return NOTHING

    async def work(tx: Tx) -> AfterSale:
        return AfterSale(await refills.look(tx, shop, order, now), await cancelling.look(tx, shop, order))

    return await shop.db.read(work)
