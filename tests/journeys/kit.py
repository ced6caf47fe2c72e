"""The whole shop between its sandboxes, and people who chat with it over HTTP as the chat page does."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bot import running
from bot.config import Settings
from bot.sandbox.panel import Dialect
from bot.sandbox.telegram import CallHook, TelegramConfig, serve_telegram
from bot.transport.limits import Pace
from prove.people import PATIENCE_SECONDS as PATIENCE_SECONDS
from prove.people import Phone as Phone
from prove.people import Seen as Seen
from tests.kit import IRIS, MINA, SandboxPanel, sandbox_panels, settings

HASTE = 20


class Street:
    """The outside world: a Bot API with people, panels, and the settings a shop needs to stand in it."""

    def __init__(self, base: str, panels: dict[str, SandboxPanel], folder: Path, http: aiohttp.ClientSession) -> None:
        self.base, self.panels, self._folder, self._http = base, panels, folder, http

    @property
    def panel(self) -> SandboxPanel:
        return next(iter(self.panels.values()))

    def settings(self, **more: object) -> Settings:
        quick: dict[str, object] = {
            "status_poll_seconds": 0.1,
            "settle_seconds": 0.3,
            "shutdown_seconds": 1,
            "telegram_api_url": self.base,
            "catalog_refresh_seconds": 60,
        }
        urls = {name: panel.url for name, panel in self.panels.items()}
        return settings(self._folder, urls, **{**quick, **more})

    def environment(self, **more: str) -> dict[str, str]:
        """The same settings as environment variables, for a process of its own."""
        made = self.settings()
        found = {
            "BOT_TOKEN": made.bot_token.get_secret_value(),
            "OPERATOR_IDS": str(IRIS),
            "DATABASE_URL": made.database_url,
            "RECEIPTS_DIR": str(made.receipts_dir),
            "TELEGRAM_API_URL": self.base,
            "STATUS_POLL_SECONDS": "0.1",
            "SETTLE_SECONDS": "0.3",
            "SHUTDOWN_SECONDS": "1",
        }
        for name, panel in made.panels.items():
            found[f"PANELS__{name.upper()}__URL"] = panel.url
            found[f"PANELS__{name.upper()}__KEY"] = panel.key.get_secret_value()
        return {**found, **more}

    @asynccontextmanager
    async def phone(self, person: int = MINA) -> AsyncIterator[Phone]:
        async with self._http.ws_connect(f"{self.base}/chat/{person}/events") as live:
            phone = Phone(self.base, person, self._http, live)
            listening = asyncio.get_running_loop().create_task(phone.listen())
            try:
                yield phone
            finally:
                listening.cancel()

    async def telegram_faults(self, **faults: object) -> None:
        async with self._http.post(f"{self.base}/faults", json=faults) as answer:
            assert answer.status == 200, await answer.text()

    async def welcome(self, person: int, name: str, role: str = "customer", language: str = "en") -> None:
        """Somebody new in town; `language` is what their client speaks."""
        body = {"id": person, "first_name": name, "role": role, "language_code": language}
        async with self._http.post(f"{self.base}/chat/people", json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def requests(self, panel: SandboxPanel, action: str) -> list[dict[str, Any]]:
        """What a panel received of one action, and what became of it."""
        async with self._http.get(f"{panel.url}/control/journal") as answer:
            return [entry for entry in await answer.json() if entry["action"] == action]

    async def published(self, person: int) -> list[str]:
        """The commands a person's menu lists."""
        async with self._http.get(f"{self.base}/chat/{person}/history") as answer:
            return [command["command"] for command in (await answer.json())["commands"]]

    async def journal(self, method: str | None = None) -> list[dict[str, Any]]:
        async with self._http.get(f"{self.base}/journal") as answer:
            entries = (await answer.json())["entries"]
        return [entry for entry in entries if method in (None, entry["method"])]


@asynccontextmanager
async def street(
    folder: Path, dialects: Sequence[Dialect] = (Dialect.FIXEDMEMBER,), on_call: CallHook | None = None, **panel: Any
) -> AsyncIterator[Street]:
    async with AsyncExitStack() as stack:
        panels = await stack.enter_async_context(sandbox_panels(dialects, **panel))
        base = await stack.enter_async_context(serve_telegram(TelegramConfig(on_call=on_call)))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Street(base, panels, folder, http)


def brisk() -> Pace:
    """The bot's manners in a town where time between messages runs fast; what they are is held elsewhere."""
    return Pace(clock=lambda: time.monotonic() * HASTE, sleep=lambda seconds: asyncio.sleep(seconds / HASTE))


@asynccontextmanager
async def open_for_business(made: Settings, pace: Pace | None = None) -> AsyncIterator[None]:
    """The real application, running in this process until the context ends; it speaks briskly unless told otherwise."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        at_work = group.create_task(running.run(made, stop, pace or brisk()))
        try:
            yield
        finally:
            stop.set()
            await at_work


def free_port() -> str:
    """A port nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
