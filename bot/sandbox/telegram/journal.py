"""What the bot asked, for tests: a bounded ring of calls."""

from collections import deque
from dataclasses import dataclass
from typing import Any

from bot.sandbox.telegram.calls import Call


@dataclass(frozen=True, slots=True)
class Entry:
    """One finished call; neither an error code nor ok means that it was dropped before any work."""

    n: int
    name: str
    call: Call
    ok: bool
    error_code: int | None
    description: str | None

    def to_json(self) -> dict[str, Any]:
        """The entry as GET /journal shows it; the token is never part of it."""
        return {
            "n": self.n,
            "method": self.name,
            "params": self.call.readable(),
            "ok": self.ok,
            "error_code": self.error_code,
            "description": self.description,
        }


class Journal:
    """The last `size` calls, numbered from 1."""

    def __init__(self, size: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self._last = 0

    @property
    def last(self) -> int:
        """Number of the newest entry; 0 when there is none."""
        return self._last

    def note(self, name: str, call: Call, *, ok: bool, error_code: int | None, description: str | None) -> None:
        """Adds a call under the method's name as the bot wrote it."""
        self._last += 1
        self._entries.append(Entry(self._last, name, call, ok, error_code, description))

    def after(self, n: int) -> list[Entry]:
        """The entries newer than number `n`, oldest first."""
        newer = min(max(self._last - n, 0), len(self._entries))
        return [self._entries[place] for place in range(-newer, 0)]
