"""The durable copy of the catalogue, and what is known of each panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from bot.domain.arranging import AS_LISTED, Arrangement
from bot.domain.catalog import Service, Unsold
from storage.database import Row, Tx
from storage.times import from_ms, maybe_time, to_ms


@dataclass(frozen=True, slots=True)
class StoredService:
    """A service with what the shop keeps about it."""

    number: int
    category_number: int
    position: int
    service: Service
    #: Only reasons that must survive a restart: a row that is doubted, or gone from the panel.
    unsold: Unsold | None = None
    pending_rate: Decimal | None = None
    own: Arrangement = AS_LISTED
    #: When its panel's charge was first held against the computed cost.
    charge_checked_at: datetime | None = None
    #: The rate that charge amounts to, where it is another and no operator has agreed.
    charged_rate: Decimal | None = None

    @property
    def name(self) -> str:
        """What people read: the operator's title, else the panel's name."""
        return self.own.title or self.service.name


@dataclass(frozen=True, slots=True)
class StoredCategory:
    """A category with what the operators made of it."""

    number: int
    #: What the panels call it.
    name: str
    own: Arrangement = AS_LISTED


@dataclass(frozen=True, slots=True)
class PanelRecord:
    """What the shop last learned of a panel."""

    name: str
    #: What its balance was in when last seen.
    currency: str | None = None
    balance: Decimal | None = None
    balance_at: datetime | None = None
    refreshed_at: datetime | None = None
    services: int = 0
    #: Of the action that has failed longest, with its newest reason.
    failing_since: datetime | None = None
    failure: str | None = None
    #: What its prices are in.
    agreed_currency: str | None = None

    @property
    def changed_currency(self) -> bool:
        """Whether its balance is in another currency than its prices were agreed to be."""
        return self.agreed_currency is not None and self.currency != self.agreed_currency


async def load_services(tx: Tx) -> list[StoredService]:
    """Everything ever imported, in the panels' own order."""
    return [_stored(row) for row in await tx.all("SELECT * FROM services ORDER BY panel, position, number")]


async def load_categories(tx: Tx) -> dict[str, StoredCategory]:
    """Each category by its normalised key."""
    rows = await tx.all("SELECT * FROM categories ORDER BY number")
    return {row["key"]: StoredCategory(row["number"], row["name"], _own(row)) for row in rows}


async def add_category(tx: Tx, key: str, name: str) -> int:
    """The number of a category, which is created where it is new."""
    row = await tx.one(
        "INSERT INTO categories (key, name) VALUES ($1, $2)"
        " ON CONFLICT (key) DO UPDATE SET key = EXCLUDED.key RETURNING number",
        key, name,
    )  # fmt: skip
    if row is None:
        raise LookupError("an upsert returns its row")
    return int(row["number"])


async def save_services(tx: Tx, stored: Sequence[StoredService]) -> None:
    """Insert or update services; the number of a known one never changes (0 stands for a new one)."""
    await tx.many(
        "INSERT INTO services (panel, id, name, type, category, category_number, rate, minimum, maximum, refill,"
        " cancel, dripfeed, description, unsold, pending_rate, position)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
        " ON CONFLICT (panel, id) DO UPDATE SET name = EXCLUDED.name, type = EXCLUDED.type,"
        " category = EXCLUDED.category, category_number = EXCLUDED.category_number, rate = EXCLUDED.rate,"
        " minimum = EXCLUDED.minimum, maximum = EXCLUDED.maximum, refill = EXCLUDED.refill,"
        " cancel = EXCLUDED.cancel, dripfeed = EXCLUDED.dripfeed, description = EXCLUDED.description,"
        " unsold = EXCLUDED.unsold, pending_rate = EXCLUDED.pending_rate, position = EXCLUDED.position,"
        # What is billed by another rule is checked anew.
        " charge_checked_at = CASE WHEN services.type = EXCLUDED.type OR services.charged_rate IS NOT NULL"
        " THEN services.charge_checked_at END",
        [_values(entry) for entry in stored],
    )


async def service(tx: Tx, number: int) -> StoredService | None:
    """The service of this number."""
    row = await tx.one("SELECT * FROM services WHERE number = $1", number)
    return _stored(row) if row else None


async def accept_rate(tx: Tx, number: int, rate: Decimal) -> StoredService | None:
    """Make a waiting rate the rate; None where another, or none, waits by now."""
    row = await tx.one(
        "UPDATE services SET rate = pending_rate, pending_rate = NULL, unsold = NULL"
        " WHERE number = $1 AND unsold = $2 AND pending_rate = $3 RETURNING *",
        number, Unsold.JUMP.value, str(rate),
    )  # fmt: skip
    return _stored(row) if row else None


async def waiting_rates(tx: Tx, panel: str) -> int:
    """How many of a panel's price jumps wait."""
    row = await tx.one("SELECT COUNT(*) AS n FROM services WHERE panel = $1 AND unsold = $2", panel, Unsold.JUMP.value)
    return int(row["n"]) if row else 0


async def forget_gone(tx: Tx, panel: str, keep: int) -> list[str]:
    """Delete services that are gone and were never ordered or quoted, but the newest; the ids of the deleted ones."""
    rows = await tx.all(
        "DELETE FROM services WHERE number IN (SELECT number FROM services WHERE panel = $1 AND unsold = 'gone'"
        " AND NOT EXISTS (SELECT 1 FROM orders WHERE service_number = number)"
        " AND NOT EXISTS (SELECT 1 FROM quotes WHERE service_number = number)"
        " ORDER BY number DESC LIMIT 1000000000 OFFSET $2) RETURNING id",
        panel, keep,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def service_numbers(tx: Tx, panel: str) -> dict[str, int]:
    """The shop's number of each of a panel's services."""
    rows = await tx.all("SELECT id, number FROM services WHERE panel = $1", panel)
    return {row["id"]: row["number"] for row in rows}


async def panel(tx: Tx, name: str) -> PanelRecord:
    """What is known of a panel; an empty record for a new one."""
    row = await tx.one("SELECT * FROM panels WHERE name = $1", name)
    record = _panel(row) if row else PanelRecord(name)
    worst = await tx.one("SELECT * FROM panel_failures WHERE panel = $1 ORDER BY since, action LIMIT 1", name)
    if worst is None:
        return record
    failure = f"{worst['action']}: {worst['failure']}"
    return replace(record, failing_since=maybe_time(worst["since"]), failure=failure)


async def save_balance(tx: Tx, name: str, balance: Decimal, currency: str, agreed: str, now: datetime) -> None:
    """Remember a panel's balance, the currency it is in and the one its prices are in."""
    await tx.run(
        "INSERT INTO panels (name, currency, agreed_currency, balance, balance_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (name) DO UPDATE SET currency = EXCLUDED.currency, agreed_currency = EXCLUDED.agreed_currency,"
        " balance = EXCLUDED.balance, balance_at = EXCLUDED.balance_at",
        name, currency, agreed, str(balance), to_ms(now),
    )  # fmt: skip


async def agree_currency(tx: Tx, name: str, before: str, currency: str) -> bool:
    """Prices of a panel are in the new currency now; False where it is another by now, or was agreed to already."""
    return bool(
        await tx.run(
            "UPDATE panels SET agreed_currency = $3 WHERE name = $1 AND agreed_currency = $2 AND currency = $3",
            name, before, currency,
        )
    )  # fmt: skip


async def save_refresh(tx: Tx, name: str, services: int, now: datetime) -> None:
    """Remember that a panel's catalogue was read."""
    await tx.run(
        "INSERT INTO panels (name, services, refreshed_at) VALUES ($1, $2, $3) ON CONFLICT (name)"
        " DO UPDATE SET services = EXCLUDED.services, refreshed_at = EXCLUDED.refreshed_at",
        name, services, to_ms(now),
    )  # fmt: skip


async def save_failure(tx: Tx, name: str, action: str, failure: str, now: datetime) -> datetime:
    """Remember that an action fails at a panel; since when it does."""
    row = await tx.one(
        "INSERT INTO panel_failures (panel, action, since, last_at, failure) VALUES ($1, $2, $3, $3, $4)"
        " ON CONFLICT (panel, action) DO UPDATE SET last_at = EXCLUDED.last_at, failure = EXCLUDED.failure"
        " RETURNING since",
        name, action, to_ms(now), failure,
    )  # fmt: skip
    return now if row is None else from_ms(row["since"])


async def clear_failure(tx: Tx, name: str, action: str, stale: datetime) -> bool:
    """An action works again, and what last failed before `stale` says nothing any more; False when nothing failed."""
    return bool(
        await tx.run(
            "DELETE FROM panel_failures WHERE panel = $1 AND (action = $2 OR last_at < $3)", name, action, to_ms(stale)
        )
    )


def _values(entry: StoredService) -> tuple[int | str | None, ...]:
    service = entry.service
    return (
        service.panel, service.id, service.name, service.type, service.category, entry.category_number,
        str(service.rate), service.minimum, service.maximum, _flag(service.refill), _flag(service.cancel),
        _flag(service.dripfeed), service.description, entry.unsold and entry.unsold.value,
        None if entry.pending_rate is None else str(entry.pending_rate), entry.position,
    )  # fmt: skip


def _stored(row: Row) -> StoredService:
    service = Service(
        panel=row["panel"],
        id=row["id"],
        name=row["name"],
        type=row["type"],
        category=row["category"],
        rate=Decimal(row["rate"]),
        minimum=row["minimum"],
        maximum=row["maximum"],
        refill=_truth(row["refill"]),
        cancel=_truth(row["cancel"]),
        dripfeed=_truth(row["dripfeed"]),
        description=row["description"],
    )
    reason, pending, charged = row["unsold"], row["pending_rate"], row["charged_rate"]
    return StoredService(
        row["number"], row["category_number"], row["position"], service,
        None if reason is None else Unsold(reason), None if pending is None else Decimal(pending), _own(row),
        maybe_time(row["charge_checked_at"]), None if charged is None else Decimal(charged),
    )  # fmt: skip


def _own(row: Row) -> Arrangement:
    return Arrangement(row["title"], row["place"], bool(row["hidden"]))


def _panel(row: Row) -> PanelRecord:
    return PanelRecord(
        name=row["name"],
        currency=row["currency"],
        balance=None if row["balance"] is None else Decimal(row["balance"]),
        balance_at=maybe_time(row["balance_at"]),
        refreshed_at=maybe_time(row["refreshed_at"]),
        services=row["services"],
        agreed_currency=row["agreed_currency"],
    )


def _flag(value: bool | None) -> int | None:  # noqa: FBT001 - a stored flag, not a switch
    return None if value is None else int(value)


def _truth(value: int | None) -> bool | None:
    return None if value is None else bool(value)
