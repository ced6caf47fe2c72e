"""Updates pushed to the bot's webhook: one line per source, the next only after the one before got a 2xx.

Rules as in Telegram's own server: an update that is not taken is repeated with growing delay, `Retry-After`
is honoured, and an update that outlives its time is given up.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.sandbox.telegram.config import TelegramConfig
from bot.sandbox.telegram.updates import Update, UpdateQueue

AUTHENTICITY_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"
#: `Retry-After` longer than this, in seconds, is cut.
_MAX_RETRY_AFTER: Final = 3600


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where updates go."""

    url: str
    secret_token: str
    max_connections: int


@dataclass(frozen=True, slots=True)
class _Failure:
    at: int
    reason: str
    retry_after: float


def is_loopback(url: str) -> bool:
    """Whether an address points to this machine; the sandbox delivers nowhere else."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class WebhookSender:
    """Delivers while a webhook is set and the server runs."""

    def __init__(self, config: TelegramConfig, updates: UpdateQueue) -> None:
        self._config = config
        self._updates = updates
        self.webhook: Webhook | None = None
        self._lines: dict[str, deque[Update]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(1)
        self._failure: _Failure | None = None
        self._session: ClientSession | None = None
        self._group: asyncio.TaskGroup | None = None

    def open(self, session: ClientSession, group: asyncio.TaskGroup) -> None:
        """The server runs: deliveries use this session and this group of tasks."""
        self._session, self._group = session, group

    def close(self) -> None:
        """The server stops: nothing more is delivered, what waits stays."""
        self._group = self._session = None
        self._stop()

    def set(self, webhook: Webhook) -> None:
        """Delivers from now on, beginning with what already waits."""
        self._stop()
        self.webhook, self._failure = webhook, None
        self._places = asyncio.Semaphore(webhook.max_connections)
        for update in self._updates.pending():
            self.enqueue(update)

    def delete(self) -> None:
        """Delivers no more."""
        self._stop()
        self.webhook = self._failure = None

    @property
    def healthy(self) -> bool:
        """Whether a webhook is set and took the last update."""
        return self.webhook is not None and self._failure is None

    def info(self) -> dict[str, Any]:
        """What getWebhookInfo says beyond the number of pending updates."""
        body: dict[str, Any] = {"url": "", "has_custom_certificate": False}
        if self.webhook:
            body |= {"url": self.webhook.url, "max_connections": self.webhook.max_connections}
        if self._failure:
            body |= {"last_error_date": self._failure.at, "last_error_message": self._failure.reason}
        return body

    def enqueue(self, update: Update) -> None:
        """Puts an update into its source's line."""
        if self.webhook is None or self._group is None:
            return
        line = self._lines.get(update.source)
        if line is not None:
            line.append(update)
            return
        self._lines[update.source] = deque([update])
        worker = self._group.create_task(self._deliver_line(update.source, self.webhook))
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    def _stop(self) -> None:
        for worker in self._workers:
            worker.cancel()
        self._lines = {}

    async def _deliver_line(self, source: str, webhook: Webhook) -> None:
        line = self._lines[source]
        while line:
            await self._deliver(line[0], webhook)
            line.popleft()
        del self._lines[source]

    async def _deliver(self, update: Update, webhook: Webhook) -> None:
        delay = self._config.webhook_retry
        while self._updates.is_pending(update):
            failure = await self._post(update, webhook)
            self._failure = failure
            if failure is None:
                self._updates.done(update)
                return
            await asyncio.sleep(failure.retry_after or delay)
            delay = min(delay * 2, self._config.webhook_retry_max)

    async def _post(self, update: Update, webhook: Webhook) -> _Failure | None:
        if self._session is None:
            return self._failed("the server stops")
        headers = {AUTHENTICITY_HEADER: webhook.secret_token} if webhook.secret_token else {}
        limit = ClientTimeout(total=self._config.webhook_timeout)
        try:
            async with (
                self._places,
                self._session.post(
                    webhook.url, json=update.to_json(), headers=headers, timeout=limit, allow_redirects=False
                ) as answer,
            ):
                await answer.read()
        except TimeoutError:
            return self._failed("Read timeout expired")
        except (ClientError, OSError) as trouble:
            return self._failed(f"Connection failed: {type(trouble).__name__}")
        if 200 <= answer.status < 300:
            return None
        wait = answer.headers.get("Retry-After", "")
        seconds = min(int(wait), _MAX_RETRY_AFTER) if wait.isascii() and wait.isdigit() else 0
        return self._failed(f"Wrong response from the webhook: {answer.status} {answer.reason}", seconds)

    def _failed(self, reason: str, retry_after: float = 0) -> _Failure:
        return _Failure(int(self._config.clock()), reason, retry_after)
