"""The ledger's tables: a balance row changes only together with its transfer row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain import wallet
from bot.domain.money import ZERO, Money
from bot.domain.wallet import Kind, Transfer
from storage.database import Row, Tx
from storage.times import from_ms, to_ms

#: What came into a wallet's two spendable accounts and left them, under one name for each fact; what only moved
#: between the two moved nothing.
_FACT: Final = (
    "CASE WHEN kind IN ('hold', 'return', 'void', 'adjust', 'manual', 'recovery') AND id LIKE '%:stars'"
    " THEN SUBSTR(id, 1, LENGTH(id) - 6) ELSE id END AS fact, kind, order_id, reason, at"
)
_MOVEMENTS: Final = (
    f"SELECT amount AS signed, {_FACT} FROM transfers WHERE target IN ($1, $2) AND kind <> 'shift'"  # noqa: S608
    f" UNION ALL SELECT -amount, {_FACT} FROM transfers WHERE source IN ($1, $2) AND kind <> 'shift'"
)


@dataclass(frozen=True, slots=True)
class Balances:
    """What a customer can spend and what their running orders hold."""

    #: Everything that can be spent, Stars credit included.
    available: Money
    held: Money
    #: The part of `available` that is Stars credit.
    stars: Money = ZERO

    @property
    def own(self) -> Money:
        """The part of `available` that is no Stars credit, and is spent first."""
        return self.available - self.stars


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a customer's history, signed from the spendable account's point of view."""

    kind: Kind
    amount: Money
    order_id: int | None
    reason: str | None
    at: datetime


async def open_accounts(tx: Tx, customer_id: int) -> None:
    """Create a customer's two accounts; harmless when they exist."""
    for account in (wallet.available(customer_id), wallet.held(customer_id)):
        await tx.run(
            "INSERT INTO accounts (id, customer_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", account, customer_id
        )


async def open_stars(tx: Tx, customer_id: int) -> None:
    """Create a customer's account for Stars credit; harmless when it exists."""
    await tx.run(
        "INSERT INTO accounts (id, customer_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        wallet.stars(customer_id), customer_id,
    )  # fmt: skip


async def write(tx: Tx, transfer: Transfer, now: datetime) -> bool:
    """Write one transfer and both balances; False when this very transfer is already there.

    Raises Conflict when a customer's account would fall below zero.
    """
    await _open_system_accounts(tx, transfer)
    fresh = await tx.run(
        "INSERT INTO transfers (id, source, target, amount, kind, order_id, actor, reason, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING",
        transfer.id, transfer.source, transfer.target, transfer.amount.micros, transfer.kind.value,
        transfer.order_id, transfer.actor, transfer.reason, to_ms(now),
    )  # fmt: skip
    if not fresh:
        return False
    await tx.run(
        "UPDATE accounts SET balance = balance + CASE id WHEN $1 THEN -CAST($3 AS BIGINT) ELSE CAST($3 AS BIGINT) END"
        " WHERE id IN ($1, $2)",
        transfer.source, transfer.target, transfer.amount.micros,
    )  # fmt: skip
    return True


async def balances(tx: Tx, customer_id: int) -> Balances:
    """What the customer has; nothing for somebody without accounts."""
    rows = await tx.all("SELECT id, balance FROM accounts WHERE customer_id = $1", customer_id)
    found = {row["id"]: Money(row["balance"]) for row in rows}
    stars = found.get(wallet.stars(customer_id), ZERO)
    own = found.get(wallet.available(customer_id), ZERO)
    return Balances(own + stars, found.get(wallet.held(customer_id), ZERO), stars)


async def history(tx: Tx, customer_id: int, limit: int, offset: int) -> list[Entry]:
    """A page of what moved the spendable balance, newest first; what moved both of its accounts is one line."""
    rows = await tx.all(
        "SELECT MIN(kind) AS kind, CAST(SUM(signed) AS BIGINT) AS signed, MIN(order_id) AS order_id,"  # noqa: S608 - constant
        f" MIN(reason) AS reason, MAX(at) AS at FROM ({_MOVEMENTS}) AS moves GROUP BY fact"
        " ORDER BY MAX(at) DESC, fact DESC LIMIT $3 OFFSET $4",
        wallet.available(customer_id), wallet.stars(customer_id), limit, offset,
    )  # fmt: skip
    return [_entry(row) for row in rows]


async def count_history(tx: Tx, customer_id: int) -> int:
    """How many lines the history has."""
    row = await tx.one(
        f"SELECT COUNT(DISTINCT fact) AS n FROM ({_MOVEMENTS}) AS moves",  # noqa: S608 - constant
        wallet.available(customer_id), wallet.stars(customer_id),
    )  # fmt: skip
    return int(row["n"]) if row else 0


async def of_order(tx: Tx, order_id: int) -> list[Entry]:
    """Every entry an order wrote, oldest first, each with the amount it moved."""
    rows = await tx.all(
        "SELECT kind, amount AS signed, order_id, reason, at FROM transfers WHERE order_id = $1 ORDER BY at, id",
        order_id,
    )
    return [_entry(row) for row in rows]


async def has_transfer(tx: Tx, transfer_id: str) -> bool:
    """Whether the ledger holds this very entry."""
    return await tx.one("SELECT 1 AS yes FROM transfers WHERE id = $1", transfer_id) is not None


async def _open_system_accounts(tx: Tx, transfer: Transfer) -> None:
    for account in (transfer.source, transfer.target):
        if account.startswith("sys:"):
            await tx.run("INSERT INTO accounts (id) VALUES ($1) ON CONFLICT DO NOTHING", account)


def _entry(row: Row) -> Entry:
    return Entry(Kind(row["kind"]), Money(row["signed"]), row["order_id"], row["reason"], from_ms(row["at"]))
