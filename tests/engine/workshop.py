"""The engine on a real database without any network: panels' answers and outcomes are handed in by the test."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from bot.domain.catalog import Service
from bot.domain.orders import Order, Status, StatusReport
from bot.engine import catalogue, fulfilment, panels, tracking
from bot.engine.fulfilment import Claim
from bot.engine.shelf import Shelf
from bot.engine.shop import PanelTerms, Shop, Terms
from bot.panels.outcomes import AddOutcome, Lost, Placed
from bot.panels.wire_requests import Balance
from bot.panels.wire_services import ServicesAnswer
from bot.wire.reasons import HttpFacts, LostReason
from storage.database import Database, Row, Value
from storage.instance import next_epoch
from storage.migrate import migrate
from tests import databases
from tests.kit import IRIS, LINK, Bench, Clock

NORD, SUED = "nord", "sued"
SETTLE = timedelta(seconds=300)
LIKES = Service(NORD, "1", "Framely Likes", "default", "Framely", Decimal("0.9"), 10, 100_000)
BOOST = Service(NORD, "2", "Framely Boost", "package", "Framely", Decimal("2.5"), 1, 1)
WORDS = Service(NORD, "3", "Framely Comments", "custom comments", "Framely", Decimal(10), 2, 100)
OTHER = Service(SUED, "1", "Framely Views", "default", "Framely", Decimal("0.2"), 100, 100_000)


def report(word: str, remains: int | None = None, *, over: int = 0, **more: object) -> StatusReport:
    """A status report as the decoder makes it; a word that is no status of ours stays unknown."""
    known = {status.value: status for status in Status}
    return replace(StatusReport(word, known.get(word), remains=remains, over=over), **more)  # type: ignore[arg-type]


DONE = report("Completed", 0)
RUNNING = report("In progress", 600, start_count=17)
SHORT = report("Partial", 400)
CANCELED = report("Canceled", 1000)


class Workshop(Bench):
    """The bench without panels: `shop.panels` is empty, and what they would say comes from the test."""

    #: Of orders that went upstream: how many outcomes of each were handed in.
    _upstream = itertools.count(70_001)

    async def list_services(self, *services: Service, panel: str = NORD) -> catalogue.Refreshed:
        return await catalogue.refresh(self.shop, panel, ServicesAnswer(services), self.clock())

    async def balance(self, amount: str = "100", currency: str = "USD", panel: str = NORD) -> None:
        await panels.note_balance(self.shop, panel, Balance(Decimal(amount), currency), self.clock())

    def number(self, service: Service) -> int:
        return self.shop.shelf.stored[service.panel][service.id].number

    async def claim(self, panel: str = NORD) -> Claim:
        claimed = await self.try_claim(panel)
        assert claimed is not None
        return claimed

    async def try_claim(self, panel: str = NORD) -> Claim | None:
        return await fulfilment.claim(self.shop, panel, self.clock())

    async def claimed(self, link: str = LINK) -> Claim:
        """An order of a customer with money, about to be sent."""
        await self.customer("10")
        await self.order(self.number(LIKES), link=link, quantity="1000")
        return await self.claim()

    async def record(self, claimed: Claim, outcome: AddOutcome) -> Order:
        return await fulfilment.record(self.shop, claimed, outcome, self.clock())

    async def sent(self, service: Service = LIKES, link: str = LINK, **answers: str) -> Order:
        """An active order."""
        await self.order(self.number(service), link=link, **answers)
        return await self.record(await self.claim(service.panel), Placed(str(next(self._upstream)), HttpFacts(200)))

    async def unknown(self, link: str = LINK) -> Order:
        await self.order(self.number(LIKES), link=link)
        return await self.record(await self.claim(), Lost(LostReason.TIMEOUT, HttpFacts()))

    async def tell(self, order: Order, said: StatusReport, **later: float) -> Order:
        """Apply a report, after some time."""
        self.clock.forward(**later)
        await tracking.apply(self.shop, {order.id: said}, self.clock())
        return await self.read(order.id)

    async def settled(self, order: Order, said: StatusReport) -> Order:
        """Apply a report that returns money, twice and far enough apart."""
        await self.tell(order, said)
        return await self.tell(order, said, seconds=300)

    async def rows(self, sql: str, *args: Value) -> list[Row]:
        return await self.shop.db.read(lambda tx: tx.all(sql, *args))

    async def sql(self, sql: str, *args: Value) -> int:
        return await self.shop.db.write(lambda tx: tx.run(sql, *args))

    async def notices(self, chat: int) -> list[str]:
        rows = await self.rows("SELECT kind FROM notices WHERE chat_id = $1 ORDER BY id", chat)
        return [row["kind"] for row in rows]

    async def alerts(self, *, closed: bool = False) -> list[str]:
        state = "NOT NULL" if closed else "NULL"
        return [r["key"] for r in await self.rows(f"SELECT key FROM alerts WHERE closed_at IS {state} ORDER BY id")]

    async def entries(self, order: Order) -> dict[str, int]:
        rows = await self.rows(
            "SELECT kind, SUM(amount) AS a FROM transfers WHERE order_id = $1 GROUP BY kind", order.id
        )
        return {row["kind"]: row["a"] for row in rows}

    async def attempts(self, order: Order) -> list[str]:
        rows = await self.rows("SELECT outcome FROM attempts WHERE order_id = $1 ORDER BY number", order.id)
        return [row["outcome"] for row in rows]


TERMS = Terms(
    name="Panelgram", currency="USD", decimals=4, markup_percent=Decimal(25), exchange_rates={"EUR": Decimal("1.1")},
    operator_ids=(IRIS, IRIS + 1), panels={NORD: PanelTerms(), SUED: PanelTerms()}, settle=SETTLE,
)  # fmt: skip


async def open_shop(db: Database, terms: Terms = TERMS) -> Shop:
    """What a start does, short of the panels: migrate, count the epoch, recover, load."""
    await migrate(db)
    tokens = itertools.count(1)
    epoch = await db.write(next_epoch)
    return Shop(db, {}, terms, Shelf(), epoch, new_token=lambda: f"token-{epoch}-{next(tokens)}")


@asynccontextmanager
async def workshop(
    folder: Path, terms: Terms = TERMS, services: Iterable[Service] = (LIKES, BOOST, WORDS)
) -> AsyncIterator[Workshop]:
    """A shop with two panels in the shop's currency, the first with a small catalogue."""
    async with await Database.open(databases.address(folder)) as db:
        bench = Workshop(await open_shop(db, terms), {}, Clock())
        for panel in terms.panels:
            await bench.balance(panel=panel)
        await bench.list_services(*services)
        yield bench
