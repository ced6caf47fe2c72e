"""The webhook of Crypto Pay over HTTP, beside a sandbox gateway: copies of one call, and calls that are lies."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import random
from collections import Counter as Count
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp
import httpx
from aiohttp import web
from pydantic import SecretStr

from bot.domain.money import Money
from bot.domain.topups import Gateway, Topup
from bot.engine import cryptopay, topups
from bot.engine.shop import Shop
from bot.engine.topups import Asked
from bot.payments.cryptopay import CryptoPay
from bot.sandbox.cryptopay.config import CryptoPayConfig
from bot.sandbox.cryptopay.gateway import GATEWAY
from bot.sandbox.cryptopay.gateway import Gateway as Sandbox
from bot.sandbox.cryptopay.server import create_cryptopay
from bot.sandbox.cryptopay.shown import invoice_row, moment
from bot.sandbox.cryptopay.webhook import signature
from bot.web.cryptopay import SIGNATURE_HEADER, webhook
from bot.web.health import create_health
from prove.counter import START, Counter
from prove.row import Share
from prove.till import in_wallet

_TOKEN: Final = "31415:an-app-of-nobodys"  # noqa: S105 - the sandbox takes any token
_OTHER: Final = "27182:another-merchants"
_PATH: Final = "/cryptopay/where-nobody-looks"
_ASKS: Final = 9_000_000
_COIN: Final = "USDT"
_TOGETHER: Final = 50
_NOW: Final = START + timedelta(minutes=1)
_AMOUNT: Final = Money(5_000_000)


@dataclass(slots=True)
class Gate:
    """The shop's site, the gateway, and whoever knocks."""

    counter: Counter
    shop: Shop
    sandbox: Sandbox
    http: aiohttp.ClientSession
    url: str

    async def invoiced(self, person: int, number: int, ttl: timedelta | None = None) -> Topup:
        """A top-up with its invoice at the gateway."""
        asked = Asked(person, _ASKS + number, Gateway.CRYPTOPAY, _AMOUNT)
        at = _NOW - ttl if ttl else _NOW
        return await cryptopay.invoice_for(self.shop, await topups.ask(self.shop, asked, at), at)

    def pay(self, topup: Topup) -> None:
        """Somebody pays at the gateway; nothing is told."""
        self.sandbox.book.pay(self.sandbox.book.invoices[int(topup.invoice or 0)], _COIN, _NOW)

    def row(self, topup: Topup) -> dict[str, Any]:
        """An invoice as the gateway writes it."""
        return invoice_row(self.sandbox.book.invoices[int(topup.invoice or 0)], "https://pay.example/i", _NOW)

    async def call(self, body: bytes, signed: str | bytes | None) -> int:
        """One call; the status it is answered with."""
        if isinstance(signed, bytes):
            return await self._raw(body, signed)
        headers = {} if signed is None else {SIGNATURE_HEADER: signed}
        async with self.http.post(self.url, data=body, headers=headers) as answer:
            await answer.read()
            return answer.status

    async def _raw(self, body: bytes, signed: bytes) -> int:
        """The same with bytes in the header that no client would send."""
        host = self.url.removeprefix("http://").partition("/")[0]
        name, _, port = host.partition(":")
        reader, writer = await asyncio.open_connection(name, int(port))
        head = f"POST {_PATH} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        writer.write(head.encode() + SIGNATURE_HEADER.encode() + b": " + signed + b"\r\n\r\n" + body)
        line = await reader.readline()
        writer.close()
        return int(line.split()[1])


def update(row: Mapping[str, Any], at: datetime = _NOW, **changes: object) -> bytes:
    """What the gateway calls with."""
    told = {"update_id": 1, "update_type": "invoice_paid", "request_date": moment(at), "payload": row, **changes}
    return json.dumps(told).encode()


@asynccontextmanager
async def gate(counter: Counter) -> AsyncIterator[Gate]:
    """A gateway and the shop's site, on this machine."""
    gateway = create_cryptopay(CryptoPayConfig(_TOKEN), lambda: _NOW)
    async with _served(gateway) as base, httpx.AsyncClient(trust_env=False) as client, aiohttp.ClientSession() as http:
        shop = replace(counter.shop, cryptopay=CryptoPay(f"{base}/api", SecretStr(_TOKEN), client))
        async with _served(create_health(_checks, [webhook(shop, _PATH, lambda: _NOW)])) as site:
            yield Gate(counter, shop, gateway[GATEWAY], http, f"{site}{_PATH}")


async def _checks() -> Mapping[str, bool]:
    return {}


@asynccontextmanager
async def _served(site: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def copies(at: Gate, person: int, count: int) -> list[str]:
    """One payment, told so many times by the gateway, many at once: one credit."""
    topup = await at.invoiced(person, 1)
    before = await in_wallet(at.counter, person)
    at.pay(topup)
    body = update(at.row(topup))
    answers: Count[int] = Count()
    for start in range(0, count, _TOGETHER):
        some = range(start, min(start + _TOGETHER, count))
        answers.update(await asyncio.gather(*(at.call(body, signature(body, _TOKEN)) for _ in some)))
    gained = await in_wallet(at.counter, person) - before
    broken = (
        [] if answers == Count({200: count}) else [f"{count} calls about one payment were answered {dict(answers)}"]
    )
    return broken + ([] if gained == _AMOUNT else [f"{count} calls about {_AMOUNT.micros} brought {gained.micros}"])


async def forgeries(at: Gate, person: int, share: Share, count: int) -> list[str]:
    """So many calls that are lies in some way: nobody gets anything, and none of them breaks anything."""
    forger = await _forger(at, person)
    before = await in_wallet(at.counter, person)
    broken: list[str] = []
    for start in range(0, count, _TOGETHER):
        some = range(start, min(start + _TOGETHER, count))
        found = await asyncio.gather(*(forger.attempt(share.chance(_ASKS + number)) for number in some))
        broken += [f"call {number}: {each}" for number, each in zip(some, found, strict=True) if each]
    gained = await in_wallet(at.counter, person) - before
    stored = await at.counter.count("SELECT COUNT(*) AS n FROM payments WHERE gateway = 'cryptopay' AND payment_id"
                                    " NOT LIKE 'stray-%'")  # fmt: skip
    broken += [] if not gained.micros else [f"{count} lies brought {gained.micros}"]
    return broken + ([] if stored == forger.known else [f"{count} lies left {stored} payments, not {forger.known}"])


async def _forger(at: Gate, person: int) -> Forger:
    done, open_ = await at.invoiced(person, 2), await at.invoiced(person, 3)
    over = await at.invoiced(person, 4, ttl=timedelta(hours=1, minutes=-1))
    at.pay(done)
    body = update(at.row(done))
    await at.call(body, signature(body, _TOKEN))
    known = await at.counter.count("SELECT COUNT(*) AS n FROM payments WHERE gateway = 'cryptopay' AND payment_id"
                                   " NOT LIKE 'stray-%'")  # fmt: skip
    return Forger(at, body, (done, open_, over), known)


@dataclass(slots=True)
class Forger:
    """Has seen a true call, and knows of an invoice that is paid, one that is open and one that is over."""

    gate: Gate
    seen: bytes
    topups: Sequence[Topup]
    #: How many payments there are before it begins.
    known: int

    async def attempt(self, chance: random.Random) -> str | None:
        """One lie; why it is a broken promise, where it is one."""
        body, signed, wanted = chance.choice((self._unsigned, self._signed))(chance)
        try:
            status = await self.gate.call(body, signed)
        except (aiohttp.ClientError, OSError, ValueError, IndexError) as error:
            return f"{body[:200]!r} signed {signed!r} was answered {type(error).__name__}"
        return None if status in wanted else f"{body[:200]!r} signed {signed!r} was answered {status}"

    def _unsigned(self, chance: random.Random) -> tuple[bytes, str | bytes | None, set[int]]:
        """What was not signed by the gateway, or not as it is now."""
        body = update(self._claimed(chance), update_id=2)  # the one that was seen is the first
        good = signature(body, _TOKEN)
        bare = hmac.new(_TOKEN.encode(), body, hashlib.sha256).hexdigest()
        signed = chance.choice((
            None, "", "0" * 64, signature(body, _OTHER), signature(body, ""), signature(self.seen, _TOKEN), good[:-1],
            f"{good}0", f"0{good[1:]}" if good[0] != "0" else f"1{good[1:]}", bare, hashlib.sha256(body).hexdigest(),
            f"sha256={good}", f"{good},{good}", b"\xff\xfe", good.encode() + b"\x80", "ü",
        ))  # fmt: skip
        if chance.random() < 0.3:
            # A true call, changed by a byte and sent with its own signature.
            place = chance.randrange(len(self.seen))
            body = self.seen[:place] + bytes([self.seen[place] ^ 1 << chance.randrange(8)]) + self.seen[place + 1 :]
            signed = signature(self.seen, _TOKEN)
        return body, signed, {401, 400}

    def _signed(self, chance: random.Random) -> tuple[bytes, str, set[int]]:
        """What carries a good signature all the same: copies, old news, and claims the gateway does not bear out."""
        age = timedelta(minutes=chance.choice((11, 60, 100_000, -3)))
        body, wanted = chance.choice((
            (self.seen, {200}),
            (update(self.gate.row(self.topups[0]), _NOW - age), {401}),
            (update(self._claimed(chance)), {200}),
            (update(self._claimed(chance), update_id=chance.randint(-5, 5), update_type="invoice_paid"), {200}),
            (update(self.gate.row(self.topups[1])), {200}),
            (update(self._claimed(chance), update_type=chance.choice(("invoice_unpaid", None, 1))), {200}),
            (chance.choice((b"", b"[]", b"{}", b"\xff", b"null", b"[" * 9000, self.seen[:-1], self.seen * 2)), {200}),
        ))  # fmt: skip
        return body, signature(body, _TOKEN), wanted

    def _claimed(self, chance: random.Random) -> dict[str, Any]:
        """An invoice that nobody paid, as if somebody had; or one that was paid, as if it had been for more."""
        topup = chance.choice(self.topups)
        row = {**self.gate.row(topup), "status": "paid", "paid_at": moment(_NOW), "paid_asset": _COIN}
        changes: Sequence[Mapping[str, Any]] = (
            {}, {"amount": "5000"}, {"amount": "10.000000001"}, {"amount": 1e3}, {"amount": "NaN"}, {"amount": "-5"},
            {"fiat": "EUR"}, {"currency_type": "crypto", "asset": _COIN}, {"payload": self.topups[1].token},
            {"payload": None}, {"payload": "somebody"}, {"invoice_id": 1}, {"invoice_id": -1}, {"invoice_id": "x" * 99},
            {"invoice_id": f"{topup.invoice},{self.topups[0].invoice}"}, {"invoice_id": 10**30}, {"status": "active"},
        )  # fmt: skip
        return {**row, **chance.choice(changes)}
