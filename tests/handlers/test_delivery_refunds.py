"""The news about money that goes back, as customers get it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.notices import Facts, Notice, NoticeKind
from bot.domain.refunds import Done, Refused
from bot.engine import refunding, reversals
from bot.engine.refunding import Refunding
from handlers import delivery_refunds
from handlers.texts import LANGUAGES, MoneyStyle, load
from storage import customers, outbox
from storage.database import Tx
from tests.engine import till
from tests.handlers.counter import Counter, counter
from tests.handlers.operator_kit import HOSTILE, assert_sendable
from tests.kit import IRIS, MINA, money


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Counter]:
    async with counter(tmp_path, operator_ids=str(IRIS)) as found:
        for person in (MINA, IRIS):
            await found.say("/start", person)
        await till.open_ways(found.bench)
        yield found


async def begun(shop: Counter) -> int:
    payment = await till.pay(shop.bench)
    giving = Refunding(1, IRIS, payment.id, None, "goodwill")
    return (await refunding.begin(shop.bench.shop, giving, shop.bench.clock())).id


async def test_a_refund_that_is_through_names_what_went_where(shop: Counter) -> None:
    await refunding.settle(shop.bench.shop, await begun(shop), Done(), shop.bench.clock())
    await shop.deliver()
    told = await shop.last()
    assert told.text == "↩️ 5.00 USD went back to where it came from: 250 ⭐."
    assert "given back" in (await shop.press("The payment", told)).text


async def test_a_refund_its_gateway_would_not_take_says_where_the_money_is(shop: Counter) -> None:
    await refunding.settle(shop.bench.shop, await begun(shop), Refused("no"), shop.bench.clock())
    await shop.deliver()
    assert "250 ⭐ could not be given back there. 5.00 USD is in your wallet again." in (await shop.last()).text


async def test_a_no_comes_with_its_reason(shop: Counter) -> None:
    payment = await till.pay(shop.bench)
    refund = await refunding.ask(shop.bench.shop, 3, MINA, payment.id, "please", shop.bench.clock())
    await refunding.turn_down(shop.bench.shop, refund.id, IRIS, "it was <used>", shop.bench.clock())
    await shop.deliver()
    told = await shop.last()
    assert "Your request to get 250 ⭐ back was turned down.\nit was <used>" in told.text
    assert told.labels == ["The payment", "Support"]


@pytest.mark.parametrize(("language", "shown"), [("en", "1,924 ⭐"), ("tr", "1.924 ⭐")])
def test_what_goes_back_is_written_as_people_write_it(language: str, shown: str) -> None:
    tell = delivery_refunds.MESSAGES[NoticeKind.REFUND_DONE]
    facts: Facts = {"payment": 1, "amount": 25_012_000, "received": "1924", "currency": "XTR"}
    assert shown in tell(load(MoneyStyle("USD", 4)).speak(language), facts).html


def test_a_fiat_payment_has_its_two_digits_behind_the_point() -> None:
    speak = load(MoneyStyle("USD", 4)).speak
    assert speak("en").received(Decimal("7.5"), "USD") == "7.50 USD"
    assert speak("tr").received(Decimal("1207.5"), "USD") == "1.207,50 USD"


async def test_what_was_taken_back_is_told(shop: Counter) -> None:
    payment = await till.pay(shop.bench)
    await reversals.took_back(shop.bench.shop, payment.gateway, payment.payment_id, shop.bench.clock())
    await shop.deliver()
    told = await shop.last()
    assert "A payment of 5.00 USD was taken back" in told.text
    assert "cannot order" not in told.text


async def test_the_wallet_shows_what_is_still_to_be_paid(shop: Counter) -> None:
    assert "Still to be paid" not in (await shop.say("/wallet")).text
    await shop.bench.shop.db.write(lambda tx: customers.owe(tx, MINA, money("4")))
    assert "Still to be paid: 4.00 USD" in (await shop.say("/wallet")).text


async def test_money_of_an_order_names_it_with_the_reason(shop: Counter) -> None:
    order = await till_order(shop)
    facts: Facts = {"order": order, "amount": 2_000_000, "reason": "late"}

    async def work(tx: Tx) -> None:
        await outbox.post(tx, Notice("given", MINA, NoticeKind.GIVEN_BACK, order, facts), shop.bench.clock())

    await shop.bench.shop.db.write(work)
    await shop.deliver()
    told = await shop.last()
    assert f"2.00 USD of order #{order} came back to your wallet.\nlate" in told.text
    assert told.labels == [f"Open #{order}", "Wallet"]


async def till_order(shop: Counter) -> int:
    await shop.bench.credit("10")
    return (await shop.bench.order()).id


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("owed", [0, 5])
def test_every_piece_of_news_can_be_sent_whatever_it_holds(language: str, owed: int) -> None:
    facts: Facts = {
        "order": 7, "payment": 2**60, "amount": 2**60, "received": "9" * 30, "currency": HOSTILE[:20],
        "reason": HOSTILE, "owed": owed,
    }  # fmt: skip
    for tell in delivery_refunds.MESSAGES.values():
        assert_sendable(tell(load(MoneyStyle("USD", 4)).speak(language), facts))


def test_what_is_owed_comes_with_the_way_to_pay_it() -> None:
    tell = delivery_refunds.MESSAGES[NoticeKind.TAKEN_BACK]
    screen = tell(load(MoneyStyle("USD", 4)).speak("en"), {"payment": 1, "amount": 5, "owed": 2_000_000})
    assert "You had spent <b>2.00 USD</b>" in screen.html
    assert screen.keyboard is not None
    assert screen.keyboard.inline_keyboard[0][0].text == "Add money"
