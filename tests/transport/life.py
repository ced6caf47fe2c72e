"""A life of the bot for tests: an Application and its intake on rows that outlive it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from telegram import Update
from telegram.ext import (
    Application,
    ApplicationBuilder,
    BaseHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.transport.intake import Intake, LongPoll, PerCustomer
from bot.transport.limits import Pace
from bot.transport.persistence import ConversationStore
from bot.transport.polling import Fetch
from bot.transport.request import AiohttpRequest
from tests.transport.kit import TOKEN

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass(slots=True)
class Memory:
    link: str = ""
    texts: list[str] = field(default_factory=list)


def decode(text: str) -> Memory:
    return Memory(**json.loads(text))


@dataclass
class Process:
    """One life of the bot: an application and its intake on rows that outlive it."""

    application: Application[Any, Any, Any, Any, Any, Any]
    intake: Intake
    tasks: set[asyncio.Task[None]]
    poisoned: list[tuple[int, str]]

    async def stop(self) -> None:
        await self.intake.stop(5)

    async def kill(self) -> None:
        """Everything ends where it stands, and nothing is written any more."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def no_updates(offset: int | None) -> list[dict[str, Any]]:
    await asyncio.Event().wait()
    return []


@asynccontextmanager
async def living(
    address: str,
    rows: Any,
    *handlers: BaseHandler[Any, Any, Any],
    fetch: Fetch | None = None,
    concurrent: int = 256,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    **options: Any,
) -> AsyncIterator[Process]:
    store = ConversationStore(rows, memory=Memory, encode=lambda memory: json.dumps(asdict(memory)), decode=decode)
    request, polling = AiohttpRequest(), AiohttpRequest()
    application = (
        ApplicationBuilder().token(TOKEN).base_url(f"{address}/bot").request(request).get_updates_request(polling)
        .rate_limiter(Pace()).persistence(store).context_types(ContextTypes(user_data=Memory))
        .concurrent_updates(PerCustomer(concurrent)).updater(None).build()
    )  # fmt: skip
    poisoned: list[tuple[int, str]] = []
    tasks: set[asyncio.Task[None]] = set()

    async def on_poison(update_id: int, error: str) -> None:
        poisoned.append((update_id, error))

    def spawn(coroutine: Any, name: str) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return task

    fetch = fetch or LongPoll(polling, application.bot.base_url, ["message"])
    options = {"on_poison": on_poison, "now": lambda: NOW, "jitter": lambda: 1.0, **options}
    intake = Intake(application, rows, store, fetch, spawn, sleep=sleep, **options)
    application.add_handlers(handlers)
    async with application:
        yield Process(application, intake, tasks, poisoned)
        await asyncio.gather(*tasks, return_exceptions=True)


def handler(callback: Callable[[Update, Any], Awaitable[object]]) -> MessageHandler[Any, Any]:
    return MessageHandler(filters.ALL, callback)
