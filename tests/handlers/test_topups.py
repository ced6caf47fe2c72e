"""Paying in at the counter: ways, amounts, invoices in Stars, and what Telegram says of payments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from telegram import Update

from bot.domain.money import Money
from bot.domain.topups import Gateway, TopupState
from bot.engine import ways
from storage import payments, switches, topups
from storage.database import Tx
from tests.handlers import samples
from tests.handlers.counter import Counter
from tests.handlers.paying import bill_for, bills, news, pay
from tests.kit import LINK, MINA, THEO


@pytest.fixture(autouse=True)
async def people(shop: Counter) -> None:
    """Telegram's clock and the shop's are the same here."""
    shop.bench.clock.time = datetime.now(UTC).replace(microsecond=0)
    await shop.say("/start")
    await shop.say("/start", THEO)


async def asked_for(shop: Counter, person: int = MINA) -> list[tuple[Money, TopupState]]:
    """What was asked for, newest first."""
    found = await shop.bench.shop.db.read(lambda tx: topups.of_customer(tx, person, 50))
    return [(topup.amount, topup.state) for topup in found]


async def turn_stars_off(shop: Counter) -> None:
    async def work(tx: Tx) -> None:
        await switches.note(tx, ways.switch_of(Gateway.STARS), ways.OFF)

    await shop.bench.shop.db.write(work)


async def test_an_amount_of_one_tap_is_an_invoice_and_its_payment_is_credited(shop: Counter) -> None:
    amounts = await shop.press("Telegram Stars", await shop.press("Add money", await shop.say("/wallet")))
    assert "1 ⭐ is worth 0.013 USD here." in amounts.text
    assert "5.00 USD · 385 ⭐" in amounts.labels
    bill = await bill_for(shop, "5.00 USD")
    assert bill["total_amount"] == 385
    assert "5.005 USD" in bill["title"]
    until = samples.texts().time(shop.bench.clock() + timedelta(hours=1))
    assert f"This invoice can be paid until {until}." in bill["description"]
    assert (await pay(shop, bill["message_id"]))["status"] == "paid"
    assert (await shop.bench.money()).available == Money(5_005_000)
    assert "5.005 USD came in" in (await news(shop)).text
    assert await asked_for(shop) == [(Money(5_005_000), TopupState.PAID)]
    await shop.bench.sound()


async def test_an_own_amount_is_typed_once_and_odd_ones_are_explained(shop: Counter) -> None:
    amounts = await shop.press("Telegram Stars", await shop.press("Add money", await shop.say("/wallet")))
    asked = await shop.press("Another amount", amounts)
    assert "at least 1.00 USD, at most 130.00 USD" in asked.text
    for typed, answer in (
        ("some", "could not read that as an amount"),
        ("0", "more than zero"),
        ("0.5", "at least 1.00 USD"),
        ("900", "at most 130.00 USD"),
        ("5000", "at most 1,000.00 USD"),
        ("1,000", "could not read that as an amount"),
        ("1.23456", "too many digits"),
    ):
        said = await shop.say(typed)
        assert answer in said.text
        assert "Cancel" in said.labels
    assert "only read text" in (await shop.upload(b"x", "a.bin")).text
    assert await asked_for(shop) == []
    await shop.say("7,50 usd")
    (bill,) = await bills(shop)
    assert bill["total_amount"] == 577
    assert "did not understand" in (await shop.say("8")).text


async def test_the_question_for_an_amount_outlives_a_restart(shop: Counter) -> None:
    amounts = await shop.press("Telegram Stars", await shop.press("Add money", await shop.say("/wallet")))
    await shop.press("Another amount", amounts)
    await shop.restart()
    await shop.say("2")
    assert [bill["total_amount"] for bill in await bills(shop)] == [154]


async def test_cancel_in_place_of_an_amount_asks_for_nothing(shop: Counter) -> None:
    amounts = await shop.press("Telegram Stars", await shop.press("Add money", await shop.say("/wallet")))
    question = await shop.press("Another amount", amounts)
    left = await shop.press("Cancel", question)
    assert "nothing was paid in" in left.text
    assert left.labels == ["Add money", "Wallet", "Order a service"]
    assert "did not understand" in (await shop.say("2")).text
    await shop.press_data(question, amounts.data("Another amount"))
    assert "nothing was paid in" in (await shop.say("/cancel")).text
    assert "did not understand" in (await shop.say("2")).text
    assert await bills(shop) == []


async def test_an_order_that_was_open_goes_on_after_the_amount(shop: Counter) -> None:
    amounts = await shop.press("Telegram Stars", await shop.press("Add money", await shop.say("/wallet")))
    await shop.to_question()
    await shop.press_data(amounts, amounts.data("Another amount"))
    assert "Send the link" in (await shop.say("2")).text
    assert len(await bills(shop)) == 1
    assert "Minimum" in (await shop.say(LINK)).text


async def test_another_language_asks_for_the_amount_again(shop: Counter) -> None:
    amounts = await shop.press("Telegram Stars", await shop.press("Add money", await shop.say("/wallet")))
    await shop.press("Another amount", amounts)
    asked = await shop.press("Türkçe", await shop.say("/language"))
    assert "en az 1,00 USD" in asked.text
    await shop.say("2")
    (bill,) = await bills(shop)
    assert "ekle" in bill["title"]


async def test_a_replayed_update_sends_no_second_invoice(shop: Counter) -> None:
    await bill_for(shop, "5.00 USD")
    for update in shop.handled:
        await shop.handle(update)
    assert len(await bills(shop)) == 1
    assert len(await asked_for(shop)) == 1


async def test_a_payment_leaves_every_open_question_open(shop: Counter) -> None:
    bill = await bill_for(shop, "5.00 USD")
    other = await bill_for(shop, "10.00 USD")
    await shop.to_question()
    await pay(shop, bill["message_id"])
    assert (await shop.bench.money()).available == Money(5_005_000)
    assert "Minimum" in (await shop.say(LINK)).text
    await shop.say("/start")
    await shop.say("/support")
    await pay(shop, other["message_id"])
    assert (await shop.bench.money()).available == Money(15_015_000)
    assert "Delivered" in (await shop.say("Hello")).text


async def test_a_replayed_payment_is_credited_once(shop: Counter) -> None:
    bill = await bill_for(shop, "5.00 USD")
    await pay(shop, bill["message_id"])
    for update in [update for update in shop.handled if update.message]:
        await shop.handle(update)
    assert (await shop.bench.money()).available == Money(5_005_000)


async def test_a_paid_invoice_is_refused_in_words_and_in_the_payers_language(shop: Counter) -> None:
    bill = await bill_for(shop, "5.00 USD")
    await pay(shop, bill["message_id"])
    again = await pay(shop, bill["message_id"])
    assert (again["status"], again["message"]) == (
        "refused", "This invoice is paid already. Please ask for a new one.",
    )  # fmt: skip
    await shop.press("ไทย", await shop.say("/language"))
    assert "ชำระแล้ว" in (await pay(shop, bill["message_id"]))["message"]


async def test_two_payments_at_once_are_both_credited_and_the_second_is_said_to_be_more(shop: Counter) -> None:
    bill = await bill_for(shop, "5.00 USD")
    assert len((await pay(shop, bill["message_id"], how="twice"))["charge_ids"]) == 2
    assert (await shop.bench.money()).available == Money(10_010_000)
    assert "more than the invoice asked for" in (await news(shop)).text
    assert await asked_for(shop) == [(Money(5_005_000), TopupState.PAID_OVER)]


async def test_an_expired_invoice_is_refused_in_words(shop: Counter) -> None:
    bill = await bill_for(shop, "5.00 USD")
    shop.bench.clock.forward(minutes=61)
    assert "has expired" in (await pay(shop, bill["message_id"]))["message"]


async def test_somebody_else_cannot_pay_a_forwarded_invoice(shop: Counter) -> None:
    bill = await bill_for(shop, "5.00 USD")
    assert "none of yours" in (await pay(shop, bill["message_id"], as_person=THEO))["message"]
    assert (await shop.bench.money(THEO)).available == (await shop.bench.money()).available == Money(0)


async def test_a_declined_payment_moves_nothing_and_can_be_made_again(shop: Counter) -> None:
    bill = await bill_for(shop, "5.00 USD")
    assert (await pay(shop, bill["message_id"], how="declined"))["status"] == "failed"
    assert await asked_for(shop) == [(Money(5_005_000), TopupState.PENDING)]
    assert (await pay(shop, bill["message_id"]))["status"] == "paid"


async def test_a_way_that_was_turned_off_takes_no_payment_and_is_offered_no_more(shop: Counter) -> None:
    bill = await bill_for(shop, "5.00 USD")
    wallet = await shop.say("/wallet")
    page = await shop.press("Add money", wallet)
    amounts = await shop.press("Telegram Stars", page)
    await turn_stars_off(shop)
    assert "Nothing can be paid in just now" in (await pay(shop, bill["message_id"]))["message"]
    for data in (page.data("Telegram Stars"), amounts.data("5.00 USD"), amounts.data("Another amount")):
        closed = await shop.press_data(amounts, data)
        assert "cannot be paid that way just now" in closed.text
        assert "Telegram Stars" not in closed.labels
    assert len(await bills(shop)) == 1


async def test_an_old_question_whether_a_payment_may_be_made_is_let_go(shop: Counter) -> None:
    bill = await bill_for(shop, "5.00 USD")
    await pay(shop, bill["message_id"])
    (question,) = [update for update in shop.handled if update.pre_checkout_query]
    await shop.handle(question)
    assert (await shop.bench.money()).available == Money(5_005_000)


async def test_a_payment_that_telegram_takes_back_leaves_the_wallet(shop: Counter) -> None:
    bill = await bill_for(shop, "5.00 USD")
    paid = await pay(shop, bill["message_id"])
    await shop.post(f"/chat/{MINA}/take-back", charge_id=paid["charge_id"])
    await shop.settle()
    assert (await shop.bench.money()).available == Money(0)
    await shop.bench.sound()


async def test_a_quick_amount_leaves_a_message_to_the_operator_awaited(shop: Counter) -> None:
    amounts = await shop.press("Telegram Stars", await shop.press("Add money", await shop.say("/wallet")))
    await shop.press("Another amount", amounts)
    await shop.say("/support")
    await shop.press_data(amounts, amounts.data("5.00 USD"))
    assert len(await bills(shop)) == 1
    assert "Delivered" in (await shop.say("Hello")).text


async def test_a_quick_amount_instead_of_a_typed_one_ends_the_question(shop: Counter) -> None:
    amounts = await shop.press("Telegram Stars", await shop.press("Add money", await shop.say("/wallet")))
    await shop.press("Another amount", amounts)
    await shop.press_data(amounts, amounts.data("5.00 USD"))
    assert len(await bills(shop)) == 1
    assert "did not understand" in (await shop.say("7")).text


async def test_money_for_an_invoice_that_is_none_of_ours_is_kept_apart(shop: Counter) -> None:
    bill = await bill_for(shop, "5.00 USD")
    await pay(shop, bill["message_id"])
    (told,) = [update for update in shop.handled if update.message and update.message.successful_payment]
    raw = told.to_dict()
    raw["message"]["successful_payment"] |= {
        "invoice_payload": "of another time", "telegram_payment_charge_id": "a charge nobody knows",
    }  # fmt: skip
    foreign = Update.de_json({**raw, "update_id": told.update_id + 1000}, shop.application.bot)
    await shop.handle(foreign)
    assert (await shop.bench.money()).available == Money(5_005_000)
    homeless = await shop.bench.shop.db.read(lambda tx: payments.in_suspense(tx, 5))
    assert [(payment.payment_id, payment.payer) for payment in homeless] == [("a charge nobody knows", str(MINA))]
    alerts = await shop.bench.shop.db.read(lambda tx: tx.all("SELECT kind FROM alerts"))
    assert [row["kind"] for row in alerts] == ["payment-homeless"]
    await shop.bench.sound()


async def test_a_banned_customer_cannot_pay_in(shop: Counter) -> None:
    bill = await bill_for(shop, "5.00 USD")
    await shop.bench.shop.db.write(lambda tx: tx.run("UPDATE customers SET banned_at = 1 WHERE id = $1", MINA))
    assert "Nothing can be paid in just now" in (await pay(shop, bill["message_id"]))["message"]
