"""Backups made and tried, and what a shop does that finds itself on one."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from bot.domain.notices import Alert, AlertKind
from bot.domain.orders import OrderEvent, OrderState, move
from bot.domain.refills import RefillEvent, RefillState
from bot.domain.refills import move as move_refill
from bot.engine.alerts import alert_operators, end_alert
from bot.engine.audit import AuditReport, audit_file
from bot.engine.brake import RESTORED, Broken, set_brake
from bot.engine.shop import Shop
from storage import attempts, backups, broadcasts, catalog, orders, quotes, refills, switches
from storage.database import Database, Tx
from storage.errors import StorageError
from storage.migrate import migrate
from storage.numbering import last_numbers, number_on
from storage.sqlite import files_of
from storage.times import from_ms

#: Numbers given after the backup are in people's chats: so many are left out, and never given again.
_NUMBERS_LEFT_OUT: Final = 1000
_KEPT: Final = 7
_NAME: Final = "panelgram-%Y-%m-%d-%H%M%S.db"
#: What the shop made itself; anything else in the folder is somebody's own.
_NAMED: Final = f"panelgram-{'[0-9]' * 4}-[0-1][0-9]-[0-3][0-9]-{'[0-9]' * 6}.db"
_ONE_ALERT: Final = "backup"
_DUE_AFTER: Final = timedelta(hours=24)


async def back_up(db: Database, file: Path, now: datetime) -> AuditReport:
    """Write a backup and restore it for a try; what the audit of the try found. Raises NotEmpty or DiskTrouble."""
    await backups.save(db, file, now)
    return await try_out(file)


async def try_out(file: Path) -> AuditReport:
    """Open a copy of a backup as a shop would, and audit it; the backup itself is only read."""
    trial = file.with_name(f"{file.name}.trial")
    trial.touch(mode=0o600)
    try:
        await asyncio.to_thread(shutil.copyfile, file, trial)
        async with await Database.open(f"sqlite:///{trial}") as db:
            await migrate(db)
            return await audit_file(db)
    finally:
        for left in files_of(trial):
            left.unlink(missing_ok=True)


async def daily(shop: Shop, folder: Path, now: datetime) -> timedelta:
    """Make today's backup when it is due and let go of the oldest ones; how long to rest is returned.

    Operators are alerted to one that failed, until another one is sound.
    """
    known = _made_until(folder, now)
    if known and (due := datetime.strptime(known[-1].name, _NAME).replace(tzinfo=now.tzinfo) + _DUE_AFTER) > now:
        return min(due - now, timedelta(hours=1))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        report = await back_up(shop.db, folder / now.strftime(_NAME), now)
        failure = "" if report.sound else ", ".join(violation.name for violation in report.violations)
    except (StorageError, OSError) as error:
        failure = str(error)
    if failure:
        alert = Alert.about(AlertKind.BACKUP_FAILED, _ONE_ALERT, {"detail": failure})
        await alert_operators(shop, alert, now)
        return timedelta(hours=1)
    await shop.db.write(lambda tx: end_alert(tx, AlertKind.BACKUP_FAILED, _ONE_ALERT, now))
    for old in _made_until(folder, now)[:-_KEPT]:
        old.unlink()
    return timedelta(hours=1)


def _made_until(folder: Path, now: datetime) -> list[Path]:
    """The shop's own backups, oldest first, but for those from the future: a wrong clock made them.

    They keep no other from being made, and push none out.
    """
    return sorted(file for file in folder.glob(_NAMED) if file.name <= now.strftime(_NAME))


async def take_in(shop: Shop, now: datetime) -> bool:
    """On start, before anything is sent: what a shop does that stands on a backup; False where it does not.

    What was waiting may have been sent since, so nothing of it is sent again by itself: orders and refills are unknown,
    as any whose answer is lost. Prices that stood open are no more, for they may have been confirmed since. A broadcast
    pauses. Numbers go on beyond those that may have been given. And the brake is set, until an operator has compared.
    """
    taken = await backups.taken_at(shop.db)
    if taken is None:
        return False
    numbers = await last_numbers(shop.db)
    await number_on(shop.db, {name: last + _NUMBERS_LEFT_OUT for name, last in numbers.items()})

    async def work(tx: Tx) -> None:
        for order in await orders.in_state(tx, OrderState.RESERVED):
            number, state = order.attempts + 1, move(order.state, OrderEvent.CLAIM)
            await orders.change(tx, order, now, state=state.value, attempts=number, next_at=None)
            await attempts.begin(tx, order.id, number, shop.epoch, now, lease_until=now)
        for refill in await refills.in_state(tx, RefillState.ASKED):
            claimed = move_refill(refill.state, RefillEvent.CLAIM)
            await refills.save(tx, replace(refill, state=claimed, next_at=None, sent_at=now))
        await quotes.drop_open(tx)
        await broadcasts.pause_all(tx)
        when = f"{from_ms(int(taken)):%Y-%m-%d %H:%M} UTC"
        await set_brake(tx, shop, [Broken(RESTORED, when)], now, await _known_of_panels(tx, shop.terms.panels))
        await switches.turn_off(tx, backups.TAKEN)

    await shop.db.write(work)
    return True


async def _known_of_panels(tx: Tx, panels: Mapping[str, object]) -> str:
    """The last the backup knows of each panel: what is above it there, the shop has forgotten."""
    parts = []
    for name in panels:
        last, record = await orders.last_upstream_id(tx, name), await catalog.panel(tx, name)
        balance = "" if record.balance is None else f", {record.balance:f} {record.currency or ''}".rstrip()
        parts.append(f"{name}: {last or '–'}{balance}")
    return "; ".join(parts)
