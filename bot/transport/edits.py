"""Edits of one message that wait together: only the newest is sent, and all who waited get its outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

#: These replace text and keyboard alike, so they make every edit before them needless.
_WHOLE: Final = frozenset({"editMessageText", "editMessageMedia"})

#: What the Bot API answers: `result` of its JSON.
Result = bool | dict[str, Any] | list[dict[str, Any]]
Send = Callable[[], Awaitable[Result]]


class Superseded(Exception):
    """A newer edit of the same message has taken this one's place."""


class Call(Protocol):
    """A call that waits for its turn and is then sent."""

    @property
    def superseded(self) -> bool:
        """Whether a newer call has made this one needless."""

    async def send(self) -> Result:
        """Make the call. Raises Superseded instead of sending what is out of date."""


Paced = Callable[[Call], Awaitable[Result]]


@dataclass(frozen=True, slots=True)
class Plain:
    """A call that nothing can make needless."""

    run: Send
    superseded: bool = False

    async def send(self) -> Result:
        """Make the call."""
        return await self.run()


@dataclass(frozen=True, slots=True)
class _Outcome:
    result: Result = True
    error: Exception | None = None

    def given(self) -> Result:
        if self.error is not None:
            raise self.error
        return self.result


class _Edit:
    """One edit that waits; its successor is the newer edit that made it needless."""

    __slots__ = ("ended", "endpoint", "lock", "outcome", "run", "successor")

    def __init__(self, endpoint: str, run: Send, lock: asyncio.Lock) -> None:
        self.endpoint = endpoint
        self.ended = asyncio.Event()
        self.outcome: _Outcome | None = None
        self.run = run
        self.lock = lock
        self.successor: _Edit | None = None

    @property
    def superseded(self) -> bool:
        return self.next() is not None

    async def send(self) -> Result:
        """Send under the message's lock: two edits in flight could arrive in the wrong order."""
        async with self.lock:
            if self.superseded:
                raise Superseded
            return await self.run()

    def yield_to(self, newer: _Edit) -> None:
        if self.next() is None and (newer.endpoint == self.endpoint or newer.endpoint in _WHOLE):
            self.successor = newer

    def newest(self) -> _Edit:
        edit = self
        while (successor := edit.next()) is not None:
            edit = successor
        return edit

    def next(self) -> _Edit | None:
        """The nearest newer edit that was not given up (its caller canceled) before it was sent."""
        edit = self.successor
        while edit is not None and edit.ended.is_set() and edit.outcome is None:
            edit = edit.successor
        return edit


class _Message:
    __slots__ = ("lock", "waiting")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting: list[_Edit] = []


class Edits:
    """The edits under way, by message; a message without one is not remembered."""

    def __init__(self) -> None:
        self._messages: dict[Hashable, _Message] = {}

    def __len__(self) -> int:
        """How many messages have an edit under way."""
        return len(self._messages)

    async def run(self, key: Hashable, endpoint: str, run: Send, paced: Paced) -> Result:
        """Bring one edit through `paced`, or wait for the newer one that replaced it; the outcome of what was sent."""
        message = self._messages.setdefault(key, _Message())
        edit = _Edit(endpoint, run, message.lock)
        for older in message.waiting:
            older.yield_to(edit)
        message.waiting.append(edit)
        try:
            return await _settled(edit, paced)
        finally:
            edit.ended.set()
            message.waiting.remove(edit)
            if not message.waiting:
                del self._messages[key]


async def _settled(edit: _Edit, paced: Paced) -> Result:
    while True:
        try:
            result = await paced(edit)
        except Superseded:
            newest = edit.newest()
            if newest is not edit:
                await newest.ended.wait()
            if newest.outcome is not None:
                return newest.outcome.given()
        except Exception as error:
            edit.outcome = _Outcome(error=error)
            raise
        else:
            edit.outcome = _Outcome(result)
            return result


def message_of(endpoint: str, data: Mapping[str, Any]) -> Hashable | None:
    """The message an edit is about; None when the call is no edit."""
    if not endpoint.startswith("editMessage"):
        return None
    if (inline := data.get("inline_message_id")) is not None:
        return ("inline", inline)
    chat_id, message_id = data.get("chat_id"), data.get("message_id")
    return None if chat_id is None or message_id is None else (chat_id, message_id)
