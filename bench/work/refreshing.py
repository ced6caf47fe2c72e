"""Reading a catalogue again: `python -m bench.work.refreshing shop|floor|page <panel> <database> <rounds>`.

`shop` reads a panel's whole catalogue, of which one service in a hundred has a new price, the way the poller does, and
tells what a round costs and how long it stalls the event loop. `floor` is the least: typed decoding of the same body,
compared with what was there before. `page` is what a page of a category costs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Coroutine
from statistics import median
from typing import Any, Final

import aiohttp
import msgspec

from bench import stock
from bench.work import gauge
from bot import app
from bot.engine.shop import Shop
from bot.pollers.catalogue import refresh_panel
from handlers import texts
from handlers.customer import screens_browse

_PAGES: Final = 400


class _Row(msgspec.Struct, frozen=True, gc=False):
    """A service as the stand-in lists it."""

    service: int
    name: str
    type: str
    category: str
    rate: str
    min: str
    max: str
    refill: bool
    cancel: bool
    dripfeed: bool
    description: str


async def shop(panel: str, database: str, rounds: int) -> None:
    """CPU of a round and the worst stalls: of such a round, of the first reading, and with every id a new one."""
    made = stock.settings(database, panel)
    async with app.open_shop(made) as opened:
        beat = gauge.Heartbeat()
        first = await _stall(opened, beat)
        stalls = [await _stall(opened, beat) for _ in range(rounds)]
        beat.stop()
        costs = []
        for _ in range(rounds):
            before = gauge.cpu()
            await refresh_panel(opened, stock.PANEL, app.utc_now)
            costs.append(gauge.cpu() - before)
        beat = gauge.Heartbeat()
        await _form(panel, "renumber")
        renamed = await _stall(opened, beat)
        beat.stop()
    gauge.tell(cpu=median(costs), stall=median(stalls), first=first, renamed=renamed)


async def floor(panel: str, _database: str, rounds: int) -> None:
    """CPU of decoding and comparing."""
    rows, row_of = msgspec.json.Decoder(list[msgspec.Raw]), msgspec.json.Decoder(_Row)
    known: dict[int, _Row] = {}
    costs = []
    for _ in range(rounds + 1):
        body = await _form(panel, "services")
        before = time.thread_time()
        changed = []
        for raw in rows.decode(body):  # each row on its own: one that is broken must not spoil the others
            row = row_of.decode(raw)
            if known.get(row.service) != row:
                known[row.service] = row
                changed.append(row)
        costs.append(time.thread_time() - before)
    gauge.tell(cpu=median(costs[1:]))


async def page(panel: str, database: str, rounds: int) -> None:
    """CPU of one page of services and one page of categories."""
    async with app.open_shop(stock.settings(database, panel)) as opened:
        english = texts.load(texts.MoneyStyle("USD", 4)).speak("en")
        catalogue, rules = opened.shelf.catalogue, opened.price_rules
        category = catalogue.categories[0]
        gauge.tell(
            services=_cost(lambda: screens_browse.services(english, category, 1, rules), rounds),
            categories=_cost(lambda: screens_browse.categories(english, catalogue, 1), rounds),
        )


def _cost(show: Callable[[], object], rounds: int) -> float:
    costs = []
    for _ in range(rounds):
        before = time.thread_time()
        for _ in range(_PAGES):
            show()
        costs.append((time.thread_time() - before) / _PAGES)
    return min(costs)


async def _stall(opened: Shop, beat: gauge.Heartbeat) -> float:
    beat.take()
    await refresh_panel(opened, stock.PANEL, app.utc_now)
    return beat.take()


async def _form(panel: str, action: str) -> bytes:
    async with aiohttp.ClientSession() as http, http.post(f"{panel}/api/v2", data={"action": action}) as answer:
        return await answer.read()


_WAYS: Final[dict[str, Callable[..., Coroutine[Any, Any, None]]]] = {"shop": shop, "floor": floor, "page": page}

if __name__ == "__main__":
    gauge.run(_WAYS[sys.argv[1]](sys.argv[2], sys.argv[3], int(sys.argv[4])))
