"""Orphans are watched for thirty days: what they cost the shop is booked, and the customer keeps what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain.money import ZERO
from bot.domain.notices import AlertKind
from bot.domain.orders import Status, StatusReport
from bot.engine.alerts import retell
from bot.engine.shop import Shop
from storage import orders, orphans
from storage.database import Tx

IDS_PER_REQUEST: Final = 100
_ASKED_EVERY: Final = timedelta(hours=1)
_WATCHED: Final = timedelta(days=30)
#: Undone by the panel, which takes nothing for it then.
_UNDONE: Final = frozenset({Status.CANCELED, Status.REFUNDED})


async def due(shop: Shop, panel: str, now: datetime) -> list[str]:
    """The upstream ids of a panel's orphans to ask about now."""

    async def work(tx: Tx) -> list[str]:
        return list(await orphans.due(tx, panel, now - _ASKED_EVERY, now - _WATCHED, IDS_PER_REQUEST))

    return await shop.db.read(work)


async def note(
    shop: Shop, panel: str, asked: Sequence[str], reports: Mapping[str, StatusReport], now: datetime
) -> None:  # fmt: skip
    """Keep what the panel says of orphans, and book what they cost: all of it, or nothing once the panel undid them."""

    async def work(tx: Tx) -> None:
        for upstream_id in asked:
            report = reports.get(upstream_id)
            order_id = await orphans.note(tx, panel, upstream_id, report.word if report else None, now)
            if report is not None and order_id is not None:
                order = await orders.need(tx, order_id)
                await orders.change(tx, order, now, spent=ZERO if report.status in _UNDONE else order.cost)
                await retell(tx, AlertKind.ORPHAN, f"{panel}:{upstream_id}", {"word": report.word})

    await shop.db.write(work)
