"""Telegram of this world: updates that are kept until they are confirmed, messages that arrive once or twice."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl

from telegram.error import NetworkError, TimedOut
from telegram.ext import BaseRateLimiter
from telegram.request import BaseRequest, RequestData

from prove.simulation.loop import ProcessLoop, Turns
from prove.simulation.stars import CALLS, Stars

#: The key of the notice a call is made for; None for an answer.
NOTICE: ContextVar[str | None] = ContextVar("notice", default=None)
_FINE: Final = 200
_FAULTS: Final = ("429", "500", "lost request", "lost reply", "killer")


@dataclass(frozen=True, slots=True)
class Message:
    """One message or edit that Telegram took."""

    notice: str | None
    chat: int
    id: int
    text: str
    process: str
    at: float
    edited: bool


class Telegram:
    """What Telegram knows."""

    def __init__(self, turns: Turns, chance: random.Random, note: Callable[[str], None]) -> None:
        self._turns = turns
        self._chance = chance
        self._note = note
        self.faulty = 0.0
        self.faults = 0
        #: Messages whose sender never heard that they were taken.
        self.unheard: set[int] = set()
        self.updates: dict[int, dict[str, Any]] = {}
        self.confirmed = 0
        self._next_update = 100
        self._next_message = 1
        self.stars = Stars(turns, chance, note, self.say)
        self._polls: list[tuple[asyncio.Future[list[dict[str, Any]]], ProcessLoop, int]] = []
        self.messages: list[Message] = []
        self.texts: dict[tuple[int, int], str] = {}
        self.on_message: Callable[[Message], None] = lambda _: None
        self.on_confirmed: Callable[[int], None] = lambda _: None

    # Updates ------------------------------------------------------------------------------------------

    def say(self, person: int, text: str) -> int:
        """Somebody writes, or presses, which is the same to this world."""
        self._next_update += 1
        update_id = self._next_update
        user = {"id": person, "is_bot": False, "first_name": f"P{person}"}
        message = {
            "message_id": 10_000 + update_id, "date": 1_750_000_000, "text": text, "from": user,
            "chat": {"id": person, "type": "private"},
        }  # fmt: skip
        self.updates[update_id] = {"update_id": update_id, "message": message}
        self._note(f"{person} says {text!r} ({update_id})")
        for poll in [*self._polls]:
            self._turns.later(0.05, self._answer_poll, poll)
        return update_id

    async def fetch(self, loop: ProcessLoop, offset: int | None) -> list[dict[str, Any]]:
        """One long poll."""
        if self._broken():
            raise self._chance.choice((NetworkError("no route"), TimedOut()))
        if offset is not None and offset - 1 > self.confirmed:
            for update_id in range(self.confirmed + 1, offset):
                if update_id in self.updates:
                    self.on_confirmed(update_id)
            self.confirmed = offset - 1
        answer: asyncio.Future[list[dict[str, Any]]] = loop.create_future()
        # Now and then what was confirmed comes once more.
        floor = self.confirmed - (self._chance.randint(1, 3) if self._broken() else 0)
        poll = (answer, loop, floor)
        self._polls.append(poll)
        self._turns.later(0.05, self._answer_poll, poll)
        loop.call_later(30.0, partial(self._answer_poll, poll, last=True))
        return await answer

    def _answer_poll(
        self, poll: tuple[asyncio.Future[list[dict[str, Any]]], ProcessLoop, int], *, last: bool = False
    ) -> None:
        answer, loop, floor = poll
        if poll not in self._polls or loop.dead or answer.done():
            if poll in self._polls:
                self._polls.remove(poll)
            return
        found = [update for number, update in self.updates.items() if number > floor]
        if found or last:
            self._polls.remove(poll)
            answer.set_result(found)

    # Messages -----------------------------------------------------------------------------------------

    def take(self, method: str, fields: dict[str, Any], notice: str | None, process: str) -> tuple[int, dict[str, Any]]:
        """Take a message, an edit or a call about Stars; the status and the answer."""
        if method in CALLS:
            return self.stars.call(method, fields)
        chat, text = int(fields["chat_id"]), str(fields["text"])
        edited = method == "editMessageText"
        if edited:
            number = int(fields["message_id"])
            if (chat, number) not in self.texts:
                return 400, {"ok": False, "error_code": 400, "description": "Bad Request: message to edit not found"}
            if self.texts[chat, number] == text:
                return 400, {"ok": False, "error_code": 400, "description": "Bad Request: message is not modified"}
        else:
            number, self._next_message = self._next_message, self._next_message + 1
        self.texts[chat, number] = text
        message = Message(notice, chat, number, text, process, self._turns.now, edited)
        self.messages.append(message)
        self._note(f"{chat} reads {notice or 'an answer'}{' (edited)' if edited else ''}: {text[:60]!r}")
        self.on_message(message)
        result = {"message_id": number, "date": 1_750_000_000, "chat": {"id": chat, "type": "private"}, "text": text}
        return 200, {"ok": True, "result": result}

    def fate(self) -> str:
        """How a call goes."""
        return self._chance.choice(_FAULTS) if self._broken() else "well"

    def _broken(self) -> bool:
        if self._chance.random() >= self.faulty:
            return False
        self.faults += 1
        return True


class Unpaced(BaseRateLimiter[Any]):
    """No pace: this world is never too fast for Telegram but where it says so itself."""

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def process_request(
        self, callback: Callable[..., Any], args: Any, kwargs: dict[str, Any], endpoint: str, data: dict[str, Any],  # noqa: ANN401
        rate_limit_args: Any,  # noqa: ANN401
    ) -> Any:  # fmt: skip  # noqa: ANN401
        """At once."""
        del endpoint, data, rate_limit_args
        return await callback(*args, **kwargs)


class TelegramWire(BaseRequest):
    """One process' connection to Telegram, under the real bot."""

    def __init__(
        self, telegram: Telegram, turns: Turns, loop: ProcessLoop, chance: random.Random,
        on_fatal: Callable[[ProcessLoop, str], None],
    ) -> None:  # fmt: skip
        self._telegram = telegram
        self._turns = turns
        self._loop = loop
        self._chance = chance
        self._on_fatal = on_fatal

    @property
    def read_timeout(self) -> float | None:
        """Five seconds, as everywhere."""
        return 5.0

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: object, **__: object
    ) -> tuple[int, bytes]:
        """One call. Raises TimedOut and NetworkError."""
        del method
        fields = request_data.parameters if request_data else dict(parse_qsl(url.partition("?")[2]))
        name, fate = url.rsplit("/", 1)[-1], self._telegram.fate()
        answer: asyncio.Future[tuple[int, bytes]] = self._loop.create_future()
        self._later(self._arrives, answer, name, fields, NOTICE.get(), fate)
        return await answer

    def _later(self, callback: Callable[..., object], *args: object) -> None:
        self._turns.later(self._chance.choice((0.02, 0.1, 2.0)), callback, *args)

    def _arrives(
        self,
        answer: asyncio.Future[tuple[int, bytes]],
        name: str,
        fields: dict[str, Any],
        notice: str | None,
        fate: str,
    ) -> None:
        telegram = self._telegram
        if fate == "429":
            wait = {
                "ok": False,
                "error_code": 429,
                "description": "Too Many Requests",
                "parameters": {"retry_after": 7},
            }
            self._later(self._answers, answer, (429, wait))
        elif fate == "500":
            self._later(self._answers, answer, (500, {"ok": False, "error_code": 500, "description": "oops"}))
        elif fate == "lost request":
            self._later(self._fails, answer)
        else:
            taken = telegram.take(name, fields, notice, self._loop.name)
            if fate == "killer":
                self._on_fatal(self._loop, "a message was taken")
            if fate == "lost reply":
                if taken[0] == _FINE and name not in CALLS:
                    telegram.unheard.add(int(taken[1]["result"]["message_id"]))
                self._later(self._fails, answer)
            else:
                self._later(self._answers, answer, taken)

    def _fails(self, answer: asyncio.Future[tuple[int, bytes]]) -> None:
        if not self._loop.dead and not answer.done():
            answer.set_exception(TimedOut("nothing came back"))

    def _answers(self, answer: asyncio.Future[tuple[int, bytes]], reply: tuple[int, dict[str, Any]]) -> None:
        if not self._loop.dead and not answer.done():
            answer.set_result((reply[0], json.dumps(reply[1]).encode()))
