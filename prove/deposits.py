"""Row "deposits": a payment is credited once however often it is told, and nothing is credited that was not paid.

Of each share's units ten in twenty-one are copies of one payment that all arrive at once, ten are calls that must
credit nothing, and one is a history of payments whose callbacks are lost, late, doubled and out of order. On SQLite a
part of the copies, and half of the calls, reach the shop over HTTP, as Crypto Pay's webhook.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter as Count
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from bot.domain.money import Money
from bot.domain.topups import XTR, Gateway, Topup
from bot.engine import topups
from bot.engine.shop import Shop
from bot.engine.topups import Asked, Turned
from prove import webhook
from prove.counter import START, Counter, address, counter
from prove.histories import histories
from prove.postgres import Lacking
from prove.row import Share, Tally
from prove.till import TERMS, in_wallet, open_ways, payment
from storage.database import Database, Kind

_PARTS: Final = 21
_MINA, _THEO = 1001, 1002
_AMOUNT: Final = Money(10_000_000)
_SOON: Final = START + timedelta(minutes=1)
_LATE: Final = START + timedelta(hours=2)
_AT_ONCE: Final = 500
#: On PostgreSQL a tenth of the histories: what they try is the same.
_FEWER: Final = 10


def run(share: Share) -> Tally:
    """Each database has half of the shares."""
    kinds = list(Kind)
    kind = kinds[share.index % len(kinds)]
    try:
        with address(kind, share.scratch) as url:
            broken = asyncio.run(_all(url, share, kind))
    except Lacking as lacking:
        return Tally(0, skipped=str(lacking))
    told = tuple(f"{problem}; on {kind.value}, python -m prove deposits --seed {share.seed}" for problem in broken)
    return Tally(share.count, told, {f"tries on {kind.value}": share.count})


async def _all(url: str, share: Share, kind: Kind) -> list[str]:
    part = share.count // _PARTS
    first = share.first // _PARTS
    async with counter(url, TERMS) as shop, await Database.open(url) as second:
        await open_ways(shop)
        await shop.customer(_MINA, Money(1))
        await shop.customer(_THEO, Money(1))
        other = replace(shop.shop, db=second)
        # Over HTTP a copy costs a question to the gateway.
        told, lies = (part, 5 * part) if kind is Kind.SQLITE else (0, 0)
        broken = await copies(shop, other, 10 * part - told)
        broken += await forgeries(shop, share, share.count - 11 * part - lies)
        if told:
            async with webhook.gate(shop) as at:
                broken += await webhook.copies(at, _THEO, told)
                broken += await webhook.forgeries(at, _THEO, share, lies)
        broken += await shop.sound()
    wanted = range(first, first + (part if kind is Kind.SQLITE else part // _FEWER))
    return broken + await histories(url, wanted, share)


async def ask(shop: Counter, person: int, number: int, gateway: Gateway) -> Topup:
    """A top-up of this number of somebody."""
    return await topups.ask(shop.shop, Asked(person, number, gateway, _AMOUNT), START)


# Copies ---------------------------------------------------------------------------------------------------


async def copies(shop: Counter, other: Shop, count: int) -> list[str]:
    """One payment, told so many times at once, by two processes: one credit."""
    topup = await ask(shop, _MINA, 1, Gateway.STARS)
    before = await in_wallet(shop, _MINA)
    paid = payment(topup, "charge-1", _SOON)
    works = [topups.record((shop.shop, other)[number % 2], paid, _SOON) for number in range(count)]
    answers = Count(
        ("fresh" if answer.fresh else "known") if isinstance(answer, topups.Recorded) else repr(answer)
        for answer in await asyncio.gather(*works, return_exceptions=True)
    )
    gained = (await in_wallet(shop, _MINA) - before).micros
    broken = [] if answers == Count(fresh=1, known=count - 1) else [f"one payment was answered {dict(answers)}"]
    return broken + ([] if gained == topup.amount.micros else [f"one payment of {topup.amount} brought {gained}"])


# What must credit nothing ---------------------------------------------------------------------------------


async def forgeries(shop: Counter, share: Share, count: int) -> list[str]:
    """So many calls with something wrong, none of which may bring anybody anything."""
    forger = Forger(shop, await ask(shop, _MINA, 2, Gateway.STARS), await ask(shop, _THEO, 3, Gateway.CRYPTOPAY))
    await topups.record(shop.shop, payment(forger.done, "charge-2", _SOON), _SOON)
    before = [await in_wallet(shop, person) for person in (_MINA, _THEO)]
    broken: list[str] = []
    for start in range(0, count, _AT_ONCE):
        some = range(start, min(start + _AT_ONCE, count))
        found = await asyncio.gather(*(forger.attempt(share.chance(number), number) for number in some))
        broken += [f"forgery {number}: {each}" for number, each in zip(some, found, strict=True) if each]
    after = [await in_wallet(shop, person) for person in (_MINA, _THEO)]
    broken += [] if before == after else [f"forgeries brought {after} where {before} was"]
    kept = await shop.count("SELECT COUNT(*) AS n FROM payments WHERE state = 'suspense'")
    told = await shop.count("SELECT COUNT(*) AS n FROM alerts WHERE kind = 'payment-homeless'")
    broken += [] if kept == told == forger.strays else [f"{forger.strays} strays: {kept} in suspense, {told} told"]
    return broken


class Forger:
    """Knows two top-ups, one of them paid, and whatever else an attacker may know."""

    def __init__(self, shop: Counter, done: Topup, open_: Topup) -> None:
        self._shop, self.done, self._open = shop.shop, done, open_
        #: Payments that a gateway really has, and that fit nobody.
        self.strays = 0
        self._ways: Sequence[Callable[[random.Random, int], Awaitable[str | None]]] = (
            self._checked, self._checked, self._checked_late, self._replayed, self._stray,
        )  # fmt: skip

    async def attempt(self, chance: random.Random, number: int) -> str | None:
        """One attempt; why it is a broken promise, where it is one."""
        try:
            return await chance.choice(self._ways)(chance, number)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no clean answer
            return f"{type(error).__name__}: {error}"

    async def _checked(self, chance: random.Random, number: int) -> str | None:
        """About to pay, with something altered."""
        topup = self._open
        asked, currency = topup.asked, topup.currency
        token, payer, total, unit, wanted = chance.choice((
            (f"{topup.token[:-1]}!", topup.customer_id, asked, currency, Turned.GONE),
            (f"token-9-{number}", topup.customer_id, asked, currency, Turned.GONE),
            ("", topup.customer_id, asked, currency, Turned.GONE),
            (topup.token, _MINA, asked, currency, Turned.GONE),
            (topup.token, number + 2000, asked, currency, Turned.GONE),
            (topup.token, topup.customer_id, asked + Decimal(chance.choice(_MORE)), currency, Turned.ODD),
            (topup.token, topup.customer_id, -asked, currency, Turned.ODD),
            (topup.token, topup.customer_id, Decimal(0), currency, Turned.ODD),
            (topup.token, topup.customer_id, asked, chance.choice((XTR, "usd", "", "EUR", "USD ")), Turned.ODD),
            (self.done.token, self.done.customer_id, self.done.asked, self.done.currency, Turned.PAID),
        ))  # fmt: skip
        answer = await topups.may_pay(self._shop, token, payer, total, unit, _SOON)
        return None if answer is wanted else f"{token} {total} {unit} by {payer} was answered {answer}, not {wanted}"

    async def _checked_late(self, _: random.Random, __: int) -> str | None:
        """About to pay what nobody waits for any more."""
        topup = self._open
        answer = await topups.may_pay(
            self._shop, topup.token, topup.customer_id, topup.asked, topup.currency, topup.expires_at
        )
        return None if answer is Turned.EXPIRED else f"an expired top-up was answered {answer}"

    async def _replayed(self, chance: random.Random, _: int) -> str | None:
        """What was credited comes once more, with another amount, currency, token or payer."""
        paid = payment(self.done, "charge-2", _SOON)
        changed = chance.choice((
            paid, replace(paid, received=paid.received * 1000), replace(paid, received=Decimal("10.000000001")),
            replace(paid, currency="USD"), replace(paid, token=self._open.token), replace(paid, payer=str(_THEO)),
            replace(paid, paid_at=_LATE),
        ))  # fmt: skip
        answer = await topups.record(self._shop, changed, _LATE)
        same = not answer.fresh and answer.payment.amount == self.done.amount
        return None if same else f"{changed} was credited once more: {answer.payment}"

    async def _stray(self, chance: random.Random, number: int) -> str | None:
        """A payment that its gateway really has, for a top-up that it does not fit."""
        paid = replace(payment(self._open, f"stray-{number}", _SOON), **chance.choice(_MISFITS))
        self.strays += 1
        answer = await topups.record(self._shop, paid, _LATE)
        homeless = answer.fresh and answer.payment.customer_id is None and answer.topup is None
        return None if homeless else f"{paid} found a home: {answer.payment}"


_MORE: Final = ("1", "-1", "0.000000001", "-0.000000001", "1e9", "NaN", "Infinity")
_MISFITS: Final[Sequence[dict[str, Any]]] = (
    {"token": None}, {"token": "token-of-nobody"}, {"token": ""}, {"currency": "EUR"}, {"currency": XTR},
    {"payer": str(_MINA)}, {"gateway": Gateway.STARS, "currency": XTR, "received": Decimal(770)},
    {"gateway": Gateway.BY_HAND}, {"currency": "usd"}, {"payer": "somebody"},
)  # fmt: skip
