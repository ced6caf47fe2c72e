"""Who has started the bot, and what they wrote to the operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.money import Money
from storage.database import Row, Tx
from storage.times import from_ms, maybe_time, to_ms


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who has started the bot."""

    id: int
    name: str
    username: str | None
    #: The client's language code at the last contact.
    language: str | None
    #: Whether they could not be reached when last tried; what waits for them is not tried again until they can be.
    blocked: bool
    joined_at: datetime
    seen_at: datetime
    #: What they chose by /language; None: they never did.
    chosen_language: str | None = None
    #: Since when they may not order; None: they may.
    banned_at: datetime | None = None

    @property
    def speaks(self) -> str | None:
        """The language to write to them in: what they chose, else their client's."""
        return self.chosen_language or self.language


@dataclass(frozen=True, slots=True)
class Ticket:
    """A customer's message to the operator."""

    id: int
    customer_id: int
    text: str
    asked_at: datetime
    answered_by: int | None


async def save(tx: Tx, customer_id: int, name: str, username: str | None, language: str | None, now: datetime) -> bool:
    """Remember a contact; True when it is the first."""
    if await tx.run(
        "UPDATE customers SET name = $2, username = $3, language = $4, seen_at = $5, blocked = 0 WHERE id = $1",
        customer_id, name, username, language, to_ms(now),
    ):  # fmt: skip
        return False
    return bool(
        await tx.run(
            "INSERT INTO customers (id, name, username, language, joined_at, seen_at) VALUES ($1, $2, $3, $4, $5, $5)"
            " ON CONFLICT (id) DO NOTHING",
            customer_id, name, username, language, to_ms(now),
        )
    )  # fmt: skip


async def get(tx: Tx, customer_id: int) -> Customer | None:
    """The customer of this Telegram id."""
    row = await tx.one("SELECT * FROM customers WHERE id = $1", customer_id)
    return _customer(row) if row else None


async def set_blocked(tx: Tx, customer_id: int, *, blocked: bool) -> bool:
    """Remember whether the person blocked the bot; False when that is nothing new."""
    return bool(
        await tx.run("UPDATE customers SET blocked = $2 WHERE id = $1 AND blocked <> $2", customer_id, int(blocked))
    )


async def choose_language(tx: Tx, customer_id: int, language: str) -> None:
    """Remember the language a person wants to read."""
    await tx.run("UPDATE customers SET chosen_language = $2 WHERE id = $1", customer_id, language)


async def ban(tx: Tx, customer_id: int, now: datetime) -> bool:
    """Keep a customer from ordering; False when that is nothing new."""
    return bool(
        await tx.run("UPDATE customers SET banned_at = $2 WHERE id = $1 AND banned_at IS NULL", customer_id, to_ms(now))
    )


async def unban(tx: Tx, customer_id: int) -> bool:
    """Let a customer order again; False when that is nothing new."""
    return bool(
        await tx.run("UPDATE customers SET banned_at = NULL WHERE id = $1 AND banned_at IS NOT NULL", customer_id)
    )


async def is_banned(tx: Tx, customer_id: int) -> bool:
    """Whether the customer may not order."""
    return (
        await tx.one("SELECT 1 AS yes FROM customers WHERE id = $1 AND banned_at IS NOT NULL", customer_id) is not None
    )


async def owed(tx: Tx, customer_id: int) -> Money:
    """What a customer owes; nothing for most."""
    row = await tx.one("SELECT owed FROM customers WHERE id = $1", customer_id)
    return Money(row["owed"] if row else 0)


async def owe(tx: Tx, customer_id: int, more: Money) -> None:
    """Let a customer owe more, or less. Raises Conflict below nothing."""
    await tx.run("UPDATE customers SET owed = owed + $2 WHERE id = $1", customer_id, more.micros)


async def tickets_since(tx: Tx, customer_id: int, since: datetime, *, besides: int) -> int:
    """How many messages a customer wrote to the operator after a moment, besides the one of an update."""
    row = await tx.one(
        "SELECT COUNT(*) AS count FROM tickets WHERE customer_id = $1 AND asked_at > $2 AND update_id <> $3",
        customer_id, to_ms(since), besides,
    )  # fmt: skip
    return 0 if row is None else int(row["count"])


async def add_ticket(tx: Tx, update_id: int, customer_id: int, text: str, now: datetime) -> int | None:
    """Store a support message; None when this update stored it already."""
    row = await tx.one(
        "INSERT INTO tickets (update_id, customer_id, text, asked_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (update_id) DO NOTHING RETURNING id",
        update_id, customer_id, text, to_ms(now),
    )  # fmt: skip
    return None if row is None else int(row["id"])


async def ticket(tx: Tx, ticket_id: int) -> Ticket | None:
    """The support message of this number."""
    row = await tx.one("SELECT * FROM tickets WHERE id = $1", ticket_id)
    if row is None:
        return None
    return Ticket(row["id"], row["customer_id"], row["text"], from_ms(row["asked_at"]), row["answered_by"])


async def answer_ticket(tx: Tx, ticket_id: int, operator_id: int, now: datetime) -> bool:
    """Claim a ticket for one operator; False when another one answered before. The same one may add to it."""
    return bool(
        await tx.run(
            "UPDATE tickets SET answered_by = $2, answered_at = $3"
            " WHERE id = $1 AND (answered_by IS NULL OR answered_by = $2)",
            ticket_id, operator_id, to_ms(now),
        )
    )  # fmt: skip


def _customer(row: Row) -> Customer:
    return Customer(
        row["id"], row["name"], row["username"], row["language"], bool(row["blocked"]),
        from_ms(row["joined_at"]), from_ms(row["seen_at"]), row["chosen_language"], maybe_time(row["banned_at"]),
    )  # fmt: skip
