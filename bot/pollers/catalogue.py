"""Reads balances and services of every panel, each on its own, so that one that is down stops nobody else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from bot.engine import catalogue, panels
from bot.engine.panels import Action
from bot.engine.shop import Shop
from bot.panels.errors import PanelError

log = logging.getLogger(__name__)

#: A panel that did not answer is asked again sooner than one that did.
_RETRY: Final = timedelta(seconds=30)


async def refresh_panel(shop: Shop, panel: str, now: Callable[[], datetime]) -> timedelta:
    """One round: balance first, for it names the currency, then services; how long to rest is returned."""
    if await _read(shop, panel, now):
        return shop.terms.catalog_refresh
    return min(shop.terms.catalog_refresh, _RETRY)


async def _read(shop: Shop, panel: str, now: Callable[[], datetime]) -> bool:
    client = shop.panels[panel]
    action = Action.BALANCE
    try:
        await panels.read_balance(shop, panel, now)
        action = Action.SERVICES
        answer = await client.services()
    except PanelError as error:
        log.warning("catalogue could not be read", extra={"panel": panel, "problem": str(error)})
        await panels.note_failure(shop, panel, action, str(error), now())
        return False
    done = await catalogue.refresh(shop, panel, answer, now())
    log.info(
        "catalogue refreshed",
        extra={"panel": panel, "services": done.services, "changes": done.changes, "on_hold": done.on_hold},
    )
    return True
