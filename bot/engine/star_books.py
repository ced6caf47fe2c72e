"""The shop's Stars held against Telegram's own list of them, in both directions.

What Telegram has and the shop has not is credited, so that a lost update costs minutes, not money; what the shop has
and Telegram has not is an alert, for it can only be a defect or a fraud.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain.notices import AlertKind
from bot.domain.topups import Gateway, Paid, Payment, Topup, WentBack, spelled
from bot.engine import reversals, topups
from bot.engine.alerts import alert_about_payment
from bot.engine.reversals import Reversal
from bot.engine.shop import Shop
from storage import payments, switches
from storage import topups as rows
from storage.database import Tx
from storage.times import from_ms, to_ms

#: Notes among the switches: how many entries of the list were read, and when all of the last weeks was compared.
_READ: Final = "stars.read"
_COMPARED: Final = "stars.compared"
_AT_ONCE: Final = 20
#: So far Telegram's clock and the shop's may lie apart.
_CLOCKS_DIFFER: Final = timedelta(days=1)


async def read_so_far(shop: Shop) -> int:
    """How many entries of Telegram's list were read."""

    async def work(tx: Tx) -> int:
        return int(await switches.noted(tx, _READ) or 0)

    return await shop.db.read(work)


async def note_read(shop: Shop, count: int) -> None:
    """Remember how many entries there are."""

    async def work(tx: Tx) -> None:
        await switches.note(tx, _READ, str(count))

    await shop.db.write(work)


async def compared_at(shop: Shop) -> datetime | None:
    """When the last weeks were compared, both ways; None: never."""

    async def work(tx: Tx) -> str | None:
        return await switches.noted(tx, _COMPARED)

    noted = await shop.db.read(work)
    return None if noted is None else from_ms(int(noted))


async def take_in(shop: Shop, facts: Sequence[Paid | WentBack], now: datetime) -> int:
    """Credit and take back what Telegram's list has and the shop has not heard of; how much was news."""
    news = 0
    for fact in facts:
        if isinstance(fact, Paid):
            news += await _pay_in(shop, fact, now)
        else:
            news += await reversals.took_back(shop, Gateway.STARS, fact.payment_id, now) is not Reversal.KNOWN
    return news


async def compare(shop: Shop, listed: Collection[str], since: datetime, until: datetime, now: datetime) -> int:
    """Hold what was credited as paid in a span of time against the ids that Telegram lists; how many it lacks.

    Operators hear of each that Telegram does not know, and no more once it does.
    """

    async def work(tx: Tx) -> int:
        found = [p for p in await payments.since(tx, Gateway.STARS, since) if p.paid_at < until]
        missing = [payment for payment in found if payment.payment_id not in listed]
        for payment in found:
            await alert_about_payment(tx, shop, AlertKind.PAYMENT_MISSING, payment, now, on=payment in missing)
        await switches.note(tx, _COMPARED, str(to_ms(now)))
        return len(missing)

    lacking = await shop.db.write(work)
    shop.bells.notices.ring()
    return lacking


async def expire(shop: Shop, now: datetime) -> list[Topup]:
    """Let go of what nobody paid in time; the invoices that a message still shows are returned.

    Invoices of Crypto Pay expire once the gateway was asked about them (bot/pollers/cryptopay.py); where it is
    configured no more, they do here.
    """
    alone = [Gateway.STARS, Gateway.BY_HAND] + ([] if shop.cryptopay is not None else [Gateway.CRYPTOPAY])

    async def look(tx: Tx) -> bool:
        return bool(await rows.overdue(tx, now, alone, 1))

    if await shop.db.read(look):
        await topups.expire(shop, now, alone)

    async def shown(tx: Tx) -> list[Topup]:
        stars = await rows.expired_on_show(tx, Gateway.STARS, _AT_ONCE)
        return stars + await rows.expired_on_show(tx, Gateway.CRYPTOPAY, _AT_ONCE)

    return await shop.db.read(shown)


async def taken_away(shop: Shop, topup: Topup) -> None:
    """The message that showed an expired invoice is gone."""

    async def work(tx: Tx) -> None:
        await rows.forget_message(tx, topup.id)

    await shop.db.write(work)


async def _pay_in(shop: Shop, paid: Paid, now: datetime) -> bool:
    async def look(tx: Tx) -> tuple[Payment | None, bool]:
        return await payments.known(tx, paid.gateway, paid.payment_id), await _before_our_time(tx, paid)

    known, foreign = await shop.db.read(look)
    if known is None:
        return not foreign and (await topups.record(shop, paid, now)).fresh
    if (known.received, known.currency) != (paid.received, paid.currency):
        await _note_odd(shop, known, paid, now)
    return False


async def _before_our_time(tx: Tx, paid: Paid) -> bool:
    """Whether the bot took it before it was this shop's: for none of its invoices, and before there were any."""
    if paid.token and await rows.of_token(tx, paid.token):
        return False
    first = await rows.first_asked(tx, paid.gateway)
    return first is None or paid.paid_at < first - _CLOCKS_DIFFER


async def _note_odd(shop: Shop, payment: Payment, paid: Paid, now: datetime) -> None:
    async def work(tx: Tx) -> None:
        detail = f"{spelled(paid.received, paid.currency)}, {spelled(payment.received, payment.currency)}"
        await alert_about_payment(tx, shop, AlertKind.PAYMENT_ODD, payment, now, on=True, detail=detail)

    await shop.db.write(work)
    shop.bells.notices.ring()
