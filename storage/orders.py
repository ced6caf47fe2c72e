"""Orders: rows in, domain values out; every move is a compare-and-set on the version."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from bot.domain.evidence import Verdict
from bot.domain.money import Money
from bot.domain.orders import Attention, Order, OrderState, Quote, Reading, Reason
from storage.database import Row, Tx, Value
from storage.times import from_ms, maybe_time, to_ms

#: The columns a change may name, and how each domain value is stored.
_STORED: Final = {
    "state", "reason", "attempts", "upstream_id", "status_word", "start_count", "remains", "attention", "reading",
    "reading_since", "missing_since", "missing_count", "next_at", "sent_at", "finished_at",
    "returned", "spent", "attention_word",
}  # fmt: skip

_ANSWERS: Final = msgspec.json.Decoder(dict[str, str])
_STATES: Final = {state.value: state for state in OrderState}
#: So many orders are read by one statement.
_TOGETHER: Final = 100
_GET_ALL: Final = f"SELECT * FROM orders WHERE id IN ({', '.join(f'${n}' for n in range(1, _TOGETHER + 1))})"  # noqa: S608

Change = int | str | Money | Reading | datetime | None


@dataclass(frozen=True, slots=True)
class Due:
    """An order whose status is to be asked: no more of it than asking takes."""

    id: int
    upstream_id: str
    #: When it was sent, as far as is known.
    sent_at: datetime
    finished_at: datetime | None


async def add(
    tx: Tx, quote: Quote, *, panel: str, service_id: str, service_type: str, service_name: str, target: str,
    from_stars: Money, card_message_id: int | None, now: datetime,
) -> Order:  # fmt: skip
    """Store the order a quote became, reserved and due at once, in the panel's line.

    It stands behind its customer's other orders and abreast of whoever is next, so that customers are served in turn.
    """
    row = await tx.one(
        "INSERT INTO orders (quote_token, customer_id, service_number, service_name, panel, service_id, type, answers,"
        " target, quantity, charge, cost, state, next_at, card_message_id, created_at, changed_at,"
        " from_stars, line)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'reserved', $13, $14, $13, $13, $15,"
        " COALESCE((SELECT MAX(place) FROM (SELECT MIN(line) AS place FROM orders"
        " WHERE panel = $5 AND state = 'reserved' UNION ALL SELECT MAX(line) + 1 FROM orders"
        " WHERE panel = $5 AND customer_id = $2 AND state = 'reserved') AS places), 0)) RETURNING *",
        quote.token, quote.customer_id, quote.service_number, service_name, panel, service_id, service_type,
        answers_json(quote.answers), target, quote.quantity, quote.charge.micros, quote.cost.micros, to_ms(now),
        card_message_id, from_stars.micros,
    )  # fmt: skip
    assert row is not None  # noqa: S101 - RETURNING of an INSERT that succeeded
    return order_of(row)


async def get(tx: Tx, order_id: int) -> Order | None:
    """The order of this number."""
    row = await tx.one("SELECT * FROM orders WHERE id = $1", order_id)
    return order_of(row) if row else None


async def need(tx: Tx, order_id: int) -> Order:
    """The same of an order that is there. Raises LookupError."""
    if (order := await get(tx, order_id)) is None:
        raise LookupError(f"order {order_id}")
    return order


async def get_all(tx: Tx, order_ids: Sequence[int]) -> dict[int, Order]:
    """The orders of these numbers, as many as there are of them."""
    found: dict[int, Order] = {}
    for start in range(0, len(order_ids), _TOGETHER):
        some = [*order_ids[start : start + _TOGETHER]]
        for row in await tx.all(_GET_ALL, *some, *[0] * (_TOGETHER - len(some))):
            found[row["id"]] = order_of(row)
    return found


async def of_quote(tx: Tx, token: str) -> Order | None:
    """The order a quote became."""
    row = await tx.one("SELECT * FROM orders WHERE quote_token = $1", token)
    return order_of(row) if row else None


async def of_upstream(tx: Tx, panel: str, upstream_id: str) -> Order | None:
    """The order that a panel's id belongs to."""
    row = await tx.one("SELECT * FROM orders WHERE panel = $1 AND upstream_id = $2", panel, upstream_id)
    return order_of(row) if row else None


async def change(tx: Tx, order: Order, now: datetime, **changes: Change) -> bool:
    """Change an order if it is still at the version we read; False when somebody else was faster.

    A change of `state` counts the version up and stamps `changed_at`.
    """
    if unknown := changes.keys() - _STORED:
        raise ValueError(f"orders have no such columns to change: {sorted(unknown)}")
    values: list[Value] = [order.id, order.version]
    sets = []
    if "state" in changes:
        values.append(to_ms(now))
        sets += ["version = version + 1", f"changed_at = ${len(values)}"]
    for column, value in changes.items():
        values.append(_value(value))
        sets.append(f"{column} = ${len(values)}")
    # Only names from _STORED reach the text; every value is a parameter.
    statement = f"UPDATE orders SET {', '.join(sets)} WHERE id = $1 AND version = $2"  # noqa: S608
    return bool(await tx.run(statement, *values))


async def snooze(tx: Tx, order: Order, until: datetime) -> bool:
    """No reminder of an order before a moment; False when it moved on."""
    return bool(
        await tx.run(
            "UPDATE orders SET snoozed_until = $3 WHERE id = $1 AND version = $2", order.id, order.version, to_ms(until)
        )
    )


async def next_to_submit(tx: Tx, panel: str, now: datetime) -> Order | None:
    """The reserved order of a panel that stands first in its line and may be sent now.

    An order waits while another one for the same target may be under way: a second `add` for it would spoil
    the evidence of the first.
    """
    row = await tx.one(
        "SELECT * FROM orders AS mine WHERE panel = $1 AND state = 'reserved' AND next_at <= $2 AND NOT EXISTS ("
        " SELECT 1 FROM orders AS other WHERE other.panel = mine.panel AND other.state IN ('submitting', 'unknown')"
        " AND other.target = mine.target) ORDER BY line, id LIMIT 1",
        panel, to_ms(now),
    )  # fmt: skip
    return order_of(row) if row else None


async def under_way(tx: Tx, panel: str) -> tuple[int, int]:
    """How many of a panel's orders are submitting, and how many are unknown."""
    row = await tx.one(
        "SELECT COUNT(*) FILTER (WHERE state = 'submitting') AS submitting,"
        " COUNT(*) FILTER (WHERE state = 'unknown') AS unknown"
        " FROM orders WHERE panel = $1 AND state IN ('submitting', 'unknown')",
        panel,
    )
    return (row["submitting"], row["unknown"]) if row else (0, 0)


async def due_to_track(tx: Tx, panel: str, now: datetime, limit: int) -> list[Due]:
    """The most overdue orders of a panel whose status is to be asked."""
    rows = await tx.all(
        "SELECT id, upstream_id, created_at, sent_at, finished_at FROM orders"
        " WHERE panel = $1 AND next_at IS NOT NULL AND next_at <= $2"
        " AND state IN ('active', 'completed', 'partial') ORDER BY next_at LIMIT $3",
        panel, to_ms(now), limit,
    )  # fmt: skip
    return [
        Due(row["id"], row["upstream_id"], from_ms(row["sent_at"] or row["created_at"]), maybe_time(row["finished_at"]))
        for row in rows
    ]


async def active_too_long(tx: Tx, sent_before: datetime, panels: Sequence[str], limit: int) -> list[Order]:
    """Active orders nobody was brought to yet: sent before a moment, or of a panel that is none of these.

    One whose ending settles is left to settle, as long as its panel is there to be asked again.
    """
    known = ", ".join(f"${number}" for number, _ in enumerate(panels, 3))
    gone = f"panel NOT IN ({known})" if known else "1 = 1"
    rows = await tx.all(
        "SELECT * FROM orders WHERE state = 'active' AND attention IS NULL"  # noqa: S608 - numbers of parameters
        f" AND ((reading IS NULL AND sent_at <= $1) OR {gone}) ORDER BY id LIMIT $2",
        to_ms(sent_before), limit, *panels,
    )  # fmt: skip
    return [order_of(row) for row in rows]


async def put_off(tx: Tx, times: Mapping[int, datetime]) -> None:
    """Move when orders are looked at next, whatever their version: a rhythm, not a fact."""
    await tx.many("UPDATE orders SET next_at = $2 WHERE id = $1", [(id_, to_ms(at)) for id_, at in times.items()])


async def in_state(tx: Tx, state: OrderState) -> list[Order]:
    """All orders in a state, oldest first."""
    rows = await tx.all("SELECT * FROM orders WHERE state = $1 ORDER BY id", state.value)
    return [order_of(row) for row in rows]


async def reserved_before(tx: Tx, moment: datetime) -> list[Order]:
    """Reserved orders that have waited since before a moment."""
    rows = await tx.all(
        "SELECT * FROM orders WHERE state = 'reserved' AND created_at <= $1 ORDER BY id LIMIT 100", to_ms(moment)
    )
    return [order_of(row) for row in rows]


async def set_card(tx: Tx, order_id: int, message_id: int) -> None:
    """Remember which message is the order's card."""
    await tx.run("UPDATE orders SET card_message_id = $2 WHERE id = $1", order_id, message_id)


async def stop_tracking(tx: Tx, before: datetime) -> int:
    """Ask no more about orders that ended before a moment."""
    return await tx.run(
        "UPDATE orders SET next_at = NULL WHERE next_at IS NOT NULL AND finished_at < $1", to_ms(before)
    )


async def next_to_wake(tx: Tx, panel: str, now: datetime) -> datetime | None:
    """When a panel's next reserved order comes due; one that is due already waits for something else."""
    row = await tx.one(
        "SELECT MIN(next_at) AS first FROM orders WHERE panel = $1 AND state = 'reserved' AND next_at > $2",
        panel, to_ms(now),
    )  # fmt: skip
    return maybe_time(row["first"]) if row else None


def order_of(row: Row) -> Order:
    """Turn a stored row into the domain's order."""
    return Order(
        id=row["id"],
        customer_id=row["customer_id"],
        service_number=row["service_number"],
        service_name=row["service_name"],
        panel=row["panel"],
        service_id=row["service_id"],
        type=row["type"],
        answers=_ANSWERS.decode(row["answers"]),
        quantity=row["quantity"],
        charge=Money(row["charge"]),
        cost=Money(row["cost"]),
        returned=Money(row["returned"]),
        state=_STATES[row["state"]],
        version=row["version"],
        reason=None if row["reason"] is None else Reason(row["reason"]),
        attempts=row["attempts"],
        upstream_id=row["upstream_id"],
        status_word=row["status_word"],
        start_count=row["start_count"],
        remains=row["remains"],
        attention=None if row["attention"] is None else Attention(row["attention"]),
        reading=None if row["reading"] is None else Reading.parse(row["reading"]),
        reading_since=maybe_time(row["reading_since"]),
        missing_since=maybe_time(row["missing_since"]),
        missing_count=row["missing_count"],
        next_at=maybe_time(row["next_at"]),
        card_message_id=row["card_message_id"],
        created_at=from_ms(row["created_at"]),
        sent_at=maybe_time(row["sent_at"]),
        changed_at=from_ms(row["changed_at"]),
        finished_at=maybe_time(row["finished_at"]),
        attention_word=row["attention_word"],
        verdict=None if row["verdict"] is None else Verdict(row["verdict"]),
        from_stars=Money(row["from_stars"]),
    )


def answers_json(answers: Mapping[str, str]) -> str:
    """Answers as they are stored."""
    return json.dumps(dict(answers), ensure_ascii=False, separators=(",", ":"))


def _value(value: Change) -> Value:
    if isinstance(value, Money):
        return value.micros
    if isinstance(value, Reading):
        return value.text
    if isinstance(value, datetime):
        return to_ms(value)
    return value


async def last_upstream_id(tx: Tx, panel: str) -> str | None:
    """What a panel named the newest order it took; None before the first."""
    row = await tx.one(
        "SELECT upstream_id FROM orders WHERE panel = $1 AND upstream_id IS NOT NULL ORDER BY id DESC LIMIT 1", panel
    )
    return None if row is None else str(row["upstream_id"])
