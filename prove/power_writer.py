"""`python -m prove.power_writer FOLDER ORDERS`: a shop at work that says what it was told is stored, once it is."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from bot.domain.money import Money
from bot.domain.orders import Order
from bot.engine import fulfilment
from bot.panels.outcomes import Lost, Placed
from bot.wire.reasons import HttpFacts, LostReason
from prove.counter import PANEL, START, Counter, counter

READY: Final = "ready"
_CUSTOMER: Final = 1001
_AT_ONCE: Final = 4
_LOST_ONE_IN: Final = 7


def main() -> None:
    """Work until killed, or until all is sold; nothing is closed in the end."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    asyncio.run(_work(folder, count))


async def _work(folder: Path, count: int) -> None:
    async with counter(f"sqlite:///{folder / 'shop.db'}") as shop:
        await shop.customer(_CUSTOMER, Money(10**12))
        _say(READY)
        for first in range(1, count + 1, _AT_ONCE):
            await asyncio.gather(*(_sell(shop, number) for number in range(first, first + _AT_ONCE)))
        os._exit(0)


async def _sell(shop: Counter, number: int) -> None:
    _acknowledge(await shop.confirm(await shop.quote(_CUSTOMER, number)))
    claimed = await fulfilment.claim(shop.shop, PANEL, START)
    if claimed is None:
        return
    _acknowledge(claimed.order)
    facts = HttpFacts(200)
    lost = number % _LOST_ONE_IN == 0
    outcome = Lost(LostReason.TIMEOUT, facts) if lost else Placed(f"u{claimed.order.id}", facts)
    _acknowledge(await fulfilment.record(shop.shop, claimed, outcome, START))


def _acknowledge(order: Order) -> None:
    _say(f"{order.id} {order.version} {order.state}")


def _say(words: str) -> None:
    os.write(1, f"{words}\n".encode())


if __name__ == "__main__":
    main()
