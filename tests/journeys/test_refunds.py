"""Money that goes back: asked for by customers, decided by operators, taken by Telegram; and what fits nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.telegram import Stage
from handlers.callbacks import BeginOrder
from tests.journeys.killing import run_as_a_process
from tests.journeys.kit import Phone, Seen
from tests.journeys.process import BotProcess
from tests.journeys.shopping import LINK, MARKUP, OTTO, Market, eventually, has, market, next_answer
from tests.journeys.test_topups import CREDIT, NOTHING, bill_for, has_money
from tests.kit import IRIS, MINA

STARS = "385 ⭐"


async def paid(open_shop: Market) -> str:
    """Mina pays 385 Stars; Telegram's id of it."""
    done = await open_shop.mina.pay(await bill_for(open_shop.mina))
    await open_shop.mina.sees("5.005 USD came in")
    return str(done["charge_id"])


async def opened(phone: Phone, label: str = STARS) -> Seen:
    """A payment's own screen."""
    listed = await next_answer(phone, "/paysupport")
    await phone.press(label, listed)
    return await phone.until(lambda m: m.id == listed.id and has(m, "My payments"))


async def asked(phone: Phone, why: str = "I changed my mind") -> Seen:
    """Ask for the payment back; the answer."""
    payment = await opened(phone)
    await phone.press("Ask for it back", payment)
    await phone.until(lambda m: m.id == payment.id and "Why do you want" in m.text)
    return await next_answer(phone, why)


async def card(operator: Phone) -> Seen:
    return await operator.until(lambda m: has(m, f"Give {STARS} back"))


async def went_back(open_shop: Market, charge: str, phone: Phone | None = None) -> None:
    """Telegram gave it back, the wallet has it no more, and the refund is over."""
    refunded = {p["charge_id"]: p["refunded"] for p in await (phone or open_shop.mina).payments()}
    assert refunded[charge]
    assert await open_shop.money() == (NOTHING, NOTHING)
    assert [row["state"] for row in await open_shop.rows("SELECT state FROM refunds")] == ["done"]


async def test_an_unspent_payment_is_asked_back_agreed_to_and_given(tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        charge = await paid(open_shop)
        assert "You hear from us here" in (await asked(open_shop.mina)).text
        waiting = await card(open_shop.iris)
        assert "I changed my mind" in waiting.text
        assert charge in waiting.text
        await open_shop.iris.press(f"Give {STARS} back", waiting)
        told = await open_shop.mina.sees("went back to where it came from", STARS)
        await went_back(open_shop, charge)
        await open_shop.mina.press("The payment", told)
        await open_shop.mina.sees("given back", STARS)


@pytest.mark.parametrize(
    ("language", "back", "ask", "without", "told"),
    [
        ("tr", "↩️ 1. 385", "Geri iste", "Boş bırak", "geldiği yere"),
        ("th", "↩️ 1. 385", "ขอคืน", "เว้นไว้", "385 ⭐"),
    ],
)
async def test_asking_back_speaks_every_language(
    language: str, back: str, ask: str, without: str, told: str, tmp_path: Path
) -> None:
    async with market(tmp_path, "0") as open_shop:
        charge, mina = await paid(open_shop), open_shop.mina
        await open_shop.plant("UPDATE customers SET chosen_language = $1 WHERE id = $2", language, MINA)
        listed = await next_answer(mina, "/paysupport")
        for label in (back, ask, without):
            await mina.press(label, await mina.until(lambda m, label=label: m.id == listed.id and has(m, label)))
        await open_shop.iris.press(f"Give {STARS} back", await card(open_shop.iris))
        await mina.sees(told, after=listed.id)
        await went_back(open_shop, charge)


async def test_a_no_comes_with_its_reason_and_leaves_the_money(tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        await paid(open_shop)
        await asked(open_shop.mina)
        waiting = await card(open_shop.iris)
        await open_shop.iris.press("Turn down", waiting)
        await open_shop.iris.until(lambda m: m.id == waiting.id and "turned down?" in m.text)
        await next_answer(open_shop.iris, "It was paid for <you>")
        told = await open_shop.mina.sees("turned down", "It was paid for <you>")
        await open_shop.mina.press("The payment", told)
        shown = await open_shop.mina.sees("Our answer: It was paid for <you>")
        assert has(shown, "Ask for it back")
        assert await open_shop.money() == (CREDIT, NOTHING)


async def test_two_operators_at_once_give_it_back_once(tmp_path: Path) -> None:
    async with market(tmp_path, "0", friends={OTTO: "Otto"}, operator_ids=f"{IRIS},{OTTO}") as open_shop:
        charge, (otto,) = await paid(open_shop), open_shop.friends
        await asked(open_shop.mina)
        cards = [(phone, await card(phone)) for phone in (open_shop.iris, otto)]
        await asyncio.gather(*(phone.press(f"Give {STARS} back", shown) for phone, shown in cards))
        for phone, shown in cards:
            await phone.until(lambda m, shown=shown: m.id == shown.id and not has(m, "Turn down"))
        await open_shop.mina.sees("went back to where it came from")
        await went_back(open_shop, charge)
        assert len(await open_shop.rows("SELECT id FROM acts WHERE act = 'refund'")) == 1


async def test_a_shop_killed_after_telegram_gave_it_back_records_it_once(tmp_path: Path) -> None:
    dying: list[BotProcess] = []

    async def kill(method: str, _: Mapping[str, Any], stage: Stage) -> None:
        if method == "refundStarPayment" and stage is Stage.AFTER and dying:
            dying.pop().kill()

    async with run_as_a_process(tmp_path, "0", kill) as (open_shop, bot):
        charge = await paid(open_shop)
        await asked(open_shop.mina)
        waiting = await card(open_shop.iris)
        dying.append(bot)
        await open_shop.iris.press(f"Give {STARS} back", waiting)
        await bot.wait()
        assert [p["refunded"] for p in await open_shop.mina.payments()] == [True]
        assert [row["state"] for row in await open_shop.rows("SELECT state FROM refunds")] == ["sending"]
        await bot.start()
        await open_shop.mina.sees("went back to where it came from")
        await went_back(open_shop, charge)
        told = [m for m in open_shop.mina.messages.values() if "went back to where it came from" in m.text]
        assert len(told) == 1


async def test_what_telegram_takes_back_leaves_the_wallet_and_operators_hear(tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        charge = await paid(open_shop)
        await open_shop.mina.take_back(charge)
        await open_shop.mina.sees("A payment of 5.005 USD was taken back")
        alert = await open_shop.iris.sees("took a payment back")
        assert "Telegram Stars" in alert.text
        assert await open_shop.money() == (NOTHING, NOTHING)
        await open_shop.iris.press("Payment", alert)
        await open_shop.iris.sees("taken back", charge)


async def test_money_that_fits_nobody_waits_for_its_customer(tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        done = await open_shop.mina.pay(await bill_for(open_shop.mina), "late")
        await open_shop.plant("UPDATE topups SET token = 'another'")
        await open_shop.mina.release(done["charge_id"])
        alert = await open_shop.iris.sees("fits nobody")
        await open_shop.iris.press("Whose is it", alert)
        question = await open_shop.iris.until(lambda m: has(m, "who paid it"))
        await open_shop.iris.press("who paid it", question)
        sure = await open_shop.iris.until(lambda m: has(m, "Credit it"))
        assert await open_shop.money() == (NOTHING, NOTHING)
        await open_shop.iris.press("Credit it", sure)
        await open_shop.mina.sees("came in")
        await has_money(open_shop, CREDIT)
        shown = await next_answer(open_shop.iris, f"/find {done['charge_id']}")
        assert "came in 5.005 USD" in shown.text
        assert "assigned 5.005 USD" in shown.text


async def test_an_invoice_keeps_its_numbers_when_the_rate_changes(tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        iris, bill = open_shop.iris, await bill_for(open_shop.mina)
        shown = await next_answer(iris, "/topups")
        for label in ("Telegram Stars", "Change the rate"):
            await iris.press(label, await iris.until(lambda m, label=label: m.id == shown.id and has(m, label)))
        await iris.until(lambda m: m.id == shown.id and "How much USD" in m.text)
        sure = await next_answer(iris, "0.02")
        await iris.press("Set this rate", sure)
        await iris.until(lambda m: m.id == sure.id and "The rate is set." in m.text)
        await open_shop.mina.pay(bill)
        await open_shop.mina.sees("5.005 USD came in")
        assert await open_shop.money() == (CREDIT, NOTHING)
        dearer = await bill_for(open_shop.mina)
        await open_shop.mina.pay(dearer)
        await has_money(open_shop, CREDIT + Decimal(5))


async def test_help_with_a_payment_is_there_before_anything_was_paid(tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        shown = await next_answer(open_shop.mina, "/paysupport")
        assert "You have not paid anything in yet." in shown.text
        assert has(shown, "Support")

        async def published() -> bool:
            return "topups" in await open_shop.place.published(IRIS)

        assert await eventually(published)


async def spent(open_shop: Market) -> int:
    """Everything Mina paid in went into an order that is done; its number."""
    offer = open_shop.offer()
    most = int(CREDIT * 1000 / (offer.service.rate * MARKUP)) // 10 * 10
    order, upstream = await open_shop.active(LINK, str(min(most, offer.service.maximum)), offer=offer)
    await open_shop.place.panel.set_order(upstream, status="Completed", remains=0)
    await open_shop.mina.sees(f"Order #{order}", "completed")
    return order


async def test_a_spent_payment_stays_until_the_money_of_its_order_is_given_back(tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        charge, iris, mina = await paid(open_shop), open_shop.iris, open_shop.mina
        order = await spent(open_shop)
        payment = await opened(mina)
        assert "It cannot go back now, for it is spent." in payment.text
        assert has(payment, "Support")
        shown = await next_answer(iris, f"/find {order}")
        await iris.press("USD back", shown)
        await iris.until(lambda m: m.id == shown.id and "Send the reason" in m.text)
        sure = await next_answer(iris, "It was not what you ordered")
        await iris.press("Give", sure)
        await mina.sees("came back to your wallet", "It was not what you ordered")
        await asked(mina)
        await iris.press(f"Give {STARS} back", await card(iris))
        await mina.sees("went back to where it came from", STARS)
        await went_back(open_shop, charge)


async def test_what_was_spent_of_a_payment_taken_back_is_owed_and_paid_off_by_the_next_one(tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        charge, mina = await paid(open_shop), open_shop.mina
        await spent(open_shop)
        left, _ = await open_shop.money()
        await mina.take_back(charge)
        told = await mina.sees("was taken back", "Until that is paid you cannot order")
        assert has(told, "Add money")
        assert await open_shop.money() == (NOTHING, NOTHING)
        button = BeginOrder(open_shop.offer().number)
        pressed = await open_shop.press(button)
        await mina.until(lambda m: m.id >= pressed.id and m.id != told.id and has(m, "Add money") and has(m, "Support"))
        done = await mina.pay(await bill_for(mina))
        assert done["status"] == "paid"
        await has_money(open_shop, left)
        assert not await open_shop.rows("SELECT id FROM customers WHERE owed > 0")
        await open_shop.press(button)
        await mina.until(lambda m: has(m, "Cancel") and has(m, "« Back"))
