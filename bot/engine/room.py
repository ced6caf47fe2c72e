"""Room on the disk: an order is sent only while there is enough of it to write down how that ended."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.domain.notices import Alert, AlertKind, alert_key
from bot.engine.alerts import end_alert, raise_alert
from bot.engine.shop import Shop
from storage import outbox
from storage.database import Tx

#: With less room than this where the database lies nothing is sent.
LEAST_BYTES: Final = 200_000_000
_SUBJECT: Final = "database"


def is_short(shop: Shop) -> bool:
    """Whether orders wait for room on the disk. Raises DiskTrouble when it cannot be looked at."""
    return _is_short(shop.room())


async def watch(shop: Shop, now: datetime) -> bool:
    """Alert the operators while room is short, and let orders go on when there is some again; whether it is short."""
    free = shop.room()
    short = _is_short(free)
    if short == await shop.db.read(_told):
        return short

    async def work(tx: Tx) -> None:
        if short:
            detail = f"{(free or 0) // 1_000_000} MB"
            await raise_alert(tx, shop, Alert.about(AlertKind.DISK_LOW, _SUBJECT, {"detail": detail}), now)
        else:
            await end_alert(tx, AlertKind.DISK_LOW, _SUBJECT, now)

    await shop.db.write(work)
    shop.bells.notices.ring()
    if not short:
        shop.bells.submit.ring()
    return short


def _is_short(free: int | None) -> bool:
    return free is not None and free < LEAST_BYTES


async def _told(tx: Tx) -> bool:
    return await outbox.lasts(tx, alert_key(AlertKind.DISK_LOW, _SUBJECT))
