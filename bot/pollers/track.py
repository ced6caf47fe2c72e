"""Asks panels about active orders, up to a hundred a request, each panel on its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.domain.orders import StatusReport
from bot.engine import panels, tracking
from bot.engine.panels import Action
from bot.engine.shop import Shop
from bot.panels.denials import Denial
from bot.panels.errors import PanelError
from storage.orders import Due

log = logging.getLogger(__name__)


async def track_panel(shop: Shop, panel: str, now: Callable[[], datetime]) -> timedelta:
    """One round: ask about everything that is due; how long to rest is returned."""
    while found := await tracking.due(shop, panel, now()):
        await _ask(shop, panel, found, now)
        if len(found) < tracking.IDS_PER_REQUEST:
            break
    return shop.terms.look_again


async def _ask(shop: Shop, panel: str, found: list[Due], now: Callable[[], datetime]) -> None:
    by_upstream = {order.upstream_id: order for order in found}
    try:
        answer = await shop.panels[panel].status(list(by_upstream))
    except PanelError as error:
        log.warning("status could not be read", extra={"panel": panel, "problem": str(error)})
        await panels.note_failure(shop, panel, Action.STATUS, str(error), now())
        return
    await panels.note_answer(shop, panel, Action.STATUS, now())
    reports: dict[int, StatusReport] = {}
    missing: list[Due] = []
    for upstream_id, report in answer.items():
        order = by_upstream[upstream_id]
        if isinstance(report, StatusReport):
            reports[order.id] = report
        elif report.kind is Denial.ORDER:
            missing.append(order)
        else:
            log.warning("status refused", extra={"panel": panel, "order": order.id, "text": report.text})
    await tracking.apply(shop, reports, now())
    if missing:
        await tracking.missing(shop, missing, now())
