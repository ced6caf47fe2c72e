"""What operators did: a chain of acts, each sealed with the one before it, so that a changed or missing one shows.

A seal is SHA-256 over an act's own fields and the former seal. What it cannot show is that the newest acts were taken
away, or the whole chain written anew: for that the seal `/audit` shows is compared with one that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.acts import ActKind
from storage.database import Row, Tx
from storage.times import from_ms, to_ms

_ACTS_AT_ONCE: Final = 1000
_FIRST: Final = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Something an operator did, as it is stored: its kind may be one that this version does not know."""

    actor: str
    act: str
    object: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Chain:
    """How the chain stands."""

    #: The number of the first act that does not fit; None while all do.
    broken: int | None = None
    #: The seal of the newest act; None where the chain has not begun.
    seal: str | None = None


async def record(
    tx: Tx, operator_id: int, kind: ActKind, subject: str, detail: str, now: datetime, key: str | None = None
) -> None:
    """Write down what an operator did, sealed with the act before it; under a key that is there already, nothing.

    Only in a work without an owner: two that ran side by side would build upon the same act.
    """
    actor, at = str(operator_id), to_ms(now)
    seal = seal_of(await newest_seal(tx), key, actor, kind.value, subject, detail, at)
    await tx.run(
        "INSERT INTO acts (key, actor, act, object, detail, at, seal) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (key) DO NOTHING",
        key, actor, kind.value, subject, detail, at, seal,
    )  # fmt: skip


async def is_known(tx: Tx, key: str) -> bool:
    """Whether an act was written under this key."""
    return await tx.one("SELECT 1 AS yes FROM acts WHERE key = $1", key) is not None


async def last(tx: Tx, limit: int) -> list[Act]:
    """The newest acts, newest first."""
    rows = await tx.all("SELECT * FROM acts ORDER BY id DESC LIMIT $1", limit)
    return [Act(row["actor"], row["act"], row["object"], row["detail"], from_ms(row["at"])) for row in rows]


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
