"""The shop's counter: the real handlers on PTB's Application, between a sandbox Bot API and a real database.

Nothing runs by itself: after each deed of a person the updates are fetched and handled, so that no test waits.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
from telegram import Update
from telegram.ext import ApplicationBuilder

from bot.engine import notices
from bot.engine.notices import Delivery
from bot.sandbox.panel import Dialect
from bot.sandbox.telegram import TelegramConfig, serve_telegram
from bot.transport.limits import Pace
from bot.transport.ordering import PerCustomer
from bot.transport.persistence import ConversationStore
from bot.transport.request import AiohttpRequest
from handlers import context, routes, texts
from handlers.context import Context, Memory, ShopApplication
from handlers.delivery import deliver
from tests.kit import LINK, MINA, Bench, bench

TOKEN = "123456:a-made-up-token"


class Notebook:
    """Conversations as the database keeps them, in memory."""

    def __init__(self) -> None:
        self.conversations: dict[tuple[str, str], str] = {}
        self.memories: dict[int, str] = {}

    async def load_conversations(self) -> Sequence[tuple[str, str, str]]:
        return [(name, key, state) for (name, key), state in self.conversations.items()]

    async def load_memory(self) -> Sequence[tuple[int, str]]:
        return list(self.memories.items())

    def keep(self, store: ConversationStore[Memory], owner: int) -> None:
        changes = store.take(owner)
        for name, key, state in changes.conversations:
            self.conversations.pop((name, key), None)
            if state is not None:
                self.conversations[name, key] = state
        for person, memory in changes.memories:
            self.memories.pop(person, None)
            if memory is not None:
                self.memories[person] = memory


class Leap:
    """A clock for the rate limiter that leaps over every wait."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True, slots=True)
class Seen:
    """A message of the bot as a person sees it."""

    id: int
    text: str
    keyboard: tuple[dict[str, Any], ...]

    @property
    def labels(self) -> list[str]:
        return [button["text"] for button in self.keyboard]

    def data(self, label: str) -> str:
        """What is behind the first button whose label holds these words."""
        return next(button["callback_data"] for button in self.keyboard if label in button["text"])


@dataclass
class Counter:
    """A running shop and the people in front of it."""

    bench: Bench
    http: aiohttp.ClientSession
    url: str
    application: ShopApplication
    store: ConversationStore[Memory]
    notebook: Notebook
    errors: list[BaseException] = field(default_factory=list)
    offset: int = 0
    #: The updates handled last, to hand them in again.
    handled: list[Update] = field(default_factory=list)

    async def say(self, text: str, person: int = MINA) -> Seen:
        """A person writes; the bot's newest message after its answer."""
        await self._post(f"/chat/{person}/message", text=text)
        await self.settle()
        return await self.last(person)

    async def upload(
        self, content: bytes, name: str, person: int = MINA, *, kind: str = "document", album: str = ""
    ) -> Seen:
        """A person sends a file or a photo, alone or in an album; the bot's newest message after its answer."""
        form = aiohttp.FormData()
        form.add_field("kind", kind)
        form.add_field("file", content, filename=name)
        async with self.http.post(f"{self.url}/chat/{person}/upload", data=form) as answer:
            assert answer.status == 200, await answer.text()
        await self.settle(album)
        return await self.last(person)

    async def press(self, label: str, message: Seen | None = None, person: int = MINA) -> Seen:
        """A person presses a button; the message as it is after the answer, or the newest one if it is newer."""
        target = message or await self.last(person)
        return await self.press_data(target, target.data(label), person)

    async def press_data(self, message: Seen, data: str, person: int = MINA) -> Seen:
        """The same with a button that may no longer be there."""
        await self._post(f"/chat/{person}/press", message_id=message.id, data=data, force=True)
        await self.settle()
        return await self.last(person)

    async def settle(self, album: str = "") -> None:
        """Handle every update there is, as of an album where one is named; a handler's error is the test's."""
        self.handled = list(await self.application.bot.get_updates(offset=self.offset, timeout=0))
        if album:
            self.handled = [self._in_album(update, album) for update in self.handled]
        for update in self.handled:
            self.offset = update.update_id + 1
            await self.handle(update)

    def _in_album(self, update: Update, album: str) -> Update:
        found = update.to_dict()
        found["message"]["media_group_id"] = album
        made = Update.de_json(found, self.application.bot)
        assert made is not None
        return made

    async def handle(self, update: Update) -> None:
        """Handle one update and keep what it changed, as the intake does."""
        await self.application.update_processor.process_update(update, self.application.process_update(update))
        await self.application.update_persistence()
        owner = update.effective_user.id if update.effective_user else 0
        if self.errors:
            self.store.roll_back(owner)
            raise self.errors.pop()
        self.notebook.keep(self.store, owner)

    async def history(self, person: int = MINA) -> list[Seen]:
        """The bot's messages, oldest first."""
        async with self.http.get(f"{self.url}/chat/{person}/history") as answer:
            found = (await answer.json())["messages"]
        return [
            Seen(m["message_id"], m["text"], tuple(b for row in m["keyboard"] or () for b in row))
            for m in found
            if m["from"] == "bot"
        ]

    async def last(self, person: int = MINA) -> Seen:
        """The bot's newest message."""
        return (await self.history(person))[-1]

    async def message(self, number: int, person: int = MINA) -> Seen:
        """One message as it is now."""
        return next(seen for seen in await self.history(person) if seen.id == number)

    async def toasts(self) -> list[str]:
        """What pop-ups said, oldest first; a press answered without words is an empty one."""
        return [entry["params"].get("text", "") for entry in await self.journal("answerCallbackQuery")]

    async def journal(self, method: str) -> list[dict[str, Any]]:
        """Every call of a method, oldest first."""
        async with self.http.get(f"{self.url}/journal") as answer:
            entries = (await answer.json())["entries"]
        return [entry for entry in entries if entry["method"] == method]

    async def deliver(self) -> list[Delivery]:
        """Deliver every notice that is due."""
        outcomes: list[Delivery] = []
        while due := await notices.due(self.bench.shop, self.bench.clock(), 10):
            for waiting in due:
                outcome = await deliver(self.application.bot, self.application.bot_data, waiting)
                await notices.settle(self.bench.shop, waiting, outcome, self.bench.clock())
                outcomes.append(outcome)
        return outcomes

    async def post(self, path: str, **body: object) -> None:
        """A deed on the people's side."""
        await self._post(path, **body)

    async def to_question(self, kind: str = "default", person: int = MINA) -> Seen:
        """As far as the first question for a service of a type."""
        await self.say("/order", person)
        card = await self.press_data(await self.last(person), f"v:{self.bench.service(kind)}", person)
        return await self.press("Order", card, person)

    async def to_confirm(self, *typed: str, kind: str = "default", person: int = MINA) -> Seen:
        """As far as the confirm card, by typing these answers."""
        await self.to_question(kind, person)
        for text in typed or (LINK, "100"):
            await self.say(text, person)
        return await self.last(person)

    async def buy(self, *typed: str, kind: str = "default", person: int = MINA) -> Seen:
        """An order's card, for somebody with money."""
        return await self.press("Confirm", await self.to_confirm(*typed, kind=kind, person=person), person)

    async def restart(self) -> None:
        """Stop the bot and start it again with what was kept."""
        await self.application.shutdown()
        self.application, self.store = await opened(self.bench, self.url, self.notebook, self.errors)

    async def _post(self, path: str, **body: object) -> None:
        async with self.http.post(self.url + path, json=body) as answer:
            assert answer.status == 200, await answer.text()


async def opened(
    on_bench: Bench, url: str, notebook: Notebook, errors: list[BaseException]
) -> tuple[ShopApplication, ConversationStore[Memory]]:
    shared = context.Counter(on_bench.shop, texts.load(texts.MoneyStyle("USD", 4)), on_bench.clock)
    store = ConversationStore(notebook, memory=Memory, encode=context.encode_memory, decode=context.decode_memory)
    leap = Leap()
    application: ShopApplication = (
        ApplicationBuilder()
        .token(TOKEN)
        .base_url(f"{url}/bot")
        .base_file_url(f"{url}/file/bot")
        .request(AiohttpRequest())
        .get_updates_request(AiohttpRequest())
        .rate_limiter(Pace(clock=leap, sleep=leap.sleep))
        .persistence(store)
        .context_types(context.context_types(shared))
        .concurrent_updates(PerCustomer())
        .updater(None)
        .build()
    )

    async def note(_: object, problem: Context) -> None:
        assert problem.error is not None
        errors.append(problem.error)

    application.add_error_handler(note)
    routes.add_handlers(application)
    await application.initialize()
    return application, store


@asynccontextmanager
async def counter(
    folder: Path, dialects: Sequence[Dialect] = (Dialect.FIXEDMEMBER,), *, refresh: bool = True, **more: object
) -> AsyncIterator[Counter]:
    """A shop with a sandbox panel's catalogue and nobody in it yet."""
    async with AsyncExitStack() as stack:
        on_bench = await stack.enter_async_context(bench(folder, dialects, refresh=refresh, **more))
        # Presses must not grow old while the shop's clock stands still.
        url = await stack.enter_async_context(serve_telegram(replace(TelegramConfig(), callback_life=10**6)))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        notebook, errors = Notebook(), []
        application, store = await opened(on_bench, url, notebook, errors)
        found = Counter(on_bench, http, url, application, store, notebook, errors)
        try:
            yield found
        finally:
            await found.application.shutdown()
