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


async def broke_off(tx: Tx) -> bool:
    """Whether the run before this one ended without closing; False where nobody noted that yet. To be asked once."""
    row = await tx.one("SELECT epoch, closed FROM instance WHERE id = 1")
    await tx.run("UPDATE instance SET closed = 0 WHERE id = 1 AND closed IS NULL")
    return row is not None and row["closed"] is not None and row["closed"] != row["epoch"] - 1


async def close(tx: Tx, epoch: int) -> None:
    """Note that this run closes in order, unless a newer one has begun."""
    await tx.run("UPDATE instance SET closed = $1 WHERE id = 1 AND epoch = $1", epoch)
