"""Invoices of Crypto Pay: a message with the way to where it is paid, sent once for each top-up."""

from __future__ import annotations

import logging

from bot.domain.errors import NotOffered
from bot.domain.topups import Topup
from bot.engine import cryptopay, topups
from bot.payments.errors import GatewayError
from handlers.customer import screens_crypto as screens
from handlers.steps import Next
from handlers.visits import Visit

log = logging.getLogger(__name__)


async def show_crypto_invoice(visit: Visit, topup: Topup) -> Next:
    """Have the gateway make the invoice, and show where it is paid; a replay finds it shown."""
    if topup.message_id is not None:
        return None
    try:
        topup = await cryptopay.invoice_for(visit.shop, topup, visit.now)
    except (GatewayError, NotOffered) as error:
        log.warning("an invoice could not be made", extra={"topup": topup.id, "problem": str(error)})
    if topup.url is None:
        await visit.reply(screens.silent(visit.texts))
        return None
    message_id = await visit.reply(screens.crypto_invoice(visit.texts, topup, topup.url))
    await topups.shown(visit.shop, topup.id, message_id)
    return None
