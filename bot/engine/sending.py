"""What this process has in hand of sending; what only the database knows, nobody here is at work on."""

from __future__ import annotations

from dataclasses import dataclass, field

#: An order's number and its attempt's.
AttemptKey = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sending:
    """Attempts between their claim and their record, by this process and no other."""

    #: Claimed here: an `add` is under way, or its outcome is being stored. No clock ends their leases.
    under_way: set[AttemptKey] = field(default_factory=set)
    #: Of them: those whose outcome the disk or the server refuses for now. Until it takes them nothing new is claimed.
    unstored: set[AttemptKey] = field(default_factory=set)
