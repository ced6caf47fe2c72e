"""Row "crowd": ten thousand confirms at once, of one quote, and of different quotes with money for a few."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter as Count
from collections.abc import Sequence
from typing import Final

from bot.domain.errors import ShortOfMoney
from bot.domain.money import Money
from bot.domain.orders import Quote
from bot.engine import ordering
from prove.counter import START, Counter, address, counter
from prove.postgres import Lacking
from prove.row import Share, Tally
from storage.database import Kind

_AFFORDED: Final = 137
_TAPPER, _SPENDER = 1001, 1002
_PLENTY: Final = Money(1_000_000_000_000)


def run(share: Share) -> Tally:
    """Each database is a share; half of its confirms are of one quote."""
    kind = list(Kind)[share.index]
    try:
        with address(kind, share.scratch) as url:
            broken = asyncio.run(_both(url, share.count // 2))
    except Lacking as lacking:
        return Tally(0, skipped=str(lacking))
    said = tuple(f"{problem}; on {kind.value}, python -m prove crowd --seed {share.seed}" for problem in broken)
    return Tally(share.count, said, {f"confirms on {kind.value}": share.count})


async def _both(url: str, confirms: int) -> list[str]:
    async with counter(url) as shop:
        numbers = itertools.count(1)
        broken = await _one_quote(shop, next(numbers), confirms)
        broken += await _many_quotes(shop, [next(numbers) for _ in range(confirms)])
        return broken + await shop.sound()


async def _one_quote(shop: Counter, number: int, confirms: int) -> list[str]:
    await shop.customer(_TAPPER, _PLENTY)
    quote = await shop.quote(_TAPPER, number)
    answers = await _confirm(shop, [quote] * confirms)
    wanted = Count({"fresh order 1": 1, "order 1 again": confirms - 1})
    orders = await shop.count("SELECT COUNT(*) AS n FROM orders WHERE customer_id = $1", _TAPPER)
    held = await shop.count("SELECT COUNT(*) AS n FROM transfers WHERE kind = 'hold'")
    broken = [] if answers == wanted else [f"one quote was answered {dict(answers)}"]
    return broken + ([] if orders == held == 1 else [f"one quote made {orders} orders and {held} holds"])


async def _many_quotes(shop: Counter, numbers: Sequence[int]) -> list[str]:
    price = (await shop.quote(_TAPPER, 0)).charge
    await shop.customer(_SPENDER, Money(price.micros * _AFFORDED))
    quotes = await shop.quotes(_SPENDER, numbers)
    answers = await _confirm(shop, quotes)
    fresh = sum(count for answer, count in answers.items() if answer.startswith("fresh"))
    orders = await shop.count("SELECT COUNT(*) AS n FROM orders WHERE customer_id = $1", _SPENDER)
    left = await shop.count("SELECT balance AS n FROM accounts WHERE id = $1", f"user:{_SPENDER}:available")
    broken = []
    if answers["not enough"] != len(numbers) - _AFFORDED or fresh != _AFFORDED or orders != _AFFORDED:
        broken.append(f"money for {_AFFORDED} made {orders} orders, {fresh} fresh, {answers['not enough']} refused")
    return broken + ([] if left == 0 else [f"{left} is left of what was for {_AFFORDED}"])


async def _confirm(shop: Counter, quotes: Sequence[Quote]) -> Count[str]:
    """All at once; how each was answered, in words."""
    return Count(await asyncio.gather(*(_answer(shop, quote) for quote in quotes)))


async def _answer(shop: Counter, quote: Quote) -> str:
    try:
        confirmed = await ordering.place_order(shop.shop, quote.token, quote.customer_id, None, START)
    except ShortOfMoney:
        return "not enough"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is no clean answer
        return f"{type(error).__name__}: {error}"
    number = confirmed.order.id
    return f"fresh order {number}" if confirmed.fresh else f"order {number} again"
