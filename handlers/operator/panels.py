"""`/panels` and `/sync`: the panels in detail, and reading their catalogues now."""

from __future__ import annotations

from bot.engine import desk
from handlers.operator.answers import show, tell
from handlers.operator.buttons import ShowPanels, SyncPanels
from handlers.operator.screens_desk import panel_views, panels_screen
from handlers.visits import Visit
from storage import catalog
from storage.catalog import PanelRecord
from storage.database import Tx


async def open_panels(visit: Visit) -> None:
    """`/panels`."""
    await _show(visit)


async def refresh_panels(visit: Visit, _button: ShowPanels) -> None:
    """The panels, read anew."""
    await _show(visit)


async def sync(visit: Visit) -> None:
    """`/sync`: the poller is woken; what it finds shows in `/panels`."""
    await _ring(visit)
    await tell(visit, "operator.panels.syncing")


async def press_sync(visit: Visit, _button: SyncPanels) -> None:
    """The same as `/sync`, by a button."""
    await _ring(visit)
    await visit.answer(visit.texts.plain("operator.panels.syncing-short"))


async def _ring(visit: Visit) -> None:
    update_id = visit.update.update_id
    await desk.note_act(visit.shop, visit.person.id, "sync", "panels", "all", visit.now, update_id=update_id)
    visit.shop.bells.refresh.ring()


async def _show(visit: Visit) -> None:
    shop = visit.shop

    async def work(tx: Tx) -> list[PanelRecord]:
        return [await catalog.panel(tx, name) for name in sorted(shop.panels)]

    records = await shop.db.read(work)
    await show(visit, panels_screen(visit.texts, panel_views(shop, records), shop.terms.currency))
