"""What the database itself knows of its own soundness, and of the library it stands on."""

from __future__ import annotations

import sqlite3
from typing import Final

from storage.database import Database, Kind, Tx
from storage.errors import DiskTrouble

_WHOLE: Final = "ok"
#: Older ones can damage a file when a checkpoint and a writer meet (https://www.sqlite.org/wal.html).
_SAFE_LIBRARY: Final = (3, 51, 3)


async def find_damage(db: Database) -> list[str]:
    """What SQLite's quick check finds in the file; a server looks after its own files, and is not asked."""
    if db.kind is not Kind.SQLITE:
        return []

    async def work(tx: Tx) -> list[str]:
        return [str(row["quick_check"]) for row in await tx.all("PRAGMA quick_check(20)")]

    try:
        found = await db.read(work)
    except DiskTrouble as error:
        return [str(error)]
    return [] if found == [_WHOLE] else found


def aging(db: Database, library: tuple[int, ...] = sqlite3.sqlite_version_info) -> str | None:
    """A warning where the SQLite library at hand is older than it should be; None where nothing is to be said."""
    if db.kind is not Kind.SQLITE or library >= _SAFE_LIBRARY:
        return None
    wanted = ".".join(map(str, _SAFE_LIBRARY))
    return f"older than {wanted}, which ends a rare fault of its write-ahead log"
