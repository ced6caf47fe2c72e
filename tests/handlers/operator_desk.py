"""An operator at the counter: their chat, orders that need a decision, and a second operator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bot.domain.orders import Order, OrderState
from tests.handlers.counter import Counter, Seen, counter
from tests.kit import IRIS, MINA, THEO, money


class Desk:
    """What the tests do as an operator; Theo is the second one."""

    def __init__(self, at: Counter) -> None:
        self.counter, self.bench = at, at.bench

    async def say(self, text: str, person: int = IRIS) -> Seen:
        return await self.counter.say(text, person)

    async def reply(self, message: Seen, text: str, person: int = IRIS) -> Seen:
        await self.counter.post(f"/chat/{person}/message", text=text, reply_to=message.id)
        await self.counter.settle()
        return await self.counter.last(person)

    async def press(self, label: str, message: Seen | None = None, person: int = IRIS) -> Seen:
        """Press; the pressed message as it is afterwards, or the newest one if that is newer."""
        return await self.counter.press(label, message, person)

    async def press_data_of(self, message: Seen, data: str, person: int = IRIS) -> Seen:
        """Press a button that may no longer be there."""
        return await self.counter.press_data(message, data, person)

    async def after(self, label: str, message: Seen, person: int = IRIS) -> Seen:
        """Press; the pressed message as it is afterwards."""
        await self.counter.press(label, message, person)
        return await self.counter.message(message.id, person)

    async def newest(self, words: str, person: int = IRIS) -> Seen:
        """The newest message that holds these words."""
        return next(seen for seen in reversed(await self.counter.history(person)) if words in seen.text)

    async def unknown_order(self, link: str = "https://framely.example/p/abc") -> Order:
        """An order whose reply was lost after the panel took it."""
        order = await self.bench.order(link=link)
        await self.bench.panel.fault("add", "reset_after")
        await self.bench.submit()
        lost = await self.bench.read(order.id)
        assert lost.state is OrderState.UNKNOWN
        return lost

    async def troubled_order(self, word: str = "Fail") -> Order:
        """An active order that the panel reports a failure of."""
        order = await self.bench.active_order()
        await self.bench.panel.set_order(order.upstream_id, status=word)
        self.bench.clock.forward(minutes=2)
        await self.bench.track()
        troubled = await self.bench.read(order.id)
        assert troubled.attention is not None
        return troubled

    async def placed_id(self) -> str:
        """The panel's id of the newest order it has."""
        return (await self.bench.panel.state())["orders"][0]["id"]


@asynccontextmanager
async def desk(folder: Path, alone: str | None = None, **settings: object) -> AsyncIterator[Desk]:
    """A shop with a customer who has 10.00, and two operators, each of whom may move `alone`."""
    async with counter(folder, operator_ids=f"{IRIS},{THEO}", **settings) as at:
        for person in (MINA, IRIS, THEO):
            await at.say("/start", person)
        await at.bench.credit("10")
        if alone is not None:
            shop = at.bench.shop
            at.bench.shop = replace(shop, terms=replace(shop.terms, second_operator_above=money(alone)))
            await at.restart()
        yield Desk(at)
