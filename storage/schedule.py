"""Everything that waits for a moment, moved at once: for when the clock itself moved."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from storage.database import Tx
from storage.times import to_ms

_SHIFTS: Final = (
    "UPDATE notices SET due_at = due_at - $1 WHERE state = 'waiting' AND due_at > $2",
    "UPDATE orders SET next_at = next_at - $1 WHERE next_at > $2",
    "UPDATE orders SET reading_since = reading_since - $1 WHERE reading_since > $2",
    "UPDATE refills SET next_at = next_at - $1 WHERE next_at > $2",
    "UPDATE cancels SET next_at = next_at - $1 WHERE next_at > $2",
)


async def bring_forward(tx: Tx, by: timedelta, now: datetime) -> int:
    """Let whatever waits for a moment after `now` wait for one so much sooner; how many rows that were."""
    return sum([await tx.run(shift, by // timedelta(milliseconds=1), to_ms(now)) for shift in _SHIFTS])
