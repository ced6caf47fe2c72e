"""The ledger's tables: a balance row changes only together with its transfer row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain import wallet
from bot.domain.money import ZERO, Money
from bot.domain.wallet import Kind, Transfer
from storage.database import Row, Tx
from storage.times import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class Balances:
    """What a customer can spend and what their running orders hold."""

    #: Everything that can be spent, Stars credit included.
    available: Money
    held: Money
    #: The part of `available` that is Stars credit.
    stars: Money = ZERO


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
    """A page of what moved the spendable balance, newest first."""
    account = wallet.available(customer_id)
    rows = await tx.all(
        "SELECT kind, CASE WHEN target = $1 THEN amount ELSE -amount END AS signed, order_id, reason, at, id"
        " FROM transfers WHERE source = $1 OR target = $1 ORDER BY at DESC, id DESC LIMIT $2 OFFSET $3",
        account, limit, offset,
    )  # fmt: skip
    return [_entry(row) for row in rows]


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
