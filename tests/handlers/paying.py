"""Paying at the counter: the shop is asked whether it may be paid, and hears that it was, update by update."""

from __future__ import annotations

import asyncio
from typing import Any

from telegram import Update

from tests.handlers.counter import Counter, Seen
from tests.kit import MINA


async def bills(shop: Counter, person: int = MINA) -> list[dict[str, Any]]:
    """The invoices in a person's chat, oldest first: message_id, title, description, total_amount."""
    async with shop.http.get(f"{shop.url}/chat/{person}/history") as answer:
        found = (await answer.json())["messages"]
    return [{**m["invoice"], "message_id": m["message_id"]} for m in found if m.get("invoice")]


async def pay(shop: Counter, message_id: int, person: int = MINA, **more: object) -> dict[str, Any]:
    """Pay the invoice of a message, and let the shop hear of everything that comes of it."""

    async def posted() -> dict[str, Any]:
        body = {"message_id": message_id, **more}
        async with shop.http.post(f"{shop.url}/chat/{person}/pay", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return dict(await answer.json())

    handled: list[Update] = []
    async with asyncio.TaskGroup() as group:
        payment = group.create_task(posted())
        while not payment.done():
            await shop.settle()
            handled += shop.handled
            await asyncio.sleep(0.005)
    await shop.settle()
    shop.handled[:0] = handled
    return payment.result()


async def bill_for(shop: Counter, label: str, person: int = MINA) -> dict[str, Any]:
    """From the wallet to an invoice of one of the quick amounts."""
    page = await shop.press("Add money", await shop.say("/wallet", person), person)
    amounts = await shop.press("Telegram Stars", page, person)
    await shop.press(label, amounts, person)
    return (await bills(shop, person))[-1]


async def news(shop: Counter, person: int = MINA) -> Seen:
    """Deliver what is due; the bot's newest message."""
    await shop.deliver()
    return await shop.last(person)
