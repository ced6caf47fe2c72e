"""Whole purchases in Turkish and in Thai, and a change of language in the middle of one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from handlers.texts import MoneyStyle, Texts, load
from tests.handlers.telegram_html import visible
from tests.journeys.kit import Phone, Seen
from tests.journeys.shopping import LINK, Market, leaf_to, market, price_of
from tests.kit import MINA

ELIF = 4004


def speaking(language: str) -> Texts:
    return load(MoneyStyle("USD", 4)).speak(language)


def amount(amount: Decimal, language: str) -> str:
    """An amount as written by hand in the language, two to four digits after the mark."""
    whole, _, digits = f"{amount:,.4f}".partition(".")
    point, group = (",", ".") if language == "tr" else (".", ",")
    return f"{whole.replace(',', group)}{point}{digits.rstrip('0').ljust(2, '0')} USD"


async def come_in(open_shop: Market, phone: Phone, welcome: str) -> None:
    await phone.say("/start")
    await phone.sees(welcome)
    await open_shop.iris.say(f"/credit {ELIF} 10 hosgeldin")
    await phone.sees("hosgeldin", "10")


async def to_quantity(open_shop: Market, phone: Phone, texts: Texts) -> Seen:
    """From the shelves to the question for the quantity, by the labels of the language."""
    service = open_shop.offer().service
    await phone.say("/order")
    shelves = await phone.sees(visible(texts.plain("browse.categories")).splitlines()[0])
    await phone.press(
        service.category, await leaf_to(phone, shelves, service.category, forward=texts.plain("menu.next"))
    )
    listed = await phone.until(lambda m: any(service.name[:20] in b["text"] for b in m.buttons))
    await phone.press(next(b["text"] for b in listed.buttons if service.name[:20] in b["text"]), listed)
    await phone.press(texts.plain("browse.order"), await phone.sees(service.name, texts.number(service.maximum)))
    await phone.until(lambda m: texts.plain("menu.cancel") in [b["text"] for b in m.buttons])
    said = await phone.say(LINK)
    return await phone.until(lambda m: m.from_bot and m.id > said and LINK in m.text)


@pytest.mark.parametrize(
    ("language", "welcome", "typed", "check", "placed", "over", "back"),
    [
        (
            "tr", "mağazasına hoş geldiniz, Elif!", "1.000", "Lütfen kontrol edip onaylayın", "Beklemede",
            "numaralı sipariş kısmen teslim edildi.", "cüzdanınıza döndü.",
        ),
        (
            "th", "ยินดีต้อนรับสู่ Panelgram คุณ Elif!", "1,000", "กรุณาตรวจสอบและยืนยัน", "รอดำเนินการ",
            "ส่งมอบบางส่วน", "คืนเข้ากระเป๋าเงินแล้ว",
        ),
    ],
    ids=["Turkish", "Thai"],
)  # fmt: skip
async def test_an_order_from_the_welcome_to_the_money_that_returns(
    tmp_path: Path, language: str, welcome: str, typed: str, check: str, placed: str, over: str, back: str
) -> None:
    texts = speaking(language)
    async with market(tmp_path) as open_shop:
        await open_shop.place.welcome(ELIF, "Elif", language=language)
        async with open_shop.place.phone(ELIF) as elif_here:
            await come_in(open_shop, elif_here, welcome)
            await to_quantity(open_shop, elif_here, texts)
            await elif_here.say(typed)
            price = price_of(open_shop.offer(), 1000)
            confirm = await elif_here.sees(check, amount(price, language), amount(Decimal(10), language), typed)
            await elif_here.press(texts.plain("confirm.yes"), confirm)
            card = await elif_here.until(lambda m: m.id == confirm.id and placed in m.text)
            number = int(card.text.split("#")[1].split()[0])
            upstream = (await open_shop.order(number)).upstream_id
            await open_shop.place.panel.set_order(upstream, status="Partial", remains=500)
            await elif_here.sees(over, back, f"#{number}")
            quarter = texts.percent(50)
            await elif_here.until(lambda m: m.id == confirm.id and quarter in m.text)
        assert all("Order" not in message.text for message in elif_here.messages.values() if message.from_bot)


async def test_a_change_of_language_in_mid_order_reaches_the_card_and_the_notices(tmp_path: Path) -> None:
    turkish = speaking("tr")
    async with market(tmp_path) as open_shop:
        await open_shop.place.welcome(ELIF, "Elif", language="tr-TR")
        async with open_shop.place.phone(ELIF) as elif_here:
            await come_in(open_shop, elif_here, "hoş geldiniz, Elif!")
            await to_quantity(open_shop, elif_here, turkish)
            said = await elif_here.say("/language")
            await elif_here.press("ไทย", await elif_here.sees("Dil", after=said))
            await elif_here.sees("ต้องการ จำนวน เท่าไร?", LINK)
            await elif_here.say("1,5k")
            confirm = await elif_here.sees("กรุณาตรวจสอบและยืนยัน", "อ่าน 1,5k เป็น 1,500")
            await elif_here.press("ยืนยัน", confirm)
            card = await elif_here.until(lambda m: m.id == confirm.id and "รอดำเนินการ" in m.text)
            assert str(datetime.now(UTC).year + 543) in card.text
            number = int(card.text.split("#")[1].split()[0])
            await open_shop.place.panel.set_order((await open_shop.order(number)).upstream_id, status="Completed")
            await elif_here.sees(f"คำสั่งซื้อ #{number} เสร็จสมบูรณ์แล้ว")
            assert "ภาษา" in str(await open_shop.place.journal("setMyCommands"))


async def test_a_choice_is_one_persons_alone(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        said = await open_shop.mina.say("/language")
        await open_shop.mina.press("Türkçe", await open_shop.mina.sees("Language", after=said))
        await open_shop.iris.say(f"/credit {MINA} 1 gift")
        await open_shop.mina.sees("Cüzdanınıza 1,00 USD eklendi.", "gift")
        await open_shop.iris.sees("Credited 1.00 USD", "gift")
