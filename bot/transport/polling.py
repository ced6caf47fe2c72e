"""Long polling by hand: the offset moves only after what came is stored."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlencode

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest

from bot.transport.limits import seconds_asked

_LOG: Final = logging.getLogger(__name__)

#: The longest pause, in seconds, between two attempts to reach Telegram.
LONGEST_PAUSE: Final = 30.0

Updates = Sequence[dict[str, Any]]
Fetch = Callable[[int | None], Awaitable[Updates]]
Receive = Callable[[Updates], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 1, 2, 4, 8, 16, then always 30."""
    return min(LONGEST_PAUSE, 2.0 ** min(failures - 1, 10))


class TokenTaken(Exception):
    """Another process polls with this token (409 Conflict)."""


class WebhookSet(TokenTaken):
    """Somebody who has the token told Telegram to send the updates to an address of theirs."""


class LongPoll:
    """`getUpdates` as raw JSON: nothing is lost in parsing, and one bad update cannot spoil the others.

    Asked with GET and through the request's public `retrieve`, which is free of the library's own parsing. The server
    holds an empty answer back for `seconds` (at most 50, core.telegram.org/bots/api#getupdates). `request` is opened
    and closed by its owner; `base_url` holds the token.
    """

    def __init__(
        self, request: BaseRequest, base_url: str, allowed_updates: Sequence[str], *, seconds: int = 30
    ) -> None:
        self._request = request
        self._url = f"{base_url}/getUpdates"
        self._query = {"timeout": seconds, "limit": 100, "allowed_updates": json.dumps(list(allowed_updates))}
        self._patience = None if request.read_timeout is None else request.read_timeout + seconds

    async def __call__(self, offset: int | None) -> Updates:
        """The updates from `offset` on. Raises TelegramError."""
        query = self._query if offset is None else {**self._query, "offset": offset}
        payload = await self._request.retrieve(f"{self._url}?{urlencode(query)}", read_timeout=self._patience)
        answer = self._request.parse_json_payload(payload).get("result")
        if not isinstance(answer, list):
            raise TelegramError("the answer to getUpdates holds no list")
        return [update for update in answer if isinstance(update, dict) and isinstance(update.get("update_id"), int)]


class Polling:
    """Fetch, hand over, move the offset; again, until stopped."""

    def __init__(self, fetch: Fetch, receive: Receive, *, sleep: Sleep, random: Callable[[], float]) -> None:
        self._fetch = fetch
        self._receive = receive
        self._sleep = sleep
        self._random = random
        self._offset: int | None = None
        self._failures = 0
        self._stopping = False
        self._waiting: asyncio.Timeout | None = None

    async def run(self) -> None:
        """Poll until `stop`. Raises TokenTaken, WebhookSet and InvalidToken; any other trouble is waited out."""
        while not self._stopping:
            await self._step()

    def stop(self) -> None:
        """Leave a wait for updates at once; updates that have arrived are still handed over."""
        self._stopping = True
        if (waiting := self._waiting) is not None:
            self._waiting = None  # a wait that is ending cannot be ended again
            waiting.reschedule(asyncio.get_running_loop().time())

    async def _step(self) -> None:
        try:
            await self._round()
        except Conflict as error:
            raise (WebhookSet if "webhook" in error.message.lower() else TokenTaken)(error.message) from error
        except InvalidToken:
            raise
        except TimedOut:
            return
        except Exception as error:  # noqa: BLE001  # what is not stored stays at Telegram, whatever storage's error is
            await self._pause(error)
        else:
            self._recovered()

    async def _round(self) -> None:
        updates: Updates = ()
        async with self._until_stopped():
            updates = await self._fetch(self._offset)
        if updates:
            await self._receive(updates)
            self._offset = max(update["update_id"] for update in updates) + 1

    @asynccontextmanager
    async def _until_stopped(self) -> AsyncIterator[None]:
        """A wait that `stop` ends at once."""
        try:
            async with asyncio.timeout(None) as self._waiting:
                yield
        except TimeoutError:
            if not self._stopping:
                raise
        finally:
            self._waiting = None

    def _recovered(self) -> None:
        if self._failures:
            _LOG.info("updates arrive again", extra={"failures": self._failures})
            self._failures = 0

    async def _pause(self, error: Exception) -> None:
        self._failures += 1
        seconds = pause_after(self._failures) * (0.5 + self._random() / 2)
        if isinstance(error, RetryAfter):
            seconds = seconds_asked(error)
        _LOG.log(
            logging.WARNING if self._failures == 1 else logging.INFO,
            "updates cannot be fetched and stored",
            extra={
                "error": f"{type(error).__name__}: {error}",
                "failures": self._failures,
                "seconds": round(seconds, 1),
            },
        )
        async with self._until_stopped():
            await self._sleep(seconds)
