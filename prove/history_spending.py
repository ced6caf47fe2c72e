"""What customers do in a history with what they paid in: they order, take it back, are served whole or in part."""

from __future__ import annotations

import contextlib
import random
from datetime import datetime
from typing import Final

from bot.domain.errors import ShopError
from bot.domain.money import Money
from bot.engine import desk, fulfilment, ordering
from bot.engine.shop import Shop
from bot.panels.outcomes import Placed
from bot.wire.reasons import HttpFacts
from prove.counter import LIKES, OPERATOR, PANEL, Counter
from prove.till import in_wallet

_QUANTITIES: Final = (100, 1000, 4000, 20_000)
#: What a thousand cost, in micros: the panel's rate and the shop's markup.
_THOUSAND: Final = 1_125_000


async def spend(counter: Counter, worker: Shop, chance: random.Random, person: int, number: int, now: datetime) -> None:
    """One order, as far as there is money for it; what becomes of it is chance."""
    with contextlib.suppress(ShopError):
        quantity = await _all_it_buys(counter, person) if chance.random() < 0.5 else chance.choice(_QUANTITIES)
        quote = await counter.quote(person, number, quantity, now)
        placed = await ordering.place_order(worker, quote.token, person, None, now)
        fate = chance.random()
        if fate < 0.3:
            await ordering.withdraw(worker, placed.order.id, person, now)
        elif fate < 0.8:
            await _served(worker, chance, now)


async def _all_it_buys(counter: Counter, person: int) -> int:
    """As much as there is money for, at least what the service takes."""
    have = (await in_wallet(counter, person)).micros
    return max(LIKES.minimum, min(LIKES.maximum, have * 1000 // _THOUSAND))


async def _served(worker: Shop, chance: random.Random, now: datetime) -> None:
    """The panel takes whichever order is next, and an operator says how much of it goes back."""
    claimed = await fulfilment.claim(worker, PANEL, now)
    if claimed is None:
        return
    order = await fulfilment.record(worker, claimed, Placed(f"u{claimed.order.id}", HttpFacts(200)), now)
    if chance.random() < 0.8:
        back = order.charge.micros * chance.choice((0, 0, 30, 100)) // 100
        await desk.decide(worker, order.id, Money(back), OPERATOR, now)
