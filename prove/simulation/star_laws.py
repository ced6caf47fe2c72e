"""What must be true of paying in after every commit, at every refund that leaves, and when all is quiet again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from prove.simulation.stars import Charge, Stars

#: Whatever writes one of these is looked at.
_TABLES: Final = frozenset({"payments", "refunds", "transfers", "topups", "customers"})
_HERE: Final = frozenset({"credited", "suspense"})
_PAYMENTS: Final = (
    "SELECT id, payment_id, customer_id, payer, received, currency, amount, state, topup_id FROM payments"
    " WHERE gateway = 'stars' ORDER BY id"
)
#: What was left of other money than Stars, entry by entry, once an order had taken its charge.
_OTHER_MONEY: Final = (
    "SELECT COALESCE(SUM(CASE WHEN target = account THEN amount ELSE -amount END), 0) FROM transfers,"
    " (SELECT id, 'user:' || customer_id || ':available' AS account FROM orders WHERE id = ?) AS taker"
    " WHERE (source = account OR target = account) AND transfers.rowid <="
    " (SELECT MAX(rowid) FROM transfers WHERE order_id = taker.id AND kind = 'hold')"
)
Rows = Callable[..., list[Any]]


class StarLaws:
    """Telegram's record against the shop's books."""

    def __init__(self, stars: Stars, rows: Rows, broke: Callable[[str], None]) -> None:
        self._stars, self._rows, self._break = stars, rows, broke
        self._known: dict[int, tuple[Any, ...]] = {}
        #: The newest order that took of the Stars credit.
        self._orders = 0
        stars.on_refund = self._leaves

    # What the world may look at -----------------------------------------------------------------------

    def asked(self) -> list[tuple[int, int]]:
        """The refunds that wait for a decision, each with its payment."""
        return [tuple(row) for row in self._rows("SELECT id, payment FROM refunds WHERE state = 'asked' ORDER BY id")]

    def credited(self) -> list[int]:
        """The payments whose money is in somebody's wallet."""
        return [row[0] for row in self._rows("SELECT id FROM payments WHERE state = 'credited' ORDER BY id")]

    # After every commit -------------------------------------------------------------------------------

    def committed(self, touched: frozenset[str]) -> None:
        """Hold the laws against what was just committed."""
        if touched & _TABLES:
            for row in self._rows(_PAYMENTS):
                if self._known.get(row[0]) != row:
                    self._paid(row, fresh=row[0] not in self._known)
                    self._known[row[0]] = row
            self._owed()
        if "orders" in touched:
            self._spent()

    def _spent(self) -> None:
        """Stars are spent last: of other money nothing was left when an order took of them."""
        for (number,) in self._rows("SELECT id FROM orders WHERE from_stars > 0 AND id > ? ORDER BY id", self._orders):
            self._orders = number
            (left,) = self._rows(_OTHER_MONEY, number)[0]
            if left:
                self._break(f"order {number} took Stars while {left} of other money was there")

    def _paid(self, row: tuple[Any, ...], *, fresh: bool) -> None:
        """A payment is what Telegram has, is worth what was agreed, and is told with the commit that stores it."""
        number, charge_id, customer, payer, received, currency, amount, state, topup = row
        charge = self._stars.book.get(charge_id)
        if charge is None or (received, currency, payer) != (str(charge.stars), "XTR", str(charge.payer)):
            self._break(f"payment {number} of {received} {currency} by {payer} is {charge} at Telegram")
            return
        agreed = self._rows("SELECT amount, asked FROM topups WHERE token = ? AND id = ?", charge.token, topup)
        if customer is not None and (customer != charge.payer or not agreed):
            self._break(f"payment {number} by {charge.payer} is credited to {customer}")
        elif customer is not None and amount != agreed[0][0] * charge.stars // int(agreed[0][1]):
            self._break(f"payment {number} of {charge.stars} Stars is worth {amount}, agreed was {tuple(agreed[0])}")
        entries = self._rows("SELECT amount, target FROM transfers WHERE id = ?", f"dep:stars:{charge_id}")
        home = "sys:suspense" if topup is None else f"user:{charge.payer}:stars"
        if [tuple(entry) for entry in entries] != [(amount, home)]:
            self._break(f"payment {number} of {amount} is entered as {entries}")
        if fresh and not self._told(number):
            self._break(f"payment {number} was stored without a word to anybody")
        if state == "refunded" and not charge.back:
            self._break(f"payment {number} counts as given back, and Telegram has it")
        if state == "reversed" and not charge.back:
            self._break(f"payment {number} counts as taken back, and Telegram has it")

    def let_through(self, payer: int, token: str, stars: str) -> None:
        """Nobody pays but what was asked for, to the Star, and only whoever it was asked of."""
        agreed = self._rows("SELECT customer_id, asked FROM topups WHERE token = ?", token)
        if [tuple(row) for row in agreed] != [(payer, stars)]:
            self._break(f"{payer} was let pay {stars} Stars for {token}, which is {[tuple(row) for row in agreed]}")

    def _told(self, number: int) -> bool:
        raised = (f"payment-homeless:{number}", f"chargeback:{number}")
        return bool(
            self._rows("SELECT 1 FROM notices WHERE key = ?", f"payment:{number}")
            or self._rows("SELECT 1 FROM alerts WHERE key IN (?, ?)", *raised)
        )

    def _owed(self) -> None:
        """Whoever owes has nothing, and what all owe is what was taken back and not paid for."""
        for customer, owed, have in self._rows(
            "SELECT customers.id, owed, (SELECT COALESCE(SUM(balance), 0) FROM accounts WHERE id NOT LIKE '%:held'"
            " AND customer_id = customers.id) FROM customers WHERE owed > 0"
        ):
            if have:
                self._break(f"{customer} owes {owed} and has {have}")
        (open_,) = self._rows("SELECT COALESCE(SUM(balance), 0) FROM accounts WHERE id = 'sys:chargeback'")[0]
        (owed,) = self._rows("SELECT COALESCE(SUM(owed), 0) FROM customers")[0]
        if owed != -open_:
            self._break(f"{owed} is owed, and {-open_} was taken back and not paid for")

    def _leaves(self, charge_id: str) -> None:
        """A refund leaves only when it is committed to, with its money out of the wallet."""
        rows = self._rows(
            "SELECT refunds.id, refunds.state, (SELECT amount FROM transfers WHERE id = 'ref:' || refunds.id),"
            " refunds.amount FROM refunds JOIN payments ON payments.id = refunds.payment WHERE payment_id = ?"
            " AND refunds.state IN ('sending', 'done')", charge_id,
        )  # fmt: skip
        if len(rows) != 1 or rows[0][2] != rows[0][3]:
            self._break(f"{charge_id} is given back, and its refund stands as {[tuple(row) for row in rows]}")

    # When all is quiet --------------------------------------------------------------------------------

    def quiet(self) -> None:
        """Telegram's record and the books are one."""
        known = {row[1]: row for row in self._rows(_PAYMENTS)}
        for charge in self._stars.book.values():
            for text in _apart(charge, known.get(charge.id)):
                self._break(text)
        for name in known.keys() - self._stars.book.keys():
            self._break(f"{name} is in the books, and Telegram knows nothing of it")
        for number, state in self._rows("SELECT id, state FROM refunds WHERE state = 'sending'"):
            self._break(f"refund {number} is still {state}")
        due = sum(row[6] for row in known.values() if row[7] in _HERE)
        (there,) = self._rows("SELECT COALESCE(SUM(-balance), 0) FROM accounts WHERE id = 'sys:in:stars'")[0]
        if there != due:
            self._break(f"{there} came in by Stars and stayed, and payments of {due} are here")

    def balance(self) -> int:
        """What customers were credited for payments and did not lose again, beside what they still owe."""
        credited = "SELECT COALESCE(SUM(amount), 0) FROM payments WHERE customer_id IS NOT NULL AND state = 'credited'"
        sending = "SELECT COALESCE(SUM(amount), 0) FROM refunds WHERE state = 'sending'"
        owed = "SELECT COALESCE(SUM(owed), 0) FROM customers"
        one, two, three = (int(self._rows(sql)[0][0]) for sql in (credited, sending, owed))
        return one - two + three


def _apart(charge: Charge, row: tuple[Any, ...] | None) -> Iterator[str]:
    if row is None:
        # What went back before anybody heard of it need not be known.
        if not charge.back:
            yield f"{charge.id} was paid, and the books know nothing of it"
        return
    if charge.back == (row[7] in _HERE):
        yield f"{charge.id} is {row[7]} in the books, and {'went back' if charge.back else 'stayed'} at Telegram"
    if row[7] == "reversed" and charge.asked:
        yield f"{charge.id} was given back by us, and counts as taken back"
