"""What payments, refunds and debts say the ledger must hold, entry by entry: the ninth invariant as a query."""

from __future__ import annotations

from typing import Final

_ID: Final = "payments.gateway || ':' || payments.payment_id"
#: The account of its customer that a payment is credited to; see bot.domain.wallet.home_of.
_HOME: Final = (
    "'user:' || payments.customer_id || CASE payments.gateway WHEN 'stars' THEN ':stars' ELSE ':available' END"
)
#: What of each payment went back by our will.
_GONE: Final = (
    "LEFT JOIN (SELECT payment, CAST(SUM(amount) AS BIGINT) AS amount FROM refunds WHERE state = 'done'"
    " GROUP BY payment) AS gone ON gone.payment = payments.id"
)
_OF_REFUNDS: Final = "FROM refunds JOIN payments ON payments.id = refunds.payment WHERE refunds.state"
#: Each payment has its deposit. They are many: each is looked up by its id, and that there are no others is counted,
#: and looked for by name only where the count is off.
_CAME: Final = "source >= 'sys:in:' AND source < 'sys:in;'"
_DEPOSITS: Final = (
    "SELECT 'payment ' || payments.id AS offender FROM payments"  # noqa: S608
    f" LEFT JOIN transfers AS entry ON entry.id = 'dep:' || {_ID}"
    " WHERE entry.id IS NULL OR entry.amount <> payments.amount OR entry.kind <> 'deposit'"
    " OR entry.source <> 'sys:in:' || payments.gateway OR entry.target <> CASE WHEN payments.customer_id IS NULL"
    f" OR payments.assigned_by IS NOT NULL THEN 'sys:suspense' ELSE {_HOME} END"
    f" UNION ALL SELECT 'entry ' || id FROM transfers WHERE {_CAME}"
    f" AND (SELECT COUNT(*) FROM transfers WHERE {_CAME}) <> (SELECT COUNT(*) FROM payments)"
    f" AND id NOT IN (SELECT 'dep:' || {_ID} FROM payments)"
)
#: Every other entry there must be of payments and refunds, by what is stored of them.
_EXPECTED: Final = (
    f"SELECT 'sus:' || {_ID} AS id, 'sys:suspense' AS source, {_HOME} AS target, amount, 'assign' AS kind"  # noqa: S608
    " FROM payments WHERE assigned_by IS NOT NULL"
    f" UNION ALL SELECT 'cb:' || {_ID}, CASE WHEN customer_id IS NULL THEN 'sys:suspense' ELSE 'sys:chargeback' END,"
    " 'sys:in:' || gateway, payments.amount - COALESCE(gone.amount, 0), 'chargeback'"
    f" FROM payments {_GONE} WHERE payments.state = 'reversed'"
    f" UNION ALL SELECT 'ref:' || refunds.id, {_HOME}, 'sys:refunds', refunds.amount, 'refund'"
    f" {_OF_REFUNDS} IN ('sending', 'done', 'failed')"
    " UNION ALL SELECT 'out:' || refunds.id, 'sys:refunds', 'sys:in:' || gateway, refunds.amount, 'settle'"
    f" {_OF_REFUNDS} = 'done'"
    f" UNION ALL SELECT 'unref:' || refunds.id, 'sys:refunds', {_HOME}, refunds.amount, 'unrefund'"
    f" {_OF_REFUNDS} = 'failed'"
)
#: Every entry there is that could only be one of these.
_THERE: Final = (
    "SELECT id, source, target, amount, kind FROM transfers"
    " WHERE source IN ('sys:suspense', 'sys:refunds', 'sys:chargeback') OR target = 'sys:refunds'"
)
_ENTRIES: Final = (
    f"SELECT 'entry ' || id FROM (SELECT * FROM ({_EXPECTED}) AS expected EXCEPT {_THERE}) AS missing"  # noqa: S608
    " UNION ALL SELECT 'entry ' || id FROM"
    f" (SELECT * FROM ({_THERE}) AS there EXCEPT SELECT * FROM ({_EXPECTED}) AS expected) AS strange"
)
#: A payment went back exactly when its refunds add up to it, and never more of it than came.
_STATES: Final = (
    f"SELECT 'payment ' || payments.id FROM payments {_GONE}"  # noqa: S608
    " WHERE (payments.state = 'refunded') <> (COALESCE(gone.amount, 0) = payments.amount)"
    " OR COALESCE(gone.amount, 0) > payments.amount OR (payments.state = 'suspense' AND customer_id IS NOT NULL)"
    " OR (payments.state IN ('credited', 'refunded') AND customer_id IS NULL)"
)


def _balance(account: str, rows: str) -> str:
    """An account holds what the rows add up to."""
    return (
        f"SELECT '{account}' FROM (SELECT COALESCE((SELECT balance FROM accounts WHERE id = '{account}'), 0)"  # noqa: S608
        f" AS have, CAST(COALESCE(({rows}), 0) AS BIGINT) AS must) AS sums WHERE have <> must"
    )


_BALANCES: Final = " UNION ALL ".join(
    (
        _balance("sys:suspense", "SELECT SUM(amount) FROM payments WHERE state = 'suspense'"),
        _balance("sys:refunds", "SELECT SUM(amount) FROM refunds WHERE state = 'sending'"),
        _balance("sys:chargeback", "SELECT -SUM(owed) FROM customers WHERE owed <> 0"),
    )
)
#: Nobody owes and has something to spend.
_DEBTORS: Final = (
    "SELECT 'customer ' || customers.id FROM customers JOIN accounts ON accounts.customer_id = customers.id"
    " WHERE customers.owed <> 0 AND accounts.balance > 0"
    " AND (accounts.id LIKE 'user:%:available' OR accounts.id LIKE 'user:%:stars')"
)
#: Stars credit has payments behind it that are still here.
_BUCKETS: Final = (
    "SELECT accounts.id FROM accounts LEFT JOIN (SELECT customer_id, CAST(SUM(amount) AS BIGINT) AS total"  # noqa: S608
    " FROM (SELECT customer_id, amount FROM payments WHERE gateway = 'stars' AND state = 'credited'"
    " UNION ALL SELECT payments.customer_id, -refunds.amount"
    f" {_OF_REFUNDS} = 'sending' AND payments.gateway = 'stars') AS parts GROUP BY customer_id) AS here"
    " ON here.customer_id = accounts.customer_id"
    " WHERE accounts.id LIKE 'user:%:stars' AND accounts.balance > COALESCE(here.total, 0)"
)

PAYMENTS_SQL: Final = " UNION ALL ".join((_DEPOSITS, _ENTRIES, _STATES, _BALANCES, _DEBTORS, _BUCKETS))
