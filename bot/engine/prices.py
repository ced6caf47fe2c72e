"""Price jumps: a yes covers exactly the prices that were shown, never those that came later."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from bot.domain import marks
from bot.domain.acts import ActKind
from bot.domain.catalog import Offer, Unsold
from bot.domain.notices import AlertKind
from bot.engine.alerts import end_alert
from bot.engine.shop import Shop
from storage import acts, catalog
from storage.catalog import StoredService
from storage.database import Tx

#: An act names so many prices and counts the others.
_NAMED: Final = 5


def jumps_of(shop: Shop, panel: str | None = None) -> list[Offer]:
    """Price jumps that wait for the operator's yes."""
    return [o for o in shop.shelf.catalogue.on_hold() if panel is None or o.service.panel == panel]


def mark_of(offers: Iterable[Offer]) -> str:
    """A short mark of exactly these jumps, so that a yes cannot cover others that came later."""
    return marks.of(";".join(sorted(f"{o.number}:{o.pending_rate}" for o in offers)))


async def accept(shop: Shop, numbers: Collection[int], mark: str, operator_id: int, now: datetime) -> bool:
    """The operator agreed: the waiting rates become the rates, and the services are for sale again.

    False, and nothing happens, when what waits is not exactly what `mark` stands for.
    """
    async with shop.shelf.changing:
        jumps = [offer for offer in jumps_of(shop) if offer.number in numbers]
        if not jumps or mark_of(jumps) != mark:
            return False

        async def work(tx: Tx) -> list[StoredService] | None:
            return await _accept_all(tx, jumps, operator_id, now)

        accepted = await shop.db.write(work)
        await shop.shelf.put(accepted or ())
    return bool(accepted)


async def _accept_all(tx: Tx, jumps: Sequence[Offer], operator_id: int, now: datetime) -> list[StoredService] | None:
    """All of them or, where one is no longer as it was shown, none."""
    if not await _all_wait(tx, jumps):
        return None
    found = [await catalog.accept_rate(tx, o.number, o.pending_rate) for o in jumps if o.pending_rate is not None]
    for panel in {offer.service.panel for offer in jumps}:
        if not await catalog.waiting_rates(tx, panel):
            await end_alert(tx, AlertKind.PRICE_JUMP, panel, now)
    subject = f"prices ({len(jumps)})"
    await acts.record(tx, operator_id, ActKind.ACCEPT, subject, _named(jumps), now)
    return [entry for entry in found if entry]


async def _all_wait(tx: Tx, jumps: Sequence[Offer]) -> bool:
    for offer in jumps:
        entry = await catalog.service(tx, offer.number)
        if entry is None or entry.unsold is not Unsold.JUMP or entry.pending_rate != offer.pending_rate:
            return False
    return True


def _named(jumps: Sequence[Offer]) -> str:
    named = ", ".join(f"{o.number}: {o.service.rate} to {o.pending_rate}" for o in jumps[:_NAMED])
    return named + (f" and {len(jumps) - _NAMED} more" if len(jumps) > _NAMED else "")
