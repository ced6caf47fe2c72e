"""A shop behind the counter, without Telegram and without a network: the real engine on the real storage.

What panels answer is handed in by the row; everything else, from the migrations on, is the product's own.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bot.domain import wallet as ledger
from bot.domain.catalog import Service
from bot.domain.money import Money
from bot.domain.orders import Order, Quote
from bot.engine import audit, catalogue, customers, ordering, quoting
from bot.engine import panels as known
from bot.engine.shelf import Shelf
from bot.engine.shop import PanelTerms, Shop, Terms
from bot.panels.client import PanelClient
from bot.panels.wire_requests import Balance
from bot.panels.wire_services import ServicesAnswer
from prove.postgres import server
from storage import orders, quotes, wallet
from storage.database import Database, Kind, Tx
from storage.instance import next_epoch
from storage.migrate import migrate

PANEL: Final = "nord"
OPERATOR: Final = 9001
START: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LIKES: Final = Service(PANEL, "1", "Framely Likes", "default", "Framely", Decimal("0.9"), 10, 100_000)
SETTLE: Final = timedelta(seconds=300)
TERMS: Final = Terms(
    name="Panelgram", currency="USD", decimals=4, markup_percent=Decimal(25), exchange_rates={},
    operator_ids=(OPERATOR,), panels={PANEL: PanelTerms()}, settle=SETTLE,
)  # fmt: skip
_TOGETHER: Final = 500


@contextmanager
def address(kind: Kind, folder: Path) -> Iterator[str]:
    """The address of an empty database of a kind. Raises Lacking where there can be none."""
    if kind is Kind.SQLITE:
        yield f"sqlite:///{folder / 'shop.db'}"
    else:
        with server(folder) as url:
            yield url


@dataclass(frozen=True, slots=True)
class Counter:
    """A shop that sells one service."""

    shop: Shop

    @property
    def service(self) -> int:
        """The shop's number of what it sells."""
        return self.shop.shelf.stored[PANEL][LIKES.id].number

    async def customer(self, person: int, money: Money) -> None:
        """Somebody who has so much."""
        await customers.greet(self.shop, person, "Mina", None, "en", START)
        given = ledger.manual(f"start-{person}", person, money, actor=str(OPERATOR), reason="a start")
        await self.shop.db.write(lambda tx: wallet.write(tx, given, START))

    async def quote(self, person: int, number: int, quantity: int = 1000, now: datetime = START) -> Quote:
        """A quote by the shop's own verb; its number is unique and decides the link."""
        answers = {"link": f"https://framely.example/p/{number}", "quantity": str(quantity)}
        return await quoting.make_quote(self.shop, person, number, self.service, answers, now)

    async def quotes(self, person: int, numbers: Sequence[int]) -> list[Quote]:
        """One quote by the verb, the others as it would have stored them: nobody weighs thousands one by one."""
        first = await self.quote(person, numbers[0])
        made = [first] + [
            replace(
                first, token=self.shop.new_token(),
                answers={**first.answers, "link": f"https://framely.example/p/{number}"},
            )
            for number in numbers[1:]
        ]  # fmt: skip
        for start in range(1, len(made), _TOGETHER):
            await self._store(made[start : start + _TOGETHER], numbers[start : start + _TOGETHER])
        return made

    async def confirm(self, quote: Quote) -> Order:
        """The order that a quote becomes."""
        return (await ordering.place_order(self.shop, quote.token, quote.customer_id, None, START)).order

    async def order(self, number: int) -> Order:
        """The order of this number. Raises LookupError."""
        found = await self.shop.db.read(lambda tx: orders.get(tx, number))
        if found is None:
            raise LookupError(number)
        return found

    async def sound(self) -> list[str]:
        """What an audit finds, a line for each invariant that does not hold."""
        report = await audit.audit(self.shop.db)
        return [f"{found.name} is broken: {', '.join(found.offenders)}" for found in report.violations]

    async def count(self, sql: str, *args: int | str) -> int:
        """The one number that a statement gives under the name `n`."""
        row = await self.shop.db.read(lambda tx: tx.one(sql, *args))
        return int(row["n"]) if row else 0

    async def _store(self, some: Sequence[Quote], numbers: Sequence[int]) -> None:
        async def work(tx: Tx) -> None:
            for quote, number in zip(some, numbers, strict=True):
                await quotes.add(tx, quote, number, START)

        await self.shop.db.write(work)


@asynccontextmanager
async def counter(
    url: str, terms: Terms = TERMS, panels: Mapping[str, PanelClient] = MappingProxyType({})
) -> AsyncIterator[Counter]:
    """Open a shop on a database, making its schema and its catalogue where they are not there yet."""
    async with await Database.open(url) as db:
        await migrate(db)
        epoch = await db.write(next_epoch)
        tokens = itertools.count(1)
        shop = Shop(db, panels, terms, Shelf(), epoch, new_token=lambda: f"token-{epoch}-{next(tokens)}")
        await known.note_balance(shop, PANEL, Balance(Decimal(1_000_000), "USD"), START)
        await catalogue.refresh(shop, PANEL, ServicesAnswer((LIKES,)), START)
        yield Counter(shop)
