"""Refunds: a payment goes back to where it came from once, whatever breaks off, and never what was spent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain import wallet as ledger
from bot.domain.errors import (
    AlreadyDecided,
    BadInput,
    Braked,
    NeedsSecond,
    NotFound,
    NotOffered,
    ShortOfMoney,
    TooMany,
)
from bot.domain.money import ZERO, Money
from bot.domain.refunds import Done, NotNow, Refund, Refused
from bot.domain.topups import Gateway, PaymentState, RefundState, TopupState
from bot.engine import brake, refunding, topups
from bot.engine.brake import Broken
from bot.engine.refunding import Refunding
from storage import acts, refunds
from tests.engine import till
from tests.engine.workshop import Workshop
from tests.kit import IRIS, MINA, THEO, money

CRYPTO = Gateway.CRYPTOPAY


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with till.opened(tmp_path) as made:
        yield made


def giving(payment: int, update_id: int = 1, amount: str | None = None, reason: str = "as asked") -> Refunding:
    return Refunding(update_id, IRIS, payment, None if amount is None else money(amount), reason)


async def begin(bench: Workshop, payment: int, update_id: int = 1, amount: str | None = None) -> Refund:
    return await refunding.begin(bench.shop, giving(payment, update_id, amount), bench.clock())


async def ask(bench: Workshop, payment: int, update_id: int = 100, person: int = MINA) -> Refund:
    return await refunding.ask(bench.shop, update_id, person, payment, "I changed my mind", bench.clock())


async def settle(bench: Workshop, refund: Refund, said: Done | Refused | NotNow) -> Refund:
    return await refunding.settle(bench.shop, refund.id, said, bench.clock())


async def test_a_payment_asked_back_moves_nothing_until_an_operator_agrees(bench: Workshop) -> None:
    payment = await till.pay(bench)
    refund = await ask(bench, payment.id)
    assert refund.state is RefundState.ASKED
    assert (await bench.money()).stars == money("5")
    assert await bench.notices(IRIS) == ["refund-asked"]
    begun = await begin(bench, payment.id)
    assert (begun.id, begun.state, begun.reason) == (refund.id, RefundState.SENDING, "I changed my mind")
    assert (await bench.money()).available == ZERO
    assert await till.balance(bench, ledger.REFUNDS) == payment.amount.micros
    assert (await settle(bench, begun, Done())).state is RefundState.DONE
    assert (await till.payment(bench, payment.id)).state is PaymentState.REFUNDED
    assert (await topups.read(bench.shop, payment.topup_id or 0, MINA)).state is TopupState.REFUNDED
    assert await till.balance(bench, ledger.incoming(Gateway.STARS)) == 0
    assert await bench.notices(MINA) == ["topup-paid", "refund-done"]


async def test_asking_again_finds_what_is_asked_and_a_replay_too(bench: Workshop) -> None:
    payment = await till.pay(bench)
    first = await ask(bench, payment.id, 7)
    assert (await ask(bench, payment.id, 7)).id == (await ask(bench, payment.id, 8)).id == first.id
    assert await bench.notices(IRIS) == ["refund-asked"]


async def test_nobody_asks_for_somebody_elses_payment_or_for_what_is_gone(bench: Workshop) -> None:
    payment = await till.pay(bench)
    await bench.customer("0", THEO)
    with pytest.raises(NotFound):
        await ask(bench, payment.id, person=THEO)
    with pytest.raises(NotFound):
        await ask(bench, 999)
    await settle(bench, await begin(bench, payment.id), Done())
    with pytest.raises(AlreadyDecided):
        await ask(bench, payment.id, 9)


async def test_no_customer_buries_operators_under_requests(bench: Workshop) -> None:
    made = [await till.pay(bench) for _ in range(refunding.WAITING_MOST + 1)]
    for n, payment in enumerate(made[:-1]):
        await ask(bench, payment.id, 100 + n)
    with pytest.raises(TooMany):
        await ask(bench, made[-1].id, 200)
    await refunding.turn_down(bench.shop, (await ask(bench, made[0].id, 201)).id, IRIS, "no", bench.clock())
    assert (await ask(bench, made[-1].id, 202)).state is RefundState.ASKED


async def test_nobody_has_to_say_why(bench: Workshop) -> None:
    payment = await till.pay(bench)
    assert (await refunding.ask(bench.shop, 3, MINA, payment.id, "  ", bench.clock())).reason == ""
    assert (await begin(bench, payment.id)).state is RefundState.SENDING


async def test_a_customer_who_was_told_no_three_times_writes_to_the_operator(bench: Workshop) -> None:
    payment = await till.pay(bench)
    for n in range(refunding.ASKS_MOST):
        refund = await ask(bench, payment.id, 10 + n)
        said = await refunding.turn_down(bench.shop, refund.id, IRIS, f"no {n}", bench.clock())
        assert said.state is RefundState.REFUSED
    with pytest.raises(NotOffered):
        await ask(bench, payment.id, 20)
    assert (await bench.notices(MINA)).count("refund-turned-down") == refunding.ASKS_MOST
    assert (await begin(bench, payment.id)).state is RefundState.SENDING  # the operator still may


async def test_a_no_is_said_once_and_by_one_operator(bench: Workshop) -> None:
    refund = await ask(bench, (await till.pay(bench)).id)
    for _ in range(2):
        await refunding.turn_down(bench.shop, refund.id, IRIS, "it was used", bench.clock())
    with pytest.raises(AlreadyDecided):
        await refunding.turn_down(bench.shop, refund.id, IRIS + 1, "no", bench.clock())
    assert (await bench.notices(MINA)).count("refund-turned-down") == 1
    found = await bench.shop.db.read(lambda tx: acts.last(tx, 1))
    assert (found[0].act, found[0].object, found[0].detail) == ("refund", "payment 1", "no: it was used")


async def test_the_same_update_begins_one_refund_and_no_other_can_while_it_is_on_its_way(bench: Workshop) -> None:
    payment = await till.pay(bench)
    first = await begin(bench, payment.id, 4)
    assert (await begin(bench, payment.id, 4)).id == first.id
    with pytest.raises(AlreadyDecided):
        await begin(bench, payment.id, 5)
    await settle(bench, first, Done())
    assert (await begin(bench, payment.id, 4)).state is RefundState.DONE
    with pytest.raises(AlreadyDecided):
        await begin(bench, payment.id, 6)


async def test_stars_go_back_whole_or_not_at_all(bench: Workshop) -> None:
    payment = await till.pay(bench)
    with pytest.raises(NotOffered):
        await begin(bench, payment.id, amount="1")
    with pytest.raises(BadInput):
        await begin(bench, payment.id, amount="5.01")
    with pytest.raises(BadInput):
        await begin(bench, payment.id, amount="0")


async def test_money_by_hand_cannot_go_back_where_it_came_from(bench: Workshop) -> None:
    payment = await till.pay(bench)
    await bench.sql("UPDATE payments SET gateway = 'by-hand'")
    for asked in (ask(bench, payment.id), begin(bench, payment.id)):
        with pytest.raises(NotOffered):
            await asked
    await bench.sql("UPDATE payments SET gateway = 'stars'")


async def test_crypto_goes_back_in_parts_that_add_up_to_what_came(bench: Workshop) -> None:
    payment = await till.pay(bench, "10", CRYPTO)
    parts = [await begin(bench, payment.id, 1, "3.333333")]
    await settle(bench, parts[0], Done())
    assert (await till.payment(bench, payment.id)).state is PaymentState.CREDITED
    parts.append(await begin(bench, payment.id, 2))
    await settle(bench, parts[1], Done())
    assert [part.amount for part in parts] == [money("3.333333"), money("6.666667")]
    assert sum((part.received for part in parts), Decimal()) == payment.received
    assert (await till.payment(bench, payment.id)).state is PaymentState.REFUNDED
    assert (await bench.money()).available == ZERO


async def test_what_was_spent_or_came_another_way_does_not_go_back(bench: Workshop) -> None:
    stars, crypto = await till.pay(bench, "5"), await till.pay(bench, "2", CRYPTO)
    await bench.sql("UPDATE accounts SET balance = balance - 1 WHERE id = $1", ledger.stars(MINA))
    with pytest.raises(ShortOfMoney) as short:
        await begin(bench, stars.id)
    assert short.value.available == stars.amount - Money(1)
    await bench.sql("UPDATE accounts SET balance = balance + 1 WHERE id = $1", ledger.stars(MINA))
    await bench.sql("UPDATE accounts SET balance = balance - 1 WHERE id = $1", ledger.available(MINA))
    with pytest.raises(ShortOfMoney):
        await begin(bench, crypto.id)
    await bench.sql("UPDATE accounts SET balance = balance + 1 WHERE id = $1", ledger.available(MINA))


async def test_the_brake_stops_a_refund_from_beginning_and_from_being_sent(bench: Workshop) -> None:
    first, second = await till.pay(bench), await till.pay(bench)
    await begin(bench, first.id)
    await brake.engage(bench.shop, [Broken("L1", "sum 1")], bench.clock())
    with pytest.raises(Braked):
        await begin(bench, second.id, 2)
    assert await refunding.due(bench.shop, Gateway.STARS, bench.clock()) == []
    await brake.let_go(bench.shop, IRIS, bench.clock())
    assert len(await refunding.due(bench.shop, Gateway.STARS, bench.clock())) == 1


async def test_a_large_refund_needs_two_operators(tmp_path: Path) -> None:
    terms = replace(till.TILL_TERMS, second_operator_above=money("4"))
    async with till.opened(tmp_path, terms) as bench:
        payment = await till.pay(bench, "5")
        with pytest.raises(NeedsSecond):
            await begin(bench, payment.id)
        refund = await bench.shop.db.write(
            lambda tx: refunding.begin_in(tx, bench.shop, giving(payment.id), bench.clock())
        )
        assert refund.state is RefundState.SENDING
        assert (await begin(bench, payment.id)).id == refund.id  # a replay of what was granted is no new question


async def test_a_refusal_for_good_brings_the_money_back_and_can_be_tried_anew(bench: Workshop) -> None:
    payment = await till.pay(bench)
    refund = await begin(bench, payment.id)
    for _ in range(2):
        failed = await settle(bench, refund, Refused("CHARGE_NOT_FOUND"))
    assert (failed.state, failed.answer) == (RefundState.FAILED, "CHARGE_NOT_FOUND")
    assert (await bench.money()).stars == payment.amount
    assert "refund-failed:1" in await bench.alerts()
    assert (await bench.notices(MINA)).count("refund-failed") == 1
    assert (await settle(bench, refund, Done())).state is RefundState.FAILED  # what is over is over
    again = await begin(bench, payment.id, 2)
    assert again.id != refund.id
    await settle(bench, again, Done())
    assert (await till.payment(bench, payment.id)).state is PaymentState.REFUNDED


async def test_a_gateway_that_does_not_answer_is_asked_again_more_and_more_rarely(bench: Workshop) -> None:
    refund = await begin(bench, (await till.pay(bench)).id)
    waits = []
    for _ in range(6):
        refund = await settle(bench, refund, NotNow("timed out"))
        assert refund.next_at is not None
        waits.append(refund.next_at - bench.clock())
        assert await refunding.due(bench.shop, Gateway.STARS, bench.clock()) == []
        bench.clock.forward(seconds=waits[-1].total_seconds())
        assert len(await refunding.due(bench.shop, Gateway.STARS, bench.clock())) == 1
    assert waits == [timedelta(seconds=5 * 2**n) for n in range(6)]
    assert await bench.alerts() == ["refund-stuck:1"]
    refund = await settle(bench, refund, NotNow("too many requests", timedelta(minutes=3)))
    assert refund.next_at == bench.clock() + timedelta(minutes=3)
    await settle(bench, refund, Done())
    assert await bench.alerts() == []


async def test_a_refund_whose_answer_was_never_stored_is_told_again_and_is_one(bench: Workshop) -> None:
    payment = await till.pay(bench)
    refund = await begin(bench, payment.id)
    for _ in range(3):  # each time the shop dies before it stores what the gateway said
        sending = (await refunding.due(bench.shop, Gateway.STARS, bench.clock()))[0]
        assert (sending.refund.id, sending.payment.payment_id) == (refund.id, payment.payment_id)
    for _ in range(3):
        await settle(bench, refund, Done())
    assert len(await bench.rows("SELECT id FROM transfers WHERE kind = 'settle'")) == 1


async def test_twenty_operators_at_once_begin_one_refund(bench: Workshop) -> None:
    payment = await till.pay(bench)
    found = await asyncio.gather(*(begin(bench, payment.id, n) for n in range(1, 21)), return_exceptions=True)
    assert sum(isinstance(each, Refund) for each in found) == 1
    assert sum(isinstance(each, AlreadyDecided) for each in found) == 19
    made = await bench.shop.db.read(lambda tx: refunds.of_payment(tx, payment.id))
    assert [each.amount for each in made] == [payment.amount]
