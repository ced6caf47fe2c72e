"""`/admin`: the operator's first look."""

from __future__ import annotations

from bot.engine import brake, charges
from bot.engine.brake import BrakeFacts
from handlers.operator.answers import show
from handlers.operator.buttons import ShowDesk
from handlers.operator.screens_desk import desk_screen
from handlers.visits import Visit
from storage import payment_views, views
from storage.database import Tx
from storage.payment_views import Counts
from storage.views import Dashboard


async def open_desk(visit: Visit) -> None:
    """`/admin`."""
    await _show(visit)


async def refresh_desk(visit: Visit, _button: ShowDesk) -> None:
    """The dashboard, read anew."""
    await _show(visit)


async def _show(visit: Visit) -> None:
    shop, now = visit.shop, visit.now
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)

    async def work(tx: Tx) -> tuple[Dashboard, BrakeFacts | None, Counts]:
        dashboard = await views.dashboard(tx, sorted(shop.panels), midnight)
        return dashboard, await brake.facts(tx), await payment_views.counts(tx)

    dashboard, braked, counts = await shop.db.read(work)
    jumps, odd = len(shop.shelf.catalogue.on_hold()), len(charges.odd_ones(shop))
    await show(visit, desk_screen(visit.texts, shop.terms.name, dashboard, jumps, odd, now, braked, counts))
