"""A refill's life: what dropped off a finished order is asked for again, and what panels report of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.domain import moves


class RefillState(StrEnum):
    """Where a refill stands for the shop; each has a text of the same name. What the panel says is its status."""

    ASKED = "asked"  # by the customer, not yet sent
    SUBMITTING = "submitting"  # committed to one `refill`, which may be under way
    ACTIVE = "active"  # the panel took it and named it
    UNKNOWN = "unknown"  # sent, and nobody can tell whether it was taken
    COMPLETED = "completed"
    REJECTED = "rejected"  # taken, and then turned down
    REFUSED = "refused"  # never taken; the reason says why
    LAPSED = "lapsed"  # nothing was heard of it for too long


class RefillEvent(StrEnum):
    """What can happen to a refill."""

    CLAIM = "claim"  # the poller takes it
    TAKEN = "taken"  # the panel named it
    REFUSED = "refused"
    POSTPONED = "postponed"  # proof that nothing was asked for: never connected, or a recognised "later"
    LOST = "lost"  # the outcome of `refill` cannot be told
    RELEASE = "release"  # the operator found that it was never taken
    COMPLETE = "complete"
    REJECT = "reject"
    LAPSE = "lapse"


_S, _E = RefillState, RefillEvent

#: The whole state machine. There is no way from UNKNOWN back to ASKED: no machine asks twice.
MOVES: Final[Mapping[tuple[RefillState, RefillEvent], RefillState]] = {
    (_S.ASKED, _E.CLAIM): _S.SUBMITTING,
    (_S.ASKED, _E.REFUSED): _S.REFUSED,
    (_S.SUBMITTING, _E.TAKEN): _S.ACTIVE,
    (_S.SUBMITTING, _E.REFUSED): _S.REFUSED,
    (_S.SUBMITTING, _E.POSTPONED): _S.ASKED,
    (_S.SUBMITTING, _E.LOST): _S.UNKNOWN,
    (_S.UNKNOWN, _E.TAKEN): _S.ACTIVE,
    (_S.UNKNOWN, _E.RELEASE): _S.REFUSED,
    (_S.UNKNOWN, _E.LAPSE): _S.LAPSED,
    (_S.ACTIVE, _E.COMPLETE): _S.COMPLETED,
    (_S.ACTIVE, _E.REJECT): _S.REJECTED,
    (_S.ACTIVE, _E.LAPSE): _S.LAPSED,
}

#: While one of an order's refills is in these, no other can be asked for.
OPEN: Final = frozenset({_S.ASKED, _S.SUBMITTING, _S.ACTIVE, _S.UNKNOWN})


def move(state: RefillState, event: RefillEvent) -> RefillState:
    """Where `event` takes a refill in `state`; IllegalMove when the table has no such move."""
    return moves.made(MOVES, state, event, "a refill")


class RefillReason(StrEnum):
    """Why a refill was refused; each has a text of the same name that a customer can read."""

    DISABLED = "disabled"  # the panel makes none for the service, whatever its catalogue says
    TOO_EARLY = "too-early"
    UNDER_WAY = "under-way"  # the panel says one is running already
    NOT_COMPLETED = "not-completed"  # the panel does not count the order as completed
    REFUSED = "refused"  # in words that say no more
    NOT_SENT = "not-sent"  # the panel could not be asked in time
    NOT_TAKEN = "not-taken"  # the operator found that the panel never took it


class RefillStatus(StrEnum):
    """A panel's word for a refill, after spelling is evened out (panel API v2, action `refill_status`)."""

    PENDING = "Pending"
    IN_PROGRESS = "In progress"
    COMPLETED = "Completed"
    REJECTED = "Rejected"
    FAIL = "Fail"


#: Every spelling in use, evened out by `orders.even_word`.
STATUSES: Final[Mapping[str, RefillStatus]] = {
    "pending": RefillStatus.PENDING,
    "awaiting": RefillStatus.PENDING,
    "processing": RefillStatus.IN_PROGRESS,
    "in progress": RefillStatus.IN_PROGRESS,
    "inprogress": RefillStatus.IN_PROGRESS,
    "in progess": RefillStatus.IN_PROGRESS,  # so on a published page
    "completed": RefillStatus.COMPLETED,
    "success": RefillStatus.COMPLETED,
    "rejected": RefillStatus.REJECTED,
    "fail": RefillStatus.FAIL,
    "failed": RefillStatus.FAIL,
    "error": RefillStatus.FAIL,
}


@dataclass(frozen=True, slots=True)
class RefillReport:
    """Where a refill stands, as its panel says."""

    #: The word as the panel wrote it, cleaned and capped.
    word: str
    #: The word understood; None for one the shop does not know.
    status: RefillStatus | None


@dataclass(frozen=True, slots=True)
class Refill:
    """One request to make up for what dropped off an order, as stored."""

    id: int
    order_id: int
    customer_id: int
    service_number: int
    panel: str
    #: The panel's number of the order.
    upstream_id: str
    state: RefillState
    asked_at: datetime
    #: One more at each change; guards every move.
    version: int = 1
    #: The panel's name for the refill.
    refill_id: str | None = None
    reason: RefillReason | None = None
    #: What the panel said when it refused, or why nobody can tell; for operators only.
    words: str | None = None
    status_word: str | None = None
    #: How often it was put off before the panel could be asked.
    tries: int = 0
    #: When the pollers look at it again; None: never.
    next_at: datetime | None = None
    #: From when on the customer may ask again; None: as soon as this one is over.
    again_at: datetime | None = None
    sent_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it is still under way."""
        return self.state in OPEN
