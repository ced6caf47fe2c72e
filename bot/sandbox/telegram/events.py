"""What the chat page is told as it happens, person by person."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

#: Events a page may fall behind by before it is cut off (it reconnects and gets a snapshot).
_BACKLOG: Final = 10_000

Event = Mapping[str, Any]


class Listener:
    """One open page: a queue of encoded events; None ends it."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()

    def tell(self, encoded: str | None) -> None:
        """Hands an event over; a page too far behind gets the end instead."""
        if self._queue.qsize() < _BACKLOG:
            self._queue.put_nowait(encoded)
        elif self._queue.qsize() == _BACKLOG:
            self._queue.put_nowait(None)

    async def next(self) -> str | None:
        """The next event, or None at the end."""
        return await self._queue.get()


class Hub:
    """Who listens to which chat."""

    def __init__(self) -> None:
        self._listeners: defaultdict[int, set[Listener]] = defaultdict(set)

    def listened(self, chat_id: int) -> bool:
        """Whether anybody looks at the chat, so that nothing is drawn for nobody."""
        return bool(self._listeners.get(chat_id))

    @property
    def anybody(self) -> bool:
        """Whether any page is open."""
        return any(self._listeners.values())

    def join(self, chat_id: int) -> Listener:
        """A new listener of one chat."""
        listener = Listener()
        self._listeners[chat_id].add(listener)
        return listener

    def leave(self, chat_id: int, listener: Listener) -> None:
        """Forgets a listener."""
        self._listeners[chat_id].discard(listener)

    def publish(self, chat_id: int, event: Event) -> None:
        """Tells everybody who looks at one chat."""
        if listeners := self._listeners.get(chat_id):
            encoded = encode(event)
            for listener in listeners:
                listener.tell(encoded)

    def broadcast(self, event: Event) -> None:
        """Tells every open page."""
        for chat_id in tuple(self._listeners):
            self.publish(chat_id, event)

    def close(self) -> None:
        """Ends every listener."""
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.tell(None)


def encode(event: Event) -> str:
    """An event as it goes over the WebSocket."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
