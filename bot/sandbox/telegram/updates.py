"""Updates on their way to the bot: numbered, kept until confirmed, handed to polls (Bot API, "Getting updates")."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from bot.sandbox.telegram.errors import OTHER_POLL, WEBHOOK_TOOK_OVER, ApiError

#: getUpdates waits no longer than this, in seconds.
MAX_WAIT: Final = 50
MAX_BATCH: Final = 100
#: An offset further ahead than this is not believed: the bot remembers another server.
_FUTURE: Final = 10
#: Numbers start from the clock, so that a restarted sandbox never repeats those of the one before.
_EPOCH: Final = 1_700_000_000
_PER_SECOND: Final = 8


class UpdateKind(StrEnum):
    """The updates this server makes."""

    MESSAGE = "message"
    EDITED_MESSAGE = "edited_message"
    CALLBACK_QUERY = "callback_query"
    MY_CHAT_MEMBER = "my_chat_member"
    PRE_CHECKOUT_QUERY = "pre_checkout_query"


@dataclass(frozen=True, slots=True)
class Update:
    """One update; those of one `source` are delivered to a webhook one after the other."""

    update_id: int
    kind: UpdateKind
    body: dict[str, Any]
    source: str
    expires_at: float

    def to_json(self) -> dict[str, Any]:
        """The `Update` object."""
        return {"update_id": self.update_id, self.kind.value: self.body}


def first_number(now: float) -> int:
    """Where numbers start for a server born at `now` (Unix seconds): beyond all of an earlier one's.

    Telegram's numbers have 31 bits; eight a second leave room until 2033.
    """
    return max(int(now) - _EPOCH, 0) * _PER_SECOND + 1


class UpdateQueue:
    """Everything the bot has not confirmed yet, oldest first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.next_id = first_number(clock())
        self._pending: dict[int, Update] = {}
        self._waiter: asyncio.Future[None] | None = None
        self.allowed: frozenset[str] = frozenset(UpdateKind)

    def __len__(self) -> int:
        self._forget_expired()
        return len(self._pending)

    def take_over(self, pending: Iterable[Update], next_id: int, allowed: frozenset[str]) -> None:
        """Goes on where an earlier queue ended."""
        self._pending = {update.update_id: update for update in pending}
        self.next_id, self.allowed = next_id, allowed

    @property
    def polled(self) -> bool:
        """Whether a getUpdates is waiting."""
        return self._waiter is not None

    def allow(self, kinds: object) -> None:
        """Keeps the bot's choice of kinds; an absent list changes nothing, an empty one means all."""
        if isinstance(kinds, list):
            wanted = frozenset(str(kind).lower() for kind in kinds)
            self.allowed = wanted or frozenset(UpdateKind)

    def put(self, kind: UpdateKind, body: dict[str, Any], source: str, life: float) -> Update | None:
        """Queues an update for `life` seconds; None when the bot does not want its kind."""
        if kind.value not in self.allowed:
            return None
        update = Update(self.next_id, kind, body, source, self._clock() + life)
        self.next_id += 1
        self._pending[update.update_id] = update
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)
        return update

    def pending(self) -> Iterable[Update]:
        """What waits, oldest first."""
        self._forget_expired()
        return tuple(self._pending.values())

    def is_pending(self, update: Update) -> bool:
        """Whether the update is neither confirmed nor expired."""
        return update.update_id in self._pending and update.expires_at > self._clock()

    def done(self, update: Update) -> None:
        """Forgets one delivered update."""
        self._pending.pop(update.update_id, None)

    def clear(self) -> None:
        """Forgets everything (drop_pending_updates)."""
        self._pending.clear()

    async def poll(self, offset: int, limit: int, timeout: float) -> list[Update]:
        """What getUpdates answers; waits up to `timeout` seconds when there is nothing.

        Raises ApiError (409) when another poll or a webhook takes over meanwhile.
        """
        self._confirm(offset)
        self._end_wait(OTHER_POLL)
        batch = self._first(limit)
        if batch or timeout <= 0:
            return batch
        await self._wait(timeout)
        return self._first(limit)

    def yield_to_webhook(self) -> None:
        """Ends a waiting poll because a webhook was set."""
        self._end_wait(WEBHOOK_TOOK_OVER)

    def close(self) -> None:
        """Lets a waiting poll answer at once with nothing."""
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self, timeout: float) -> None:
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiter = waiter
        alarm = loop.call_later(timeout, _wake, waiter)
        try:
            await waiter
        finally:
            alarm.cancel()
            if self._waiter is waiter:
                self._waiter = None

    def _end_wait(self, reason: str) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter and not waiter.done():
            waiter.set_exception(ApiError(409, reason))

    def _confirm(self, offset: int) -> None:
        self._forget_expired()
        if offset < 0:
            kept = list(self._pending)[offset:]
            offset = kept[0] if kept else 0
        if offset > self.next_id + _FUTURE:
            return
        confirmed = []
        for update_id in self._pending:
            if update_id >= offset:
                break
            confirmed.append(update_id)
        for update_id in confirmed:
            del self._pending[update_id]

    def _first(self, limit: int) -> list[Update]:
        batch: list[Update] = []
        for update in self._pending.values():
            if len(batch) == limit:
                break
            batch.append(update)
        return batch

    def _forget_expired(self) -> None:
        now = self._clock()
        for update in [update for update in self._pending.values() if update.expires_at <= now]:
            del self._pending[update.update_id]


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
