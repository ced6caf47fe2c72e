"""What must be in the books after a history, by the gateways' records alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final

from bot.domain.topups import Gateway, Paid, Topup
from prove.counter import Counter
from prove.till import Till, in_wallet, states, worth
from storage import topups as stored
from storage.database import Tx

#: Where an order's charge is still held.
_LIVE: Final = "('reserved', 'submitting', 'active', 'unknown')"
_GONE: Final = frozenset({"refunded", "reversed"})


async def amiss(
    shop: Counter, people: Sequence[int], tills: Mapping[Gateway, Till], asked: Sequence[Topup]
) -> AsyncIterator[str]:
    """Everything in which the books and the gateways' records differ, and every invariant that does not hold."""
    due = dict.fromkeys(people, 1)
    for till in tills.values():
        for paid in till.book.values():
            topup = next((each for each in asked if each.token == paid.token), None)
            micros = worth(topup, paid)
            if topup is not None and micros is not None and paid.payment_id not in till.gone:
                due[topup.customer_id] += micros
            async for each in _misbooked(shop, paid, topup, micros, gone=paid.payment_id in till.gone):
                yield each
        async for each in _unrefunded(shop, till):
            yield each
    for person, micros in due.items():
        async for each in _misspent(shop, person, micros):
            yield each
    for topup in asked:
        async for each in _misstated(shop, tills[topup.gateway], topup):
            yield each
    if late := await shop.count("SELECT COUNT(*) AS n FROM refunds WHERE state = 'sending'"):
        yield f"{late} refunds are still on their way"
    for each in await shop.sound():
        yield each


async def _misbooked(
    shop: Counter, paid: Paid, topup: Topup | None, micros: int | None, *, gone: bool
) -> AsyncIterator[str]:
    """Whether a payment of a gateway's record is one payment and one entry of ours, told, and where it is there."""
    rows = await _rows(
        shop,
        "SELECT payments.*, transfers.amount AS moved, transfers.target FROM payments"
        " LEFT JOIN transfers ON transfers.id = 'dep:' || payments.gateway || ':' || payments.payment_id"
        " WHERE payments.gateway = $1 AND payments.payment_id = $2", paid.gateway.value, paid.payment_id,
    )  # fmt: skip
    if not rows and gone:
        return  # it went back before anybody told of it
    if len(rows) != 1:
        yield f"payment {paid.payment_id} stands {len(rows)} times in the books"
        return
    (row,) = rows
    if (Decimal(row["received"]), row["currency"], row["moved"]) != (paid.received, paid.currency, row["amount"]):
        yield f"payment {paid.payment_id} of {paid.received} {paid.currency} is booked as {dict(row)}"
    if gone != (row["state"] in _GONE):
        yield f"payment {paid.payment_id} is {row['state']}, and {'went back' if gone else 'stayed'} at its gateway"
    told = await _rows(
        shop, "SELECT 1 AS n FROM alerts WHERE key IN ($1, $2) UNION ALL SELECT 1 FROM notices WHERE key = $3",
        f"payment-homeless:{row['id']}", f"chargeback:{row['id']}", f"payment:{row['id']}",
    )  # fmt: skip
    mine = None if topup is None or micros is None else topup.customer_id
    # What went back before it was told of is nobody's, whosever it would have been.
    home = row["customer_id"] == mine or (gone and row["customer_id"] is None)
    worth_it = row["customer_id"] is None or row["moved"] == micros
    if not (home and worth_it) or not told or (len(told) > 1 and not gone):
        yield f"payment {paid.payment_id}, worth {micros}, is booked as {dict(row)} and told {len(told)} times"


async def _unrefunded(shop: Counter, till: Till) -> AsyncIterator[str]:
    """Whether what went back because we asked for it counts as given back, and not as taken."""
    for payment_id in till.asked:
        sql = "SELECT state FROM payments WHERE gateway = $1 AND payment_id = $2"
        for row in await _rows(shop, sql, till.gateway.value, payment_id):
            if row["state"] != "refunded":
                yield f"payment {payment_id} was given back by us, and is {row['state']}"


async def _misspent(shop: Counter, person: int, came_in: int) -> AsyncIterator[str]:
    """Whether what somebody has, holds and spent is what came in and stayed, and what they owe."""
    have = (await in_wallet(shop, person)).micros
    held = await shop.count(
        f"SELECT CAST(COALESCE(SUM(charge), 0) AS BIGINT) AS n FROM orders WHERE customer_id = $1 AND state IN {_LIVE}",
        person,
    )
    kept = await shop.count(
        "SELECT CAST(COALESCE(SUM(charge - returned), 0) AS BIGINT) AS n FROM orders WHERE customer_id = $1"
        f" AND state NOT IN {_LIVE}", person,
    )  # fmt: skip
    owed = await shop.count("SELECT owed AS n FROM customers WHERE id = $1", person)
    if have + held + kept - owed != came_in:
        yield f"{person} has {have}, holds {held}, spent {kept}, owes {owed}; {came_in} came in and stayed"
    if owed and have:
        yield f"{person} owes {owed} and has {have}"


async def _misstated(shop: Counter, till: Till, topup: Topup) -> AsyncIterator[str]:
    paid = [each for each in till.book.values() if each.token == topup.token and worth(topup, each) is not None]
    now = await shop.shop.db.read(partial(_get, number=topup.id))
    if now is None:
        yield f"top-up {topup.id} is not there"
        return
    here = [each for each in paid if each.payment_id not in till.gone]
    if len(here) == len(paid):
        fits = now.state in states(topup, paid)
    else:  # something went back, before or after what stayed was told of
        fits = now.state.is_paid if here else not now.state.is_paid
    if not fits:
        yield f"top-up {topup.id} is {now.state} after {len(paid)} payments, of which {len(here)} are here"


async def _rows(shop: Counter, sql: str, *args: str) -> list[Any]:
    return await shop.shop.db.read(lambda tx: tx.all(sql, *args))


async def _get(tx: Tx, number: int) -> Topup | None:
    return await stored.get(tx, number)
