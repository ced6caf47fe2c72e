"""The whole shop between its sandboxes, and people who chat with it over HTTP as the chat page does."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from bot import running
from bot.config import Settings
from bot.engine.shop import Bell
from bot.sandbox.panel import Dialect
from bot.sandbox.telegram import CallHook, TelegramConfig, serve_telegram
from bot.transport.limits import Pace
from tests.kit import IRIS, MINA, SandboxPanel, sandbox_panels, settings

PATIENCE_SECONDS = 20
HASTE = 20
T = TypeVar("T")


class Seen:
    """A message as a person sees it."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw
        self.id: int = raw["message_id"]
        self.text: str = raw["text"]
        self.from_bot: bool = raw["from"] == "bot"

    @property
    def buttons(self) -> Iterator[dict[str, Any]]:
        for row in self.raw["keyboard"] or ():
            yield from row

    def button(self, label: str) -> dict[str, Any]:
        for button in self.buttons:
            if label.casefold() in button["text"].casefold():
                return button
        raise AssertionError(f"no button {label!r} under {self.text!r}: {[b['text'] for b in self.buttons]}")

    def __repr__(self) -> str:
        return f"<{self.id}: {self.text!r} {[b['text'] for b in self.buttons]}>"


class Phone:
    """One person's chat with the bot."""

    def __init__(self, base: str, person: int, http: aiohttp.ClientSession, live: aiohttp.ClientWebSocketResponse):
        self._base, self.person, self._http, self._live = base, person, http, live
        self.messages: dict[int, Seen] = {}
        self.toasts: list[str] = []
        self._news = Bell()

    @property
    def last(self) -> Seen:
        """The newest message of the bot."""
        return next(m for m in sorted(self.messages.values(), key=lambda m: -m.id) if m.from_bot)

    async def say(self, text: str, reply_to: int | None = None) -> int:
        body = {"text": text, "reply_to": reply_to}
        return (await self._post("message", body))["message_id"]

    async def press(self, label: str, message: Seen | None = None, *, force: bool = False) -> Seen:
        """Press a button of a message (the newest of the bot that has it)."""
        target = message or await self.until(lambda m: m.from_bot and _has(m, label))
        data = target.button(label)["callback_data"]
        await self._post("press", {"message_id": target.id, "data": data, "force": force})
        return target

    async def press_data(self, message: Seen, data: str) -> None:
        """Press a button that may no longer be there."""
        await self._post("press", {"message_id": message.id, "data": data, "force": True})

    async def send_file(self, content: bytes, caption: str = "") -> int:
        """Send a document."""
        form = aiohttp.FormData({"kind": "document", "caption": caption})
        form.add_field("file", content, filename="list.txt")
        async with self._http.post(f"{self._base}/chat/{self.person}/upload", data=form) as answer:
            assert answer.status == 200, await answer.text()
            return (await answer.json())["message_id"]

    async def edit(self, message_id: int, text: str) -> None:
        """Edit a message of one's own."""
        await self._post("edit", {"message_id": message_id, "text": text})

    async def block(self, *, blocked: bool = True) -> None:
        await self._post("block", {"blocked": blocked})

    async def sees(self, *words: str, after: int = 0) -> Seen:
        """Wait for a message of the bot, newer than `after`, that holds all these words."""
        return await self.until(lambda m: m.from_bot and m.id > after and all(w in m.text for w in words))

    async def card(self, *words: str) -> Seen:
        """Wait until a message of any age shows all these words."""
        return await self.sees(*words)

    async def until(self, fits: Callable[[Seen], bool]) -> Seen:
        """Wait until a message fits: the newest that does."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._when(lambda: self._find(fits))
        except TimeoutError:
            shown = "\n".join(map(repr, self.messages.values()))
            raise AssertionError(f"nothing fitting appeared to {self.person}; seen:\n{shown}") from None

    async def toast(self, words: str) -> str:
        """Wait for a pop-up that holds these words."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._when(lambda: next((toast for toast in self.toasts if words in toast), None))

    async def listen(self) -> None:
        """Follow the chat, as an open app does, until the other side hangs up."""
        async for event in self._live:
            self._happened(json.loads(event.data))
            self._news.ring()

    async def _when(self, look: Callable[[], T | None]) -> T:
        while True:
            seen = self._news.rung
            if (found := look()) is not None:
                return found
            await self._news.wait(seen, PATIENCE_SECONDS)

    def _find(self, fits: Callable[[Seen], bool]) -> Seen | None:
        return next((m for m in sorted(self.messages.values(), key=lambda m: -m.id) if fits(m)), None)

    def _happened(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "snapshot":
                self.messages = {m["message_id"]: Seen(m) for m in event["messages"]}
            case "message" | "edit":
                self.messages[event["message"]["message_id"]] = Seen(event["message"])
            case "delete":
                self.messages.pop(event["message_id"], None)
            case "callback_answer":
                self.toasts.append(event["text"] or "")

    async def _post(self, path: str, body: object) -> dict[str, Any]:
        async with self._http.post(f"{self._base}/chat/{self.person}/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()


def _has(message: Seen, label: str) -> bool:
    return any(label.casefold() in button["text"].casefold() for button in message.buttons)


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
