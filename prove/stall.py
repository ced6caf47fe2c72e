"""The shop's real handlers on its real intake and a real database; Telegram answers at once and keeps every button.

No network: what the bot calls is answered here, panels cannot be reached, and nothing runs by itself.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from telegram.request import BaseRequest, RequestData

from bot import app
from bot.config import Settings
from bot.domain import wallet as ledger
from bot.domain.catalog import Service
from bot.domain.money import Money
from bot.engine import catalogue, customers, panels
from bot.engine.shop import Shop
from bot.panels.wire_requests import Balance
from bot.panels.wire_services import ServicesAnswer
from bot.transport.intake import Intake
from bot.transport.limits import Pace
from handlers import routes
from storage import wallet
from storage.database import Tx
from storage.inbox import Inbox

PANEL: Final = "nord"
TOKEN: Final = "100001:stall-token"  # noqa: S105 - nobody asks for it
_BOT_ID: Final = 100001
_BOT: Final = {"id": _BOT_ID, "is_bot": True, "first_name": "Stall", "username": "stall_bot"}
_LIKES: Final = Service(
    PANEL, "1", "Framely Likes", "default", "Framely", Decimal("0.9"), 10, 100_000, refill=True, cancel=True
)
_NAMES: Final = Service(PANEL, "2", "Chirpline Mentions", "mentions custom list", "Chirpline", Decimal("2.5"), 5, 1000)
#: Where conversations stand and what came in is not the shop's money, orders or settings.
_APART: Final = ("inbox", "conversations", "memories")
#: What a person may always change of themselves by coming by: name, language, when they were seen.
_OF_CUSTOMERS: Final = "id, banned_at"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A button as somebody was shown it."""

    chat: int
    data: str


@dataclass
class Ear(BaseRequest):
    """Telegram's side of the bot's calls: everything succeeds, at once."""

    calls: Counter[str] = field(default_factory=Counter)
    #: Every button that was ever shown, each once, in order.
    buttons: dict[Recorded, None] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def read_timeout(self) -> float | None:
        """Nothing is waited for."""
        return None

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: object, **__: object
    ) -> tuple[int, bytes]:
        """Answer one call."""
        del method
        name = url.rpartition("/")[2]
        self.calls[name] += 1
        given = request_data.parameters if request_data else {}
        return 200, json.dumps({"ok": True, "result": self._result(name, given)}).encode()

    def _result(self, name: str, given: Mapping[str, Any]) -> object:
        if name == "getMe":
            return _BOT
        if name.startswith(("send", "edit")) and "chat_id" in given:
            chat = int(given["chat_id"])
            for row in _keyboard(given.get("reply_markup")):
                for button in row:
                    if data := button.get("callback_data"):
                        self.buttons.setdefault(Recorded(chat, data))
            number = int(given.get("message_id") or next(self._ids))
            return {"message_id": number, "date": 1, "chat": {"id": chat, "type": "private"}, "text": "x"}
        return [] if name == "getMyCommands" else True


def _keyboard(markup: object) -> list[list[dict[str, Any]]]:
    made = json.loads(markup) if isinstance(markup, str) else markup
    rows: list[list[dict[str, Any]]] = made.get("inline_keyboard", []) if isinstance(made, dict) else []
    return rows


@dataclass
class Stall:
    """An open shop and a way to hand it updates."""

    shop: Shop
    ear: Ear
    intake: Intake
    poisoned: list[str]
    _numbers: Iterator[int]

    async def happen(self, **body: object) -> None:
        """One update, handled to its end, however often it takes."""
        await self.intake.receive([{"update_id": next(self._numbers), **body}])
        await self.intake.idle()

    async def say(self, person: int, text: str) -> None:
        """A message of a person in their own chat."""
        entities = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}] if text[:1] == "/" else []
        await self.happen(message={**_message(person, private(person)), "text": text, "entities": entities})

    async def press(self, person: int, data: str, chat: Mapping[str, object] | None = None) -> None:
        """A press of a person on a button, in their own chat where no other is named."""
        under = {**_message(_BOT_ID, chat or private(person)), "text": "x"}
        query = {"id": "1", "from": _person(person), "chat_instance": "1", "data": data, "message": under}
        await self.happen(callback_query=query)

    async def press_inline(self, person: int, data: str) -> None:
        """A press under a message that was sent by way of the bot into some other chat."""
        query = {"id": "1", "from": _person(person), "chat_instance": "1", "data": data, "inline_message_id": "AAAA"}
        await self.happen(callback_query=query)

    async def digest(self) -> dict[str, str]:
        """Everything of money, orders and settings, as text by table: equal where nothing changed."""

        async def work(tx: Tx) -> dict[str, str]:
            names = [row["name"] for row in await tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
            found = {}
            for name in sorted(set(names) - {*_APART, "sqlite_sequence"}):
                columns = _OF_CUSTOMERS if name == "customers" else "*"
                rows = await tx.all(f"SELECT {columns} FROM {name}")
                found[name] = repr([tuple(row[key] for key in row.keys()) for row in rows])  # noqa: SIM118 - a row is no mapping
            return found

        return await self.shop.db.read(work)


def private(person: int) -> dict[str, object]:
    """A person's own chat."""
    return {"id": person, "type": "private", "first_name": "Somebody"}


def _person(person: int) -> dict[str, object]:
    return {"id": person, "is_bot": False, "first_name": "Somebody", "language_code": "en"}


def _message(person: int, chat: Mapping[str, object]) -> dict[str, object]:
    return {"message_id": 7, "date": 1, "chat": dict(chat), "from": _person(person)}


@asynccontextmanager
async def stall(folder: Path, operators: tuple[int, ...], first_update: int = 1) -> AsyncIterator[Stall]:
    """Open the shop of a folder for these operators, making it where there is none."""
    made = Settings.model_validate({
        "bot_token": TOKEN,
        "operator_ids": ",".join(map(str, operators)),
        "database_url": f"sqlite:///{folder / 'shop.db'}",
        "panels": {PANEL: {"url": "http://127.0.0.1:9/api/v2", "key": "a-panel-key"}},
    })  # fmt: skip
    async with app.open_shop(made) as shop:
        ear, poisoned, inbox = Ear(), list[str](), Inbox(shop.db)
        leap = _Leap()
        pace = Pace(clock=leap, sleep=leap.sleep)
        application, store = app.build_application(made, shop, inbox, ear, ear, pace)
        tasks: set[asyncio.Task[None]] = set()

        def spawn(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
            task = asyncio.get_running_loop().create_task(work, name=name)
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            return task

        async def on_poison(update_id: int, summary: str) -> None:
            poisoned.append(f"update {update_id} failed for good: {summary}")

        async def never(*_: object) -> list[dict[str, Any]]:
            return []

        intake = Intake(application, inbox, store, never, spawn, on_poison=on_poison, sleep=leap.sleep)
        routes.add_handlers(application)
        async with application:
            yield Stall(shop, ear, intake, poisoned, itertools.count(first_update))


async def stocked(shop: Shop) -> None:
    """Read a catalogue of two services."""
    now = app.utc_now()
    await panels.note_balance(shop, PANEL, Balance(Decimal(1_000_000), "USD"), now)
    await catalogue.refresh(shop, PANEL, ServicesAnswer((_LIKES, _NAMES)), now)


async def with_money(shop: Shop, person: int, units: int) -> None:
    """Somebody who has so much."""
    now = app.utc_now()
    await customers.greet(shop, person, "Somebody", None, "en", now)
    amount = Money(units * 1_000_000)
    start = ledger.manual(f"start-{person}", person, amount, actor="a proof", reason="a start")
    await shop.db.write(lambda tx: wallet.write(tx, start, now))


class _Leap:
    """A clock that leaps over every wait."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self._now += seconds
        await asyncio.sleep(0)
