"""A paper as CSV: RFC 4180, UTF-8 with the mark by which spreadsheets know it, figures as programs read them.

The first column says in English what a row is, whatever the reader's language: `opening`, `movement`, `closing`, then
what stands beside them: `total`, `held`, `stars`. The movements' amounts come to closing − opening.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

from bot.papers.content import Content, moment, plain

#: What makes a spreadsheet take a text for a formula (owasp.org/www-community/attacks/CSV_Injection), also full-width.
_FORMULA: Final = tuple("=+-@\t\r\0＝＋－＠")
_COLUMNS: Final = ("time", "what", "order", "reason", "amount", "balance", "currency")
_ISO: Final = "%Y-%m-%dT%H:%M:%SZ"


def as_csv(content: Content) -> bytes:
    """The file."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(["row", *(content.word(name) for name in _COLUMNS)])
    writer.writerows(_rows(content))
    return written.getvalue().encode("utf-8-sig", "replace")


def _rows(content: Content) -> Iterator[list[str]]:
    digits, sums, currency = content.digits, content.head["sums"], content.head["currency"]

    def row(name: str, what: str, amount: int | None, balance: int | None, *more: str) -> list[str]:
        time, order, reason = more or ("", "", "")
        figures = ["" if micros is None else plain(micros, digits) for micros in (amount, balance)]
        return [name, time, harmless(what), order, harmless(reason), *figures, currency]

    yield row("opening", content.word("opening"), None, sums["opening"])
    for moved in content.rows:
        order = "" if moved.order is None else str(moved.order)
        more = moment(moved.at).strftime(_ISO), order, moved.reason or ""
        yield row("movement", content.kind(moved), moved.amount, moved.balance, *more)
    yield row("closing", content.word("closing"), None, sums["closing"])
    for what, _, amount in content.head["totals"]:
        yield row("total", what, amount, None)
    yield row("held", content.word("held"), sums["held"], None)
    yield row("stars", content.word("stars"), sums["stars"], None)


def harmless(text: str) -> str:
    """A text in one line that no spreadsheet takes for a formula: one that would be gets an apostrophe before it."""
    line = " ".join(text.split()) if "\n" in text or "\r" in text else text
    return f"'{line}" if line.lstrip().startswith(_FORMULA) or line.startswith(_FORMULA) else line
