"""Row "returns": a thousand attempts at once to end one order by pollers, operators and a second worker: one does."""

from __future__ import annotations

import asyncio
from collections import Counter as Count
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from bot.domain.errors import AlreadyDecided
from bot.domain.money import Money
from bot.domain.orders import Order, OrderState, Reason, Status, StatusReport
from bot.engine import desk, fulfilment, tracking
from bot.engine.fulfilment import Claim
from bot.engine.shop import Shop
from bot.panels.outcomes import Lost, Placed
from bot.wire.reasons import HttpFacts, LostReason
from prove.counter import OPERATOR, PANEL, SETTLE, START, Counter, address, counter
from prove.postgres import Lacking
from prove.row import Share, Tally
from storage.database import Database, Kind

_CUSTOMER: Final = 1001
_AT_ONCE: Final = 1000
_SHORT: Final = StatusReport("Partial", Status.PARTIAL, remains=400)
_LATER: Final = START + SETTLE
_CLEAN: Final = {"done", AlreadyDecided.__name__}


def run(share: Share) -> Tally:
    """Each database has half of the shares."""
    kinds = list(Kind)
    kind = kinds[share.index % len(kinds)]
    try:
        with address(kind, share.scratch) as url:
            broken = asyncio.run(_rounds(url, share))
    except Lacking as lacking:
        return Tally(0, skipped=str(lacking))
    told = tuple(f"{problem}; on {kind.value}, seed {share.seed}" for problem in broken)
    return Tally(share.count, told, {f"applies on {kind.value}": share.count})


async def _rounds(url: str, share: Share) -> list[str]:
    """Half of each thousand end a running order, the other half decide what became of an unknown one."""
    broken: list[str] = []
    async with counter(url) as shop, await Database.open(url) as second:
        await shop.customer(_CUSTOMER, Money(10**12))
        other = replace(shop.shop, db=second)
        for start in range(0, share.count, _AT_ONCE):
            tries = min(_AT_ONCE, share.count - start)
            broken += await _running(shop, other, start + 1, tries // 2)
            broken += await _unknown(shop, other, start + 2, tries - tries // 2)
        return broken + await shop.sound()


async def _claimed(shop: Counter, number: int) -> Claim:
    quote = await shop.quote(_CUSTOMER, number)
    await shop.confirm(quote)
    claimed = await fulfilment.claim(shop.shop, PANEL, START)
    if claimed is None:
        raise LookupError("nothing to send")
    return claimed


async def _running(shop: Counter, other: Shop, number: int, tries: int) -> list[str]:
    claimed = await _claimed(shop, number)
    order = await fulfilment.record(shop.shop, claimed, Placed(f"u{number}", HttpFacts(200)), START)
    await tracking.apply(shop.shop, {order.id: _SHORT}, START)

    async def poll(worker: Shop) -> None:
        await tracking.apply(worker, {order.id: _SHORT}, _LATER)

    async def decide(worker: Shop) -> None:
        await desk.decide(worker, order.id, Money(order.charge.micros // 2), OPERATOR, _LATER)

    answers = await _at_once([
        (poll, decide)[n // 2 % 2]((shop.shop, other)[n % 2]) for n in range(tries)
    ])  # fmt: skip
    ended = await shop.order(order.id)
    back = ended.returned.micros
    broken = await _moved_once(shop, ended, {"post": order.charge.micros - back, "return": back})
    if ended.state not in (OrderState.PARTIAL, OrderState.CANCELED) or ended.version != order.version + 1:
        broken.append(f"order {order.id} is {ended.state}, version {ended.version} after {order.version}")
    return broken + _only(answers, _CLEAN)


async def _unknown(shop: Counter, other: Shop, number: int, tries: int) -> list[str]:
    claimed = await _claimed(shop, number)
    order = await fulfilment.record(shop.shop, claimed, Lost(LostReason.TIMEOUT, HttpFacts()), START)
    placed = Placed(f"u{number}", HttpFacts(200))

    async def hear_late(worker: Shop) -> None:
        await fulfilment.record(worker, claimed, placed, _LATER)

    async def release(worker: Shop) -> None:
        await desk.release(worker, order.id, Reason.NOT_PLACED, OPERATOR, _LATER)

    answers = await _at_once([
        (release, hear_late)[n // 2 % 2]((shop.shop, other)[n % 2]) for n in range(tries)
    ])  # fmt: skip
    ended = await shop.order(order.id)
    released = ended.state is OrderState.FAILED
    broken = await _moved_once(shop, ended, {"void": order.charge.micros} if released else {})
    if ended.state not in (OrderState.FAILED, OrderState.ACTIVE) or ended.version != order.version + 1:
        broken.append(f"order {order.id} is {ended.state}, version {ended.version} after {order.version}")
    if not released:
        await desk.decide(shop.shop, order.id, Money(0), OPERATOR, _LATER + timedelta(minutes=1))
    return broken + _only(answers, _CLEAN)


async def _at_once(works: list[Coroutine[Any, Any, None]]) -> Count[str]:
    answers = await asyncio.gather(*works, return_exceptions=True)
    return Count("done" if answer is None else type(answer).__name__ for answer in answers)


def _only(answers: Count[str], expected: set[str]) -> list[str]:
    return [f"{count} were answered {name}" for name, count in answers.items() if name not in expected]


async def _moved_once(shop: Counter, order: Order, wanted: dict[str, int]) -> list[str]:
    rows = await shop.shop.db.read(
        lambda tx: tx.all(
            "SELECT kind, COUNT(*) AS n, SUM(amount) AS total FROM transfers"
            " WHERE order_id = $1 AND kind <> 'hold' GROUP BY kind", order.id,
        )
    )  # fmt: skip
    found = {row["kind"]: (row["n"], int(row["total"])) for row in rows}
    due = {kind: (1, amount) for kind, amount in wanted.items() if amount}
    return [] if found == due else [f"order {order.id} moved {found}, not {due}"]
