"""The invariants as queries: each names the rows that break it, and none means it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from storage.database import Tx
from storage.payment_checks import PAYMENTS_SQL

OFFENDERS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant: what it promises, and the query that lists what breaks it in a column `offender`."""

    name: str
    promise: str
    sql: str


_MOVED: Final = (
    "SELECT order_id,"
    " CAST(COALESCE(SUM(CASE WHEN kind = 'hold' THEN amount END), 0) AS BIGINT) AS held,"
    " CAST(COALESCE(SUM(CASE WHEN kind = 'void' THEN amount END), 0) AS BIGINT) AS void,"
    " CAST(COALESCE(SUM(CASE WHEN kind = 'post' THEN amount END), 0) AS BIGINT) AS post,"
    " CAST(COALESCE(SUM(CASE WHEN kind = 'return' THEN amount END), 0) AS BIGINT) AS back,"
    " CAST(COALESCE(SUM(CASE WHEN kind = 'adjust' THEN amount END), 0) AS BIGINT) AS adj"
    " FROM transfers WHERE order_id IS NOT NULL GROUP BY order_id"
)

#: How much of an order's charge came out of the Stars credit, and how much of it came back there.
_STARRED: Final = (
    "SELECT order_id, CAST(SUM(took) AS BIGINT) AS took, CAST(SUM(gave) AS BIGINT) AS gave FROM ("
    "SELECT order_id, amount AS took, 0 AS gave FROM accounts JOIN transfers ON transfers.source = accounts.id"
    " WHERE accounts.id LIKE 'user:%:stars' AND order_id IS NOT NULL UNION ALL"
    " SELECT order_id, 0, amount FROM accounts JOIN transfers ON transfers.target = accounts.id"
    " WHERE accounts.id LIKE 'user:%:stars' AND order_id IS NOT NULL) AS sides GROUP BY order_id"
)

#: The kinds of entries that are no order's, by the accounts they run between.
_KIND_FITS: Final = (
    "CASE kind WHEN 'manual' THEN transfers.source = 'sys:adjust' OR transfers.target = 'sys:adjust'"
    " WHEN 'deposit' THEN transfers.source LIKE 'sys:in:%' WHEN 'assign' THEN transfers.source = 'sys:suspense'"
    " WHEN 'refund' THEN transfers.target = 'sys:refunds' WHEN 'unrefund' THEN transfers.source = 'sys:refunds'"
    " WHEN 'settle' THEN transfers.source = 'sys:refunds' WHEN 'chargeback' THEN transfers.target LIKE 'sys:in:%'"
    " WHEN 'recovery' THEN transfers.target = 'sys:chargeback'"
    " WHEN 'shift' THEN transfers.source LIKE '%:stars'"
    " AND transfers.target = SUBSTR(transfers.source, 1, LENGTH(transfers.source) - 5) || 'available'"
    " ELSE 1 = 0 END"
)

_SUMS: Final = (
    "SELECT account, CAST(SUM(total) AS BIGINT) AS total FROM ("
    "SELECT target AS account, SUM(amount) AS total FROM transfers GROUP BY target UNION ALL"
    " SELECT source, -SUM(amount) FROM transfers GROUP BY source) AS sides GROUP BY account"
)

CHECKS: Final = (
    Check(
        "L1",
        "all balances add up to nothing",
        "SELECT 'sum ' || total AS offender FROM (SELECT CAST(COALESCE(SUM(balance), 0) AS BIGINT) AS total"
        " FROM accounts) AS sums WHERE total <> 0",
    ),
    Check(
        "L2",
        "every balance equals its transfers",
        # Each side is summed along its own index; whoever has no account shows by having a sum.
        "SELECT accounts.id || ' by ' || CAST(accounts.balance - COALESCE(sums.total, 0) AS BIGINT) AS offender"  # noqa: S608 - constant
        f" FROM accounts LEFT JOIN ({_SUMS}) AS sums ON sums.account = accounts.id"
        " WHERE accounts.balance <> COALESCE(sums.total, 0)"
        f" UNION ALL SELECT 'entries of ' || sums.account FROM ({_SUMS}) AS sums"
        " WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.id = sums.account)",
    ),
    Check(
        "L3",
        "no customer's account is below zero",
        "SELECT id AS offender FROM accounts WHERE customer_id IS NOT NULL AND balance < 0",
    ),
    Check(
        "L4",
        "what came in equals what customers and the shop hold, in accounts that are known",
        "SELECT 'difference ' || total AS offender FROM (SELECT CAST(COALESCE(SUM(CASE WHEN id LIKE 'sys:in:%'"
        " OR id = 'sys:adjust' THEN balance ELSE 0 END), 0) + COALESCE(SUM(CASE WHEN id LIKE 'sys:in:%'"
        " OR id = 'sys:adjust' THEN 0 ELSE balance END), 0) AS BIGINT) AS total FROM accounts) AS sums"
        " WHERE total <> 0 UNION ALL SELECT 'account ' || id FROM accounts WHERE CASE"
        " WHEN customer_id IS NULL THEN id NOT LIKE 'sys:in:%' AND id NOT IN ('sys:revenue', 'sys:adjust',"
        " 'sys:suspense', 'sys:refunds', 'sys:chargeback')"
        " ELSE id NOT IN ('user:' || customer_id || ':available', 'user:' || customer_id || ':held',"
        " 'user:' || customer_id || ':stars') END",
    ),
    Check(
        "L5",
        "what a customer has held equals the charges of their running orders",
        "SELECT accounts.id AS offender FROM accounts LEFT JOIN (SELECT customer_id, CAST(SUM(charge) AS BIGINT)"
        " AS total FROM orders WHERE state IN ('reserved', 'submitting', 'active', 'unknown') GROUP BY customer_id)"
        " AS running ON running.customer_id = accounts.customer_id"
        " WHERE accounts.id LIKE 'user:%:held' AND accounts.balance <> COALESCE(running.total, 0)"
        " UNION ALL SELECT 'order ' || orders.id FROM orders"
        " WHERE state IN ('reserved', 'submitting', 'active', 'unknown') AND NOT EXISTS ("
        "SELECT 1 FROM accounts WHERE accounts.id = 'user:' || orders.customer_id || ':held')",
    ),
    Check(
        "L6",
        "an order's entries run between its customer's accounts, its end posted what it kept and returned the rest, and"
        " Stars credit came back first",
        f"SELECT 'order ' || orders.id AS offender FROM orders LEFT JOIN ({_MOVED}) AS moved"  # noqa: S608 - constant
        " ON moved.order_id = orders.id WHERE CASE"
        " WHEN orders.state IN ('completed', 'partial')"
        " OR (orders.state = 'canceled' AND orders.upstream_id IS NOT NULL)"
        " THEN COALESCE(moved.held, 0) <> orders.charge OR moved.void <> 0"
        " OR moved.post + moved.back <> orders.charge OR moved.back + moved.adj <> orders.returned"
        " OR (orders.state = 'completed' AND orders.returned <> 0)"
        " WHEN orders.state IN ('reserved', 'submitting', 'active', 'unknown')"
        " THEN COALESCE(moved.held, 0) <> orders.charge OR moved.void + moved.post + moved.back + moved.adj <> 0"
        " OR orders.returned <> 0"
        " ELSE 1 = 0 END"
        " UNION ALL SELECT 'transfer ' || transfers.id FROM transfers JOIN orders ON orders.id = transfers.order_id"
        " WHERE transfers.source <> CASE WHEN transfers.kind = 'adjust' THEN 'sys:revenue'"
        " WHEN transfers.kind <> 'hold' THEN 'user:' || customer_id || ':held'"
        " WHEN transfers.source LIKE '%:stars' THEN 'user:' || customer_id || ':stars'"
        " ELSE 'user:' || customer_id || ':available' END"
        " OR transfers.target <> CASE WHEN transfers.kind = 'post' THEN 'sys:revenue'"
        " WHEN transfers.kind = 'hold' THEN 'user:' || customer_id || ':held'"
        " WHEN transfers.target LIKE '%:stars' THEN 'user:' || customer_id || ':stars'"
        " ELSE 'user:' || customer_id || ':available' END"
        f" UNION ALL SELECT 'order ' || orders.id FROM orders LEFT JOIN ({_STARRED}) AS starred"
        " ON starred.order_id = orders.id WHERE COALESCE(starred.took, 0) <> orders.from_stars"
        " OR COALESCE(starred.gave, 0) <> CASE WHEN orders.returned < orders.from_stars THEN orders.returned"
        " ELSE orders.from_stars END",
    ),
    Check(
        "L7",
        "an order that was never placed gave its whole charge back and kept nothing",
        f"SELECT 'order ' || orders.id AS offender FROM orders LEFT JOIN ({_MOVED}) AS moved"  # noqa: S608 - constant
        " ON moved.order_id = orders.id WHERE (orders.state = 'failed'"
        " OR (orders.state = 'canceled' AND orders.upstream_id IS NULL))"
        " AND (COALESCE(moved.void, 0) <> orders.charge OR moved.post <> 0 OR moved.back <> 0 OR moved.adj <> 0"
        " OR COALESCE(moved.held, 0) <> orders.charge OR orders.returned <> orders.charge)",
    ),
    Check(
        "L8",
        "one order per quote, one live attempt per order, one order per upstream id",
        "SELECT 'quote of order ' || MIN(id) AS offender FROM orders GROUP BY quote_token HAVING COUNT(*) > 1"  # noqa: S608
        " UNION ALL SELECT 'upstream id of order ' || MIN(id) FROM orders WHERE upstream_id IS NOT NULL"
        " GROUP BY panel, upstream_id HAVING COUNT(*) > 1"
        " UNION ALL SELECT 'attempts of order ' || order_id FROM attempts"
        " WHERE outcome IN ('inflight', 'unknown', 'placed') GROUP BY order_id HAVING COUNT(*) > 1"
        " UNION ALL SELECT 'transfer ' || transfers.id FROM transfers LEFT JOIN orders ON orders.id = order_id"
        " WHERE (order_id IS NOT NULL AND orders.id IS NULL)"
        " OR NOT CASE WHEN kind IN ('hold', 'post', 'return', 'void', 'adjust') THEN order_id IS NOT NULL"
        f" ELSE order_id IS NULL AND {_KIND_FITS} END",
    ),
    Check(
        "L9",
        "every payment and refund has its entries and no other has; what is on its way, owed or nobody's adds up",
        PAYMENTS_SQL,
    ),
    Check(
        "L10",
        "no panel's balance fell unexplained without an alert",
        "SELECT 'finding ' || id AS offender FROM panel_findings WHERE kind = 'drift' AND NOT EXISTS ("
        "SELECT 1 FROM alerts WHERE alerts.key = 'panel-drift:' || panel)"
        " UNION ALL SELECT 'order ' || order_id FROM panel_findings WHERE kind = 'late' AND NOT EXISTS ("
        "SELECT 1 FROM alerts WHERE alerts.key = 'order-late:' || order_id)",
    ),
    Check(
        "L11",
        "every order stands where its attempts say, and every used quote has its order",
        "SELECT 'order ' || orders.id AS offender FROM orders WHERE (state IN ('active', 'completed', 'partial')"
        " OR (state = 'canceled' AND upstream_id IS NOT NULL)) AND (upstream_id IS NULL OR NOT EXISTS ("
        "SELECT 1 FROM attempts WHERE attempts.order_id = orders.id AND outcome = 'placed'))"
        " UNION ALL SELECT 'order ' || orders.id FROM orders WHERE state IN ('submitting', 'unknown')"
        " AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.order_id = orders.id"
        " AND outcome = CASE orders.state WHEN 'submitting' THEN 'inflight' ELSE 'unknown' END)"
        " UNION ALL SELECT 'attempts of order ' || order_id FROM attempts LEFT JOIN orders ON orders.id = order_id"
        " WHERE outcome IN ('inflight', 'unknown') AND COALESCE(orders.state, '') <>"
        " CASE outcome WHEN 'inflight' THEN 'submitting' ELSE 'unknown' END"
        " UNION ALL SELECT 'quote ' || quotes.token FROM quotes WHERE state = 'used'"
        " AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.quote_token = quotes.token)",
    ),
)


async def run_all(tx: Tx, most: int = OFFENDERS_SHOWN) -> list[tuple[Check, list[str]]]:
    """Run every check; each with at most so many of what breaks it."""
    found = []
    for check in CHECKS:
        rows = await tx.all(f"SELECT offender FROM ({check.sql}) AS broken LIMIT $1", most)  # noqa: S608 - constant
        found.append((check, [str(row["offender"]) for row in rows]))
    return found
