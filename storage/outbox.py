"""What people are to be told: notices (one message each) and alerts (one condition each)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.notices import Alert, AlertKind, Notice, NoticeKind
from storage.database import Row, Tx
from storage.times import from_ms, maybe_time, to_ms


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice on its way out."""

    id: int
    version: int
    tries: int
    notice: Notice


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """A condition raised and not yet over."""

    id: int
    alert: Alert
    raised_at: datetime
    closed_at: datetime | None
    closed_by: str | None


# Notices ------------------------------------------------------------------------------------------


#: A row is not due before another of its chat that is put off, so that what a person is told stays in order. Cards and
#: broadcasts wait by themselves, and nothing waits for them; other news that waits untried does so because the clock
#: was set back.
_INSERT: Final = (
    "INSERT INTO notices (key, chat_id, kind, order_id, facts, due_at, created_at)"
    " VALUES ($1, $2, $3, $4, $5, COALESCE((SELECT MAX(due_at) FROM notices"
    " WHERE chat_id = $2 AND state = 'waiting' AND due_at > $6"
    " AND (tries > 0 OR kind NOT IN ('card', 'broadcast', 'broadcast-progress'))), $6), $7)"
    " ON CONFLICT (key) DO "
)
_POST: Final = _INSERT + "NOTHING"
_RENEW: Final = _INSERT + (
    "UPDATE SET version = notices.version + 1, state = 'waiting',"
    " tries = CASE WHEN notices.state = 'waiting' THEN notices.tries ELSE 0 END,"
    " due_at = CASE WHEN notices.state = 'waiting' AND notices.due_at < EXCLUDED.due_at"
    " THEN notices.due_at ELSE EXCLUDED.due_at END"
)


async def post(tx: Tx, notice: Notice, now: datetime) -> bool:
    """Store a notice; False for one that is there already, which stays as it is."""
    return bool(
        await tx.run(
            _POST,
            notice.key, notice.chat_id, notice.kind.value, notice.order_id, _json(dict(notice.facts)),
            to_ms(now), to_ms(now),
        )
    )  # fmt: skip


async def post_card(tx: Tx, order_id: int, chat_id: int, now: datetime, due_at: datetime | None = None) -> None:
    """Make an order's card due; a card that is due sooner stays so."""
    await renew(tx, Notice(f"card:{order_id}", chat_id, NoticeKind.CARD, order_id), now, due_at)


async def renew(tx: Tx, notice: Notice, now: datetime, due_at: datetime | None = None) -> None:
    """Make a notice of which only the newest state counts due, again or for the first time."""
    await tx.run(
        _RENEW,
        notice.key, notice.chat_id, notice.kind.value, notice.order_id, _json(dict(notice.facts)),
        to_ms(due_at or now), to_ms(now),
    )  # fmt: skip


async def posted_since(tx: Tx, prefix: str, since: datetime | None = None) -> bool:
    """Whether a notice whose key begins so was stored, at any time or after a moment."""
    # Keys are ASCII: whatever begins with the prefix sorts below the prefix with a DEL behind it.
    row = await tx.one(
        "SELECT 1 AS yes FROM notices WHERE key >= $1 AND key < $2 AND created_at > $3 LIMIT 1",
        prefix, prefix + "\x7f", to_ms(since) if since else -1,
    )  # fmt: skip
    return row is not None


async def newest_key(tx: Tx, prefix: str) -> str | None:
    """The key of the newest notice whose key begins so."""
    row = await tx.one(
        "SELECT key FROM notices WHERE key >= $1 AND key < $2 ORDER BY id DESC LIMIT 1", prefix, prefix + "\x7f"
    )
    return None if row is None else str(row["key"])


async def due(tx: Tx, now: datetime, limit: int, *, broadcasts: bool = True) -> list[Waiting]:
    """The oldest due notice of each chat, at most `limit`, with or without those of the broadcast that runs.

    What one person is told stays in order, but for alerts, which come first, and broadcasts, which come last of all.
    """
    rows = await tx.all(
        "SELECT * FROM (SELECT notices.*, ROW_NUMBER() OVER (PARTITION BY chat_id ORDER BY"
        " CASE kind WHEN 'alert' THEN 0 WHEN 'broadcast' THEN 2 ELSE 1 END, due_at, id) AS place"
        " FROM notices WHERE state = 'waiting' AND due_at <= $1 AND (kind <> 'broadcast' OR $3 = 1"
        " AND EXISTS (SELECT 1 FROM broadcasts WHERE state = 'running'))) AS ranked"
        " WHERE place = 1 ORDER BY CASE kind WHEN 'broadcast' THEN 1 ELSE 0 END, due_at, id LIMIT $2",
        to_ms(now), limit, int(broadcasts),
    )  # fmt: skip
    return [_waiting(row) for row in rows]


async def next_due(tx: Tx, besides: Collection[int], *, broadcasts: bool = True) -> datetime | None:
    """When the next notice is due, besides those of some chats, with or without the running broadcast's."""
    rows = await tx.all(
        "SELECT chat_id, MIN(due_at) AS first FROM notices WHERE state = 'waiting' AND (kind <> 'broadcast' OR $2 = 1"
        " AND EXISTS (SELECT 1 FROM broadcasts WHERE state = 'running'))"
        " GROUP BY chat_id ORDER BY first LIMIT $1",
        len(besides) + 1, int(broadcasts),
    )  # fmt: skip
    return next((from_ms(row["first"]) for row in rows if row["chat_id"] not in besides), None)


async def delivered(tx: Tx, waiting: Waiting) -> bool:
    """Mark a notice sent, unless it was made due again meanwhile."""
    return bool(
        await tx.run("UPDATE notices SET state = 'sent' WHERE id = $1 AND version = $2", waiting.id, waiting.version)
    )


async def put_off(tx: Tx, waiting: Waiting, due_at: datetime, error: str) -> None:
    """Try a notice again later, and what waits behind it in the same chat not before it."""
    await tx.run(
        "UPDATE notices SET due_at = $2 WHERE chat_id = $1 AND state = 'waiting' AND due_at < $2",
        waiting.notice.chat_id, to_ms(due_at),
    )  # fmt: skip
    await tx.run("UPDATE notices SET tries = tries + 1, error = $2 WHERE id = $1", waiting.id, error)


async def give_up(tx: Tx, waiting: Waiting, error: str) -> None:
    """Mark a notice undeliverable, and whatever else waits for the same chat."""
    await tx.run("UPDATE notices SET error = $2 WHERE id = $1", waiting.id, error)
    await tx.run("UPDATE notices SET state = 'dead' WHERE chat_id = $1 AND state = 'waiting'", waiting.notice.chat_id)


async def refuse(tx: Tx, waiting: Waiting, error: str) -> None:
    """Mark one notice undeliverable: what else waits for the chat may well arrive."""
    await tx.run(
        "UPDATE notices SET state = 'dead', error = $3 WHERE id = $1 AND version = $2",
        waiting.id, waiting.version, error,
    )  # fmt: skip


async def revive(tx: Tx, chat_id: int, now: datetime) -> int:
    """Make what could not reach a person due again, once they write to the bot; broadcasts are news of their day."""
    return await tx.run(
        "UPDATE notices SET state = 'waiting', tries = 0, due_at = $2"
        " WHERE chat_id = $1 AND state = 'dead' AND kind <> 'broadcast'",
        chat_id, to_ms(now),
    )  # fmt: skip


# Alerts -------------------------------------------------------------------------------------------


async def open_alert(tx: Tx, alert: Alert, now: datetime, quiet_since: datetime) -> int | None:
    """Store an alert; None while its condition lasts.

    None also for one raised since `quiet_since` that ended meanwhile: it is open again, under its old number.
    """
    if await tx.one("SELECT 1 AS yes FROM alerts WHERE key = $1 AND ended_at IS NULL", alert.key):
        return None
    if await _reopen(tx, alert, quiet_since):
        return None
    row = await tx.one(
        "INSERT INTO alerts (key, kind, order_id, facts, raised_at) VALUES ($1, $2, $3, $4, $5) RETURNING id",
        alert.key, alert.kind.value, alert.order_id, _json(dict(alert.facts)), to_ms(now),
    )  # fmt: skip
    return None if row is None else int(row["id"])


async def close_alert(tx: Tx, key: str, now: datetime, closed_by: str) -> bool:
    """An operator has seen the open alert of a key; quiet until its condition ends. False when none is open."""
    return bool(
        await tx.run(
            "UPDATE alerts SET closed_at = $2, closed_by = $3"
            " WHERE key = $1 AND closed_at IS NULL AND ended_at IS NULL",
            key, to_ms(now), closed_by,
        )
    )  # fmt: skip


async def end_alert(tx: Tx, key: str, now: datetime) -> bool:
    """The condition of a key is over; False when it was not raised."""
    return bool(
        await tx.run(
            "UPDATE alerts SET ended_at = $2, closed_at = COALESCE(closed_at, $2) WHERE key = $1 AND ended_at IS NULL",
            key, to_ms(now),
        )
    )  # fmt: skip


async def retell_alert(tx: Tx, key: str, facts: Mapping[str, str | int], *, anew: bool) -> int | None:
    """Add to the facts of an alert whose condition lasts, and open it again where `anew`; None when it is over."""
    row = await tx.one("SELECT * FROM alerts WHERE key = $1 AND ended_at IS NULL", key)
    if row is None:
        return None
    await tx.run(
        "UPDATE alerts SET facts = $2, closed_at = CASE WHEN $3 = 1 THEN NULL ELSE closed_at END,"
        " closed_by = CASE WHEN $3 = 1 THEN NULL ELSE closed_by END WHERE id = $1",
        row["id"], _json({**json.loads(row["facts"]), **facts}), int(anew),
    )  # fmt: skip
    return int(row["id"])


async def lasts(tx: Tx, key: str) -> bool:
    """Whether the condition of a key is raised and not over, acknowledged or not."""
    return await tx.one("SELECT 1 AS yes FROM alerts WHERE key = $1 AND ended_at IS NULL", key) is not None


async def lasting(tx: Tx, kind: AlertKind) -> set[str]:
    """The keys of every alert of a kind whose condition is not over."""
    rows = await tx.all("SELECT key FROM alerts WHERE kind = $1 AND ended_at IS NULL", kind.value)
    return {row["key"] for row in rows}


async def _reopen(tx: Tx, alert: Alert, quiet_since: datetime) -> bool:
    return bool(
        await tx.run(
            "UPDATE alerts SET ended_at = NULL, closed_at = NULL, closed_by = NULL, facts = $3"
            " WHERE id = (SELECT MAX(id) FROM alerts WHERE key = $1) AND raised_at > $2",
            alert.key, to_ms(quiet_since), _json(dict(alert.facts)),
        )
    )  # fmt: skip


async def count_raised(tx: Tx, prefix: str, since: datetime) -> int:
    """How many alerts whose key begins like this were raised since a moment, whatever became of them."""
    row = await tx.one(
        "SELECT COUNT(*) AS n FROM alerts WHERE raised_at > $2 AND substr(key, 1, length($1)) = $1",
        prefix, to_ms(since),
    )  # fmt: skip
    return row["n"] if row else 0


async def alert(tx: Tx, alert_id: int) -> OpenAlert | None:
    """The alert of this number, open or not."""
    row = await tx.one("SELECT * FROM alerts WHERE id = $1", alert_id)
    return _alert(row) if row else None


async def open_alerts(tx: Tx, limit: int = 50) -> list[OpenAlert]:
    """What is open, newest first."""
    rows = await tx.all("SELECT * FROM alerts WHERE closed_at IS NULL ORDER BY id DESC LIMIT $1", limit)
    return [_alert(row) for row in rows]


def _waiting(row: Row) -> Waiting:
    facts = json.loads(row["facts"])
    if row["broadcast_id"] is not None:
        facts["broadcast"] = row["broadcast_id"]
    notice = Notice(row["key"], row["chat_id"], NoticeKind(row["kind"]), row["order_id"], facts)
    return Waiting(row["id"], row["version"], row["tries"], notice)


def _alert(row: Row) -> OpenAlert:
    alert = Alert(row["key"], AlertKind(row["kind"]), row["order_id"], json.loads(row["facts"]))
    return OpenAlert(row["id"], alert, from_ms(row["raised_at"]), maybe_time(row["closed_at"]), row["closed_by"])


def _json(facts: dict[str, str | int]) -> str:
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
