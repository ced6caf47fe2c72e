"""Faults on demand: which one meets the next request of an action."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

ANY_ACTION = "*"


class FaultKind(StrEnum):
    """What can go wrong between the shop and the panel."""

    HANG = "hang"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    HTTP_500 = "http_500"
    HTTP_503 = "http_503"
    HTML = "html"
    CHALLENGE = "challenge"
    BROKEN_JSON = "broken_json"
    SLOW = "slow"
    WRONG_SHAPE = "wrong_shape"
    EMPTY = "empty"
    NOT_ENOUGH_FUNDS = "not_enough_funds"
    DUPLICATE_LINK = "duplicate_link"
    LATE = "late"
    OVERCHARGE = "overcharge"  # carried out; an order it creates costs twice its price
    REFUSE = "refuse"  # the whole request, in given words
    REFUSE_EACH = "refuse_each"  # inside the answer, each id by itself
    SWAP_TYPES = "swap_types"  # carried out; ids that are strings come as numbers, and numbers as strings


#: the kinds for which the request is carried out although the client cannot tell
PROCESSED = frozenset(
    {
        FaultKind.RESET_AFTER,
        FaultKind.BROKEN_JSON,
        FaultKind.SLOW,
        FaultKind.WRONG_SHAPE,
        FaultKind.SWAP_TYPES,
        FaultKind.OVERCHARGE,
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault that waits for requests."""

    kind: FaultKind
    #: how many requests it still meets; None: all, until cleared
    count: int | None = None
    #: how long `slow` waits and how much later `late` is carried out
    seconds: float = 3.0
    #: whether the request is carried out; None: as is usual for the kind
    processed: bool | None = None
    #: the words of a refusal; None: as is usual for the action
    text: str | None = None

    @property
    def carries_out(self) -> bool:
        """Whether the request has its effect."""
        return self.kind in PROCESSED if self.processed is None else self.processed


class Faults:
    """At most one fault for each action, and one for any."""

    def __init__(self) -> None:
        self._waiting: dict[str, Fault] = {}

    @property
    def waiting(self) -> Mapping[str, Fault]:
        """Faults by action."""
        return self._waiting

    def put(self, action: str, fault: Fault) -> None:
        """Lets a fault wait for an action, or for any (`*`); it replaces the one that waited."""
        self._waiting[action] = fault

    def clear(self) -> None:
        """Takes all faults away."""
        self._waiting.clear()

    def take(self, action: str) -> Fault | None:
        """The fault that meets a request of this action; the action's own goes before the one for any."""
        place = action if action in self._waiting else ANY_ACTION
        fault = self._waiting.get(place)
        if fault is None or fault.count is None:
            return fault
        if fault.count > 1:
            self._waiting[place] = replace(fault, count=fault.count - 1)
        else:
            del self._waiting[place]
        return fault
