"""What tests of the engine and above share: a real database, real panels over HTTP, and a clock set by hand."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from bot import app
from bot.config import Settings
from bot.domain.catalog import Service
from bot.domain.inputs import RULES
from bot.domain.money import Money, exact, parse_decimal
from bot.domain.orders import Order, Quote
from bot.engine import audit, catalogue, customers, desk, fulfilment, ordering, panels, quoting, tracking
from bot.engine.shop import Shop
from bot.panels.outcomes import AddOutcome
from bot.sandbox.panel import Dialect, PanelConfig, serve_panel
from prove.people import SandboxPanel as SandboxPanel
from storage import orders, wallet
from storage.wallet import Balances
from tests import databases

MINA, THEO, IRIS = 1001, 1002, 9001
KEY = "a-panel-key"
LINK = "https://framely.example/p/abc"
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_updates = itertools.count(1)


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **parts: float) -> datetime:
        self.time += timedelta(**parts)
        return self.time


def answers_for(service: Service, link: str = LINK) -> dict[str, str]:
    """What a customer might answer to everything a service asks, no more than it must be."""
    fewest = range(service.minimum)
    given = {
        "link": link,
        "quantity": str(service.minimum),
        "comments": "\n".join(f"Comment {n}, with a comma" for n in fewest),
        "usernames": "\n".join(f"mina{n}" for n in fewest),
        "username": "mina",
        "hashtags": "#travel\n#sunny",
        "hashtag": "travel",
        "media": "https://framely.example/p/media",
        "keywords": "used bicycles\nbicycle repair",
        "answer_number": "2",
        "groups": "https://nestchat.example/g/one\nThe Other Group",
    }
    return {field.value: given[field.value] for field in RULES[service.type].asks}


class Bench:
    """A shop on a workbench: verbs with the clock filled in, and a customer with money."""

    def __init__(self, shop: Shop, panels: dict[str, SandboxPanel], clock: Clock) -> None:
        self.shop, self.panels, self.clock = shop, panels, clock

    @property
    def panel(self) -> SandboxPanel:
        return next(iter(self.panels.values()))

    async def refresh(self) -> None:
        for name, client in self.shop.panels.items():
            await panels.note_balance(self.shop, name, await client.balance(), self.clock())
            await catalogue.refresh(self.shop, name, await client.services(), self.clock())

    async def customer(self, amount: str = "10", person: int = MINA) -> int:
        await customers.greet(self.shop, person, "Mina", "mina", "en", self.clock())
        if amount != "0":
            await self.credit(amount, person)
        return person

    async def credit(self, amount: str, person: int = MINA) -> Balances:
        money = exact(parse_decimal(amount))
        return await desk.move_money(
            self.shop, next(_updates), IRIS, person, money, "a test", self.clock(), credit=True
        )

    def service(self, kind: str = "default", panel: str | None = None) -> int:
        """The number of the first service of a type that is for sale."""
        for offer in self.shop.shelf.catalogue.offers.values():
            if offer.for_sale and offer.service.type == kind and panel in (None, offer.service.panel):
                return offer.number
        raise LookupError(kind)

    async def quote(self, service: int | None = None, person: int = MINA, link: str = LINK, **answers: str) -> Any:
        number = self.service() if service is None else service
        offer = self.shop.shelf.catalogue.offers[number]
        given = {**answers_for(offer.service, link), **answers}
        if offer.service.type == "default" and "quantity" not in answers:
            given["quantity"] = str(max(offer.service.minimum, 100))
        return await quoting.make_quote(self.shop, person, next(_updates), number, given, self.clock())

    async def order(self, service: int | None = None, person: int = MINA, link: str = LINK, **answers: str) -> Order:
        return await self.order_of(await self.quote(service, person, link, **answers))

    async def order_of(self, quote: Quote) -> Order:
        """The order that a confirm of this quote makes, or finds."""
        return (await ordering.place_order(self.shop, quote.token, quote.customer_id, None, self.clock())).order

    async def submit(self, panel: str | None = None) -> Order | None:
        """Claim, send and record one order."""
        name = panel or self.panel.name
        claimed = await fulfilment.claim(self.shop, name, self.clock())
        if claimed is None:
            return None
        outcome: AddOutcome = await self.shop.panels[name].add(claimed.request)
        return await fulfilment.record(self.shop, claimed, outcome, self.clock())

    async def active_order(self, **answers: str) -> Order:
        order = await self.order(**answers)
        assert await self.submit() is not None
        return await self.read(order.id)

    async def track(self, panel: str | None = None) -> None:
        """One status round."""
        name = panel or self.panel.name
        found = await tracking.due(self.shop, name, self.clock())
        answer = await self.shop.panels[name].status([o.upstream_id for o in found if o.upstream_id])
        by_upstream = {order.upstream_id: order.id for order in found}
        await tracking.apply(self.shop, {by_upstream[i]: report for i, report in answer.items()}, self.clock())

    async def read(self, order_id: int) -> Order:
        found = await self.shop.db.read(lambda tx: orders.get(tx, order_id))
        assert found is not None
        return found

    async def money(self, person: int = MINA) -> Balances:
        return await self.shop.db.read(lambda tx: wallet.balances(tx, person))

    async def sound(self) -> None:
        report = await audit.audit_shop(self.shop)
        assert report.sound, report.violations


def money(text: str) -> Money:
    return exact(parse_decimal(text))


def settings(folder: Path, panels: dict[str, str], **more: object) -> Settings:
    return Settings.model_validate(
        {
            "bot_token": "100001:test-token",
            "operator_ids": str(IRIS),
            "database_url": databases.address(folder),
            "receipts_dir": folder,
            "panels": {name: {"url": f"{url}/api/v2", "key": KEY} for name, url in panels.items()},
            **more,
        }
    )


@asynccontextmanager
async def sandbox_panels(
    dialects: Sequence[Dialect] = (Dialect.FIXEDMEMBER,), **config: Any
) -> AsyncIterator[dict[str, SandboxPanel]]:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        found = {}
        for seed, dialect in enumerate(dialects, 1):
            made = PanelConfig(name=dialect.value, dialect=dialect, key=KEY, seed=seed, seconds_per_step=None)
            url = await stack.enter_async_context(serve_panel(replace(made, **config)))
            found[dialect.value] = SandboxPanel(dialect.value, url, http)
        yield found


@asynccontextmanager
async def bench(
    folder: Path, dialects: Sequence[Dialect] = (Dialect.FIXEDMEMBER,), *, refresh: bool = True, **more: object
) -> AsyncIterator[Bench]:
    """The real engine on a new database, with sandbox panels that move only by hand."""
    async with sandbox_panels(dialects) as panels:
        made = settings(folder, {name: panel.url for name, panel in panels.items()}, **more)
        async with app.open_shop(made) as shop:
            on_bench = Bench(shop, panels, Clock())
            if refresh:
                await on_bench.refresh()
            yield on_bench
