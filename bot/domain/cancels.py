"""A cancel request's life: a customer wants an order undone that is with the panel. Only its status moves money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.domain import moves

#: A request whose reply is lost may be repeated, for it changes nothing twice; so often at most, then only the order's
#: status can tell.
SENT_AT_MOST: Final = 3


class CancelState(StrEnum):
    """Where a cancel request stands; each has a text of the same name."""

    ASKED = "asked"  # by the customer, not yet sent
    SUBMITTING = "submitting"  # committed to one `cancel`, which may be under way
    ACCEPTED = "accepted"  # the panel took the request: not a promise
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"  # the panel has no such action
    UNKNOWN = "unknown"  # sent, and every reply was lost
    MOOT = "moot"  # the order was over before anybody was asked


class CancelEvent(StrEnum):
    """What can happen to a cancel request."""

    CLAIM = "claim"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    LACKING = "lacking"  # the panel cannot cancel at all
    POSTPONED = "postponed"  # it may be sent again
    LOST = "lost"  # sent often enough without an answer
    ENDED = "ended"  # the order was over first


_S, _E = CancelState, CancelEvent

#: The whole state machine.
MOVES: Final[Mapping[tuple[CancelState, CancelEvent], CancelState]] = {
    (_S.ASKED, _E.CLAIM): _S.SUBMITTING,
    (_S.ASKED, _E.ENDED): _S.MOOT,
    (_S.SUBMITTING, _E.ACCEPTED): _S.ACCEPTED,
    (_S.SUBMITTING, _E.REFUSED): _S.REFUSED,
    (_S.SUBMITTING, _E.LACKING): _S.UNSUPPORTED,
    (_S.SUBMITTING, _E.POSTPONED): _S.ASKED,
    (_S.SUBMITTING, _E.LOST): _S.UNKNOWN,
}


def move(state: CancelState, event: CancelEvent) -> CancelState:
    """Where `event` takes a request in `state`; IllegalMove when the table has no such move."""
    return moves.made(MOVES, state, event, "a cancel request")


@dataclass(frozen=True, slots=True)
class Cancel:
    """The one cancel request of an order, as stored."""

    order_id: int
    customer_id: int
    panel: str
    #: The panel's number of the order.
    upstream_id: str
    state: CancelState
    asked_at: datetime
    #: One more at each change; guards every move.
    version: int = 1
    #: What the panel said when it refused, or why nobody can tell; for operators only.
    words: str | None = None
    #: How often it was put off before the panel could be asked.
    tries: int = 0
    #: How many replies were lost.
    lost: int = 0
    #: When it may be sent; None: never again.
    next_at: datetime | None = None
    answered_at: datetime | None = None
