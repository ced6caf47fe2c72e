"""One order of every sold type, bought through the chat and followed to its end; lists pasted or sent as a file."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.catalog import Offer
from bot.domain.inputs import RULES, Count
from bot.sandbox.panel import Dialect
from handlers.callbacks import BeginOrder
from tests.journeys.shopping import LINK, market, price_of, shown
from tests.kit import answers_for


def units_of(offer: Offer) -> int:
    """What the fewest answers of a service amount to."""
    return 1 if RULES[offer.service.type].count is Count.ONE else offer.service.minimum


@pytest.mark.parametrize("dialect", Dialect)
async def test_every_sold_type_is_bought_and_completed(tmp_path: Path, dialect: Dialect) -> None:
    async with market(tmp_path, money="500", dialects=[dialect]) as open_shop:
        spent, bought = Decimal(0), {}
        for place, kind in enumerate(RULES):
            offer = open_shop.offer(kind)
            answers = answers_for(offer.service, f"{LINK}/{place}")
            confirm = await open_shop.quote(offer, *answers.values())
            price = price_of(offer, units_of(offer))
            assert f"Price: {shown(price)}" in confirm.text
            number = await open_shop.confirm(confirm)
            bought[number] = {"service": offer.service.id, "quantity": str(units_of(offer)), **answers}
            spent += price
        for number in bought:
            await open_shop.card(number, "Pending")
            upstream = (await open_shop.order(number)).upstream_id
            await open_shop.place.panel.set_order(upstream, status="Completed")
        for number in bought:
            await open_shop.card(number, "Completed", "100%")
        sent = [add["params"] for add in await open_shop.adds()]
        assert sorted(sent, key=lambda params: params["link"]) == sorted(bought.values(), key=lambda p: p["link"])
        assert await open_shop.money() == (Decimal(500) - spent, Decimal(0))


@pytest.mark.parametrize("client", ["aiohttp", "httpx"])
async def test_replies_sent_as_a_text_file_are_the_replies_the_panel_gets(tmp_path: Path, client: str) -> None:
    async with market(tmp_path, telegram_client=client) as open_shop:
        offer, mina = open_shop.offer("comment replies"), open_shop.mina
        replies = [f"Reply {number}, จริงๆ 😍" for number in range(offer.service.minimum)]
        asked = await open_shop.press(BeginOrder(offer.number))
        for answer in (LINK, "@mina"):
            said = await mina.say(answer)
            asked = await mina.until(lambda m, said=said: m.from_bot and m.id > said)
        assert "Send the replies" in asked.text
        await mina.send_file(("\r\n\r\n".join(replies) + "\r\n").encode("utf-8-sig"))
        confirm = await mina.sees("Please check and confirm", "I read list.txt.")
        assert f"Quantity: {len(replies)}" in confirm.text
        await open_shop.card(await open_shop.confirm(confirm), "Pending")
        [sent] = [add["params"] for add in await open_shop.adds()]
        assert (sent["username"], sent["comments"]) == ("mina", "\n".join(replies))
