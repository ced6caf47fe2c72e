"""Broadcasts: one text to every customer who may be written to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class BroadcastState(StrEnum):
    """Where a broadcast stands."""

    DRAFT = "draft"  # written, not confirmed; forgotten after a while
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"  # for good, by an operator
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One text, from its draft to its end."""

    id: int
    operator_id: int
    #: What customers see, as Telegram HTML.
    html: str
    state: BroadcastState
    #: Customers up to this id have their notices.
    reached: int
    #: The operator's message that shows how far it is.
    message_id: int | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a broadcast is, in people."""

    broadcast: Broadcast
    sent: int
    #: Could not be reached, most of them because they blocked the bot.
    failed: int
    #: Neither sent nor failed; of a stopped one: those who do not get it.
    left: int

    @property
    def percent(self) -> int:
        """How much is through, a hundred only when nobody is left."""
        through = self.sent + self.failed
        return 100 * through // (through + self.left) if through + self.left else 100
