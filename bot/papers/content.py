"""What stands in a paper, as the process that sets it got it, and how its figures are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

_MICROS_DIGITS: Final = 6
_MICROS: Final = 10**_MICROS_DIGITS
#: An amount shows at least so many digits after the point.
_DIGITS_LEAST: Final = 2


class Row(NamedTuple):
    """One movement: when (milliseconds since 1970), which of the paper's kinds, and millionths of the currency."""

    at: int
    kind: int
    order: int | None
    reason: str | None
    amount: int
    balance: int


def row_of(raw: Sequence[Any]) -> Row:
    """A row as it was sent."""
    return Row(*raw)


@dataclass(frozen=True, slots=True)
class Content:
    """A paper: its head as `process.Paper` has it, and every row."""

    head: Mapping[str, Any]
    rows: Sequence[Row]

    def word(self, name: str) -> str:
        """One of the paper's words in the reader's language."""
        return str(self.head["words"][name])

    def kind(self, row: Row) -> str:
        """What a movement was, in the reader's language."""
        return str(self.head["kinds"][row.kind])

    @property
    def digits(self) -> int:
        """How many digits after the point show every amount exactly, so that the columns add up as they are read."""
        sums = (*self.head["sums"].values(), *(amount for _, _, amount in self.head["totals"]))
        return digits_of((*sums, *(row.amount for row in self.rows), *(row.balance for row in self.rows)))


def digits_of(amounts: Iterable[int]) -> int:
    """The fewest digits after the point, of two or more, that show all these millionths exactly."""
    digits = _DIGITS_LEAST
    for amount in amounts:
        while amount % 10 ** (_MICROS_DIGITS - digits):
            digits += 1
    return digits


def plain(micros: int, digits: int) -> str:
    """An amount as a program reads it: `-1234.50`."""
    whole, rest = divmod(abs(micros), _MICROS)
    return f"{'-' if micros < 0 else ''}{whole}.{f'{rest:06}'[:digits]}"


def grouped(micros: int, digits: int, signs: str, *, plus: bool = False) -> str:
    """An amount as people read it: with the reader's decimal point and grouping, `plus` before what came in."""
    whole, rest = divmod(abs(micros), _MICROS)
    text = f"{whole:,}.{f'{rest:06}'[:digits]}".translate(str.maketrans(".,", signs))
    return f"{'−' if micros < 0 else '+' if plus and micros else ''}{text}"


def moment(milliseconds: int) -> datetime:
    """The UTC time of a row."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC)
