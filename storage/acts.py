"""The chain of acts: each is sealed together with the one before it, so that a changed or missing act shows.

A seal is SHA-256 over an act's own fields and the former seal. What it cannot show is that the newest acts were taken
away, or the whole chain written anew: for that the seal `/audit` shows is compared with one that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from storage.database import Row, Tx

_ACTS_AT_ONCE: Final = 1000
_FIRST: Final = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """How the chain stands."""

    #: The number of the first act that does not fit; None while all do.
    broken: int | None = None
    #: The seal of the newest act; None where the chain has not begun.
    seal: str | None = None


async def chain(tx: Tx) -> Chain:
    """Look at every act there is."""
    return Chain(await first_broken(tx), await newest_seal(tx))


async def newest_seal(tx: Tx) -> str | None:
    """The seal the next act builds upon; None where the chain has not begun."""
    row = await tx.one("SELECT seal FROM acts WHERE seal IS NOT NULL ORDER BY id DESC LIMIT 1")
    return None if row is None else str(row["seal"])


def seal_of(former: str | None, key: str | None, actor: str, act: str, subject: str, detail: str, at_ms: int) -> str:
    """The seal of an act that follows `former`, in hexadecimal."""
    sealed = json.dumps([former or _FIRST, key, actor, act, subject, detail, at_ms], separators=(",", ":"))
    return hashlib.sha256(sealed.encode()).hexdigest()


async def first_broken(tx: Tx) -> int | None:
    """The number of the first act that does not fit the chain; None while all do.

    Acts without a seal that are older than every sealed one are before the chain.
    """
    former: str | None = None
    last_id = 0
    while rows := await tx.all("SELECT * FROM acts WHERE id > $1 ORDER BY id LIMIT $2", last_id, _ACTS_AT_ONCE):
        for row in rows:
            last_id = row["id"]
            if former is None and row["seal"] is None:
                continue
            if row["seal"] != _expected(former, row):
                return int(last_id)
            former = row["seal"]
    return None


def _expected(former: str | None, row: Row) -> str:
    return seal_of(former, row["key"], row["actor"], row["act"], row["object"], row["detail"], row["at"])
