"""`/panels` and `/sync`: the panels in detail, and reading their catalogues now."""

from __future__ import annotations

from bot.engine import panels
from handlers.keyboards import Screen, key, keyboard
from handlers.operator import words
from handlers.operator.answers import show
from handlers.operator.buttons import AgreeCurrency, ShowPanels, SyncPanels
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
    await panels.sync(visit.shop, visit.person.id, visit.now, update_id=visit.update.update_id)
    to_panels = key(visit.texts.plain("operator.key.panels"), ShowPanels())
    await visit.reply(Screen(visit.texts.html("operator.panels.syncing"), keyboard(to_panels)))


async def press_sync(visit: Visit, _button: SyncPanels) -> None:
    """The same as `/sync`, by a button."""
    await panels.sync(visit.shop, visit.person.id, visit.now, update_id=visit.update.update_id)
    await visit.answer(visit.texts.plain("operator.panels.syncing-short"))


async def agree_to_currency(visit: Visit, button: AgreeCurrency) -> None:
    """A panel's prices are in its new currency from now on."""
    agreed = await panels.agree_to_currency(visit.shop, button.mark, visit.person.id, visit.now)
    if agreed is None:
        await _show(visit, visit.texts.plain("operator.panels.changed"))
        return
    facts = {"panel": words.short(agreed.name, 32), "currency": words.short(agreed.currency or "", 12)}
    await _show(visit, visit.texts.plain("operator.panels.agreed", **facts))


async def _show(visit: Visit, toast: str | None = None) -> None:
    shop = visit.shop

    async def work(tx: Tx) -> list[PanelRecord]:
        return [await catalog.panel(tx, name) for name in sorted(shop.panels)]

    records = await shop.db.read(work)
    await show(visit, panels_screen(visit.texts, panel_views(shop, records), shop.terms.currency), toast)
