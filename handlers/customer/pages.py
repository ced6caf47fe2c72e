"""Pages that say the same to everybody."""

from __future__ import annotations

from handlers.customer.screens_account import ways_on
from handlers.steps import Next
from handlers.visits import Visit


async def terms(visit: Visit) -> Next:
    """`/terms`."""
    return await _page(visit, "page.terms")


async def privacy(visit: Visit) -> Next:
    """`/privacy`."""
    return await _page(visit, "page.privacy")


async def paysupport(visit: Visit) -> Next:
    """`/paysupport`."""
    return await _page(visit, "page.paysupport")


async def _page(visit: Visit, text: str) -> Next:
    await visit.reply(ways_on(visit.texts, text, shop=visit.shop.terms.name))
    return None
