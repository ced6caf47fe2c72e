"""Placing orders, fifty at once: `python -m bench.work.placing shop|plain|asyncpg <database> <orders> [<panel>]`.

`shop` is the engine's own verb on quotes made before. `plain` is aiosqlite as its documentation shows it, a hop for
each statement and a commit for each order; `asyncpg` the same four statements on PostgreSQL.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiosqlite
import asyncpg

from bench import stock
from bench.customers import FIRST_CUSTOMER
from bench.work import gauge
from bot import app
from bot.engine.ordering import place_order
from bot.engine.quoting import make_quote

AT_ONCE: Final = 50
_WARM: Final = 100
Place = Callable[[int, int], Awaitable[object]]

_TABLES: Final = (
    "CREATE TABLE wallets (customer BIGINT PRIMARY KEY, balance BIGINT NOT NULL)",
    "CREATE TABLE ledger (id BIGINT, customer BIGINT NOT NULL, amount BIGINT NOT NULL, kind TEXT NOT NULL)",
)
_READ: Final = "SELECT balance FROM wallets WHERE customer = $1"
_ORDER: Final = "INSERT INTO orders (customer, service, link, quantity, charge) VALUES ($1, $2, $3, $4, $5)"
_ENTRIES: Final = "INSERT INTO ledger (customer, amount, kind) VALUES ($1, 0 - $2, 'available'), ($1, $2, 'held')"
_PAY: Final = "UPDATE wallets SET balance = balance - $2 WHERE customer = $1"
_COLUMNS: Final = "customer BIGINT NOT NULL, service BIGINT NOT NULL, link TEXT NOT NULL, quantity INT, charge BIGINT"


async def measured(place: Place, orders: int) -> None:
    """Place so many orders, and tell how many that were a second."""

    async def one_after_another(customer: int, first: int, last: int) -> None:
        for number in range(first, last):
            await place(customer, number)

    async def all_at_once(first: int, last: int) -> None:
        async with asyncio.TaskGroup() as group:
            for customer in range(AT_ONCE):
                group.create_task(one_after_another(FIRST_CUSTOMER + customer, first, last))

    warm = max(1, _WARM // AT_ONCE)
    await all_at_once(0, warm)
    begun = time.perf_counter()
    await all_at_once(warm, warm + orders // AT_ONCE)
    gauge.tell(rate=orders // AT_ONCE * AT_ONCE / (time.perf_counter() - begun))


async def shop(database: str, orders: int, panel: str) -> None:
    """The shop's own way."""
    each = orders // AT_ONCE + max(1, _WARM // AT_ONCE)
    async with app.open_shop(stock.settings(database, panel)) as opened:
        service = next(offer.number for offer in opened.shelf.catalogue.offers.values() if offer.for_sale)

        async def quote(customer: int, number: int) -> str:
            answers = {"link": f"https://framely.example/p/{customer}-{number}", "quantity": "100"}
            update = customer * 1000 + number
            return (await make_quote(opened, customer, update, service, answers, app.utc_now())).token

        people = range(FIRST_CUSTOMER, FIRST_CUSTOMER + AT_ONCE)
        tokens: dict[int, list[str]] = {}
        for customer in people:
            tokens[customer] = await asyncio.gather(*(quote(customer, number) for number in range(each)))

        async def place(customer: int, number: int) -> None:
            await place_order(opened, tokens[customer][number], customer, number, app.utc_now())

        await measured(place, orders)


async def plain(database: str, orders: int) -> None:
    """A hop for each statement, a commit for each order."""
    async with aiosqlite.connect(database.removeprefix("sqlite:///"), isolation_level=None) as db:
        await db.execute("PRAGMA journal_mode = WAL")
        await db.execute("PRAGMA synchronous = FULL")
        for table in (*_TABLES, f"CREATE TABLE orders (id INTEGER PRIMARY KEY, {_COLUMNS})"):
            await db.execute(table)
        people = [(FIRST_CUSTOMER + customer, 10**12) for customer in range(AT_ONCE)]
        await db.executemany("INSERT INTO wallets VALUES (?, ?)", people)
        turn = asyncio.Lock()

        async def place(customer: int, number: int) -> None:
            async with turn:
                await db.execute("BEGIN IMMEDIATE")
                async with db.execute(_READ, (customer,)) as found:
                    assert await found.fetchone() is not None
                await db.execute(_ORDER, (customer, 1, f"https://framely.example/p/{customer}-{number}", 100, 87500))
                await db.execute(_ENTRIES, (customer, 87500))
                await db.execute(_PAY, (customer, 87500))
                await db.execute("COMMIT")

        await measured(place, orders)


async def four_statements(database: str, orders: int) -> None:
    """The same on PostgreSQL, as asyncpg's documentation shows it."""
    async with asyncpg.create_pool(database, min_size=10, max_size=10) as pool:
        for table in ("wallets", "ledger", "orders"):
            await pool.execute(f"DROP TABLE IF EXISTS {table}")
        for table in (*_TABLES, f"CREATE TABLE orders (id BIGSERIAL PRIMARY KEY, {_COLUMNS})"):
            await pool.execute(table)
        people = [(FIRST_CUSTOMER + customer, 10**12) for customer in range(AT_ONCE)]
        await pool.executemany("INSERT INTO wallets VALUES ($1, $2)", people)

        async def place(customer: int, number: int) -> None:
            async with pool.acquire() as db, db.transaction():
                assert await db.fetchval(f"{_READ} FOR UPDATE", customer) is not None
                link = f"https://framely.example/p/{customer}-{number}"
                await db.execute(_ORDER, customer, 1, link, 100, 87500)
                await db.execute(_ENTRIES, customer, 87500)
                await db.execute(_PAY, customer, 87500)

        await measured(place, orders)


_WAYS: Final[dict[str, Callable[..., Any]]] = {"shop": shop, "plain": plain, "asyncpg": four_statements}

if __name__ == "__main__":
    gauge.run(_WAYS[sys.argv[1]](sys.argv[2], int(sys.argv[3]), *sys.argv[4:]))
