"""Shopping as people do it: an open shop with stock and a customer with money, and the verbs journeys are made of."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any, TypeVar

from bot import app
from bot.config import Settings
from bot.domain import wallet as ledger
from bot.domain.catalog import Offer
from bot.domain.money import exact, parse_decimal
from bot.domain.orders import Order
from bot.engine import catalogue, customers, panels
from bot.engine.audit import audit
from bot.sandbox.panel import Dialect
from bot.transport.limits import Pace
from handlers.callbacks import BeginOrder, Button
from storage import orders, wallet
from storage.database import Database, Row, Tx, Value
from storage.wallet import Balances
from tests.journeys.kit import PATIENCE_SECONDS, Phone, Seen, Street, open_for_business, street
from tests.kit import IRIS, MINA, SandboxPanel

T = TypeVar("T")
LINK = "https://framely.example/p/abc"
MARKUP = Decimal("1.25")
NOBODY: Mapping[int, str] = {}
#: People who are not in town until a journey brings them.
NORA, PAVEL, OTTO = 1101, 1102, 9002


def price_of(offer: Offer, quantity: int, markup: Decimal = MARKUP) -> Decimal:
    """What the shop must ask, worked out here anew: rate per thousand (or whole), markup, rounded up to four digits."""
    units = Decimal(1) if "package" in offer.service.type else Decimal(quantity) / 1000
    return (offer.service.rate * units * markup).quantize(Decimal("0.0001"), ROUND_CEILING)


def shown(amount: Decimal) -> str:
    """An amount as the English texts write it: two to four digits after the point."""
    whole, _, digits = f"{amount:,.4f}".partition(".")
    return f"{whole}.{digits.rstrip('0').ljust(2, '0')} USD"


async def eventually(look: Callable[[], Awaitable[T]]) -> T:
    """Wait for a fact that rings no bell of its own: the first true answer."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.02)


class Market:
    """An open shop, its outside world, and the people in it."""

    def __init__(self, place: Street, made: Settings, offers: Sequence[Offer], phones: Sequence[Phone]) -> None:
        self.place, self.settings, self.offers = place, made, offers
        self.mina, self.iris, *self.friends = phones
        #: Closes the shop before its time; its outside world goes on.
        self.close: Callable[[], Awaitable[None]] = _closed_already

    # The stock --------------------------------------------------------------------------------------

    def offer(self, kind: str = "default", panel: str | None = None, name: str = "") -> Offer:
        """The first service of a type that is for sale."""
        for offer in self.offers:
            fits = offer.service.type == kind and panel in (None, offer.service.panel) and name in offer.service.name
            if offer.for_sale and fits:
                return offer
        raise LookupError(kind)

    # Chatting ---------------------------------------------------------------------------------------

    async def press(self, button: Button, phone: Phone | None = None) -> Seen:
        """Press a button that stands under no message now, as if it came from the oldest one."""
        who = phone or self.mina
        oldest = who.messages[min(m.id for m in who.messages.values() if m.from_bot)]
        await who.press_data(oldest, button.pack())
        return oldest

    async def quote(self, offer: Offer, *answers: str, phone: Phone | None = None) -> Seen:
        """Answer every question of an order; the confirm card."""
        who = phone or self.mina
        message = await self.press(BeginOrder(offer.number), who)
        said = message.id
        for answer in answers:
            await who.until(lambda m, said=said: m.from_bot and m.id >= said and _asks(m))
            said = await who.say(answer)
        return await who.until(lambda m: m.from_bot and m.id > said and "Please check and confirm" in m.text)

    async def buy(self, offer: Offer | None = None, *answers: str, phone: Phone | None = None) -> int:
        """From the service to a placed order; its number. A Default service for 100 pieces where nothing is said."""
        wanted = offer or self.offer()
        card = await self.quote(wanted, *(answers or (LINK, "100")), phone=phone)
        return await self.confirm(card, phone)

    async def confirm(self, card: Seen, phone: Phone | None = None) -> int:
        """Press Confirm; the order's number from the card that the message becomes."""
        who = phone or self.mina
        await who.press("Confirm", card)
        placed = await who.until(lambda m: m.id == card.id and "Order #" in m.text)
        return number_on(placed)

    async def card(self, order: int, *words: str, phone: Phone | None = None) -> Seen:
        """Wait until the order's card shows all these words."""
        return await (phone or self.mina).until(
            lambda m: m.from_bot and m.text.startswith(f"Order #{order}\n") and all(word in m.text for word in words)
        )

    async def active(self, *answers: str, offer: Offer | None = None) -> tuple[int, str]:
        """An order that a panel has taken: its number and the panel's."""
        order = await self.buy(offer, *answers)
        await self.card(order, "Pending")
        upstream = (await self.order(order)).upstream_id
        assert upstream is not None
        return order, upstream

    # Looking behind the counter ---------------------------------------------------------------------

    async def read(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """One look into the shop's database, from outside."""
        async with await Database.open(self.settings.database_url) as db:
            return await db.read(work)

    async def rows(self, sql: str) -> Sequence[Row]:
        return await self.read(lambda tx: tx.all(sql))

    async def plant(self, sql: str, *values: Value) -> None:
        """Change the database behind the shop's back."""
        await plant_in(self.settings.database_url, sql, *values)

    async def order(self, number: int) -> Order:
        found = await self.read(lambda tx: orders.get(tx, number))
        assert found is not None
        return found

    async def money(self, person: int = MINA) -> tuple[Decimal, Decimal]:
        """What a customer can spend, and what is held."""
        found: Balances = await self.read(lambda tx: wallet.balances(tx, person))
        return found.available.decimal, found.held.decimal

    async def transfers(self, order: int) -> list[tuple[str, Decimal]]:
        """Kind and amount of every ledger entry of an order, in their order."""
        rows = await self.rows(f"SELECT kind, amount FROM transfers WHERE order_id = {order} ORDER BY at, id")
        return [(row["kind"], Decimal(row["amount"]) / 10**6) for row in rows]

    async def alerts(self, kind: str) -> list[dict[str, Any]]:
        """The facts of every alert of a kind, open or closed."""
        rows = await self.rows(f"SELECT facts FROM alerts WHERE kind = '{kind}' ORDER BY id")
        return [json.loads(row["facts"]) for row in rows]

    async def sound(self) -> None:
        """The ledger keeps every promise."""
        async with await Database.open(self.settings.database_url) as db:
            report = await audit(db)
        assert report.sound, report.violations

    async def adds(self, panel: SandboxPanel | None = None) -> list[dict[str, Any]]:
        """Every `add` a panel received, with what it made of it."""
        return await self.place.requests(panel or self.place.panel, "add")


async def plant_in(url: str, sql: str, *values: Value) -> None:
    """Change a database behind the shop's back, as time, a crash or a fault would have."""
    async with await Database.open(url) as db:
        await db.write(lambda tx: tx.run(sql, *values))


async def _closed_already() -> None:
    """Nothing to close."""


def _asks(message: Seen) -> bool:
    """Whether it is a question of an order: each can be left, and leads to the one before."""
    return has(message, "« Back") and has(message, "Cancel")


def number_on(card: Seen) -> int:
    """The order number a card shows."""
    return int(card.text.split("#")[1].split()[0])


async def stocked(
    place: Street, money: str = "10", people: Iterable[int] = (MINA,), **more: object
) -> tuple[Settings, Sequence[Offer]]:
    """Make a database in which the catalogue was read once and people have money; nobody is told of it."""
    made = place.settings(**more)
    async with app.open_shop(made) as shop:
        now = app.utc_now()
        for panel, client in shop.panels.items():
            await panels.note_balance(shop, panel, await client.balance(), now)
            await catalogue.refresh(shop, panel, await client.services(), now)
        for person in people:
            await customers.greet(shop, person, "Somebody", None, "en", now)
            if money != "0":
                amount = exact(parse_decimal(money))
                start = ledger.manual(f"seed-{person}", person, amount, actor="a test", reason="a start")
                await shop.db.write(lambda tx, start=start: wallet.write(tx, start, now))
        return made, tuple(shop.shelf.catalogue.offers.values())


@asynccontextmanager
async def market(
    folder: Path,
    money: str = "10",
    dialects: Sequence[Dialect] = (Dialect.FIXEDMEMBER,),
    panel: dict[str, Any] | None = None,
    friends: Mapping[int, str] = NOBODY,
    pace: Pace | None = None,
    **more: object,
) -> AsyncIterator[Market]:
    """The real shop, open, between its sandboxes; its ledger is audited at the end.

    `money` is what Mina and each of the `friends`, who are new in town, have.
    """
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(street(folder, dialects, **(panel or {})))
        for person, name in friends.items():
            await place.welcome(person, name)
        made, offers = await stocked(place, money, (MINA, *friends), **more)
        phones = [await stack.enter_async_context(place.phone(person)) for person in (MINA, IRIS, *friends)]
        for phone in phones:
            await phone.say("/start")  # nobody is spoken to who has not spoken first
        opened = Market(place, made, offers, phones)
        async with AsyncExitStack() as hours:
            opened.close = hours.aclose
            await hours.enter_async_context(open_for_business(made, pace))
            for phone in phones:
                await phone.sees("Balance:")
            yield opened
        await opened.sound()


async def resolve(iris: Phone, *presses: str) -> Seen:
    """`/resolve`, then one button after the other; the message the last press was under."""
    said = await iris.say("/resolve")
    message = await iris.until(lambda m: m.from_bot and m.id > said and "Decision 1 of" in m.text)
    for label in presses:
        await iris.until(lambda m, label=label: m.id == message.id and has(m, label))
        await iris.press(label, iris.messages[message.id])
    return message


def has(message: Seen, label: str) -> bool:
    """Whether a button of this label stands under a message."""
    return any(label.casefold() in button["text"].casefold() for button in message.buttons)


async def leaf_to(phone: Phone, page: Seen, label: str, meets_no_more: str = "", forward: str = "Next »") -> Seen:
    """Leaf on until a button of this label is there, or to the last page."""
    while not has(page, label):
        assert not meets_no_more or not has(page, meets_no_more)
        if not has(page, forward):
            break
        before = page
        await phone.press(forward, before)
        page = await phone.until(lambda m, before=before: m.id == before.id and m.text != before.text)
    return page


async def next_answer(phone: Phone, text: str) -> Seen:
    """Say something and wait for the bot's next new message."""
    said = await phone.say(text)
    return await phone.until(lambda m: m.from_bot and m.id > said)
