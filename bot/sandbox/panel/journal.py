"""Every request the panel received, and what became of it."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

KEPT = 20_000


class Outcome(StrEnum):
    """What the client got."""

    ANSWERED = "answered"
    REFUSED = "refused"  # not a form post
    RESET = "reset"
    HUNG = "hung"
    BROKEN = "broken"  # an answer that is not the protocol's


@dataclass(slots=True)
class Entry:
    """One request; its outcome and order are filled in as they come about."""

    n: int
    action: str
    params: Mapping[str, str]
    outcome: Outcome = Outcome.ANSWERED
    #: the order this request created
    order: str | None = None
    error: str | None = None
    fault: str | None = None

    def shown(self) -> dict[str, object]:
        """The entry as the control API gives it."""
        return {
            "n": self.n,
            "action": self.action,
            "params": dict(self.params),
            "outcome": self.outcome,
            "order": self.order,
            "error": self.error,
            "fault": self.fault,
        }


class Journal:
    """The last `KEPT` requests, numbered from 1."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._count = 0

    def record(self, action: str, params: Mapping[str, str]) -> Entry:
        """Notes a request, without its key."""
        self._count += 1
        kept = {name: value for name, value in params.items() if name not in {"key", "action"}}
        entry = Entry(self._count, action, kept)
        self._entries.append(entry)
        return entry

    def after(self, n: int) -> list[Entry]:
        """The kept entries numbered above n, oldest first."""
        return [entry for entry in self._entries if entry.n > n]
