"""What the transport's tests share: time that is moved by hand, a tiny Bot API, and an inbox in memory."""

from __future__ import annotations

import asyncio
import heapq
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from aiohttp import web

from bot.transport.intake import InboxRow
from bot.transport.persistence import Changes

TOKEN = "123456789:made-up-token-of-no-bot-at-all-0000"


class VirtualTime:
    """A clock that jumps to the next sleeper's hour when nobody has anything to do."""

    def __init__(self, start: float = 1000.0) -> None:
        self.now = start
        self._numbers = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._numbers), woken))
        await woken

    async def settle(self) -> None:
        """Let every task run until it waits for time."""
        for _ in range(100):
            await asyncio.sleep(0)

    async def run(self, *jobs: Coroutine[Any, Any, Any]) -> list[Any]:
        """Run the jobs to their end, moving time as needed; what they returned or raised."""
        async with asyncio.TaskGroup() as group:
            everything = group.create_task(_gathered(jobs))
            await self.until(everything.done)
        return everything.result()

    async def until(self, done: Callable[[], bool]) -> None:
        await self.settle()
        while not done():
            assert self._sleepers, "everybody waits, and nobody for time"
            self.wake_next()
            await self.settle()

    def wake_next(self) -> None:
        at, _, woken = heapq.heappop(self._sleepers)
        self.now = max(self.now, at)
        if not woken.done():
            woken.set_result(None)


async def _gathered(jobs: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    return await asyncio.gather(*jobs, return_exceptions=True)


@asynccontextmanager
async def serving(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """Every request to the given handler; the server's address."""
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def message(update_id: int, person: int, text: str) -> dict[str, Any]:
    """A person's text message in their private chat."""
    return {
        "update_id": update_id,
        "message": {
            "message_id": update_id,
            "date": 1,
            "chat": {"id": person, "type": "private"},
            "from": {"id": person, "is_bot": False, "first_name": "Ada"},
            "text": text,
            **({"entities": [{"type": "bot_command", "offset": 0, "length": len(text)}]} if text[0] == "/" else {}),
        },
    }


class BotApi:
    """Answers what an Application asks of the Bot API, and hands out the updates put into it."""

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []
        self.polls: list[dict[str, str]] = []
        self.sent: list[tuple[int, str]] = []
        self.arrived = asyncio.Event()
        self.answered = asyncio.Event()

    async def sent_to_people(self, number: int) -> list[str]:
        """The texts, when so many were sent."""
        while len(self.sent) < number:
            self.answered.clear()
            await self.answered.wait()
        return [text for _, text in self.sent]

    def add(self, *updates: dict[str, Any]) -> None:
        self.updates.extend(updates)
        self.arrived.set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method = request.path.rpartition("/")[2]
        form = {key: str(value) for key, value in (*request.query.items(), *(await request.post()).items())}
        result = await self._result(method, form)
        return web.json_response({"ok": True, "result": result})

    async def _result(self, method: str, form: dict[str, str]) -> Any:
        if method == "getUpdates":
            return await self._poll(form)
        if method == "sendMessage":
            self.sent.append((int(form["chat_id"]), form["text"]))
            self.answered.set()
            return {"message_id": len(self.sent), "date": 1, "chat": {"id": int(form["chat_id"]), "type": "private"}}
        return {"id": 123456789, "is_bot": True, "first_name": "Shop", "username": "shop_bot"}

    async def _poll(self, form: dict[str, str]) -> list[dict[str, Any]]:
        self.polls.append(form)
        offset = int(form.get("offset", 0))
        while not (due := [update for update in self.updates if update["update_id"] >= offset]):
            self.arrived.clear()
            await self.arrived.wait()
        return due[:100]


@dataclass
class MemoryRows:
    """The inbox and the conversations, as a database would keep them beyond the death of a process."""

    rows: dict[int, InboxRow] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    poison: dict[int, str] = field(default_factory=dict)
    conversations: dict[tuple[str, str], str] = field(default_factory=dict)
    memories: dict[int, str] = field(default_factory=dict)
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    broken: int = 0

    async def store(self, rows: Sequence[InboxRow], now: datetime) -> list[int]:
        new = [row for row in rows if row.update_id not in self.rows]
        self.rows.update({row.update_id: row for row in new})
        return [row.update_id for row in new]

    async def pending(self) -> list[tuple[int, str, int, int]]:
        return [tuple(row) for row in sorted(self.rows.values()) if row.update_id not in self.done | set(self.poison)]

    async def finish(self, update_id: int, changes: Changes, now: datetime) -> None:
        if self.broken:
            self.broken -= 1
            raise OSError("disk full")
        self.done.add(update_id)
        for name, key, state in changes.conversations:
            _put(self.conversations, (name, key), state)
        for person, memory in changes.memories:
            _put(self.memories, person, memory)
        self.finished.set()

    async def failed(self, update_id: int, tries: int, *, poison: bool, error: str, now: datetime) -> None:
        self.rows[update_id] = self.rows[update_id]._replace(tries=tries)
        if poison:
            self.poison[update_id] = error

    async def load_conversations(self) -> list[tuple[str, str, str]]:
        return [(name, key, state) for (name, key), state in self.conversations.items()]

    async def load_memory(self) -> list[tuple[int, str]]:
        return list(self.memories.items())

    def raw(self, update_id: int) -> Any:
        return json.loads(self.rows[update_id].raw)


def _put(table: dict[Any, str], key: Any, value: str | None) -> None:
    if value is None:
        table.pop(key, None)
    else:
        table[key] = value
