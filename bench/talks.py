"""P1 to P4: whole conversations, from the first tap to the placed order."""

from __future__ import annotations

import asyncio
import time
from statistics import median
from typing import Final

from bench.crowd import Crowd, Talk
from bench.figures import SHARE, Curve, Figure, Found, Unmeasured
from bench.ground import Ground

_FAR_SECONDS: Final = 0.05
_NEAR_SECONDS: Final = 0.02
_OFFERED_A_SECOND: Final = 20
#: So long the shop may take, after the last word, to bring every order to the panel.
_PLACED_WITHIN_SECONDS: Final = 60.0


async def whole_flow(ground: Ground) -> Found:
    """P1: the whole order flow, a hundred customers at once, against python-telegram-bot plain and swift."""
    people = ground.size.people[1]
    to_reference, to_swift, lags = [], [], []
    for _ in range(ground.size.repeats):
        reference = await _talk(ground, "reference", people)
        swift = await _talk(ground, "swift", people)
        before = await ground.adds()
        async with ground.bot("shop") as shop:
            crowd = Crowd(ground.town, people, shop.cpu)
            talk = _sound(await crowd.keep_busy(ground.size.warm, ground.size.seconds))
            lags.append(await _placed(ground, before + talk.orders))
        to_reference.append(talk.rate / reference.rate)
        to_swift.append(talk.rate / swift.rate)
    return Found(
        [
            Figure("whole order flow, of the reference", tuple(to_reference), 3.0),
            Figure("the same, of in-memory PTB + aiohttp + uvloop", tuple(to_swift), 0.6, 0.8, form=SHARE),
        ],
        remarks=[f"every order had reached the panel {max(lags):.1f} s after the last answer, at the latest"],
    )


async def far_away(ground: Ground) -> Found:
    """P2: the same with a Bot API 50 ms away."""
    to_reference, to_bare = [], []
    for _ in range(ground.size.repeats):
        people, kinds = ground.size.people[1], ("reference", "bare", "shop")
        rates = {kind: await _talk(ground, kind, people, _FAR_SECONDS) for kind in kinds}
        to_reference.append(rates["shop"].rate / rates["reference"].rate)
        to_bare.append(rates["shop"].rate / rates["bare"].rate)
    return Found([
        Figure("50 ms away, of the reference", tuple(to_reference), 25.0),
        Figure("50 ms away, of the bare aiohttp loop", tuple(to_bare), 0.6, 0.8, form=SHARE),
    ])  # fmt: skip


async def patience(ground: Ground) -> Found:
    """P3: how long people wait when twenty orders are begun each second, 20 ms away."""
    middle, worst = [], []
    for _ in range(ground.size.repeats):
        bare, shop = [await _arrivals(ground, kind) for kind in ("bare", "shop")]
        middle.append(shop.wait(0.5) / bare.wait(0.5))
        worst.append(shop.wait(0.99) / bare.wait(0.99))
    return Found([
        Figure("20 orders/s, 20 ms away: p50, of the bare loop", tuple(middle), 1.3, 1.15, more=False),
        Figure("the same: p99", tuple(worst), 2.0, 1.5, more=False),
    ])  # fmt: skip


async def crowds(ground: Ground) -> Found:
    """P4: whether a larger crowd is served as fast as a smaller one."""
    rates: dict[int, list[float]] = {people: [] for people in ground.size.people}
    for _ in range(ground.size.repeats):
        for people, measured in rates.items():
            measured.append((await _talk(ground, "shop", people)).rate)
    _, middle, most = ground.size.people
    kept = tuple(many / few for many, few in zip(rates[most], rates[middle], strict=True))
    base = median(rates[middle])
    curve = Curve(
        f"orders a second by customers at once, {middle:,} being 1",
        tuple((f"{people:,}", f"{median(measured) / base:.2f}") for people, measured in rates.items()),
    )
    return Found([Figure(f"{most:,} customers, of the rate at {middle:,}", kept, 0.85, 0.95, form=SHARE)], [curve])


async def _talk(ground: Ground, kind: str, people: int, delay: float = 0.0) -> Talk:
    async with ground.bot(kind) as bot:
        ground.town.delay = delay
        crowd = Crowd(ground.town, people, bot.cpu)
        return _sound(await crowd.keep_busy(ground.size.warm, ground.size.seconds))


async def _arrivals(ground: Ground, kind: str) -> Talk:
    async with ground.bot(kind) as bot:
        ground.town.delay = _NEAR_SECONDS
        crowd = Crowd(ground.town, max(ground.size.people), bot.cpu)
        return _sound(await crowd.arrive(_OFFERED_A_SECOND, ground.size.warm, ground.size.seconds))


def _sound(talk: Talk) -> Talk:
    """The same. Raises Unmeasured for a talk in which anybody was left without an answer."""
    if talk.failed:
        raise Unmeasured(f"{talk.failed} conversations failed")
    return talk


async def _placed(ground: Ground, expected: int) -> float:
    """Seconds until the panel has taken so many orders. Raises Unmeasured when it takes too long."""
    begun = time.perf_counter()
    while (taken := await ground.adds()) < expected:
        if time.perf_counter() - begun > _PLACED_WITHIN_SECONDS:
            raise Unmeasured(f"the panel was sent {taken} of {expected} orders only")
        await asyncio.sleep(0.1)
    return time.perf_counter() - begun
