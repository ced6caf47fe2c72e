"""Read models: what screens show, asked for straight, changed never."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from bot.domain.money import MICROS_PER_UNIT, ZERO, Money
from bot.domain.orders import AttemptOutcome, Order, OrderState
from storage import customers, switches, wallet
from storage.catalog import PanelRecord, panel
from storage.customers import Customer
from storage.database import Tx
from storage.orders import order_of
from storage.times import from_ms, to_ms
from storage.wallet import Balances, Entry

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a longer list."""

    items: list[T]
    number: int
    pages: int


def spread(wanted: int, count: int, size: int) -> tuple[int, int]:
    """The page to show of so many items, within what exists, and how many pages there are."""
    pages = max(1, -(-count // size))
    return min(max(1, wanted), pages), pages


@dataclass(frozen=True, slots=True)
class WalletView:
    """A wallet as its owner sees it."""

    balances: Balances
    history: Page[Entry]
    #: What was taken back after it was spent.
    owed: Money = ZERO


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer as the operator sees them."""

    customer: Customer
    balances: Balances
    orders: int
    spent: Money
    last_orders: list[Order]
    #: What they owe for payments that were taken back.
    owed: Money = ZERO


@dataclass(frozen=True, slots=True)
class Turnover:
    """What a stretch of time brought: charges kept, their cost, and how many orders finished."""

    charged: Money
    cost: Money
    orders: int

    @property
    def margin(self) -> Money:
        """What is left."""
        return self.charged - self.cost


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The operator's first look."""

    by_state: dict[OrderState, int]
    decisions: int
    alerts: int
    customers: int
    wallets: Money
    held: Money
    today: Turnover
    panels: list[PanelRecord]
    #: Since when the shop takes no orders; None: it does.
    maintained_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One `add`, as the operator sees it."""

    number: int
    outcome: AttemptOutcome
    started_at: datetime
    detail: str | None
    http_status: int | None
    excerpt: str | None
    #: Its words, evened out, where it refused in a way the shop does not know.
    words: str | None = None


async def wallet_view(tx: Tx, customer_id: int, page: int, size: int) -> WalletView:
    """Balances and one page of history."""
    number, pages = spread(page, await wallet.count_history(tx, customer_id), size)
    entries = await wallet.history(tx, customer_id, size, (number - 1) * size)
    owed = await customers.owed(tx, customer_id)
    return WalletView(await wallet.balances(tx, customer_id), Page(entries, number, pages), owed)


async def orders_page(tx: Tx, customer_id: int, page: int, size: int) -> Page[Order]:
    """A customer's orders, newest first."""
    row = await tx.one("SELECT COUNT(*) AS n FROM orders WHERE customer_id = $1", customer_id)
    number, pages = spread(page, row["n"] if row else 0, size)
    rows = await tx.all(
        "SELECT * FROM orders WHERE customer_id = $1 ORDER BY id DESC LIMIT $2 OFFSET $3",
        customer_id, size, (number - 1) * size,
    )  # fmt: skip
    return Page([order_of(r) for r in rows], number, pages)


async def customer_view(tx: Tx, customer_id: int) -> CustomerView | None:
    """A customer with money and orders; None when nobody of this id started the bot."""
    customer = await customers.get(tx, customer_id)
    if customer is None:
        return None
    row = await tx.one(
        "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(charge - returned), 0) AS BIGINT) AS spent FROM orders"
        " WHERE customer_id = $1 AND state NOT IN ('reserved', 'submitting', 'active', 'unknown', 'failed')",
        customer_id,
    )
    recent = await orders_page(tx, customer_id, 1, 5)
    count = await tx.one("SELECT COUNT(*) AS n FROM orders WHERE customer_id = $1", customer_id)
    return CustomerView(
        customer,
        await wallet.balances(tx, customer_id),
        count["n"] if count else 0,
        Money(row["spent"] if row else 0),
        recent.items,
        await customers.owed(tx, customer_id),
    )


async def decisions(tx: Tx, limit: int = 50) -> list[Order]:
    """Orders that wait for the operator, oldest first."""
    rows = await tx.all(
        "SELECT * FROM orders WHERE state = 'unknown' OR attention IS NOT NULL ORDER BY id LIMIT $1", limit
    )
    return [order_of(row) for row in rows]


async def attempts(tx: Tx, order_id: int) -> list[Attempt]:
    """Every `add` made for an order."""
    rows = await tx.all("SELECT * FROM attempts WHERE order_id = $1 ORDER BY number", order_id)
    return [
        Attempt(
            row["number"], AttemptOutcome(row["outcome"]), from_ms(row["started_at"]), row["detail"],
            row["http_status"], row["excerpt"], row["words"],
        )
        for row in rows
    ]  # fmt: skip


async def dashboard(tx: Tx, panel_names: list[str], since: datetime) -> Dashboard:
    """The operator's first look; `since` is when today began."""
    states = await tx.all("SELECT state, COUNT(*) AS n FROM orders GROUP BY state")
    counts = await tx.one(
        "SELECT (SELECT COUNT(*) FROM orders WHERE state = 'unknown' OR attention IS NOT NULL) AS decisions,"
        " (SELECT COUNT(*) FROM alerts WHERE closed_at IS NULL) AS alerts,"
        " (SELECT COUNT(*) FROM customers) AS customers,"
        " (SELECT CAST(COALESCE(SUM(balance), 0) AS BIGINT) FROM accounts"
        " WHERE id LIKE 'user:%:available' OR id LIKE 'user:%:stars') AS wallets,"
        " (SELECT CAST(COALESCE(SUM(balance), 0) AS BIGINT) FROM accounts WHERE id LIKE 'user:%:held') AS held"
    )
    if counts is None:
        raise LookupError("a row of counts")
    return Dashboard(
        by_state={OrderState(row["state"]): row["n"] for row in states},
        decisions=counts["decisions"],
        alerts=counts["alerts"],
        customers=counts["customers"],
        wallets=Money(counts["wallets"]),
        held=Money(counts["held"]),
        today=await turnover(tx, since),
        panels=[await panel(tx, name) for name in panel_names],
        maintained_since=await switches.on_since(tx, switches.MAINTENANCE),
    )


async def turnover(tx: Tx, since: datetime) -> Turnover:
    """What finished since a moment."""
    row = await tx.one(
        "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(charge - returned), 0) AS BIGINT) AS charged,"
        # In two parts: what panels took is no money of the ledger, so nothing else keeps its sum within 64 bits.
        " CAST(COALESCE(SUM(spent / 1000000), 0) AS BIGINT) AS units,"
        " CAST(COALESCE(SUM(spent % 1000000), 0) AS BIGINT) AS micros"
        " FROM orders WHERE finished_at >= $1 AND state IN ('completed', 'partial', 'canceled')",
        to_ms(since),
    )
    if row is None:
        raise LookupError("a row of sums")
    return Turnover(Money(row["charged"]), Money(row["units"] * MICROS_PER_UNIT + row["micros"]), row["n"])


async def language_of(tx: Tx, person_id: int) -> str | None:
    """The language to write to a person in: what they chose, else what their client last spoke."""
    customer = await customers.get(tx, person_id)
    return customer.speaks if customer else None


async def left_over(tx: Tx) -> dict[str, int]:
    """How many orders are unknown and reserved, and how many notices are unsent."""
    row = await tx.one(
        # The first condition is the index's own, word for word: SQLite takes it for no other.
        "SELECT (SELECT COUNT(*) FROM orders WHERE state IN ('submitting', 'unknown') AND state = 'unknown')"
        " AS unknown,"
        " (SELECT COUNT(*) FROM orders WHERE state = 'reserved') AS reserved,"
        " (SELECT COUNT(*) FROM notices WHERE state = 'waiting') AS unsent"
    )
    return {name: int(row[name]) for name in ("unknown", "reserved", "unsent")} if row else {}
