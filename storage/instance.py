"""Which run of the program this is."""

from __future__ import annotations

from storage.database import Tx


async def epoch(tx: Tx) -> int:
    """The number of the newest run that started on this database."""
    row = await tx.one("SELECT epoch FROM instance WHERE id = 1")
    if row is None:
        raise LookupError("the instance row is missing")
    return int(row["epoch"])


async def next_epoch(tx: Tx) -> int:
    """Count this start; attempts of older epochs are nobody's any more."""
    row = await tx.one("UPDATE instance SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch")
    if row is None:
        raise LookupError("the instance row is missing")
    return int(row["epoch"])
