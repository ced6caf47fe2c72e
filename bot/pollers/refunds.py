"""Tells gateways of refunds: one errand for all of them, each handed in as what gives a payment back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from bot.domain.refunds import NotNow, Refund, Said
from bot.domain.topups import Gateway, Payment
from bot.engine import refunding
from bot.engine.refunding import Sending
from bot.engine.shop import Shop
from bot.pollers.aftersale import Errand

log = logging.getLogger(__name__)

#: Tells a gateway to give a payment back, the refund's part of it, and says what it said. It may be told of the same
#: refund any number of times, and gives back once: the gateway's own id of the payment, or the refund's number, sees
#: to that. What cannot be told, a time-out say, is NotNow.
GiveBack = Callable[[Refund, Payment], Awaitable[Said]]


def refunds_errand(shop: Shop, ways: Mapping[Gateway, GiveBack], now: Callable[[], datetime]) -> Errand:
    """Rounds for Bells.refunds; a gateway that is not among the ways keeps its refunds waiting."""

    async def one_round() -> bool:
        sent = 0
        for gateway, give_back in ways.items():
            for sending in await refunding.due(shop, gateway, now()):
                said = await _said(sending, give_back)
                # What was said is stored even by a shop that closes; what is not is asked again, which is harmless.
                await asyncio.shield(refunding.settle(shop, sending.refund.id, said, now()))
                sent += 1
        return sent > 0

    return Errand(one_round, shop.terms.look_again)


async def _said(sending: Sending, give_back: GiveBack) -> Said:
    """What a gateway said; one that broke in an unforeseen way keeps no other from its turn."""
    try:
        return await give_back(sending.refund, sending.payment)
    except Exception as error:  # the boundary to whatever speaks to a gateway; it is tried again, and operators hear
        about = {"gateway": sending.payment.gateway.value, "refund": sending.refund.id}
        log.exception("a gateway could not be told of a refund", extra=about)
        return NotNow(type(error).__name__)
