"""Many at once, and the shop in other clothes: another client, another currency, watched by a health check."""

from __future__ import annotations

import asyncio
from decimal import ROUND_CEILING, Decimal
from pathlib import Path

import aiohttp

from handlers.callbacks import BeginOrder
from tests.journeys.kit import Phone, free_port
from tests.journeys.shopping import LINK, market, next_answer, price_of, shown

CROWD = 30


async def test_thirty_customers_buy_at_the_same_moment_and_each_pays_for_one_order(tmp_path: Path) -> None:
    crowd = {2000 + n: f"Customer {n}" for n in range(CROWD)}
    async with market(tmp_path, friends=crowd, panel={"balance": "1000000"}) as open_shop:

        async def shopping(phone: Phone) -> str:
            link = f"https://framely.example/of/{phone.person}"
            order = await open_shop.buy(open_shop.offer(), link, "100", phone=phone)
            await open_shop.card(order, "Pending", phone=phone)
            return link

        links = await asyncio.gather(*map(shopping, open_shop.friends))
        assert sorted(add["params"]["link"] for add in await open_shop.adds()) == sorted(links)
        price = price_of(open_shop.offer(), 100)
        for phone in open_shop.friends:
            assert await open_shop.money(phone.person) == (10 - price, price)


async def test_one_customer_who_types_faster_than_anybody_reads_gets_every_answer_in_order(tmp_path: Path) -> None:
    """All answers are sent before the first question was shown."""
    async with market(tmp_path) as open_shop:
        await open_shop.press(BeginOrder(open_shop.offer().number))
        for answer in ("not a link", LINK, "not a number"):
            await open_shop.mina.say(answer)
        said = await open_shop.mina.say("100")
        card = await open_shop.mina.sees("Please check and confirm", after=said)
        assert f"Link: {LINK}" in card.text


async def test_a_file_where_text_is_asked_for_leaves_the_question_open(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        await open_shop.press(BeginOrder(open_shop.offer().number))
        sent = await open_shop.mina.send_file(b"https://framely.example/p/abc", caption=LINK)
        await open_shop.mina.sees("Please send this as a text message.", after=sent)
        assert "What quantity?" in (await next_answer(open_shop.mina, LINK)).text


async def test_an_answer_that_is_edited_afterwards_changes_nothing(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        mina = open_shop.mina
        card = await open_shop.quote(open_shop.offer(), LINK, "100")
        typed = next(message.id for message in mina.messages.values() if message.text == "100")
        await mina.edit(typed, "5000")
        order = await open_shop.confirm(card)
        await open_shop.card(order, "Pending", "Quantity: 100")
        assert [add["params"]["quantity"] for add in await open_shop.adds()] == ["100"]


async def test_the_library_s_own_http_client_carries_the_same_journey(tmp_path: Path) -> None:
    async with market(tmp_path, telegram_client="httpx") as open_shop:
        order = await open_shop.buy()
        await open_shop.card(order, "Pending")
        assert len(await open_shop.adds()) == 1


async def test_a_shop_with_two_decimals_rounds_a_price_up_to_them(tmp_path: Path) -> None:
    async with market(tmp_path, money_decimals=2, markup_percent=10) as open_shop:
        card = await open_shop.quote(open_shop.offer(), LINK, "100")
        exact = open_shop.offer().service.rate / 10 * Decimal("1.1")
        price = exact.quantize(Decimal("0.01"), ROUND_CEILING)
        assert price > exact
        assert f"Price: {shown(price)}" in card.text
        await open_shop.confirm(card)
        assert await open_shop.money() == (10 - price, price)


async def test_a_watched_shop_says_that_it_is_well(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    async with (
        market(tmp_path, web_listen=address),
        aiohttp.ClientSession() as http,
        http.get(f"http://{address}/healthz") as answer,
    ):
        assert answer.status == 200
        assert await answer.json() == {"database": True, "pollers": True, "ledger": True}
