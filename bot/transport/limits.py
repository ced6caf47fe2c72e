"""How fast the bot may speak: notices are paced, answers go at once, and Telegram's `retry_after` is obeyed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Any, Final

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.transport.edits import Call, Edits, Plain, Result, Superseded, message_of

#: What Telegram counts per chat: messages, new or changed. Typing actions and look-ups are no messages.
_MESSAGES: Final = ("send", "edit", "copy", "forward")
_NO_MESSAGES: Final = frozenset({"sendChatAction"})
#: How often, in seconds, chats that are idle are forgotten.
_SWEEP: Final = 30.0
_NEVER: Final = float("-inf")

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class Lane(StrEnum):
    """What a call is, given as `rate_limit_args`; a call without is an answer."""

    ANSWER = "answer"
    NOTICE = "notice"


class _Meter:
    """Lets `burst` calls through at once and one more every `interval` seconds (generic cell rate algorithm)."""

    __slots__ = ("_due", "_interval", "_slack")

    def __init__(self, interval: float, burst: int = 1) -> None:
        self._interval = interval
        self._slack = interval * (burst - 1)
        self._due = _NEVER

    def wait(self, now: float) -> float:
        """Seconds until the next call may go; zero or less when it may go now."""
        return self._due - self._slack - now

    def take(self, now: float) -> None:
        self._due = max(self._due, now) + self._interval

    def empty(self, until: float) -> None:
        """Nothing saved up: one call at that time, and from then on one each interval."""
        self._due = max(self._due, until + self._slack)

    def full(self, now: float) -> bool:
        return self._due <= now


class _Chat:
    """What is known of one chat: its meters, who waits in which lane, and until when Telegram wants silence."""

    __slots__ = ("answers", "answers_lane", "halted", "notices", "notices_lane", "users")

    def __init__(self, answers_at_once: int) -> None:
        self.answers = _Meter(1.0, burst=answers_at_once)
        self.notices = _Meter(1.0)
        self.answers_lane = asyncio.Lock()
        self.notices_lane = asyncio.Lock()
        self.halted = _NEVER
        self.users = 0

    def halt(self, until: float) -> None:
        self.halted = max(self.halted, until)
        self.answers.empty(until)

    def idle(self, now: float) -> bool:
        return self.users == 0 and self.halted <= now and self.answers.full(now) and self.notices.full(now)


class Pace(BaseRateLimiter[Lane]):
    """Notices: 25 a second in all, one a second per chat. Answers: at once, a few per chat, then one a second.

    After a 429 with `retry_after` the chat of the call is silent that long (every call is, where the call names no
    chat), and the call is made again, up to `retries` times; then RetryAfter is raised. A chat's notices keep their
    order, retries included. Figures: core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this.
    """

    def __init__(
        self,
        *,
        retries: int = 5,
        per_second: float = 25.0,
        answers_at_once: int = 5,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._retries = retries
        self._answers_at_once = answers_at_once
        self._clock = clock
        self._sleep = sleep
        self._notices = _Meter(1.0 / per_second)
        self._notices_lane = asyncio.Lock()
        self._halted = _NEVER
        self._chats: dict[int | str, _Chat] = {}
        self._sweep_at = _NEVER
        self._edits = Edits()

    @property
    def remembered(self) -> int:
        """How many chats and messages are held in memory."""
        return len(self._chats) + len(self._edits)

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Lane | None,
    ) -> Result:
        """Make the call in its turn; its result. Raises RetryAfter when the retries are used up."""
        run = partial(callback, *args, **kwargs)
        notice = rate_limit_args == Lane.NOTICE
        with self._chat(data.get("chat_id")) as chat:
            paced = partial(self._as_notice if notice else self._as_answer, chat, counts=_counts(endpoint))
            if (message := message_of(endpoint, data)) is None:
                return await paced(Plain(run))
            return await self._edits.run(message, endpoint, run, paced)

    async def _as_notice(self, chat: _Chat | None, call: Call, *, counts: bool) -> Result:
        if chat is None or not counts:
            return await self._tried(chat, call, partial(self._overall, chat))
        async with chat.notices_lane:
            return await self._tried(chat, call, partial(self._notice_turn, chat))

    async def _as_answer(self, chat: _Chat | None, call: Call, *, counts: bool) -> Result:
        if chat is None or not counts:
            return await self._tried(chat, call, partial(self._silence_over, chat))
        return await self._tried(chat, call, partial(self._answer_turn, chat))

    async def _tried(self, chat: _Chat | None, call: Call, turn: Callable[[Call], Awaitable[None]]) -> Result:
        for left in range(self._retries, -1, -1):
            await turn(call)
            try:
                return await call.send()
            except RetryAfter as error:
                self._halt(chat, self._clock() + seconds_asked(error))
                if not left:
                    raise
        raise AssertionError("unreachable")

    async def _answer_turn(self, chat: _Chat, call: Call) -> None:
        async with chat.answers_lane:
            await self._until(call, lambda now: max(self._silence(chat, now), chat.answers.wait(now)))
            chat.answers.take(self._clock())

    async def _notice_turn(self, chat: _Chat, call: Call) -> None:
        def chat_wait(now: float) -> float:
            return max(self._silence(chat, now), chat.notices.wait(now))

        while True:
            await self._until(call, chat_wait)
            async with self._notices_lane:
                await self._until(call, self._notices.wait)
                now = self._clock()
                if chat_wait(now) <= 0:
                    self._notices.take(now)
                    chat.notices.take(now)
                    return

    async def _overall(self, chat: _Chat | None, call: Call) -> None:
        async with self._notices_lane:
            await self._until(call, lambda now: max(self._silence(chat, now), self._notices.wait(now)))
            self._notices.take(self._clock())

    async def _silence_over(self, chat: _Chat | None, call: Call) -> None:
        await self._until(call, partial(self._silence, chat))

    async def _until(self, call: Call, wait: Callable[[float], float]) -> None:
        """Sleep until nothing is left to wait for. Raises Superseded, before a turn is used up."""
        while not call.superseded and (seconds := wait(self._clock())) > 0:
            await self._sleep(seconds)
        if call.superseded:
            raise Superseded

    def _silence(self, chat: _Chat | None, now: float) -> float:
        return max(self._halted, _NEVER if chat is None else chat.halted) - now

    def _halt(self, chat: _Chat | None, until: float) -> None:
        if chat is not None:
            chat.halt(until)
        else:
            self._halted = max(self._halted, until)

    @contextmanager
    def _chat(self, chat_id: int | str | None) -> Iterator[_Chat | None]:
        if chat_id is None:
            yield None
            return
        self._forget_idle(self._clock())
        chat = self._chats.setdefault(chat_id, _Chat(self._answers_at_once))
        chat.users += 1
        try:
            yield chat
        finally:
            chat.users -= 1

    def _forget_idle(self, now: float) -> None:
        if now >= self._sweep_at:
            self._sweep_at = now + _SWEEP
            self._chats = {chat_id: chat for chat_id, chat in self._chats.items() if not chat.idle(now)}


def _counts(endpoint: str) -> bool:
    return endpoint.startswith(_MESSAGES) and endpoint not in _NO_MESSAGES


def seconds_asked(error: RetryAfter) -> float:
    """The wait Telegram asks for: whole seconds, or a timedelta under PTB_TIMEDELTA."""
    value = error.retry_after
    return value.total_seconds() if isinstance(value, timedelta) else float(value)
