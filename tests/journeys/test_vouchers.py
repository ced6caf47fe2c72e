"""Vouchers through the whole shop: made at the desk, redeemed in the chat and by link, guessed at, ended, killed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.vouchers import code_of, shown_code
from handlers.texts import MoneyStyle, Texts, load
from tests.journeys.killing import run_as_a_process
from tests.journeys.shopping import LINK, NORA, Market, eventually, market, next_answer, price_of, shown

ELIF = 4004


async def make(open_shop: Market, line: str) -> str:
    """A voucher's code as the operator copies it."""
    preview = await next_answer(open_shop.iris, f"/voucher {line}")
    await open_shop.iris.press("Make it", preview)
    made = await open_shop.iris.until(lambda m: m.id == preview.id and any(b["text"] == "Copy code" for b in m.buttons))
    return str(made.button("Copy code")["copy_text"]["text"])


async def test_a_code_is_redeemed_in_the_chat_and_once_for_each_customer(tmp_path: Path) -> None:
    async with market(tmp_path, money="0", friends={NORA: "Nora"}) as open_shop:
        mina, (nora,) = open_shop.mina, open_shop.friends
        code = await make(open_shop, "5 x2")
        await mina.say(f"/redeem {code.lower().replace('-', ' ')}")
        await mina.sees("5.00 USD came in")
        await mina.say(f"/redeem {code}")
        await mina.sees("used this voucher already")
        await nora.say(f"/redeem {code}")
        await nora.sees("5.00 USD came in")
        assert await open_shop.money() == (Decimal(5), Decimal(0))
        assert await open_shop.money(NORA) == (Decimal(5), Decimal(0))
        await open_shop.iris.sees("Used 0 of 2 times")
        listed = await next_answer(open_shop.iris, "/voucher")
        assert "2/2 · used up" in next(iter(listed.buttons))["text"]


async def test_a_link_brings_a_newcomer_in_with_money(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        code = await make(open_shop, "5")
        link = f"/start v_{code.replace('-', '')}"
        await open_shop.place.welcome(ELIF, "Elif")
        async with open_shop.place.phone(ELIF) as elif_here:
            await elif_here.say(link)
            await elif_here.sees("Welcome to Panelgram, Elif!")
            await elif_here.sees("5.00 USD came in")
        said = await open_shop.mina.say(link)
        await open_shop.mina.sees("cannot be redeemed", after=said)
        assert await open_shop.money() == (Decimal(10), Decimal(0))
        assert await open_shop.money(ELIF) == (Decimal(5), Decimal(0))


async def test_what_ended_brings_nothing_and_whoever_guesses_hears_nothing(tmp_path: Path) -> None:
    async with market(tmp_path, money="0") as open_shop:
        mina = open_shop.mina
        ended, open_one = await make(open_shop, "5 1d"), await make(open_shop, "7")
        await open_shop.plant("UPDATE vouchers SET expires_at = made_at WHERE expires_at IS NOT NULL")
        for code in (ended, *(shown_code(code_of(f"guess {n}")) for n in range(4))):
            answer = await next_answer(mina, f"/redeem {code}")
            assert "cannot be redeemed" in answer.text
        answer = await next_answer(mina, f"/redeem {open_one}")
        assert "too many tries" in answer.text
        assert await open_shop.money() == (Decimal(0), Decimal(0))
        await open_shop.plant("UPDATE voucher_misses SET at = at - 600001")
        await mina.say(f"/redeem {open_one}")
        await mina.sees("7.00 USD came in")
        assert await open_shop.money() == (Decimal(7), Decimal(0))


async def test_an_order_that_lacks_money_goes_on_with_a_voucher(tmp_path: Path) -> None:
    async with market(tmp_path, money="0.01") as open_shop:
        mina = open_shop.mina
        code = await make(open_shop, "10")
        price = price_of(open_shop.offer(), 1000)
        card = await open_shop.quote(open_shop.offer(), LINK, "1000")
        assert f"{shown(price - Decimal('0.01'))} short" in card.text
        await mina.press("Voucher", card)
        await mina.sees("code of your voucher")
        await mina.say(code)
        waits = await mina.sees("10.00 USD came in", "Your order waited for it")
        order = await open_shop.confirm(waits)
        await open_shop.card(order, "Pending")
        assert await open_shop.money() == (Decimal("10.01") - price, price)


async def test_a_shop_killed_after_it_redeemed_does_so_no_more_and_still_says_it(tmp_path: Path) -> None:
    async with run_as_a_process(tmp_path, money="0") as (open_shop, bot):
        code = await make(open_shop, "5 x5 each 5")
        await open_shop.place.telegram_faults(server_error={"methods": ["sendMessage"], "count": 1000})
        await open_shop.mina.say(f"/redeem {code}")
        await eventually(lambda: open_shop.rows("SELECT id FROM payments"))
        bot.kill()
        await bot.wait()
        await open_shop.place.telegram_faults(server_error=None)
        await bot.start()
        await open_shop.mina.sees("5.00 USD came in")
        assert "5.00 USD" in (await next_answer(open_shop.mina, "/wallet")).text
        assert await open_shop.money() == (Decimal(5), Decimal(0))
        (row,) = await open_shop.rows("SELECT used FROM vouchers")
        assert row["used"] == 1


@pytest.mark.parametrize("language", ["tr", "th"])
async def test_it_is_read_in_the_customers_language(tmp_path: Path, language: str) -> None:
    texts: Texts = load(MoneyStyle("USD", 4)).speak(language)
    async with market(tmp_path) as open_shop:
        code = await make(open_shop, "5")
        await open_shop.place.welcome(ELIF, "Elif", language=language)
        async with open_shop.place.phone(ELIF) as elif_here:
            await elif_here.say("/start")
            await elif_here.say("/redeem")
            await elif_here.until(lambda m: "ABCD-EFGH-JKLM-NPQR" in m.text)
            await elif_here.say("hello")
            await elif_here.sees(texts.plain("voucher.odd"))
            await elif_here.say(code)
            await elif_here.sees("5,00 USD" if language == "tr" else "5.00 USD")
            await elif_here.say(f"/redeem {code}")
            await elif_here.sees(texts.plain("voucher.mine"))
