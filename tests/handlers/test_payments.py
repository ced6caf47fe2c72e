"""`/paysupport`: a customer's payments with what became of each, and asking for one back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.refunds import Done
from bot.domain.topups import Gateway
from bot.engine import refunding
from bot.engine.refunding import ASKS_MOST, Refunding
from handlers.customer.payment_buttons import AskRefund, GiveNoReason, OpenPayment
from storage import refunds
from tests.engine import till
from tests.handlers.counter import Counter, Seen, counter
from tests.kit import IRIS, MINA, THEO


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Counter]:
    async with counter(tmp_path, operator_ids=str(IRIS)) as found:
        for person in (MINA, THEO, IRIS):
            await found.say("/start", person)
        await till.open_ways(found.bench)
        yield found


async def opened(shop: Counter, label: str = "250 ⭐") -> Seen:
    return await shop.press(label, await shop.say("/paysupport"))


async def asked(shop: Counter, why: str = "I changed my mind") -> Seen:
    await shop.press("Ask for it back", await opened(shop))
    return await shop.say(why)


async def of(shop: Counter, payment: int) -> list[str]:
    found = await shop.bench.shop.db.read(lambda tx: refunds.of_payment(tx, payment))
    return [f"{refund.state.value}: {refund.reason}" for refund in found]


async def test_who_paid_nothing_reads_how_to_get_help_and_has_ways_on(shop: Counter) -> None:
    page = await shop.say("/paysupport")
    assert "Help with a payment" in page.text
    assert "You have not paid anything in yet." in page.text
    assert page.labels == ["Support", "Menu"]


async def test_payments_stand_there_newest_first_with_what_is_unspent(shop: Counter) -> None:
    await till.pay(shop.bench, "5")
    await till.pay(shop.bench, "10")
    await shop.bench.credit("3")
    page = await shop.say("/paysupport")
    assert "In your wallet: 18.00 USD." in page.text
    assert "Of that, 15.00 USD is Stars credit" in page.text
    assert page.text.index("500 ⭐ → 10.00 USD") < page.text.index("250 ⭐ → 5.00 USD")
    assert page.text.count("added to your wallet") == 2
    assert "open a dispute" in page.text
    assert [label[:4] for label in page.labels[:2]] == ["↩️ 1", "↩️ 2"]


async def test_long_lists_have_pages(shop: Counter) -> None:
    for amount in range(5, 12):
        await till.pay(shop.bench, str(amount))
    second = await shop.press("Next", await shop.say("/paysupport"))
    assert "6. " in second.text
    assert "300 ⭐" in second.text
    back = await shop.press("My payments", await shop.press("300 ⭐", second))
    assert "300 ⭐" in back.text


async def test_a_payment_says_what_going_back_means_before_it_is_asked_for(shop: Counter) -> None:
    await till.pay(shop.bench)
    shown = await opened(shop)
    assert "whole payments only: you get 250 ⭐, and 5.00 USD leave your wallet" in shown.text
    assert "usually takes minutes" in shown.text
    assert shown.labels == ["Ask for it back", "My payments", "Support"]


async def test_asking_takes_a_reason_or_none_and_tells_every_operator_once(shop: Counter) -> None:
    payment = await till.pay(shop.bench)
    done = await asked(shop)
    assert "Asked. You hear from us here." in done.text
    assert "Your words: I changed my mind" in done.text
    assert "Nobody has decided yet" in done.text
    assert "Ask for it back" not in done.labels
    assert await of(shop, payment.id) == ["asked: I changed my mind"]
    page = await shop.say("/paysupport")
    assert "asked for back" in page.text
    for update in list(shop.handled):
        await shop.handle(update)
    assert len(await of(shop, payment.id)) == 1


async def test_no_reason_is_one_tap(shop: Counter) -> None:
    payment = await till.pay(shop.bench)
    question = await shop.press("Ask for it back", await opened(shop))
    done = await shop.press("Leave it out", question)
    assert "Asked." in done.text
    assert await of(shop, payment.id) == ["asked: "]
    again = await shop.press_data(question, GiveNoReason(payment.id).pack())
    assert "Asked." in again.text
    assert len(await of(shop, payment.id)) == 1


async def test_cancel_asks_for_nothing(shop: Counter) -> None:
    payment = await till.pay(shop.bench)
    question = await shop.press("Ask for it back", await opened(shop))
    left = await shop.press("Cancel", question)
    assert "Payment of 250 ⭐" in left.text
    await shop.press("Ask for it back", left)
    assert "Payment of 250 ⭐" in (await shop.say("/cancel")).text
    await shop.say("nothing more")
    assert await of(shop, payment.id) == []


async def test_what_is_no_reason_is_asked_for_again(shop: Counter) -> None:
    payment = await till.pay(shop.bench)
    await shop.press("Ask for it back", await opened(shop))
    assert "Only text" in (await shop.upload(b"x", "x.txt")).text
    assert "501 characters" in (await shop.say("x" * 501)).text
    await shop.say("x" * 500)
    assert await of(shop, payment.id) == [f"asked: {'x' * 500}"]


async def test_an_order_being_put_together_waits_and_goes_on(shop: Counter) -> None:
    payment = await till.pay(shop.bench)
    await shop.to_question()
    await shop.press("Ask for it back", await opened(shop))
    below = await shop.say("I changed my mind")
    assert await of(shop, payment.id) == ["asked: I changed my mind"]
    assert "link" in below.text.lower()


async def test_a_new_language_asks_again_in_it(shop: Counter) -> None:
    payment = await till.pay(shop.bench)
    await shop.press("Ask for it back", await opened(shop))
    question = await shop.press("Türkçe", await shop.say("/language"))
    assert "Neden 250 ⭐ geri istiyorsunuz?" in question.text
    await shop.say("Vazgeçtim")
    assert await of(shop, payment.id) == ["asked: Vazgeçtim"]


async def test_a_restart_keeps_the_question(shop: Counter) -> None:
    payment = await till.pay(shop.bench)
    await shop.press("Ask for it back", await opened(shop))
    await shop.restart()
    await shop.say("After a restart")
    assert await of(shop, payment.id) == ["asked: After a restart"]


async def test_a_spent_payment_says_so_and_what_can_be_done(shop: Counter) -> None:
    payment = await till.pay(shop.bench, "1")
    await shop.bench.order()
    shown = await opened(shop, "50 ⭐")
    assert "It cannot go back now, for it is spent." in shown.text
    assert "1.00 USD of Stars credit would have to be unspent" in shown.text
    assert shown.labels == ["My payments", "Support"]
    listed = await shop.press("My payments", shown)
    assert not any("↩️" in label for label in listed.labels)
    await shop.press_data(listed, AskRefund(payment.id).pack())
    assert await of(shop, payment.id) == []


async def test_of_crypto_what_is_unspent_goes_back(shop: Counter) -> None:
    at = shop.bench.shop
    shop.bench.shop = replace(at, terms=replace(at.terms, cryptopay=True))
    await shop.restart()
    await till.pay(shop.bench, "8", Gateway.CRYPTOPAY)
    assert "you get 8.00 USD, and 8.00 USD leave your wallet" in (await opened(shop, "8.00 USD")).text
    await shop.bench.order()
    shown = await opened(shop, "8.00 USD")
    assert "of its 8.00 USD is not spent" in shown.text
    assert "Ask for it back" in shown.labels


async def test_the_answer_shows_on_the_payment_and_after_three_noes_support_is_the_way(shop: Counter) -> None:
    payment = await till.pay(shop.bench)
    for n in range(ASKS_MOST):
        await asked(shop, f"please {n}")
        made = await shop.bench.shop.db.read(lambda tx: refunds.of_payment(tx, payment.id))
        await refunding.turn_down(shop.bench.shop, made[-1].id, IRIS, f"no {n}", shop.bench.clock())
        shown = await opened(shop)
        assert f"Our answer: no {n}" in shown.text
    assert "asked for 3 times" in shown.text
    assert shown.labels == ["My payments", "Support"]


async def test_a_payment_that_went_back_tells_when_and_what(shop: Counter) -> None:
    payment = await till.pay(shop.bench)
    begun = await refunding.begin(shop.bench.shop, Refunding(1, IRIS, payment.id, None, "goodwill"), shop.bench.clock())
    assert "on its way back to you" in (await opened(shop)).text
    await refunding.settle(shop.bench.shop, begun.id, Done(), shop.bench.clock())
    shown = await opened(shop)
    assert "250 ⭐ went back to you, and 5.00 USD left your wallet" in shown.text
    assert "goodwill" not in shown.text


async def test_somebody_elses_payment_is_none_of_yours(shop: Counter) -> None:
    payment = await till.pay(shop.bench)
    theirs = await shop.say("/paysupport", THEO)
    for button in (OpenPayment(payment.id, 1), GiveNoReason(payment.id), AskRefund(payment.id), OpenPayment(99, 1)):
        assert "no such payment of yours" in (await shop.press_data(theirs, button.pack(), THEO)).text
    assert await of(shop, payment.id) == []
