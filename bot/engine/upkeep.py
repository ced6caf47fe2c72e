"""Letting go of rows nobody will ask for again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bot.domain.notices import Alert, AlertKind, alert_key
from bot.domain.orders import Attention, Order
from bot.engine.alerts import end_alert, raise_alert
from bot.engine.shop import Shop
from bot.engine.tracking import trouble
from storage import broadcasts, inbox, orders, quotes
from storage.database import Tx

#: Telegram redelivers for a day; a week is far beyond it.
_UPDATES_KEPT: Final = timedelta(days=7)
_QUOTES_KEPT: Final = timedelta(days=1)
_DRAFTS_KEPT: Final = timedelta(days=1)
#: Panels finish what they finish within days; beyond that only a person gets the money moving again.
STALE_AFTER: Final = timedelta(days=7)
#: So many orders come to the operator at a time; the rest follows in the next round.
_STALE_AT_ONCE: Final = 50


async def forget(shop: Shop, now: datetime) -> None:
    """Delete updates done long ago, quotes that never became an order, and broadcasts nobody confirmed."""

    async def work(tx: Tx) -> None:
        await inbox.forget(tx, now - _UPDATES_KEPT)
        await quotes.forget_old(tx, now - _QUOTES_KEPT)
        await broadcasts.forget_drafts(tx, now - _DRAFTS_KEPT)

    await shop.db.write(work)


def poisoned(update_id: int, summary: str) -> Alert:
    """The alert of an update that was given up: it names the update."""
    return Alert.about(AlertKind.UPDATE_POISONED, update_id, {"update": update_id, "detail": summary})


async def tell_poisoned(shop: Shop, now: datetime) -> int:
    """Alert operators to updates that were given up just when the shop fell, before anybody was told; how many."""
    prefix = alert_key(AlertKind.UPDATE_POISONED, "")

    async def work(tx: Tx) -> int:
        found = await inbox.untold_poison(tx, prefix)
        for update_id, summary in found:
            await raise_alert(tx, shop, poisoned(update_id, summary), now)
        return len(found)

    count = await shop.db.write(work)
    shop.bells.notices.ring()
    return count


async def find_stale(shop: Shop, now: datetime) -> int:
    """Bring to the operator what no report will ever end; how many orders that were.

    That is an order active for more than a week, and one whose panel is configured no more. Safe to repeat: each is
    told once.
    """

    async def work(tx: Tx) -> int:
        for panel in shop.terms.panels:
            await end_alert(tx, AlertKind.PANEL_GONE, panel, now)
        found = await orders.active_too_long(tx, now - STALE_AFTER, list(shop.terms.panels), _STALE_AT_ONCE)
        for order in found:
            await trouble(tx, shop, order, _why(shop, order), "", now)
        return len(found)

    count = await shop.db.write(work)
    shop.bells.notices.ring()
    return count


def _why(shop: Shop, order: Order) -> Attention:
    return Attention.STALE if order.panel in shop.terms.panels else Attention.PANEL_GONE
