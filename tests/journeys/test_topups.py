"""Paying in with Stars, from the wallet and for an order that waits, and everything that can go wrong with it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.orders import OrderState
from tests.journeys.killing import run_as_a_process
from tests.journeys.kit import Phone, Seen
from tests.journeys.shopping import LINK, NORA, Market, eventually, has, market, next_answer
from tests.kit import IRIS

CREDIT = Decimal("5.005")
NOTHING = Decimal(0)


async def to_amounts(phone: Phone, *labels: str) -> Seen:
    """From the wallet to the amounts of a way, in whatever language these labels are."""
    said = await phone.say("/wallet")
    wallet = await phone.until(lambda m: m.from_bot and m.id > said)
    for press in labels or ("Add money", "Telegram Stars"):
        shown = await phone.until(lambda m, press=press: m.id == wallet.id and has(m, press))
        await phone.press(press, shown)
    return await phone.until(lambda m: m.id == wallet.id and has(m, "⭐"))


async def bill_for(phone: Phone, label: str = "5.00 USD") -> Seen:
    """From the wallet to an invoice of one of the quick amounts."""
    amounts = await to_amounts(phone)
    await phone.press(label, amounts)
    return await phone.bill(after=amounts.id)


async def has_money(open_shop: Market, amount: Decimal) -> None:
    """Wait until so much can be spent."""

    async def look() -> bool:
        return (await open_shop.money())[0] == amount

    assert await eventually(look)


# From the wallet --------------------------------------------------------------------------------------------------


async def test_a_wallet_is_filled_with_stars(tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        bill = await bill_for(open_shop.mina)
        assert (await open_shop.mina.pay(bill))["status"] == "paid"
        await open_shop.mina.sees("5.005 USD came in")
        assert await open_shop.money() == (CREDIT, NOTHING)


async def test_an_own_amount_is_typed(tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        mina = open_shop.mina
        await mina.press("Another amount", await to_amounts(mina))
        await mina.sees("at least 1.00 USD")
        assert "could not read that as an amount" in (await next_answer(mina, "a lot")).text
        said = await mina.say("2.50")
        bill = await mina.bill("2.509 USD", after=said)
        assert (await mina.pay(bill))["status"] == "paid"
        await has_money(open_shop, Decimal("2.509"))


async def test_an_operator_may_pay_in_too(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        bill = await bill_for(open_shop.iris)
        assert (await open_shop.iris.pay(bill))["status"] == "paid"
        await open_shop.iris.sees("5.005 USD came in")
        assert await open_shop.money(IRIS) == (CREDIT, NOTHING)


# What goes wrong --------------------------------------------------------------------------------------------------


async def test_a_payment_that_is_told_late_or_twice_is_credited_once(tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        paid = await open_shop.mina.pay(await bill_for(open_shop.mina), "late")
        assert await open_shop.money() == (NOTHING, NOTHING)
        await open_shop.mina.release(paid["charge_id"])
        await open_shop.mina.sees("came in")
        assert await open_shop.money() == (CREDIT, NOTHING)


async def test_a_declined_payment_moves_nothing_and_can_be_made_again(tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        bill = await bill_for(open_shop.mina)
        assert (await open_shop.mina.pay(bill, "declined"))["status"] == "failed"
        assert await open_shop.money() == (NOTHING, NOTHING)
        assert (await open_shop.mina.pay(bill))["status"] == "paid"
        await has_money(open_shop, CREDIT)


async def test_a_paid_invoice_is_refused_in_words_and_a_race_is_credited_whole(tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        bill = await bill_for(open_shop.mina)
        assert len((await open_shop.mina.pay(bill, "twice"))["charge_ids"]) == 2
        await open_shop.mina.sees("more than the invoice asked for")
        await has_money(open_shop, 2 * CREDIT)
        again = await open_shop.mina.pay(bill)
        assert (again["status"], again["charge_ids"]) == ("refused", [])
        assert "paid already" in again["message"]


async def test_nobody_else_can_pay_a_forwarded_invoice(tmp_path: Path) -> None:
    async with market(tmp_path, "0", friends={NORA: "Nora"}) as open_shop:
        bill = await bill_for(open_shop.mina)
        refused = await open_shop.mina.pay(bill, as_person=NORA)
        assert (refused["status"], refused["message"]) == ("refused", "This invoice is none of yours.")


async def test_an_expired_invoice_leaves_the_chat_and_is_refused_in_words(tmp_path: Path) -> None:
    async with market(tmp_path, "0", topup_ttl_seconds=1) as open_shop:
        bill = await bill_for(open_shop.mina)

        async def gone() -> bool:
            return bill.id not in open_shop.mina.messages

        assert await eventually(gone)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO switches (name, value) VALUES ('way.stars', 'off')",
        "INSERT INTO switches (name, value) VALUES ('brake', '1')",
        "INSERT INTO switches (name, value) VALUES ('maintenance', '1')",
    ],
)
async def test_where_nothing_is_taken_the_question_before_the_payment_says_so(statement: str, tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        bill = await bill_for(open_shop.mina)
        await open_shop.plant(statement)
        refused = await open_shop.mina.pay(bill)
        assert refused["status"] == "refused"
        assert "Nothing can be paid in just now" in refused["message"]


async def test_a_payment_that_no_update_told_of_is_found_when_the_shop_opens(tmp_path: Path) -> None:
    async with run_as_a_process(tmp_path, "0") as (open_shop, bot):
        paid = await open_shop.mina.pay(await bill_for(open_shop.mina), "lost")
        bot.kill()
        await bot.wait()
        await bot.start()
        await open_shop.mina.sees("5.005 USD came in")
        await open_shop.mina.release(paid["charge_id"])  # and the update comes after all
        await next_answer(open_shop.mina, "/wallet")
        assert await open_shop.money() == (CREDIT, NOTHING)


async def test_a_shop_killed_between_a_payment_and_its_update_credits_it_once(tmp_path: Path) -> None:
    async with run_as_a_process(tmp_path, "0") as (open_shop, bot):
        paid = await open_shop.mina.pay(await bill_for(open_shop.mina), "late")
        bot.kill()
        await bot.wait()
        await open_shop.mina.release(paid["charge_id"])  # to nobody: it waits at Telegram
        await bot.start()
        await open_shop.mina.sees("5.005 USD came in")
        await next_answer(open_shop.mina, "/wallet")
        assert await open_shop.money() == (CREDIT, NOTHING)


# The gap ----------------------------------------------------------------------------------------------------------


async def gap_paid(open_shop: Market, how: str = "normal") -> Seen:
    """An order without any money, its gap paid in Stars; the confirm card that comes with the news."""
    mina = open_shop.mina
    card = await open_shop.quote(open_shop.offer(), LINK, "100")
    await mina.press("Pay", card)
    bill = await mina.bill(after=card.id)
    await mina.pay(bill, how)
    return await mina.sees("came in", "Your order waited for it", LINK, after=bill.id)


async def test_a_customer_without_money_pays_the_gap_and_the_order_completes(tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        came = await gap_paid(open_shop)
        assert not has(came, "⭐")
        order = await open_shop.confirm(came)
        await open_shop.card(order, "Pending")
        upstream = (await open_shop.order(order)).upstream_id
        await open_shop.place.panel.set_order(upstream, status="Completed", remains=0)
        await open_shop.mina.sees(f"Order #{order}", "completed")
        assert (await open_shop.order(order)).state is OrderState.COMPLETED
        assert len(await open_shop.adds()) == 1


async def test_the_old_card_says_that_the_order_goes_on_below(tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        await gap_paid(open_shop)
        old = await open_shop.mina.sees("newer message below")
        assert not list(old.buttons)


async def test_the_gap_outlives_a_killed_shop(tmp_path: Path) -> None:
    async with run_as_a_process(tmp_path, "0") as (open_shop, bot):
        mina = open_shop.mina
        card = await open_shop.quote(open_shop.offer(), LINK, "100")
        await mina.press("Pay", card)
        bill = await mina.bill(after=card.id)
        paid = await mina.pay(bill, "late")
        bot.kill()
        await bot.wait()
        await mina.release(paid["charge_id"])
        await bot.start()
        came = await mina.sees("came in", "Your order waited for it", LINK, after=bill.id)
        order = await open_shop.confirm(came)
        await open_shop.card(order, "Pending")
        assert len(await open_shop.adds()) == 1


@pytest.mark.parametrize(
    ("language", "labels", "title", "news"),
    [
        ("tr", ("Para ekle", "Telegram Stars", "5,00 USD"), "5,005 USD ekle", "5,005 USD geldi"),
        ("th", ("เติมเงิน", "Telegram Stars", "5.00 USD"), "เพิ่ม 5.005 USD", "ได้รับ 5.005 USD"),
    ],
)
async def test_paying_in_speaks_every_language(
    language: str, labels: tuple[str, ...], title: str, news: str, tmp_path: Path
) -> None:
    async with market(tmp_path, "0") as open_shop:
        await open_shop.plant("UPDATE customers SET chosen_language = $1", language)
        amounts = await to_amounts(open_shop.mina, *labels[:2])
        await open_shop.mina.press(labels[2], amounts)
        bill = await open_shop.mina.bill(title, after=amounts.id)
        assert (await open_shop.mina.pay(bill))["status"] == "paid"
        await open_shop.mina.sees(news)
