"""What must be true after every commit, at every message, at every `add`, and when all is quiet again."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any, Final

from bot.domain.orders import understood
from prove.simulation.database import Disk
from prove.simulation.panel import Add, Panel, Upstream
from prove.simulation.star_laws import StarLaws
from prove.simulation.telegram import Message, Telegram
from storage.ledger_checks import CHECKS

#: From where to where an order may go; said here once more, so that what the engine believes is held against it.
_WAYS: Final = frozenset({
    ("reserved", "submitting"), ("reserved", "canceled"), ("submitting", "active"), ("submitting", "failed"),
    ("submitting", "reserved"), ("submitting", "unknown"), ("unknown", "active"), ("unknown", "failed"),
    ("active", "completed"), ("active", "partial"), ("active", "canceled"), ("completed", "partial"),
    ("completed", "canceled"), ("partial", "partial"), ("partial", "canceled"),
})  # fmt: skip
_TABLES: Final = re.compile(r"\b(?:FROM|JOIN) ([a-z_]+)")
#: Each with the tables it looks at.
CHECKED: Final = tuple((frozenset(_TABLES.findall(check.sql)), check) for check in CHECKS)
#: After so many commits every check looks, whatever was written: what says which ones may be spared may be wrong too.
_ALL_AFTER: Final = 50
_ORDERS: Final = (
    "SELECT id, state, version, charge, returned, upstream_id, answers, quantity, reason, target, customer_id, reading,"
    " quote_token FROM orders ORDER BY id"
)
_CARDS: Final = "SELECT order_id, version FROM notices WHERE kind = 'card'"
_RUNNING: Final = frozenset({"reserved", "submitting", "active", "unknown"})
#: What each state a notice tells of must be or have become.
_TOLD: Final = {
    "completed": {"completed", "partial", "canceled"}, "partial": {"partial", "canceled"}, "canceled": {"canceled"},
    "failed": {"failed"}, "unknown": {"unknown", "active", "failed", "completed", "partial", "canceled"},
}  # fmt: skip
_CARD_WORDS: Final = {
    "Sending": {"reserved", "submitting"}, "Pending": {"active"}, "In progress": {"active"},
    "Completed": {"completed"}, "Partial": {"partial"}, "Canceled": {"canceled"}, "Checking": {"unknown"},
    "Failed": {"failed"},
}  # fmt: skip
_DECIDED: Final = frozenset({"not-placed", "goodwill", "decided", "deadline", "released"})


@dataclass(frozen=True, slots=True)
class Row:
    """An order as it was committed."""

    id: int
    state: str
    version: int
    charge: int
    returned: int
    upstream_id: str | None
    answers: str
    quantity: int
    reason: str | None
    target: str
    customer_id: int
    reading: str | None
    quote_token: str

    @property
    def money(self) -> tuple[object, ...]:
        """What the ledger's checks look at; a panel's order never leaves it."""
        return self.state, self.charge, self.returned, self.upstream_id, self.quote_token, self.customer_id


class Laws:
    """Everything that was promised, held against everything that happens."""

    def __init__(self, disk: Disk, panel: Panel, telegram: Telegram, settle: float, decimals: int) -> None:
        self._disk = disk
        self._panel = panel
        self._telegram = telegram
        self._settle = settle
        self._decimals = decimals
        self.broken: list[str] = []
        self.stars = StarLaws(telegram.stars, self._all, self._break)
        self.orders: dict[int, Row] = {}
        self._cards: dict[int, int] = {}
        #: Every state each order was ever committed in.
        self._seen: dict[int, set[str]] = {}
        self._changes: list[str] = []
        self.commits = 0
        self.unknowns = 0
        #: When the wall's clock was last set.
        self.jumped_at = -1.0
        self.wall: Callable[[], float] = lambda: 0.0
        self._ids_by_key: dict[tuple[str, str], int] = {}

    def _all(self, sql: str, *args: Any) -> list[Any]:  # noqa: ANN401
        return sqlite3.Connection.execute(self._disk, sql, args).fetchall()

    def _break(self, text: str) -> None:
        self.broken.append(text)

    # After every commit -------------------------------------------------------------------------------

    def committed(self, touched: frozenset[str]) -> None:
        """Hold the laws against what was just committed."""
        self.commits += 1
        if "orders" in touched and not self._moves():
            touched -= {"orders"}
        self.stars.committed(touched)
        self.ledger(touched if self.commits % _ALL_AFTER else None)

    def ledger(self, touched: frozenset[str] | None = None) -> None:
        """The invariants, by the very queries of the audit: all, or those that look at what was touched."""
        for tables, check in CHECKED:
            if (touched is None or tables & touched) and (found := self._all(check.sql)):
                self._break(f"{check.name} ({check.promise}): {', '.join(str(row[0]) for row in found[:3])}")

    def _moves(self) -> bool:
        """Follow what became of the orders; whether anything of it concerns the ledger."""
        rows = {row[0]: Row(*row) for row in self._all(_ORDERS)}
        cards = dict(self._all(_CARDS))
        of_money = len(rows) != len(self.orders)
        for number, row in rows.items():
            before = self.orders.get(number)
            if before is None:
                self._seen[number] = set()
                self._ids_by_key[_key(row)] = number
            if before is None or before.state != row.state or before.version != row.version:
                self._seen[number].add(row.state)
                self._moved(before, row, cards.get(number, 0) > self._cards.get(number, 0))
            of_money = of_money or before is None or before.money != row.money
        self.orders, self._cards = rows, cards
        self._crowd(rows)
        return of_money

    def _moved(self, before: Row | None, row: Row, card: bool) -> None:  # noqa: FBT001
        told = f"order {row.id}: {before.state if before else 'nothing'} to {row.state}"
        self._changes.append(told)
        if before is None and row.state != "reserved":
            self._break(f"{told} at once")
        if before is not None and row.version == before.version + 1 and (before.state, row.state) not in _WAYS:
            self._break(f"{told} is no move of the state machine")
        if row.state != "submitting" and not card:
            self._break(f"{told} without a word on the card in the same commit")
        if row.state in _TOLD and not (row.state == "canceled" and row.reason == "by-customer"):
            kinds = (row.state, "corrected")
            keys = [f"{row.id}:{kind}:{row.version}" for kind in kinds]
            if not self._all("SELECT 1 FROM notices WHERE key IN (?, ?)", *keys):
                self._break(f"{told} without its notice in the same commit")
        if row.state == "unknown":
            self.unknowns += 1
            if not self._open_alert(row.id):
                self._break(f"{told} without an open alert in the same commit")
        if row.state in ("completed", "partial", "canceled") and row.upstream_id and row.reason != "decided":
            self._ended(before, row, told)

    def changed(self) -> list[str]:
        """What the last commit moved, in words, once."""
        told, self._changes = self._changes, []
        return told

    def key_of(self, row: Row) -> tuple[str, str]:
        """What the panel knows an order by."""
        return _key(row)

    def _open_alert(self, order_id: int) -> bool:
        return bool(
            self._all("SELECT 1 FROM alerts WHERE order_id = ? AND ended_at IS NULL", order_id)
            or self._all("SELECT 1 FROM alerts WHERE ended_at IS NULL AND kind IN ('status-word', 'panel-gone')")
        )

    def _ended(self, before: Row | None, row: Row, told: str) -> None:
        """The panel said so, and money came back only for what stood."""
        upstream = self._panel.orders.get(row.upstream_id or "")
        if upstream is None:
            self._break(f"{told} by an id the panel never gave")
            return
        heard = [(at, understood(word), remains) for at, word, remains in upstream.heard]
        if row.state == "completed":
            if not any(status and status.value == "Completed" for _, status, _ in heard):
                self._break(f"{told}, and the panel never said so")
            return
        words = ("Partial",) if row.state == "partial" else ("Canceled", "Refunded")
        fits = [at for at, status, remains in heard if status and status.value in words and self._is(row, remains)]
        stood = len(fits) > 1 and (fits[-1] - fits[0] >= self._settle - 1 or self.jumped_at >= 0)
        if not stood:
            self._break(f"{told} with {row.returned} back, on a reading that had not stood: {upstream.heard[-4:]}")

    def _is(self, row: Row, remains: str) -> bool:
        if row.state == "canceled":
            return row.returned == row.charge
        # Said once more in other words: as many of the shop's smallest steps as cover the share, at most the charge.
        step = 10 ** (6 - self._decimals)
        share = Fraction(row.charge * int(remains), row.quantity)
        return bool(min(row.charge, ceil(share / step) * step) == row.returned)

    def _crowd(self, rows: dict[int, Row]) -> None:
        """Never two sendings for the same target; never a second one while one is unknown was claimed before."""
        targets = Counter(row.target for row in rows.values() if row.state == "submitting")
        for target, count in targets.items():
            if count > 1:
                self._break(f"{count} orders for {target} are being sent at once")

    # At every `add` -----------------------------------------------------------------------------------

    def add(self, add: Add) -> None:
        """Only what is committed to one `add` is sent, and never again without proof."""
        earlier = [each for each in self._panel.adds if each.key == add.key]
        self._panel.adds.append(add)
        if any(not each.proven for each in earlier):
            fates = ", ".join(each.fate for each in earlier)
            self._break(f"{add.key} was sent again though nobody could know what became of it ({fates})")
        number = self._ids_by_key.get(add.key)
        rows = self._all("SELECT state, attempts FROM orders WHERE id = ?", number)
        # A process that has been superseded meanwhile may have sent it: then it is unknown, or even released.
        if not rows or rows[0][0] == "reserved":
            self._break(f"{add.key} is sent and stands as {rows[0][0] if rows else 'nothing'}")
        elif rows[0][1] != len(earlier) + 1:
            # A claim whose process died before the `add` counts as an attempt, but is never followed by another.
            self._break(f"{add.key} is sent for the {len(earlier) + 1}. time in attempt {rows[0][1]}")

    def taken(self, order: Upstream) -> None:
        """At most one upstream order per order."""
        if len(self._panel.taken[order.key]) > 1:
            self._break(f"the panel has {len(self._panel.taken[order.key])} orders for {order.key}")

    # At every message ---------------------------------------------------------------------------------

    def message(self, message: Message) -> None:
        """Nobody is told what is not committed."""
        words = (message.notice or "").split(":")
        if words[0] == "card":
            said = next((states for word, states in _CARD_WORDS.items() if f"<b>{word}</b>" in message.text), None)
            if said is None or not said & self._seen.get(int(words[1]), set()):
                self._break(f"the card of order {words[1]} tells what is not so: {message.text[:80]!r}")
        elif message.notice is not None:
            if not self._all("SELECT 1 FROM notices WHERE key = ?", message.notice):
                self._break(f"{message.notice} was told and is not stored")
            if len(words) == 3 and words[1] in _TOLD and words[0].isdigit():
                row = self.orders.get(int(words[0]))
                if row is None or row.state not in _TOLD[words[1]]:
                    self._break(f"{message.notice} was told and the order is {row.state if row else 'nothing'}")
        elif message.text.startswith("checkout ") and message.text.endswith(" yes"):
            self.stars.let_through(message.chat, *message.text.split()[1:3])
        elif message.text.startswith("order ") and int(message.text.split()[1]) not in self.orders:
            self._break(f"{message.chat} was told of an order that is not stored: {message.text!r}")

    def confirmed(self, update_id: int) -> None:
        """Telegram forgets only what is stored."""
        if not self._all("SELECT 1 FROM inbox WHERE update_id = ?", update_id):
            self._break(f"update {update_id} was confirmed and is not stored")

    # When all is quiet --------------------------------------------------------------------------------

    def quiet(self) -> None:
        """All faults are over and time went on."""
        self.ledger()
        for row in self.orders.values():
            self.broken += self._not_at_rest(row)
            self.broken += self._untrue(row)
        self.stars.quiet()
        self._handled()
        self._delivered()
        self._money()

    def _not_at_rest(self, row: Row) -> Iterator[str]:
        if row.state in ("reserved", "submitting"):
            yield f"order {row.id} is still {row.state}"
        if row.state in ("unknown", "active") and not self._open_alert(row.id):
            yield f"order {row.id} is {row.state} and no alert is open"

    def _untrue(self, row: Row) -> Iterator[str]:
        """Where an order stands is what the panel says it is."""
        taken = self._panel.taken.get(_key(row), [])
        if row.upstream_id and (not taken or row.upstream_id not in {each.id for each in taken}):
            yield f"order {row.id} has the id {row.upstream_id}, which is not its own"
        never = row.state == "failed" or (row.state == "canceled" and not row.upstream_id)
        if never and taken and row.reason not in _DECIDED:
            yield f"order {row.id} gave its money back ({row.reason}), and the panel took it as {taken[0].id}"

    def _handled(self) -> None:
        known = dict(self._all("SELECT update_id, state FROM inbox"))
        for update_id in self._telegram.updates:
            if known.get(update_id) not in ("done", "poison"):
                self._break(f"update {update_id} is {known.get(update_id, 'lost')}")
        for (token,) in self._all("SELECT update_id FROM quotes GROUP BY update_id HAVING COUNT(*) > 1"):
            self._break(f"update {token} made more than one quote")

    def _delivered(self) -> None:
        told = Counter(m.notice for m in self._telegram.messages if m.notice and not m.edited)
        for key, state in self._all("SELECT key, state FROM notices"):
            if state != "sent" or (key not in told):
                self._break(f"notice {key} is {state}, told {told.get(key, 0)} times")
        first: dict[str, Message] = {}
        for message in self._telegram.messages:
            if message.notice is None or message.edited:
                continue
            before = first.get(message.notice)
            # Twice only where the reply to the first was lost, or its process was killed before it could note it.
            if before and before.id not in self._telegram.unheard and before.process == message.process:
                self._break(f"{message.notice} came twice to {message.chat} though nothing was lost")
            first[message.notice] = message
        last: dict[int, int] = {}
        seen: set[str] = set()
        for message in self._telegram.messages:
            words = (message.notice or "").split(":")
            if message.notice in seen or len(words) != 3 or not (words[0].isdigit() and words[2].isdigit()):
                continue
            seen.add(message.notice or "")
            if int(words[2]) < last.get(int(words[0]), 0):
                self._break(f"{message.notice} came after news of version {last[int(words[0])]}")
            last[int(words[0])] = int(words[2])

    def _money(self) -> None:
        """What customers have and what was kept is what they were credited and what they paid in."""
        (credited,) = self._all("SELECT COALESCE(SUM(amount), 0) FROM transfers WHERE kind = 'manual'")[0]
        (have,) = self._all("SELECT COALESCE(SUM(balance), 0) FROM accounts WHERE customer_id IS NOT NULL")[0]
        kept = sum(row.charge - row.returned for row in self.orders.values() if row.state not in _RUNNING)
        paid_in = self.stars.balance()
        if credited + paid_in != have + kept:
            self._break(f"{credited} was credited, {paid_in} paid in; customers have {have} and {kept} was kept")


def _key(row: Row) -> tuple[str, str]:
    link = row.answers.split('"link":"', 1)[1].split('"', 1)[0] if '"link":"' in row.answers else ""
    return link.replace("\\/", "/"), str(row.quantity)
