"""Updates pushed to the shop's webhook: signed, repeated until they are taken, and as badly as the switches say."""

import asyncio
import hashlib
import hmac
import json
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.sandbox.cryptopay.book import Book, Invoice
from bot.sandbox.cryptopay.config import Clock
from bot.sandbox.cryptopay.shown import invoice_row, moment
from bot.sandbox.telegram.webhook import is_loopback

SIGNATURE_HEADER: Final = "crypto-pay-api-signature"
_TRIES: Final = 6
_LIMIT: Final = ClientTimeout(total=10)


def signature(body: bytes, token: str) -> str:
    """How the gateway signs a body."""
    return hmac.new(hashlib.sha256(token.encode()).digest(), body, hashlib.sha256).hexdigest()


class Sender:
    """Delivers while the server runs."""

    def __init__(self, book: Book, clock: Clock) -> None:
        self._book = book
        self._clock = clock
        self._held: list[bytes] = []
        self._updates = 0
        self._session: ClientSession | None = None
        self._group: asyncio.TaskGroup | None = None
        self._sending: set[asyncio.Task[None]] = set()

    def open(self, session: ClientSession, group: asyncio.TaskGroup) -> None:
        """The server runs."""
        self._session, self._group = session, group

    def close(self) -> None:
        """The server stops; what was not taken by then is lost."""
        self._session = self._group = None
        for task in self._sending:
            task.cancel()

    def paid(self, invoice: Invoice, page: str) -> None:
        """Tell the webhook that an invoice was paid."""
        switches = self._book.switches
        if self._book.webhook is None or switches.lose:
            return
        self._updates += 1
        now = self._clock()
        update = {
            "update_id": self._updates,
            "update_type": "invoice_paid",
            "request_date": moment(now),
            "payload": invoice_row(invoice, page, now),
        }
        body = json.dumps(update, ensure_ascii=False).encode()
        self._held.append(body)
        if switches.reorder and len(self._held) < 2:
            return
        held, self._held = self._held, []
        for each in reversed(held):
            for _ in range(1 + switches.repeats):
                self._start(each)

    def _start(self, body: bytes) -> None:
        if self._group is None:
            return
        task = self._group.create_task(self._deliver(body))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _deliver(self, body: bytes) -> None:
        wait = self._book.config.webhook_retry
        for _ in range(_TRIES):
            if await self._post(body):
                return
            await asyncio.sleep(wait)
            wait *= 2

    async def _post(self, body: bytes) -> bool:
        url, session = self._book.webhook, self._session
        if session is None or url is None or not is_loopback(url):
            return True
        token = "0:forged" if self._book.switches.forge else self._book.config.token
        headers = {SIGNATURE_HEADER: signature(body, token), "Content-Type": "application/json"}
        try:
            async with session.post(url, data=body, headers=headers, timeout=_LIMIT, allow_redirects=False) as answer:
                await answer.read()
                return answer.status == 200
        except (ClientError, OSError, TimeoutError):
            return False
