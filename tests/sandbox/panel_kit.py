"""What the sandbox panel's tests talk to it with: real HTTP on loopback, time by hand."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.sandbox.panel import Dialect, PanelConfig, serve_panel

KEY = "sandbox-key"
START = 1_800_000_000.0


class HandClock:
    """Unix seconds that move only when told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@dataclass
class Client:
    """One shop's view of a panel, and the hand that controls it."""

    session: aiohttp.ClientSession
    base: str
    clock: HandClock

    async def raw(self, action: str, **fields: object) -> tuple[int, str, str]:
        """Status, content type and body of one API call."""
        form = {"key": KEY, "action": action, **{name: str(value) for name, value in fields.items()}}
        async with self.session.post(f"{self.base}/api/v2", data=form) as response:
            return response.status, response.content_type, await response.text()

    async def api(self, action: str, **fields: object) -> Any:
        status, content_type, body = await self.raw(action, **fields)
        assert (status, content_type) == (200, "application/json")
        return json.loads(body)

    async def add(self, **fields: object) -> str:
        """An order of the first service unless told otherwise; its id."""
        form = {"service": 1, "link": "https://framely.example/a", "quantity": 100, **fields}
        return str((await self.api("add", **form))["order"])

    async def control(self, path: str, body: object = None, method: str = "POST", status: int = 200) -> Any:
        async with self.session.request(method, f"{self.base}/control/{path}", json=body) as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def state(self) -> Any:
        return await self.control("state", method="GET")

    async def journal(self) -> Any:
        return await self.control("journal", method="GET")

    async def steps(self, count: int) -> None:
        for _ in range(count):
            await self.control("advance", {})


@asynccontextmanager
async def running(dialect: Dialect = Dialect.FIXEDMEMBER, **settings: Any) -> AsyncIterator[Client]:
    """A panel that moves by hand only, unless a speed is given."""
    clock = HandClock()
    config = PanelConfig(
        **{"name": dialect.value, "dialect": dialect, "key": KEY, "seed": 7, "seconds_per_step": None} | settings
    )
    async with serve_panel(config, clock=clock) as base, aiohttp.ClientSession() as session:
        yield Client(session, base, clock)
