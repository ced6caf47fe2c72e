"""The database of a shop that has traded for years, made by SQL: sound, with orders of every fate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from storage.database import Database, Kind, Tx
from storage.migrate import migrate
from storage.times import to_ms

PANEL: Final = "sandbox"
#: One order in so many is each of these, the rest was completed; those that run are few, as in any shop.
_FATES: Final = (
    (20, 7, "partial"), (20, 8, "canceled"), (20, 9, "failed"), (50, 11, "withdrawn"), (100, 13, "active"),
    (5000, 14, "unknown"),
)  # fmt: skip
_CHARGE, _COST = 1_125_000, 900_000
_STEP_MS: Final = 600_000
#: Whoever makes a database of a million rows makes its indexes once, behind them.
_INDEXES: Final = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = $1"
_BIG: Final = ("transfers", "orders")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is."""

    customers: int
    orders: int
    transfers: int


async def fill(db: Database, sizes: Sizes, now: datetime) -> None:
    """Fill an empty database; an hour ago its last order was placed, and nothing of it is due within a day."""
    await migrate(db)
    first = to_ms(now - timedelta(hours=1)) - sizes.orders * _STEP_MS

    async def work(tx: Tx) -> None:
        indexes = [row for table in _BIG for row in await tx.all(_INDEXES, table)] if db.kind is Kind.SQLITE else []
        for index in indexes:
            await tx.run(f'DROP INDEX "{index["name"]}"')
        await _people(tx, sizes, first)
        await _orders(tx, sizes, first, to_ms(now + timedelta(days=1)))
        await _entries(tx, sizes, first)
        for index in indexes:
            await tx.run(index["sql"])

    await db.write(work)


async def _people(tx: Tx, sizes: Sizes, at: int) -> None:
    await tx.run(
        _numbers(
            "INSERT INTO customers (id, name, language, joined_at, seen_at) SELECT 100000 + n, 'Mina', 'en', $2, $2"
        ),
        sizes.customers, at,
    )  # fmt: skip
    for account in ("available", "held"):
        await tx.run(f"INSERT INTO accounts (id, customer_id) SELECT 'user:' || id || ':{account}', id FROM customers")
    await tx.run("INSERT INTO accounts (id) VALUES ('sys:revenue'), ('sys:adjust')")
    await tx.run("INSERT INTO categories (key, name) VALUES ('framely', 'Framely')")
    await tx.run(
        "INSERT INTO services (panel, id, name, type, category, category_number, rate, minimum, maximum, description,"
        " position) SELECT $1, '1', 'Framely Likes', 'default', 'Framely', number, '0.9', 10, 100000, '', 0"
        " FROM categories",
        PANEL,
    )


async def _orders(tx: Tx, sizes: Sizes, first: int, later: int) -> None:
    fates = " ".join(f"WHEN n % {of} = {at} THEN '{fate}'" for of, at, fate in _FATES)
    await tx.run(
        _numbers(
            "INSERT INTO orders (quote_token, customer_id, service_number, service_name, panel, service_id, type,"
            " answers, target, quantity, charge, cost, spent, returned, state, version, reason, attempts, upstream_id,"
            " status_word, remains, next_at, created_at, sent_at, changed_at, finished_at)"
            " SELECT 'token-' || n, 100001 + n % $2, 1, 'Framely Likes', $3, '1', 'default',"
            " '{\"link\":\"https://framely.example/p/' || n || '\",\"quantity\":\"1000\"}',"
            " 'framely.example/p/' || n, 1000, $4, $5,"
            " CASE fate WHEN 'completed' THEN $5 WHEN 'partial' THEN $5 / 2 ELSE 0 END,"
            " CASE WHEN fate = 'partial' THEN $4 / 2 WHEN fate IN ('canceled', 'failed', 'withdrawn') THEN $4"
            " ELSE 0 END,"
            " CASE fate WHEN 'withdrawn' THEN 'canceled' ELSE fate END, 3,"
            " CASE fate WHEN 'failed' THEN 'refused-link' WHEN 'withdrawn' THEN 'by-customer' END,"
            " CASE fate WHEN 'withdrawn' THEN 0 ELSE 1 END,"
            " CASE WHEN fate IN ('failed', 'withdrawn', 'unknown') THEN NULL ELSE '1' || n END,"
            " CASE fate WHEN 'completed' THEN 'Completed' WHEN 'active' THEN 'In progress' END,"
            " CASE fate WHEN 'partial' THEN 500 WHEN 'completed' THEN 0 END,"
            " CASE fate WHEN 'active' THEN $7 END, $6 + n * 600000, $6 + n * 600000 + 1000, $6 + n * 600000 + 5000,"
            " CASE WHEN fate IN ('active', 'unknown') THEN NULL ELSE $6 + n * 600000 + 5000 END"
            f" FROM (SELECT n, CASE {fates} ELSE 'completed' END AS fate",
            ") AS fated ORDER BY n",
        ),
        sizes.orders, sizes.customers, PANEL, _CHARGE, _COST, first, later,
    )  # fmt: skip
    await tx.run(
        "INSERT INTO quotes (token, update_id, customer_id, service_number, rate, answers, quantity, charge, cost,"
        " state, created_at, expires_at) SELECT quote_token, id, customer_id, 1, '0.9', answers, quantity, charge,"
        " cost, 'used', created_at, created_at + 600000 FROM orders ORDER BY quote_token"
    )
    await tx.run(
        "INSERT INTO attempts (order_id, number, epoch, outcome, started_at, ended_at) SELECT id, 1, 0,"
        " CASE state WHEN 'failed' THEN 'refused' WHEN 'unknown' THEN 'unknown' ELSE 'placed' END, created_at,"
        " created_at + 1000 FROM orders WHERE attempts = 1"
    )
    await tx.run(
        "INSERT INTO notices (key, chat_id, kind, order_id, facts, state, due_at, created_at)"
        " SELECT 'card:' || id, customer_id, 'card', id, '{}', 'sent', created_at, created_at FROM orders"
    )


async def _entries(tx: Tx, sizes: Sizes, first: int) -> None:
    for sql in _OF_ORDERS:
        await tx.run(sql)
    row = await tx.one("SELECT COUNT(*) AS n FROM transfers")
    credits = sizes.transfers - (row["n"] if row else 0)
    await tx.run(
        _numbers(
            "INSERT INTO transfers (id, source, target, amount, kind, actor, reason, at)"
            " SELECT 'man:' || n, 'sys:adjust', 'user:' || (100001 + n % $2) || ':available', 2500000, 'manual',"
            " '9001', 'paid', $3 + n * 1000"
        ),
        credits, sizes.customers, first,
    )  # fmt: skip
    await tx.run(
        "UPDATE accounts SET balance = (SELECT COALESCE(SUM(amount), 0) FROM (SELECT target, amount FROM transfers"
        " UNION ALL SELECT source, -amount FROM transfers) AS m WHERE m.target = accounts.id)"
        if not credits
        else "UPDATE accounts SET balance = sums.total FROM (SELECT account, CAST(SUM(amount) AS BIGINT) AS total FROM"
        " (SELECT target AS account, amount FROM transfers UNION ALL SELECT source, -amount FROM transfers) AS moves"
        " GROUP BY account) AS sums WHERE sums.account = accounts.id"
    )


_ENTRY: Final = "INSERT INTO transfers (id, source, target, amount, kind, order_id, at) SELECT "
_AVAILABLE, _HELD = "'user:' || customer_id || ':available'", "'user:' || customer_id || ':held'"
_OF_ORDERS: Final = (
    f"{_ENTRY}'hold:' || id, {_AVAILABLE}, {_HELD}, charge, 'hold', id, created_at FROM orders",
    (
        f"{_ENTRY}'post:' || id, {_HELD}, 'sys:revenue', charge - returned, 'post', id, finished_at FROM orders"
        " WHERE state IN ('completed', 'partial')"
    ),
    (
        f"{_ENTRY}'ret:' || id, {_HELD}, {_AVAILABLE}, returned, 'return', id, finished_at FROM orders"
        " WHERE state = 'partial' OR (state = 'canceled' AND upstream_id IS NOT NULL)"
    ),
    (
        f"{_ENTRY}'void:' || id, {_HELD}, {_AVAILABLE}, charge, 'void', id, finished_at FROM orders"
        " WHERE state = 'failed' OR (state = 'canceled' AND upstream_id IS NULL)"
    ),
)


def _numbers(select: str, rest: str = "") -> str:
    """A statement over the numbers from 1 to its first parameter."""
    head, _, tail = select.partition("SELECT ")
    return (
        f"{head}WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $1)"
        f" SELECT {tail} FROM numbers{rest}"
    )


def utc_now() -> datetime:
    """The clock the database is dated by."""
    return datetime.now(UTC)
