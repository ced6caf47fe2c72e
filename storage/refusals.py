"""Words of panels that an operator taught the shop: they always mean that nothing was placed."""

from __future__ import annotations

from datetime import datetime

from storage.database import Tx
from storage.times import to_ms


async def known(tx: Tx, panel: str, words: str) -> bool:
    """Whether exactly these words of this panel, evened out, were taught."""
    row = await tx.one("SELECT 1 AS yes FROM known_refusals WHERE panel = $1 AND words = $2", panel, words)
    return row is not None


async def teach(tx: Tx, panel: str, words: str, taught_by: int, now: datetime) -> bool:
    """Remember words of a panel; False when they are known already."""
    return bool(
        await tx.run(
            "INSERT INTO known_refusals (panel, words, taught_by, taught_at) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT DO NOTHING",
            panel, words, str(taught_by), to_ms(now),
        )
    )  # fmt: skip
