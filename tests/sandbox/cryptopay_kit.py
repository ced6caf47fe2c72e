"""What the sandbox gateway's tests talk to it with: real HTTP on loopback, time by hand, and a shop's webhook."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web

from bot.sandbox.cryptopay import CryptoPayConfig, serve_cryptopay

TOKEN = "31415:a-gateway-token-for-tests"
START = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


class HandClock:
    """A time that moves only when told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Client:
    """One shop's view of a gateway, and the hand that controls it."""

    session: aiohttp.ClientSession
    base: str
    clock: HandClock

    async def raw(self, method: str, token: str = TOKEN, **fields: object) -> tuple[int, Any]:
        form = {name: str(value) for name, value in fields.items()}
        headers = {"Crypto-Pay-API-Token": token}
        async with self.session.post(f"{self.base}/api/{method}", data=form, headers=headers) as response:
            return response.status, await response.json()

    async def api(self, method: str, **fields: object) -> Any:
        status, answer = await self.raw(method, **fields)
        assert (status, answer["ok"]) == (200, True), answer
        return answer["result"]

    async def refusal(self, method: str, **fields: object) -> tuple[int, str]:
        status, answer = await self.raw(method, **fields)
        assert answer["ok"] is False
        assert answer["error"]["code"] == status
        return status, answer["error"]["name"]

    async def invoice(self, **fields: object) -> Any:
        form = {
            "currency_type": "fiat",
            "fiat": "USD",
            "amount": "12.50",
            "expires_in": 600,
            "payload": "tok",
            **fields,
        }
        return await self.api("createInvoice", **form)

    async def invoices(self, **fields: object) -> Any:
        return (await self.api("getInvoices", **fields))["items"]

    async def control(self, path: str, body: object = None, method: str = "POST", status: int = 200) -> Any:
        async with self.session.request(method, f"{self.base}/control/{path}", json=body) as response:
            assert response.status == status, await response.text()
            return await response.json()


@asynccontextmanager
async def running(clock: Any = None, **settings: Any) -> AsyncIterator[Client]:
    """A gateway whose clock stands still, or is the shop's."""
    clock = HandClock() if clock is None else clock
    config = CryptoPayConfig(**{"token": TOKEN, "webhook_retry": 0.01} | settings)
    async with serve_cryptopay(config, clock=clock) as base, aiohttp.ClientSession() as session:
        yield Client(session, base, clock)


@dataclass
class Ear:
    """A shop's webhook: what came, and what it answers (one status after the other, then 200)."""

    url: str = ""
    heard: list[tuple[bytes, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.Response:
        async with self.changed:
            self.heard.append((await request.read(), request.headers["crypto-pay-api-signature"]))
            self.changed.notify_all()
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    async def hears(self, count: int) -> list[Any]:
        async with asyncio.timeout(20), self.changed:
            await self.changed.wait_for(lambda: len(self.heard) >= count)
        return [json.loads(body) for body, _ in self.heard]


@asynccontextmanager
async def listening() -> AsyncIterator[Ear]:
    ear, app = Ear(), web.Application()
    app.router.add_post("/hook", ear.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ear.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield ear
    finally:
        await runner.cleanup()


def signed(body: bytes, token: str = TOKEN) -> str:
    """The signature as the gateway's documentation describes it."""
    return hmac.new(hashlib.sha256(token.encode()).digest(), body, hashlib.sha256).hexdigest()
