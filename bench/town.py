"""A Bot API that answers at once, or after a set delay, and hands the bot what its customers do."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any, Final, Protocol

from bench.wire import Respond

TOKEN: Final = "100001:bench-token"  # noqa: S105 - the stand-in takes any
BOT: Final = {
    "id": 100001, "is_bot": True, "first_name": "Bench", "username": "bench_bot", "can_join_groups": False,
    "can_read_all_group_messages": False, "supports_inline_queries": False,
}  # fmt: skip
_MOST_UPDATES: Final = 100
_OFFSET: Final = re.compile(r"(?:^|[?&])offset=(\d+)")
_CHAT: Final = re.compile(rb"(?:^|&)chat_id=(\d+)")
_MESSAGE: Final = re.compile(rb"(?:^|&)message_id=(\d+)")
_QUERY: Final = re.compile(rb"(?:^|&)callback_query_id=(\d+)")


class Person(Protocol):
    """Whoever a call is about."""

    def sent(self, message: int, form: bytes) -> None:
        """The bot sent a message."""

    def edited(self, message: int, form: bytes) -> None:
        """The bot edited one."""

    def answered(self, query: int) -> None:
        """The bot answered a press."""


class Town:
    """The Bot API's side: updates wait until they are fetched, calls reach the people they are about."""

    def __init__(self) -> None:
        self.delay = 0.0
        self.people: dict[int, Person] = {}
        self.calls: Counter[str] = Counter()
        #: Set by the first `getUpdates`: the bot is there.
        self.fetched = asyncio.Event()
        self._updates: deque[tuple[int, bytes]] = deque()
        self._poll: Respond | None = None
        self._presses: dict[int, Person] = {}
        self._numbers = iter(range(1, 1 << 31))
        self._messages = iter(range(1, 1 << 31))

    def handle(self, path: str, body: bytes, respond: Respond) -> None:
        """Take one call; it happens when the delay is over."""
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, self._act, path, body, respond)
        else:
            self._act(path, body, respond)

    def message_id(self) -> int:
        """The next message's number, whoever sends it."""
        return next(self._messages)

    def happens(self, kind: str, what: Mapping[str, Any], person: Person, query: int = 0) -> None:
        """Something a person does; the bot hears of it with its next or its waiting fetch."""
        number = next(self._numbers)
        if query:
            self._presses[query] = person
        self._updates.append((number, json.dumps({"update_id": number, kind: what}).encode()))
        if self._poll is not None:
            poll, self._poll = self._poll, None
            # Not at once: whoever acts in this turn of the loop is heard together, as at a busy Telegram.
            asyncio.get_running_loop().call_soon(self._hand_over, poll)

    def forget(self) -> None:
        """A new bot comes: nothing of the last one is left."""
        self.fetched.clear()
        self._updates.clear()
        self._poll = None
        self._presses.clear()
        self.people.clear()
        self.calls.clear()

    def _act(self, path: str, body: bytes, respond: Respond) -> None:
        method, _, query = path.rpartition("/")[2].partition("?")
        self.calls[method] += 1
        match method:
            case "getUpdates":
                self._fetch(query or body.decode("ascii"), respond)
            case "sendMessage":
                self._send(body, respond)
            case "editMessageText":
                self._edit(body, respond)
            case "answerCallbackQuery":
                self._answer(body, respond)
            case "getMe":
                respond(json.dumps({"ok": True, "result": BOT}).encode())
            case _ if method.startswith("get"):
                respond(b'{"ok":true,"result":{"description":"","short_description":""}}')
            case _:
                respond(b'{"ok":true,"result":true}')

    def _fetch(self, query: str, respond: Respond) -> None:
        self.fetched.set()
        if found := _OFFSET.search(query):
            offset = int(found[1])
            while self._updates and self._updates[0][0] < offset:
                self._updates.popleft()
        if self._updates:
            self._hand_over(respond)
        else:
            self._poll = respond

    def _hand_over(self, respond: Respond) -> None:
        some = (self._updates[place][1] for place in range(min(_MOST_UPDATES, len(self._updates))))
        respond(b'{"ok":true,"result":[' + b",".join(some) + b"]}")

    def _send(self, form: bytes, respond: Respond) -> None:
        chat, message = _number(_CHAT, form), next(self._messages)
        respond(_message(message, chat))
        if person := self.people.get(chat):
            person.sent(message, form)

    def _edit(self, form: bytes, respond: Respond) -> None:
        chat, message = _number(_CHAT, form), _number(_MESSAGE, form)
        respond(_message(message, chat))
        if person := self.people.get(chat):
            person.edited(message, form)

    def _answer(self, form: bytes, respond: Respond) -> None:
        respond(b'{"ok":true,"result":true}')
        query = _number(_QUERY, form)
        if person := self._presses.pop(query, None):
            person.answered(query)


def _number(pattern: re.Pattern[bytes], form: bytes) -> int:
    found = pattern.search(form)
    return int(found[1]) if found else 0


def _message(message: int, chat: int) -> bytes:
    return (
        b'{"ok":true,"result":{"message_id":%d,"date":%d,"chat":{"id":%d,"type":"private","first_name":"Mina"},'
        b'"from":{"id":100001,"is_bot":true,"first_name":"Bench","username":"bench_bot"},"text":"As you wish."}}'
    ) % (message, int(time.time()), chat)
