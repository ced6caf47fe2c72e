"""`/audit`: the ledger's invariants first, then the last acts. And the alerts: the first OK closes one for all."""

from __future__ import annotations

from typing import Final

from bot.domain.errors import NotFound
from bot.engine import audit as auditing
from bot.engine import desk
from handlers.keyboards import page_of
from handlers.operator.answers import show
from handlers.operator.buttons import Acknowledge, AcknowledgeListed, ShowAlerts, ShowAudit
from handlers.operator.screens_alerts import (
    ALERTS_PER_PAGE,
    AlertView,
    alert_screen,
    alerts_screen,
    closer_of,
    load,
)
from handlers.operator.screens_audit import ACTS_SHOWN, audit_screen
from handlers.visits import Visit
from storage import acts, outbox
from storage.acts import Act, Chain
from storage.database import Tx
from storage.outbox import OpenAlert

#: Alerts beyond these are shown once these are closed.
_ALERTS_MAX: Final = 200


async def audit(visit: Visit) -> None:
    """`/audit`."""
    await _audit(visit)


async def press_audit(visit: Visit, button: ShowAudit) -> None:
    """The same, by a button."""
    await _audit(visit)


async def _audit(visit: Visit) -> None:
    report = await auditing.audit_shop(visit.shop)

    async def work(tx: Tx) -> tuple[list[Act], Chain]:
        return await acts.last(tx, ACTS_SHOWN), await acts.chain(tx)

    await show(visit, audit_screen(visit.texts, report, *await visit.shop.db.read(work)))


async def show_alerts(visit: Visit, button: ShowAlerts) -> None:
    """A page of the open alerts."""
    await _show_alerts(visit, button.page)


async def acknowledge(visit: Visit, button: Acknowledge) -> None:
    """OK under an alert: it is closed for all operators, and its message says by whom."""
    view, toast = await _close(visit, button.alert)
    if view is None:
        await visit.answer(toast)
        return
    await visit.show(alert_screen(visit.texts, view), toast)


async def acknowledge_listed(visit: Visit, button: AcknowledgeListed) -> None:
    """OK in the list: the list is shown without it."""
    _, toast = await _close(visit, button.alert)
    await _show_alerts(visit, button.page, toast)


async def _close(visit: Visit, alert_id: int) -> tuple[AlertView | None, str]:
    """Close an alert; gives it as it stands then, and what to say of it."""
    try:
        first = await desk.acknowledge(visit.shop, alert_id, visit.person.id, visit.now)
    except NotFound:
        return None, visit.texts.plain("operator.not-found")

    async def work(tx: Tx) -> AlertView | None:
        return await load(tx, visit.shop, alert_id, visit.now)

    view = await visit.shop.db.read(work)
    return view, _closed_by_whom(visit, view, first=first)


def _closed_by_whom(visit: Visit, view: AlertView | None, *, first: bool) -> str:
    closer = closer_of(visit.texts, view) if view else None
    if first or (view and view.entry.closed_by == str(visit.person.id)):
        return visit.texts.plain("operator.alerts.seen-short")
    if closer is None:
        return visit.texts.plain("operator.alerts.over-already")
    return visit.texts.plain("operator.alerts.seen-already", name=closer)


async def _show_alerts(visit: Visit, page: int, toast: str | None = None) -> None:
    async def work(tx: Tx) -> list[OpenAlert]:
        return await outbox.open_alerts(tx, _ALERTS_MAX)

    entries = await visit.shop.db.read(work)
    await show(visit, alerts_screen(visit.texts, page_of(entries, page, ALERTS_PER_PAGE), len(entries)), toast)
