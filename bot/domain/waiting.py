"""How long an unknown order has waited: only time that the shop itself saw pass counts.

A clock that jumps a day ahead must not give back the money of everything that is unknown, and a shop that was down over
the deadline must not keep it. So while the shop runs no step counts for more than a few minutes, whatever the clock
says; and the time it was down is believed once, after it has watched steady steps for a while.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

#: When the balances that an unknown order needs are read, and when operators are reminded of it.
LOOKS: Final = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60))
REMINDERS: Final = tuple(timedelta(minutes=m) for m in (15, 60, 6 * 60, 24 * 60))

_STEP_MOST: Final = timedelta(minutes=5)
_STEADY: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Passed:
    """What a round may count for an order that is still unknown."""

    #: What was seen to pass and was not counted yet.
    step: timedelta
    #: Since when this run watches, until it has watched for long enough to believe what passed before.
    begun: datetime | None = None
    #: The whole time since an order's was last counted is believed, less so much that the clock jumped since the start.
    believed: bool = False
    jumped: timedelta = timedelta(0)

    def since(self, last: datetime, now: datetime) -> timedelta | None:
        """How much more an order has waited whose time was last counted at `last`; None when that is counted later."""
        if self.believed:
            return max(timedelta(0), now - last - self.jumped)
        return None if self.begun is not None and last < self.begun else self.step


class Watch:
    """One run's count of the time it saw pass."""

    def __init__(self, deadline: timedelta) -> None:
        self.step_most = min(_STEP_MOST, deadline / 4)
        self._steady = min(_STEADY, deadline / 4)
        self._begun: datetime | None = None
        self._last: datetime | None = None
        self._seen = timedelta(0)
        self._jumped = timedelta(0)
        self._owed = timedelta(0)
        self._offered = False

    def look(self, now: datetime) -> Passed:
        """Look at the clock; what may be counted now. It is offered again until `counted` says that it is stored."""
        if self._last is None:
            self._last, self._begun = now, now - _STEP_MOST
        passed = max(now - self._last, timedelta(0))
        self._last = now
        step = min(passed, self.step_most)
        self._jumped += passed - step
        self._seen += step
        self._owed += step
        self._offered = self._begun is not None and self._seen >= self._steady
        return Passed(self._owed, self._begun, self._offered, self._jumped)

    def counted(self) -> None:
        """What was offered last is stored."""
        self._owed = timedelta(0)
        if self._offered:
            self._begun = None


def reached(marks: tuple[timedelta, ...], waited: timedelta) -> int:
    """How many of these moments have come."""
    return sum(waited >= mark for mark in marks)


def until_next(waited: timedelta, *marks: timedelta) -> timedelta | None:
    """How long until the next of these moments; None when all have come."""
    return min((mark - waited for mark in marks if mark > waited), default=None)
