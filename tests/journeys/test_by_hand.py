"""Paying by hand from the instructions to the money, through the whole shop: approved, refused, at once, killed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.topups import Gateway
from bot.engine import ways
from handlers.callbacks import AddMoney
from handlers.texts import MoneyStyle, Texts, load
from tests.journeys.killing import run_as_a_process
from tests.journeys.kit import Phone, Seen
from tests.journeys.shopping import LINK, OTTO, Market, eventually, has, market, next_answer, price_of, shown
from tests.kit import IRIS, MINA
from tests.pictures import picture

NORDBANK = "Nordbank, account <b>12 345</b>"
ELIF = 4004


async def open_by_hand(open_shop: Market) -> None:
    """As operators settle it in their own screens."""
    insert = "INSERT INTO switches (name, value) VALUES ($1, $2)"
    await open_shop.plant(insert, ways.INSTRUCTIONS, NORDBANK)
    await open_shop.plant(insert, ways.switch_of(Gateway.BY_HAND), ways.ON)


async def to_receipt(open_shop: Market, amount: str = "25.00 USD") -> Seen:
    """As far as the question for the receipt."""
    mina = open_shop.mina
    page = await open_shop.press(AddMoney())
    await mina.until(lambda m: m.id == page.id and has(m, "Transfer"))
    await mina.press("Transfer", mina.messages[page.id])
    await mina.until(lambda m: m.id == page.id and has(m, amount) and "Nordbank" in m.text)
    await mina.press(amount, mina.messages[page.id])
    return await mina.sees("Please pay", amount, "Nordbank, account 12 345")


async def card_of(phone: Phone, number: int) -> Seen:
    """An operator's card of a payment, with its choices."""
    return await phone.until(
        lambda m: m.from_bot and f"Payment no. {number} ·" in m.text and has(m, "Approve") and has(m, "Turn down")
    )


async def state(open_shop: Market, number: int) -> str:
    return str((await open_shop.rows(f"SELECT state FROM topups WHERE id = {number}"))[0]["state"])


async def test_a_photo_is_approved_and_the_money_is_there(tmp_path: Path) -> None:
    async with market(tmp_path, money="0") as open_shop:
        await open_by_hand(open_shop)
        await to_receipt(open_shop)
        await open_shop.mina.send_file(picture(), kind="photo")
        await open_shop.mina.sees("25.00 USD is being checked")
        card = await card_of(open_shop.iris, 1)
        await open_shop.iris.press("Approve", card)
        await open_shop.iris.until(lambda m: m.id == card.id and "25.00 USD credited by" in m.text)
        await open_shop.mina.sees("25.00 USD came in")
        assert await open_shop.money() == (Decimal(25), Decimal(0))
        # Telegram sent its own file again; the shop never asked for it.
        (sent,) = await open_shop.place.journal("sendPhoto")
        assert sent["params"]["photo"].startswith("AgAC")
        assert await open_shop.place.journal("getFile") == []


async def test_one_is_refused_with_a_reason_and_tried_again_with_a_document_and_another_amount(tmp_path: Path) -> None:
    async with market(tmp_path, money="0") as open_shop:
        mina, iris = open_shop.mina, open_shop.iris
        await open_by_hand(open_shop)
        await to_receipt(open_shop)
        await mina.send_file(picture(), kind="photo")
        first = await card_of(iris, 1)
        await iris.press("Turn down", first)
        await iris.sees("Why is it turned down?")
        await iris.say("it is last year's")
        await iris.until(lambda m: m.id == first.id and "Turned down by" in m.text)
        told = await mina.sees("was not found", "it is last year's")
        assert await open_shop.money() == (Decimal(0), Decimal(0))

        await mina.press("Try again", told)
        await mina.sees("Please pay 25.00 USD", after=told.id)
        await mina.send_file(b"%PDF a receipt", kind="document")
        second = await card_of(iris, 2)
        assert "0 found, 1 turned down" in second.text
        await iris.press("Other amount", second)
        await iris.sees("How much came?")
        await iris.say("30")
        await iris.press("Approve 30.00 USD", await iris.sees("Credit 30.00 USD to"))
        await mina.sees("30.00 USD came in", "more than the invoice asked for")
        assert await open_shop.money() == (Decimal(30), Decimal(0))
        assert [await state(open_shop, number) for number in (1, 2)] == ["invalid", "paid-over"]


async def test_two_operators_decide_once_and_both_read_who_did(tmp_path: Path) -> None:
    async with market(tmp_path, money="0", friends={OTTO: "Otto"}, operator_ids=f"{IRIS},{OTTO}") as open_shop:
        iris, (otto,) = open_shop.iris, open_shop.friends
        await open_by_hand(open_shop)
        await to_receipt(open_shop)
        await open_shop.mina.send_file(picture(), kind="photo")
        hers, his = await card_of(iris, 1), await card_of(otto, 1)
        await iris.press("Approve", hers)
        await otto.press("Approve", his, force=True)
        await eventually(lambda: open_shop.rows("SELECT id FROM payments"))
        (row,) = await open_shop.rows("SELECT decided_by FROM topups")
        winner = row["decided_by"]
        for phone, card in ((iris, hers), (otto, his)):
            decided = await phone.until(lambda m, card=card: m.id == card.id and "credited by" in m.text)
            assert f" {winner}," in decided.text
        assert await open_shop.money() == (Decimal(25), Decimal(0))
        assert len(await open_shop.rows("SELECT id FROM acts WHERE act = 'topup'")) == 1


async def test_the_order_that_lacks_money_waits_and_goes_out_once_the_transfer_was_found(tmp_path: Path) -> None:
    async with market(tmp_path, money="0.01") as open_shop:
        mina, iris = open_shop.mina, open_shop.iris
        await open_by_hand(open_shop)
        price = price_of(open_shop.offer(), 1000)
        gap = price - Decimal("0.01")
        card = await open_shop.quote(open_shop.offer(), LINK, "1000")
        await mina.press("Transfer", card)
        await mina.sees("Please pay", shown(gap))
        await mina.send_file(picture(), kind="photo")
        found = await card_of(iris, 1)
        assert f"An order for {shown(price)} waits" in found.text
        await iris.press("Approve", found)
        waits = await mina.sees("Your order waited for it", "Please check and confirm")
        order = await open_shop.confirm(waits)
        await open_shop.card(order, "Pending")
        assert await open_shop.money() == (Decimal(0), price)


async def test_a_shop_killed_at_every_turn_takes_the_receipt_once_and_the_money_once(tmp_path: Path) -> None:
    async with run_as_a_process(tmp_path, money="0") as (open_shop, bot):
        mina, iris = open_shop.mina, open_shop.iris
        await open_by_hand(open_shop)
        await to_receipt(open_shop)

        async def fall() -> None:
            bot.kill()
            await bot.wait()

        await fall()
        await mina.send_file(picture(), kind="photo")  # to nobody: it waits at Telegram
        await bot.start()
        await mina.sees("25.00 USD is being checked")
        card = await card_of(iris, 1)
        await iris.press("Turn down", card)
        await iris.sees("Why is it turned down?")
        await fall()
        await iris.say("/cancel")
        await bot.start()
        await iris.sees("The payment still waits")
        await iris.press("Approve", card)
        await eventually(lambda: open_shop.rows("SELECT id FROM payments"))
        await fall()  # perhaps before anybody was told
        await bot.start()
        await iris.until(lambda m: m.id == card.id and "25.00 USD credited by" in m.text)
        await mina.sees("25.00 USD came in")
        assert "25.00 USD" in (await next_answer(mina, "/wallet")).text  # whoever tells is the one started last
        assert await open_shop.money() == (Decimal(25), Decimal(0))
        assert len(await open_shop.rows("SELECT id FROM topups")) == 1


@pytest.mark.parametrize("language", ["tr", "th"])
async def test_it_is_read_in_the_customers_language(tmp_path: Path, language: str) -> None:
    texts: Texts = load(MoneyStyle("USD", 4)).speak(language)
    async with market(tmp_path) as open_shop:
        await open_by_hand(open_shop)
        await open_shop.place.welcome(ELIF, "Elif", language=language)
        async with open_shop.place.phone(ELIF) as elif_here:
            await elif_here.say("/start")
            await elif_here.say("/wallet")
            await elif_here.press(texts.plain("wallet.add-money"))
            await elif_here.press(texts.plain("gateway.by-hand"))
            amount = "25,00 USD" if language == "tr" else "25.00 USD"
            await elif_here.press(amount)
            await elif_here.until(lambda m: has(m, texts.plain("by-hand.key-send")) and amount in m.text)
            await elif_here.send_file(picture(), kind="photo")
            card = await card_of(open_shop.iris, 1)
            await open_shop.iris.press("Turn down", card)
            await open_shop.iris.sees("Why is it turned down?")
            await open_shop.iris.say("banka bulamadı")
            told = await elif_here.until(lambda m: "banka bulamadı" in m.text)
            assert has(told, texts.plain("by-hand.again"))
            assert has(told, texts.plain("by-hand.support"))


async def test_whoever_did_not_pay_by_hand_gets_the_usual_word_for_a_photo(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        await open_by_hand(open_shop)
        await open_shop.mina.send_file(picture(), kind="photo")
        await open_shop.mina.sees("read text")
        assert await open_shop.rows("SELECT id FROM topups") == []
        assert MINA not in [row["chat_id"] for row in await open_shop.rows("SELECT chat_id FROM notices")]
