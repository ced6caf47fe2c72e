"""Asking about open orders: `python -m bench.work.tracking shop|floor <panel> <database> <orders>`.

One round over so many orders that are due, each hundred asked in one request; one order in ten has moved on. `shop` is
the poller's own round. `floor` is the least that reads, asks, compares, stores and reschedules.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import aiohttp
import msgspec

from bench import stock
from bench.customers import FIRST_CUSTOMER
from bench.work import gauge
from bot import app
from bot.pollers.track import track_panel
from storage.database import Tx
from storage.times import to_ms

_AT_ONCE: Final = 100
_SERVICE: Final = "1"
_FIRST_ID: Final = 1_000_000
_ORDER: Final = (
    "INSERT INTO orders (quote_token, customer_id, service_number, service_name, panel, service_id, type, answers,"
    " target, quantity, charge, cost, state, upstream_id, status_word, start_count, remains, next_at, card_message_id,"
    " created_at, sent_at, changed_at)"
    " VALUES ($1, $2, 1, 'Framely Followers', $3, '1', 'default', $4, $1, 100, 87500, 70000, 'active', $5,"
    " 'In progress', 1200, 40, $6, 7, $6, $6, $6)"
)
_TABLE: Final = (
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, upstream TEXT NOT NULL, status TEXT, start_count INTEGER,"
    " remains INTEGER, next_at INTEGER NOT NULL); CREATE INDEX due ON orders (next_at);"
)


class _Report(msgspec.Struct, gc=False):
    charge: str
    start_count: str
    status: str
    remains: str
    currency: str


async def shop(panel: str, database: str, orders: int) -> None:
    """The poller's own round over orders that were placed an hour ago."""
    async with app.open_shop(stock.settings(database, panel)) as opened:
        past = to_ms(app.utc_now() - timedelta(hours=1))

        async def place(tx: Tx) -> None:
            link = '{"link":"https://framely.example/p/abc","quantity":"100"}'
            rows = ((f"t{number}", FIRST_CUSTOMER, stock.PANEL, link, str(number), past) for number in _ids(orders))
            await tx.many(_ORDER, rows)

        await opened.db.write(place)
        # Its charge was held against its cost after its first order, as every service's is.
        sold = opened.shelf.stored[stock.PANEL][_SERVICE]
        opened.shelf.note([replace(sold, charge_checked_at=app.utc_now())])
        await track_panel(
            opened, stock.PANEL, lambda: app.utc_now() - timedelta(hours=2)
        )  # nothing is due: a warm wire
        before = gauge.cpu()
        await track_panel(opened, stock.PANEL, app.utc_now)
        gauge.tell(cpu=(gauge.cpu() - before) / orders)


async def floor(panel: str, database: str, orders: int) -> None:
    """No more than sqlite3, aiohttp and msgspec."""
    db = sqlite3.connect(database.removeprefix("sqlite:///"), isolation_level=None)
    db.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; {_TABLE}")
    db.execute("BEGIN")
    rows = ((str(number),) for number in _ids(orders))
    db.executemany(
        "INSERT INTO orders (upstream, status, start_count, remains, next_at) VALUES (?, 'In progress', 1200, 40, 0)",
        rows,
    )
    db.execute("COMMIT")
    async with aiohttp.ClientSession() as http:
        before = gauge.cpu()
        while await _ask(db, http, f"{panel}/api/v2"):
            pass
        gauge.tell(cpu=(gauge.cpu() - before) / orders)
    db.close()


_DECODER: Final = msgspec.json.Decoder(dict[str, _Report])


async def _ask(db: sqlite3.Connection, http: aiohttp.ClientSession, url: str) -> bool:
    found = db.execute(
        "SELECT id, upstream, status, start_count, remains FROM orders WHERE next_at <= 1 ORDER BY next_at LIMIT ?",
        (_AT_ONCE,),
    ).fetchall()
    if not found:
        return False
    form = {"key": stock.KEY, "action": "status", "orders": ",".join(row[1] for row in found)}
    async with http.post(url, data=form) as answer:
        reports = _DECODER.decode(await answer.read())
    changed, later = [], []
    for number, upstream, status, start, remains in found:
        report = reports[upstream]
        new = (report.status, int(report.start_count), int(report.remains))
        if new != (status, start, remains):
            changed.append((*new, number))
        later.append((60_000 + number % 21, number))
    db.execute("BEGIN IMMEDIATE")
    db.executemany("UPDATE orders SET status = ?, start_count = ?, remains = ? WHERE id = ?", changed)
    db.executemany("UPDATE orders SET next_at = ? WHERE id = ?", later)
    db.execute("COMMIT")
    return True


def _ids(orders: int) -> Iterator[int]:
    return iter(range(_FIRST_ID, _FIRST_ID + orders))


_WAYS: Final[dict[str, Callable[..., Coroutine[Any, Any, None]]]] = {"shop": shop, "floor": floor}

if __name__ == "__main__":
    gauge.run(_WAYS[sys.argv[1]](sys.argv[2], sys.argv[3], int(sys.argv[4])))
