"""Row "leases": many jobs, 32 pollers that race for them, one in a hundred vanishing on the way: each is sent once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter as Count
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from bot.domain.money import Money
from bot.domain.orders import OrderState, Reason
from bot.engine import desk, fulfilment
from bot.engine.fulfilment import Claim
from bot.engine.leases import Sweeper
from bot.panels.outcomes import Placed
from bot.wire.reasons import HttpFacts
from prove.counter import OPERATOR, PANEL, START, Counter, counter
from prove.row import Share, Tally
from storage import orders

_CUSTOMER: Final = 1001
_POLLERS: Final = 32
_ONE_IN: Final = 100
_TOGETHER: Final = 250
_ROUND_SECONDS: Final = 0.2
_OVERDUE: Final = START + fulfilment.LEASE + timedelta(seconds=1)


@dataclass(slots=True)
class _Field:
    """What the pollers share."""

    counter: Counter
    chance: random.Random
    left: int
    adds: Count[int] = field(default_factory=Count)
    vanished: set[int] = field(default_factory=set)


def run(share: Share) -> Tally:
    """One share is a shop of its own."""
    return asyncio.run(_run(share))


async def _run(share: Share) -> Tally:
    async with counter(f"sqlite:///{share.scratch / 'shop.db'}") as shop:
        await shop.customer(_CUSTOMER, Money(10**15))
        quotes = await shop.quotes(_CUSTOMER, range(1, share.count + 1))
        for start in range(0, len(quotes), _TOGETHER):
            await asyncio.gather(*(shop.confirm(quote) for quote in quotes[start : start + _TOGETHER]))
        ground = _Field(shop, share.chance(share.index), share.count)
        broken = await _race(ground) + await _problems(ground)
        broken = [f"{problem}; share {share.index}, seed {share.seed}" for problem in broken]
    return Tally(share.count, tuple(broken), {"vanished": len(ground.vanished)})


async def _race(ground: _Field) -> list[str]:
    """Let them run until nothing is left, or until one of them meets what it must not."""
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(_POLLERS):
                group.create_task(_poll(ground))
            group.create_task(_sweep(ground))
    except ExceptionGroup as raised:
        return [f"raised {error!r}" for error in raised.exceptions]
    return []


async def _poll(ground: _Field) -> None:
    """Claim, send, record; one in a hundred goes away after the claim or after the `add`."""
    shop = ground.counter.shop
    while ground.left > 0:
        claimed = await fulfilment.claim(shop, PANEL, START)
        if claimed is None:
            await asyncio.sleep(0.001)
        elif ground.chance.randrange(_ONE_IN) == 0:
            if ground.chance.random() < 0.5:
                ground.adds[claimed.order.id] += 1
            await _vanish(ground, claimed)
        else:
            ground.adds[claimed.order.id] += 1
            await asyncio.sleep(0)
            await fulfilment.record(shop, claimed, Placed(f"u{claimed.order.id}", HttpFacts(200)), START)
            shop.sending.under_way.discard(claimed.key)
            ground.left -= 1


async def _vanish(ground: _Field, claimed: Claim) -> None:
    """Nobody has the attempt in hand any more; only the database knows of it."""
    ground.vanished.add(claimed.order.id)
    ground.counter.shop.sending.under_way.discard(claimed.key)


async def _sweep(ground: _Field) -> None:
    """What was left lying becomes unknown, and an operator gives the money back."""
    shop, sweeper = ground.counter.shop, Sweeper(ground.counter.shop)
    while ground.left > 0:
        if await sweeper.sweep(_OVERDUE):
            for order in await shop.db.read(lambda tx: orders.in_state(tx, OrderState.UNKNOWN)):
                await desk.release(shop, order.id, Reason.GOODWILL, OPERATOR, _OVERDUE)
                ground.left -= 1
        # Its clock is far ahead: between two rounds whoever just claimed must come to have it in hand.
        await asyncio.sleep(_ROUND_SECONDS)


async def _problems(ground: _Field) -> list[str]:
    broken = [f"order {number} was sent {count} times" for number, count in ground.adds.items() if count > 1]
    active = await ground.counter.shop.db.read(lambda tx: orders.in_state(tx, OrderState.ACTIVE))
    failed = await ground.counter.shop.db.read(lambda tx: orders.in_state(tx, OrderState.FAILED))
    broken += (f"order {order.id} is active and was never sent" for order in active if not ground.adds[order.id])
    if {order.id for order in failed} != ground.vanished:
        broken.append(f"{len(failed)} failed, {len(ground.vanished)} had vanished")
    total = await ground.counter.count("SELECT COUNT(*) AS n FROM orders")
    if len(active) + len(failed) != total:
        broken.append(f"{total - len(active) - len(failed)} orders are left over")
    return broken + await ground.counter.sound()
