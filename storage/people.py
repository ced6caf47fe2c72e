"""One person's rows: everything kept of them, and letting go of it while the ledger stays under their number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from storage.database import Row, Tx, Value

#: What a person is handed of themselves, by its name in the document.
_KEPT: Final[Mapping[str, str]] = {
    "person": "SELECT * FROM customers WHERE id = $1",
    "wallet": "SELECT id, balance FROM accounts WHERE customer_id = $1 ORDER BY id",
    # Each once, also where both of its accounts are the person's.
    "movements": "SELECT id, source, target, amount, kind, order_id, reason, at FROM transfers"
    " WHERE source IN (SELECT id FROM accounts WHERE customer_id = $1)"
    " OR target IN (SELECT id FROM accounts WHERE customer_id = $1) ORDER BY at, id",
    "orders": "SELECT id, service_name, type, answers, quantity, charge, returned, state, reason, start_count, remains,"
    " created_at, sent_at, finished_at FROM orders WHERE customer_id = $1 ORDER BY id",
    "refills": "SELECT id, order_id, state, reason, asked_at, ended_at FROM refills WHERE customer_id = $1 ORDER BY id",
    "cancels": "SELECT order_id, state, asked_at, answered_at FROM cancels WHERE customer_id = $1 ORDER BY order_id",
    "messages": "SELECT id, text, asked_at, answered_at FROM tickets WHERE customer_id = $1 ORDER BY id",
    "quotes": "SELECT service_number, answers, quantity, charge, state, created_at, expires_at FROM quotes"
    " WHERE customer_id = $1 ORDER BY created_at, token",
    "topups": "SELECT id, gateway, amount, asked, currency, state, proof, proof_kind, reason, created_at, changed_at,"
    " expires_at FROM topups WHERE customer_id = $1 ORDER BY id",
    "payments": "SELECT id, gateway, payment_id, topup_id, received, currency, amount, state, paid_at, at FROM payments"
    " WHERE customer_id = $1 ORDER BY id",
    "refunds": "SELECT id, payment, amount, received, state, reason, answer, asked_at, decided_at, ended_at"
    " FROM refunds WHERE customer_id = $1 ORDER BY id",
    "redemptions": "SELECT voucher_id, number, at FROM redemptions WHERE customer_id = $1 ORDER BY voucher_id, number",
    "memory": "SELECT memory FROM memories WHERE person_id = $1",
}
#: What is let go of, in this order. Rows that money hangs on stay, with nothing in them but numbers.
_ERASURE: Final = (
    "UPDATE customers SET name = '', username = NULL, language = NULL, chosen_language = NULL WHERE id = $1",
    "UPDATE customers SET blocked = 1 WHERE id = $1",  # nothing is sent to them unless they come back
    "UPDATE attempts SET excerpt = NULL WHERE order_id IN (SELECT id FROM orders WHERE customer_id = $1)",
    "UPDATE attempts SET detail = NULL, words = NULL WHERE order_id IN (SELECT id FROM orders WHERE customer_id = $1)",
    "UPDATE orders SET answers = '{}', target = '' WHERE customer_id = $1",
    "UPDATE refills SET words = NULL WHERE customer_id = $1",
    "UPDATE cancels SET words = NULL WHERE customer_id = $1",
    "UPDATE quotes SET answers = '{}' WHERE customer_id = $1 AND state = 'used'",
    "DELETE FROM quotes WHERE customer_id = $1 AND state <> 'used'",
    "UPDATE tickets SET text = '' WHERE customer_id = $1",
    "UPDATE topups SET proof = NULL, proof_kind = NULL, reason = NULL, url = NULL WHERE customer_id = $1",
    "UPDATE refunds SET reason = '', answer = NULL WHERE customer_id = $1",
    "DELETE FROM voucher_misses WHERE customer_id = $1",
    "DELETE FROM notices WHERE chat_id = $1",
    "DELETE FROM memories WHERE person_id = $1",
    "UPDATE inbox SET raw = '' WHERE key IN ($1, -CAST($1 AS BIGINT)) AND state <> 'new'",
)
_OPEN: Final = (
    "SELECT 1 AS yes FROM orders WHERE customer_id = $1 AND state IN ('reserved', 'submitting', 'active', 'unknown')",
    "SELECT 1 AS yes FROM refills WHERE customer_id = $1 AND state IN ('asked', 'submitting', 'active', 'unknown')",
    "SELECT 1 AS yes FROM topups WHERE customer_id = $1 AND state = 'pending' AND proof IS NOT NULL",
    "SELECT 1 AS yes FROM refunds WHERE customer_id = $1 AND state IN ('asked', 'sending')",
)


async def kept(tx: Tx, customer_id: int) -> dict[str, list[dict[str, Value]]]:
    """Everything that is kept of a person; times are milliseconds since 1970 UTC, money is micro-units."""
    return {name: [_plain(row) for row in await tx.all(sql, customer_id)] for name, sql in _KEPT.items()}


async def has_open(tx: Tx, customer_id: int) -> bool:
    """Whether something of theirs is not over: what was entered for it is still needed."""
    for sql in _OPEN:
        if await tx.one(f"{sql} LIMIT 1", customer_id):
            return True
    return False


async def erase(tx: Tx, customer_id: int) -> None:
    """Let go of whatever says who a person is or what they wrote; what they paid and when stays, under their number."""
    for sql in _ERASURE:
        await tx.run(sql, customer_id)
    # A private chat's conversations stand under chat and person, which are one.
    await tx.run("DELETE FROM conversations WHERE key = $1", f"{customer_id}:{customer_id}")


def _plain(row: Row) -> dict[str, Value]:
    return {name: row[name] for name in row.keys()}  # noqa: SIM118 - a row is no mapping
