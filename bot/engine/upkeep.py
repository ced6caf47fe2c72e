"""Letting go of rows nobody will ask for again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bot.engine.shop import Shop
from storage import inbox, orders
from storage.database import Tx

#: Telegram redelivers for a day; a week is far beyond it.
_UPDATES_KEPT: Final = timedelta(days=7)
_QUOTES_KEPT: Final = timedelta(days=1)


async def forget(shop: Shop, now: datetime) -> None:
    """Delete updates done long ago and quotes that never became an order."""

    async def work(tx: Tx) -> None:
        await inbox.forget(tx, now - _UPDATES_KEPT)
        await orders.forget_old_quotes(tx, now - _QUOTES_KEPT)

    await shop.db.write(work)
