"""Recovery: what a run that ended left of sending is brought to where it belongs, before anything else begins."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from typing import Final

from bot.domain.errors import AlreadyDecided
from bot.domain.notices import Notice, NoticeKind
from bot.domain.orders import Order, OrderState
from bot.engine import fulfilment
from bot.engine.shop import Shop
from bot.panels.outcomes import Placed
from bot.wire.reasons import HttpFacts
from storage import attempts, instance, orders, outbox, views
from storage.database import Tx
from storage.errors import Conflict, ProgrammingError
from storage.receipts import Receipt

log = logging.getLogger(__name__)

_BY_RECEIPT: Final = HttpFacts(error="by its receipt")


async def recover(shop: Shop, now: datetime) -> int:
    """On start: what panels answered the last run is recorded by its receipts, and whatever else it sent is unknown.

    How many orders became unknown. Raises DiskTrouble when the receipts cannot be read or cleared.
    """
    for receipt in await shop.receipts.replay():
        await _replay(shop, receipt, now)
    await shop.receipts.clear()

    async def work(tx: Tx) -> int:
        stranded = await orders.in_state(tx, OrderState.SUBMITTING)
        for order in stranded:
            await fulfilment.lose(tx, shop, order, fulfilment.INTERRUPTED, HttpFacts(), now)
        return len(stranded)

    return await shop.db.write(work)


async def _replay(shop: Shop, receipt: Receipt, now: datetime) -> None:
    """Record what a receipt says, if it is of the very attempt it names and that is not recorded yet."""

    async def look(tx: Tx) -> Order | None:
        key = await attempts.key(tx, receipt.order_id, receipt.attempt)
        return await orders.get(tx, receipt.order_id) if key == (receipt.epoch, receipt.claimed_at) else None

    about = {"order": receipt.order_id, "panel": receipt.panel, "upstream": receipt.upstream_id}
    order = await shop.db.read(look)
    if order is None or order.panel != receipt.panel:
        log.error("a receipt is of no attempt in this database", extra=about)
        return
    try:
        await fulfilment.store(
            shop, fulfilment.Claim(order, receipt.attempt), Placed(receipt.upstream_id, _BY_RECEIPT), now
        )
    except AlreadyDecided:
        return  # it was recorded, and the receipt had not been let go of
    except (Conflict, ProgrammingError):
        # No receipt may keep a shop from opening: the order is unknown then, and the log has its id.
        log.exception("what a receipt says cannot be recorded", extra=about)
        return
    log.warning("an order was placed when the last run ended, as its receipt says", extra=about)


async def tell_restart(shop: Shop, now: datetime, *, restored: bool = False) -> bool:
    """Tell the operators where the shop stands after a run that broke off; whether there was one.

    After a run that closed in order nobody is told: what it left undecided has alerts of its own, and whoever restarts
    a shop on purpose knows it. A run that broke off was killed, or its machine was, and nobody may have seen it. Of a
    shop that was `restored` nobody is told: the run in which its backup was taken always looks broken off.
    """

    async def work(tx: Tx) -> bool:
        if not await instance.broke_off(tx) or restored:
            return False
        facts = await views.left_over(tx)
        for operator_id in shop.terms.operator_ids:
            key = f"restarted:{shop.epoch}:{operator_id}"
            await outbox.post(tx, Notice(key, operator_id, NoticeKind.RESTARTED, None, facts), now)
        return True

    return await shop.db.write(work)


async def close(shop: Shop) -> None:
    """Note that this run closed in order. Raises a StorageError when it cannot be noted."""
    await shop.db.write(partial(instance.close, epoch=shop.epoch))
