"""A customer's statement: what moved what they can spend, from an opening balance to a closing one.

There is one computation, and every form a statement takes shows its figures: closing − opening is the sum of the lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.money import ZERO, Money


class Span(StrEnum):
    """How far a statement reaches; months are UTC's."""

    THIS_MONTH = "this-month"
    LAST_MONTH = "last-month"
    ALL = "all"


def bounds(span: Span, now: datetime) -> tuple[datetime | None, datetime | None]:
    """From when, and until before when; None: from the beginning, or up to what is stored last."""
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if span is Span.ALL:
        return None, None
    if span is Span.THIS_MONTH:
        return month, None
    before = month.replace(year=month.year - 1, month=12) if month.month == 1 else month.replace(month=month.month - 1)
    return before, month


@dataclass(frozen=True, slots=True)
class Movement:
    """One entry of the ledger as the customer sees it: signed, by what it did to what they can spend."""

    at: datetime
    #: A ledger's kind as it is stored: it may be one that this version does not know.
    kind: str
    amount: Money
    order_id: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A movement, and what could be spent after it."""

    movement: Movement
    balance: Money


@dataclass(frozen=True, slots=True)
class Total:
    """What all movements of a kind came to, those that came in apart from those that went out."""

    kind: str
    came_in: bool
    count: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Statement:
    """What a customer is handed. Everything is in the shop's currency."""

    customer_id: int
    span: Span
    #: From when, inclusive; None: from the beginning.
    since: datetime | None
    #: Up to when: the end of the span, exclusive, or the moment it was drawn up.
    until: datetime
    drawn_up: datetime
    opening: Money
    lines: Sequence[Line]
    closing: Money
    totals: Sequence[Total]
    #: What running orders hold, and how much of what can be spent is Stars credit: both at the moment it was drawn up.
    held: Money
    stars: Money

    @property
    def came_in(self) -> Money:
        """Everything that came in."""
        return sum((total.amount for total in self.totals if total.came_in), ZERO)

    @property
    def went_out(self) -> Money:
        """Everything that went out, below zero."""
        return sum((total.amount for total in self.totals if not total.came_in), ZERO)


class Reckoning:
    """Adds movements up in the order in which they come."""

    def __init__(self, opening: Money) -> None:
        self.balance = opening
        self.lines: list[Line] = []
        self._totals: dict[tuple[str, bool], tuple[int, Money]] = {}

    def add(self, movements: Iterable[Movement]) -> None:
        """Take the next movements in."""
        for movement in movements:
            self.balance += movement.amount
            self.lines.append(Line(movement, self.balance))
            key = movement.kind, movement.amount > ZERO
            count, amount = self._totals.get(key, (0, ZERO))
            self._totals[key] = count + 1, amount + movement.amount

    @property
    def totals(self) -> Sequence[Total]:
        """What each kind came to so far: what came in first, each in the order in which it was met."""
        found = [Total(*key, *total) for key, total in self._totals.items()]
        return sorted(found, key=lambda total: not total.came_in)
