"""What is turned on and off while the shop runs: a switch that is on says since when; beside it, why."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from storage.database import Tx
from storage.times import from_ms, to_ms

MAINTENANCE: Final = "maintenance"
#: No money moves but what goes back to customers.
BRAKE: Final = "brake"


async def on_since(tx: Tx, name: str) -> datetime | None:
    """When a switch was turned on; None while it is off."""
    row = await tx.one("SELECT value FROM switches WHERE name = $1", name)
    return None if row is None else from_ms(int(row["value"]))


async def turn_on(tx: Tx, name: str, now: datetime) -> bool:
    """Turn a switch on; False when it was."""
    return bool(
        await tx.run(
            "INSERT INTO switches (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, str(to_ms(now))
        )
    )


async def turn_off(tx: Tx, name: str) -> bool:
    """Turn a switch off; False when it was."""
    return bool(await tx.run("DELETE FROM switches WHERE name = $1", name))


async def closing(tx: Tx) -> frozenset[str]:
    """Which of the switches are on that keep everybody from ordering, by one look."""
    rows = await tx.all("SELECT name FROM switches WHERE name IN ($1, $2)", BRAKE, MAINTENANCE)
    return frozenset(row["name"] for row in rows)


async def note(tx: Tx, name: str, text: str) -> None:
    """Keep a text under a name of its own, in place of what was there."""
    await tx.run(
        "INSERT INTO switches (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value",
        name, text,
    )  # fmt: skip


async def noted(tx: Tx, name: str) -> str | None:
    """The text kept under a name."""
    row = await tx.one("SELECT value FROM switches WHERE name = $1", name)
    return None if row is None else str(row["value"])
