"""Where the shop's process lives, dies and comes back: one database, one panel, one Bot API, many customers."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp

from bot import app
from bot.config import Settings
from bot.domain import wallet as ledger
from bot.domain.catalog import Offer
from bot.domain.money import Money
from bot.domain.orders import Order
from bot.domain.topups import Gateway, Payment
from bot.domain.wallet import Transfer
from bot.engine import catalogue, customers, panels, ways
from bot.engine.audit import audit
from bot.sandbox.panel import Dialect, PanelConfig, create_panel
from bot.sandbox.panel.keys import PANEL
from bot.sandbox.telegram import CallHook, TelegramConfig, create_telegram, serve_application
from bot.sandbox.telegram.config import PEOPLE, Person, Role
from prove.kills.process import Child, Nursery, nursery
from prove.kills.shop import HASTE
from prove.kills.tracing import Point, arm
from prove.people import Phone, SandboxPanel
from storage import orders, payments, switches, wallet
from storage.database import Database, Tx
from storage.wallet import Balances

OPERATOR: Final = 9001
#: Customers are numbered from here.
FIRST_CUSTOMER: Final = 20_000
START_MONEY: Final = Money(100_000_000)
_NAME: Final = "main"
_KEY: Final = "a-panel-key"
_TOKEN: Final = "100001:proof-token"  # noqa: S105 - the sandbox takes any token
_LOG_TAIL: Final = 1500
_PATIENCE_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.005


async def _nothing() -> None:
    """Nobody looks at the dead."""


@dataclass(slots=True)
class Town:
    """The shop's process and its world."""

    settings: Settings
    environment: dict[str, str]
    folder: Path
    offer: Offer
    iris: Phone
    panel: SandboxPanel
    http: aiohttp.ClientSession
    #: The panel's number and the link of every order it ever took.
    placed: Callable[[], list[tuple[str, str]]]
    #: How often the panel was asked for an action.
    requests: Callable[[str], int]
    phone: Callable[[int], Awaitable[Phone]] = field(repr=False)
    nursery: Nursery = field(repr=False)
    child: Child | None = None
    #: Where the next process is killed, counted from its first breath.
    ambush: Point | None = None
    #: One conversation at a time with the operator.
    desk: asyncio.Lock = field(default_factory=asyncio.Lock)
    _open: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    #: How often the process was killed.
    deaths: int = 0
    #: What was amiss with the process itself.
    amiss: list[str] = field(default_factory=list)
    #: Called with the dead before anything is begun again.
    on_death: Callable[[], Awaitable[None]] = field(default=_nothing)

    async def begin(self) -> Child:
        """Begin the shop's process."""
        self.child = child = await self.nursery.child(self.environment, self.folder)
        if self.ambush:
            await arm(child, self.ambush, self.folder / "strace.log")
            self.ambush = None
        child.go()
        return child

    async def kill(self) -> None:
        """Kill -9, and wait for the next one to be begun."""
        await until(lambda: self.child is not None)
        child = self.alive
        child.kill()
        await child.wait()
        await until(lambda: self.child is not child)

    async def asked(self, action: str, times: int) -> None:
        """Wait until the panel was asked for something so many times more."""
        before = self.requests(action)
        await until(lambda: self.requests(action) >= before + times)

    async def say(self, person: int, text: str) -> None:
        """Write in somebody's name."""
        address = f"{self.settings.telegram_api_url}/chat/{person}/message"
        async with self.http.post(address, json={"text": text}) as answer:
            answer.raise_for_status()

    @property
    def alive(self) -> Child:
        """The process that runs now."""
        assert self.child is not None
        return self.child

    async def rest(self) -> None:
        """Close the shop politely, until `work`."""
        self._open.clear()
        await self.alive.stop()

    def work(self) -> None:
        """Open it again."""
        self._open.set()

    async def keep_alive(self) -> None:
        """Begin it again whenever it was killed."""
        self._open.set()
        while True:
            child = self.child or await self.begin()
            status = await child.wait()
            if not self._open.is_set():
                await self._open.wait()
                await self.begin()
                continue
            self.deaths += 1
            if status != -signal.SIGKILL:
                self.amiss.append(f"the process ended by itself with status {status}: {self.log_tail()}")
            await self.on_death()
            await self.begin()

    def upstream(self, link: str) -> list[str]:
        """The panel's numbers of all orders for a link."""
        return [number for number, its_link in self.placed() if its_link == link]

    def log_tail(self) -> str:
        """The last it said."""
        return (self.folder / "bot.log").read_text(errors="replace")[-_LOG_TAIL:]

    async def untold(self) -> set[int]:
        """The orders whose end waits to be told, by the book."""

        async def look(tx: Tx) -> set[int]:
            rows = await tx.all(
                "SELECT order_id FROM notices WHERE state = 'waiting' AND kind IN ('completed', 'partial')"
            )
            return {row["order_id"] for row in rows}

        async with await Database.open(self.settings.database_url) as db:
            return await db.read(look)

    async def order(self, number: int) -> Order | None:
        """An order as it is committed."""
        async with await Database.open(self.settings.database_url) as db:
            return await db.read(lambda tx: orders.get(tx, number))

    async def look(self) -> tuple[list[str], Books]:
        """What the auditor finds, and the book."""
        async with await Database.open(self.settings.database_url) as db:
            report = await audit(db)
            broken = [f"{v.name} violated: {v.promise}: {', '.join(v.offenders)}" for v in report.violations]
            return broken, await db.read(_book)


@dataclass(frozen=True, slots=True)
class Books:
    """Everybody's orders, balances, payments and the words of what they were told."""

    orders: Sequence[Order]
    balances: dict[int, Balances]
    #: What gateways were recorded to have taken.
    payments: Sequence[Payment] = ()

    def of(self, person: int) -> list[Order]:
        """A customer's orders."""
        return [order for order in self.orders if order.customer_id == person]


async def _book(tx: Tx) -> Books:
    rows = await tx.all("SELECT id FROM orders ORDER BY id")
    found = [order for row in rows if (order := await orders.get(tx, row["id"]))]
    people = await tx.all("SELECT id FROM customers")
    paid = [payments.payment_of(row) for row in await tx.all("SELECT * FROM payments ORDER BY id")]
    return Books(found, {row["id"]: await wallet.balances(tx, row["id"]) for row in people}, paid)


@asynccontextmanager
async def town(folder: Path, wanted: int, on_call: CallHook | None = None) -> AsyncIterator[Town]:
    """A town whose customers have money and whose shop is closed yet."""
    people = (*PEOPLE, *_customers(wanted))
    async with AsyncExitStack() as stack:
        site = create_telegram(TelegramConfig(people=people, on_call=on_call))
        panel = create_panel(PanelConfig(_NAME, Dialect.FIXEDMEMBER, _KEY, 1, seconds_per_step=None, balance="1000000"))
        site.add_subapp("/panel", panel)
        base = await stack.enter_async_context(serve_application(site))
        # Every open chat is a connection.
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        environment = _environment(base, folder)
        made = _settings(environment)
        offer = await _stocked(made, [person.id for person in people if person.role is Role.CUSTOMER])
        phones: dict[int, Phone] = {}

        async def enter(person: int) -> Phone:
            if person not in phones:
                live = await stack.enter_async_context(http.ws_connect(f"{base}/chat/{person}/events"))
                phones[person] = Phone(base, person, http, live)
                task = asyncio.get_running_loop().create_task(phones[person].listen())
                stack.callback(task.cancel)
            return phones[person]

        yield Town(
            made, environment, folder, offer, await enter(OPERATOR), SandboxPanel(_NAME, f"{base}/panel", http), http,
            lambda: [(str(order.id), order.link) for order in panel[PANEL].account.orders.values()],
            lambda action: sum(entry.action == action for entry in panel[PANEL].journal.after(0)),
            enter, await stack.enter_async_context(nursery()),
        )  # fmt: skip


async def until(look: Callable[[], bool], seconds: float = _PATIENCE_SECONDS) -> None:
    """Wait for a fact that rings no bell. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not look():  # noqa: ASYNC110 - what is looked at is often another process's
            await asyncio.sleep(_LOOK_SECONDS)


def _customers(wanted: int) -> Sequence[Person]:
    return [Person(FIRST_CUSTOMER + number, f"Mina {number}") for number in range(wanted)]


def _environment(base: str, folder: Path) -> dict[str, str]:
    return {
        "BOT_TOKEN": _TOKEN,
        "OPERATOR_IDS": str(OPERATOR),
        "DATABASE_URL": f"sqlite:///{folder / 'shop.db'}",
        "TELEGRAM_API_URL": base,
        "STATUS_POLL_SECONDS": "0.1",
        "SETTLE_SECONDS": "0.3",
        "SHUTDOWN_SECONDS": "1",
        HASTE: "50",
        "CATALOG_REFRESH_SECONDS": "3600",
        f"PANELS__{_NAME.upper()}__URL": f"{base}/panel/api/v2",
        f"PANELS__{_NAME.upper()}__KEY": _KEY,
    }


def _settings(environment: dict[str, str]) -> Settings:
    flat = {name.lower(): value for name, value in environment.items() if "__" not in name}
    panel = {name.rpartition("__")[2].lower(): value for name, value in environment.items() if "__" in name}
    return Settings.model_validate({**flat, "panels": {_NAME: panel}})


async def _by_hand_too(tx: Tx) -> None:
    """As operators settle it: it can be paid by hand."""
    await switches.note(tx, ways.INSTRUCTIONS, "Nordbank, account 12 345")
    await switches.note(tx, ways.switch_of(Gateway.BY_HAND), ways.ON)


async def _given(tx: Tx, start: Transfer, now: datetime) -> None:
    await wallet.write(tx, start, now)


async def _stocked(made: Settings, people: Sequence[int]) -> Offer:
    """Everybody has money, and the catalogue was read once; a service that can be canceled."""
    async with app.open_shop(made) as shop:
        now = app.utc_now()
        for panel, client in shop.panels.items():
            await panels.note_balance(shop, panel, await client.balance(), now)
            await catalogue.refresh(shop, panel, await client.services(), now)
        await shop.db.write(_by_hand_too)
        for person in people:
            await customers.greet(shop, person, "Somebody", None, "en", now)
            start = ledger.manual(f"s-{person}", person, START_MONEY, actor="proof", reason="a start")
            await shop.db.write(partial(_given, start=start, now=now))
        return next(
            offer
            for offer in shop.shelf.catalogue.offers.values()
            if offer.for_sale and offer.service.type == "default" and "Refill 30 days" in offer.service.name
        )
