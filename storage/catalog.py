"""The durable copy of the catalogue, and what is known of each panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.domain.catalog import Service
from storage.database import Row, Tx
from storage.times import maybe_time, to_ms


@dataclass(frozen=True, slots=True)
class StoredService:
    """A service with what the shop keeps about it."""

    number: int
    category_number: int
    position: int
    service: Service
    #: Only reasons that must survive a restart: a rate that is doubted, or gone from the panel.
    unsold: str | None = None
    pending_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PanelRecord:
    """What the shop last learned of a panel."""

    name: str
    currency: str | None = None
    balance: Decimal | None = None
    balance_at: datetime | None = None
    refreshed_at: datetime | None = None
    services: int = 0
    failing_since: datetime | None = None
    failure: str | None = None


async def load_services(tx: Tx) -> list[StoredService]:
    """Everything ever imported, in the panels' own order."""
    return [_stored(row) for row in await tx.all("SELECT * FROM services ORDER BY panel, position, number")]


async def load_categories(tx: Tx) -> dict[str, tuple[int, str]]:
    """Number and name of each category by its normalised key."""
    rows = await tx.all("SELECT number, key, name FROM categories ORDER BY number")
    return {row["key"]: (row["number"], row["name"]) for row in rows}


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
        " unsold = EXCLUDED.unsold, pending_rate = EXCLUDED.pending_rate, position = EXCLUDED.position",
        [_values(entry) for entry in stored],
    )


async def service_numbers(tx: Tx, panel: str) -> dict[str, int]:
    """The shop's number of each of a panel's services."""
    rows = await tx.all("SELECT id, number FROM services WHERE panel = $1", panel)
    return {row["id"]: row["number"] for row in rows}


async def panel(tx: Tx, name: str) -> PanelRecord:
    """What is known of a panel; an empty record for a new one."""
    row = await tx.one("SELECT * FROM panels WHERE name = $1", name)
    return _panel(row) if row else PanelRecord(name)


async def save_balance(tx: Tx, name: str, balance: Decimal, currency: str, now: datetime) -> None:
    """Remember a panel's balance and the currency it is in."""
    await tx.run(
        "INSERT INTO panels (name, currency, balance, balance_at) VALUES ($1, $2, $3, $4) ON CONFLICT (name)"
        " DO UPDATE SET currency = EXCLUDED.currency, balance = EXCLUDED.balance, balance_at = EXCLUDED.balance_at",
        name, currency, str(balance), to_ms(now),
    )  # fmt: skip


async def save_refresh(tx: Tx, name: str, services: int, now: datetime) -> None:
    """Remember that a panel's catalogue was read."""
    await tx.run(
        "INSERT INTO panels (name, services, refreshed_at) VALUES ($1, $2, $3) ON CONFLICT (name)"
        " DO UPDATE SET services = EXCLUDED.services, refreshed_at = EXCLUDED.refreshed_at",
        name, services, to_ms(now),
    )  # fmt: skip


async def save_failure(tx: Tx, name: str, failure: str, now: datetime) -> None:
    """Remember that a panel fails, keeping since when."""
    await tx.run(
        "INSERT INTO panels (name, failing_since, failure) VALUES ($1, $2, $3) ON CONFLICT (name)"
        " DO UPDATE SET failing_since = COALESCE(panels.failing_since, EXCLUDED.failing_since),"
        " failure = EXCLUDED.failure",
        name, to_ms(now), failure,
    )  # fmt: skip


async def clear_failure(tx: Tx, name: str) -> bool:
    """Remember that a panel answers again; False when it never stopped."""
    return bool(
        await tx.run(
            "UPDATE panels SET failing_since = NULL, failure = NULL WHERE name = $1 AND failing_since IS NOT NULL",
            name,
        )
    )


def _values(entry: StoredService) -> tuple[int | str | None, ...]:
    service = entry.service
    return (
        service.panel, service.id, service.name, service.type, service.category, entry.category_number,
        str(service.rate), service.minimum, service.maximum, _flag(service.refill), _flag(service.cancel),
        _flag(service.dripfeed), service.description, entry.unsold,
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
    pending = row["pending_rate"]
    return StoredService(
        row["number"], row["category_number"], row["position"], service, row["unsold"],
        None if pending is None else Decimal(pending),
    )  # fmt: skip


def _panel(row: Row) -> PanelRecord:
    return PanelRecord(
        name=row["name"],
        currency=row["currency"],
        balance=None if row["balance"] is None else Decimal(row["balance"]),
        balance_at=maybe_time(row["balance_at"]),
        refreshed_at=maybe_time(row["refreshed_at"]),
        services=row["services"],
        failing_since=maybe_time(row["failing_since"]),
        failure=row["failure"],
    )


def _flag(value: bool | None) -> int | None:  # noqa: FBT001 - a stored flag, not a switch
    return None if value is None else int(value)


def _truth(value: int | None) -> bool | None:
    return None if value is None else bool(value)
