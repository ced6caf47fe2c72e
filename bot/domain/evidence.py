"""What can be told of an unknown order from outside, without asking for it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Verdict(StrEnum):
    """What the evidence says; each has a text of the same name. None of them moves money by itself."""

    PENDING = "pending"  # too early to tell
    ZERO = "zero"  # the panel's balance did not move: it seems not placed
    MATCH = "match"  # the balance fell by just this order's cost: it seems placed
    PLACED = "placed"  # the panel refused another order because this link is being worked on
    MIXED = "mixed"  # something else moved the balance as well, or the evidence of two orders overlaps


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A panel's balance, in its own currency, at a moment."""

    at: datetime
    balance: Decimal
    currency: str
    #: How many `add` were under way when it was read.
    in_flight: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What can be told of one order whose fate is not known; amounts in the panel's own currency."""

    verdict: Verdict
    #: What the panel takes for this order, as far as is known.
    cost: Decimal
    #: The last balance before it was sent with nothing under way.
    before: Snapshot | None = None
    #: The newest balance since with nothing under way.
    latest: Snapshot | None = None
    #: How much the balance fell between the two beyond what other orders explain; None while there are not both.
    difference: Decimal | None = None
