"""What operators turn on and off while the shop runs; a switch that is on says since when."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from storage.database import Tx
from storage.times import from_ms, to_ms

MAINTENANCE: Final = "maintenance"


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
