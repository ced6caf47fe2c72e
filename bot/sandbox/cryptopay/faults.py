"""How the wire to the gateway breaks, until the faults are used up or taken away."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ANY_METHOD: Final = "*"


class FaultKind(StrEnum):
    """What happens to a request."""

    DOWN = "down"  # 503 and a page
    JUNK = "junk"  # 200 and what is no JSON
    LOST = "lost"  # carried out, and the connection dropped
    RESET = "reset"  # not carried out, and the connection dropped
    HANG = "hang"  # no answer until the server stops


@dataclass(slots=True)
class Fault:
    """One fault; `count` is how often, None: until it is taken away."""

    kind: FaultKind
    count: int | None = None


class Faults:
    """What waits for requests, by method."""

    def __init__(self) -> None:
        self.waiting: dict[str, Fault] = {}
        #: set when the server stops, so that nobody is kept waiting
        self.closing = asyncio.Event()

    def take(self, method: str) -> FaultKind | None:
        """The fault for a request of this method, used up by one."""
        name = method if method in self.waiting else ANY_METHOD
        fault = self.waiting.get(name)
        if fault is None:
            return None
        if fault.count is not None:
            fault.count -= 1
            if fault.count == 0:
                del self.waiting[name]
        return fault.kind
