"""What can be told of an unknown order from outside, without asking for it again. Pure, and in the panel's currency.

An `add` whose answer was lost either took its cost from the balance at the panel or it did not. So the balance from
before it, with nothing under way, is held against the balances since, and whatever else is known to have moved them is
taken off. Where that does not decide, nothing is decided: `MIXED` is the honest answer to every overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Final

from bot.domain.money import EXACT

#: The least that two balances must differ by to differ at all, and the share of a cost that panels' rounding takes.
_LEAST: Final = Decimal("0.0001")
_SHARE: Final = Decimal("0.005")
#: The coarsest that panels round small balances to, and large ones, as in currencies without small coins.
_CENT, _WHOLE, _LARGE = Decimal("0.01"), Decimal(1), Decimal(10)


class Verdict(StrEnum):
    """What the evidence says; each has a text of the same name. None of them moves money by itself."""

    PENDING = "pending"  # too early to tell
    ZERO = "zero"  # the panel's balance did not move: it seems not placed
    MATCH = "match"  # the balance fell by just this order's cost: it seems placed
    PLACED = "placed"  # the panel refused another order because this link is being worked on
    MIXED = "mixed"  # something else moved the balance as well, or the evidence of two orders overlaps


#: What an operator should act upon: the order is there to be found in the panel.
SEEMS_PLACED: Final = frozenset({Verdict.MATCH, Verdict.PLACED})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A panel's balance, in its own currency, at a moment."""

    at: datetime
    balance: Decimal
    currency: str
    #: How many `add` were under way while it was read.
    in_flight: int


@dataclass(frozen=True, slots=True)
class Point:
    """A balance since the attempt, read with nothing under way."""

    snapshot: Snapshot
    #: What orders that were accepted between the balance before and this one cost.
    spent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Window:
    """Everything that bears on one unknown order."""

    #: What the panel takes for it.
    cost: Decimal
    #: The last balance before its attempt with nothing under way.
    before: Snapshot | None = None
    #: The balances since, oldest first.
    points: Sequence[Point] = ()
    #: Another order whose fate is not known may have moved the same balances.
    overlaps: bool = False
    #: Money came back from the panel meanwhile, or is on its way: an order was undone or fell short.
    came_back: bool = False
    #: The panel refused another order because this order's link is being worked on.
    link_taken: bool = False


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
    #: How many balances since say so, where all of them say `ZERO` and nothing else moved them.
    zeros: int = 0


def weigh(window: Window) -> Evidence:
    """What the evidence says of an order. The same window always says the same."""
    before, points = window.before, window.points
    latest = points[-1].snapshot if points else None
    if before is None or latest is None:
        verdict = Verdict.PLACED if window.link_taken else Verdict.PENDING
        return Evidence(verdict, window.cost, before, latest)
    falls = [EXACT.subtract(EXACT.subtract(before.balance, p.spent), p.snapshot.balance) for p in points]
    verdict, zeros = _told(window, [before, *(p.snapshot for p in points)], falls)
    return Evidence(verdict, window.cost, before, latest, falls[-1], zeros)


def _told(window: Window, read: Sequence[Snapshot], falls: Sequence[Decimal]) -> tuple[Verdict, int]:
    """The verdict, and how many balances say that nothing moved."""
    if window.link_taken:
        return Verdict.PLACED, 0
    nearly = tolerance(window.cost, [snapshot.balance for snapshot in read])
    if _spoiled(window, read, falls, nearly):
        return Verdict.MIXED, 0
    if abs(falls[-1]) <= nearly:
        return Verdict.ZERO, len(falls) if all(abs(fall) <= nearly for fall in falls) else 0
    return (Verdict.MATCH if abs(falls[-1] - window.cost) <= nearly else Verdict.MIXED), 0


def _spoiled(window: Window, read: Sequence[Snapshot], falls: Sequence[Decimal], nearly: Decimal) -> bool:
    """Whether nothing can be told from these balances, whatever they are."""
    if window.overlaps or window.came_back or window.cost < 2 * nearly:
        return True
    if len({snapshot.currency for snapshot in read}) > 1:
        return True
    # A balance that rises says that money came in, and how much nobody knows.
    return any(later < earlier - nearly for earlier, later in pairwise([Decimal(0), *falls]))


def tolerance(cost: Decimal, balances: Sequence[Decimal]) -> Decimal:
    """By how much balances may be off a cost and still fit it: rounding, and the last digit that the panel shows.

    Panels' JSON drops zeros at the end, so the finest of all balances tells the digit; at worst it is a cent.
    """
    return max(_LEAST, EXACT.multiply(cost, _SHARE), digit(cost, balances))


def digit(amount: Decimal, balances: Sequence[Decimal]) -> Decimal:
    """The last digit a panel shows, judged by its balances, as far as it matters to an amount."""
    coarsest = _CENT if amount < _LARGE else _WHOLE
    places = max((-exponent for b in balances if isinstance(exponent := b.as_tuple().exponent, int)), default=0)
    return min(coarsest, _WHOLE.scaleb(-min(max(places, 0), 28)))
