"""Asks the gateway Crypto Pay what was paid: open invoices every few seconds, the last two days every five minutes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain.topups import Topup
from bot.engine import cryptopay, topups
from bot.engine.shop import Shop
from bot.payments.cryptopay import PAGE
from bot.payments.cryptopay_wire import Invoice
from bot.payments.errors import GatewayError, Refused, Unreadable
from bot.wire.reasons import LostReason

log = logging.getLogger(__name__)

_RHYTHM: Final = timedelta(seconds=3)
_COMPARE_EVERY: Final = timedelta(minutes=5)
_LOOK_BACK: Final = timedelta(hours=48)
#: Who asked for a top-up is about to have its invoice made; what has none by then was left behind by a crash.
_LEFT_BEHIND: Final = timedelta(seconds=10)
#: What was paid in an invoice's last seconds is looked for once more before the top-up expires.
_GRACE: Final = timedelta(seconds=5)
#: A gateway that fails for so long is told to the operators.
_FAILING_AFTER: Final = timedelta(minutes=1)
_FAILING_RHYTHM: Final = timedelta(seconds=15)
#: So many top-ups are looked at in a round, and so many pages of paid invoices in a comparison.
_OPEN_MOST: Final = 500
_PAGES_MOST: Final = 50


class CryptoPayWatch:
    """Rounds for Bells.topups: money that came is credited whether or not anybody told the shop."""

    def __init__(self, shop: Shop, now: Callable[[], datetime]) -> None:
        self._shop = shop
        self._now = now
        self._compared: datetime | None = None
        self._failing_since: datetime | None = None
        #: What the operators were told last: that it fails (True) or answers; None: nothing by this process.
        self._told: bool | None = None
        #: Rows of this round that could not be read.
        self._unreadable = 0

    async def step(self) -> timedelta:
        """One round; how long to rest is returned."""
        try:
            waits = await self._round()
        except GatewayError as error:
            await self._failed(error)
            return min(_FAILING_RHYTHM, self._shop.terms.status_poll)
        await self._answered()
        return min(_RHYTHM, self._shop.terms.status_poll) if waits else self._until_comparison()

    async def _round(self) -> bool:
        """Whether top-ups wait for money. Raises GatewayError; what could be read by then is stored."""
        begun, self._unreadable = self._now(), 0
        waiting = await cryptopay.waiting(self._shop, _OPEN_MOST)
        await self._credit(await self._invoices([topup.invoice for topup in waiting if topup.invoice is not None]))
        await topups.expire(self._shop, begun - _GRACE, [cryptopay.GATEWAY])
        if self._compared is None or self._compared <= begun - _COMPARE_EVERY:
            await self._compare(begun)
            self._compared = begun
        await self._make([t for t in waiting if t.invoice is None and t.created_at <= begun - _LEFT_BEHIND])
        if self._unreadable:  # it may be money that nobody sees
            raise Unreadable(LostReason.SHAPE)
        return bool(waiting)

    async def _make(self, left_behind: Sequence[Topup]) -> None:
        for topup in left_behind:
            try:
                await cryptopay.invoice_for(self._shop, topup, self._now())
            except Refused as refused:
                log.warning("an invoice is refused", extra={"topup": topup.id, "problem": str(refused)})
                if not refused.for_good:
                    raise

    async def _credit(self, invoices: Sequence[Invoice]) -> None:
        for invoice in invoices:
            await cryptopay.record(self._shop, invoice, self._now())

    async def _compare(self, now: datetime) -> None:
        """Both sides in both directions: paid there and not here is credited, known here and not paid there is told."""
        since = now - _LOOK_BACK
        paid = await self._paid(since)
        known = await cryptopay.known(self._shop, since)
        here, there = {payment.payment_id for payment in known}, {invoice.invoice_id for invoice in paid}
        await self._credit([invoice for invoice in paid if invoice.invoice_id not in here])
        rest = await self._invoices([payment.payment_id for payment in known if payment.payment_id not in there])
        if not self._unreadable:
            await cryptopay.compare(self._shop, known, [*paid, *rest], self._now())

    async def _paid(self, since: datetime) -> list[Invoice]:
        """Invoices paid since a moment, read page by page until what follows is older."""
        client, found = cryptopay.client_of(self._shop), list[Invoice]()
        for number in range(_PAGES_MOST):
            page = await client.paid(number * PAGE)
            self._unreadable += page.unreadable
            late = [invoice for invoice in page.invoices if invoice.paid_at is not None and invoice.paid_at >= since]
            found += late
            # Newest first is what the gateway does and nowhere promises.
            if page.is_last or (not late and _newest_first(page.invoices)):
                break
        return found

    async def _invoices(self, ids: Sequence[str]) -> list[Invoice]:
        client, found = cryptopay.client_of(self._shop), list[Invoice]()
        for start in range(0, len(ids), PAGE):
            page = await client.invoices(ids[start : start + PAGE])
            self._unreadable += page.unreadable
            found += page.invoices
        return found

    def _until_comparison(self) -> timedelta:
        passed = self._now() - (self._compared or self._now())
        return max(_RHYTHM, _COMPARE_EVERY - passed)

    async def _failed(self, error: GatewayError) -> None:
        now = self._now()
        log.warning("the gateway could not be asked", extra={"gateway": "cryptopay", "problem": str(error)})
        self._failing_since = self._failing_since or now
        if self._told is not True and now - self._failing_since >= _FAILING_AFTER:
            await cryptopay.failing(self._shop, str(error), now)
            self._told = True

    async def _answered(self) -> None:
        self._failing_since = None
        if self._told is not False:
            await cryptopay.answering(self._shop, self._now())
            self._told = False


def _newest_first(invoices: Sequence[Invoice]) -> bool:
    return bool(invoices) and invoices[0].created_at >= invoices[-1].created_at
