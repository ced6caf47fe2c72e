"""Invoices in Stars: sent once for each top-up, remembered, so that they can be taken away when they have expired."""

from __future__ import annotations

from bot.domain.topups import Topup
from bot.engine import topups
from handlers import telegram
from handlers.customer import screens_topup as screens
from handlers.steps import Next
from handlers.visits import Visit


async def show_invoice(visit: Visit, topup: Topup) -> Next:
    """Send the invoice of a top-up in Stars; a replay finds it sent."""
    if topup.message_id is None:
        message_id = await telegram.send_invoice(
            visit.context.bot, visit.person.id, screens.invoice(visit.texts, topup)
        )
        await topups.shown(visit.shop, topup.id, message_id)
    return None
