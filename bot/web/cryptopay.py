"""The webhook that the gateway Crypto Pay calls when an invoice was paid.

A call is a hint and no more: its signature is checked over the raw body, its age against the clock, and then the
gateway is asked, whose own record alone is credited. A call that is lost costs the time until the next poll.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from bot.engine import cryptopay
from bot.engine.shop import Shop
from bot.payments.cryptopay_wire import Update, read_update
from bot.payments.errors import GatewayError
from bot.wire.reading import Malformed, parse_json

log = logging.getLogger(__name__)

SIGNATURE_HEADER: Final = "crypto-pay-api-signature"
#: A call may be so old; an older one is somebody's copy, or news that the poller had long before.
_OLDEST: Final = timedelta(minutes=10)
#: So far the gateway's clock may be ahead of ours.
_AHEAD: Final = timedelta(minutes=2)
#: So long a caller may take over what it says.
_PATIENCE_SECONDS: Final = 10.0


def webhook(shop: Shop, path: str, now: Callable[[], datetime]) -> web.RouteDef:
    """The route to serve at `path`.

    401 without a word for what is not signed by the gateway now, 503 where the gateway cannot be asked (it calls
    again), and 200 once what it says is stored, or where it says nothing to store.
    """

    async def called(request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                body = await request.read()
        except TimeoutError:
            return web.Response(status=408)
        if not cryptopay.client_of(shop).signed(body, request.headers.get(SIGNATURE_HEADER, "")):
            return web.Response(status=401)
        update = _read(body)
        if update is None:
            return web.Response()  # signed, and of no use: calling again would not help
        if not now() - _OLDEST <= update.requested_at <= now() + _AHEAD:
            return web.Response(status=401)
        return web.Response(status=await _believe(shop, update, now))

    return web.post(path, called)


def _read(body: bytes) -> Update | None:
    try:
        return read_update(parse_json(body))
    except Malformed as malformed:
        log.warning("a webhook's update cannot be read", extra={"problem": malformed.reason.value})
        return None


async def _believe(shop: Shop, update: Update, now: Callable[[], datetime]) -> int:
    invoice_id = update.invoice.invoice_id
    try:
        recorded = await cryptopay.check(shop, invoice_id, now())
    except GatewayError as error:
        log.warning("the gateway could not be asked about its call", extra={"problem": str(error)})
        return 503
    if recorded is None:
        log.warning("the gateway called about an invoice it says is not paid", extra={"invoice": invoice_id})
    return 200
