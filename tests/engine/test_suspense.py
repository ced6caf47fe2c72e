"""Payments that fitted nobody, and an operator who says whose one is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.errors import AlreadyDecided, Braked, NeedsSecond, NotFound
from bot.domain.money import ZERO
from bot.domain.topups import Payment, PaymentState
from bot.engine import desk, reversals, suspense
from bot.engine.suspense import Assigning
from storage import customers
from tests.engine import till
from tests.engine.workshop import Workshop
from tests.kit import IRIS, MINA, THEO, money


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with till.opened(tmp_path, people=(MINA, THEO)) as made:
        yield made


async def assign(bench: Workshop, payment: Payment, person: int = MINA) -> Payment:
    return await suspense.assign(bench.shop, Assigning(IRIS, payment.id, person), bench.clock())


async def test_it_is_credited_to_the_customer_and_the_alert_is_over(bench: Workshop) -> None:
    payment = await till.stray(bench)
    assert await bench.alerts() == [f"payment-homeless:{payment.id}"]
    found = await assign(bench, payment)
    assert (found.state, found.customer_id) == (PaymentState.CREDITED, MINA)
    assert (await bench.money()).stars == payment.amount
    assert await till.balance(bench, "sys:suspense") == 0
    assert await bench.alerts() == []
    assert (await bench.notices(MINA)).count("topup-paid") == 1


async def test_the_same_word_twice_is_one_and_another_customer_is_too_late(bench: Workshop) -> None:
    payment = await till.stray(bench)
    await assign(bench, payment)
    assert (await assign(bench, payment)).customer_id == MINA
    with pytest.raises(AlreadyDecided):
        await assign(bench, payment, THEO)
    assert (await bench.money()).stars == payment.amount


async def test_two_operators_at_once_credit_one_customer(bench: Workshop) -> None:
    payment = await till.stray(bench)
    said = await asyncio.gather(assign(bench, payment), assign(bench, payment, THEO), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in said) == ["AlreadyDecided", "Payment"]
    assert (await bench.money()).stars + (await bench.money(THEO)).stars == payment.amount


async def test_a_payment_with_a_customer_and_one_that_went_back_wait_for_nobody(bench: Workshop) -> None:
    paid, gone = await till.pay(bench), await till.stray(bench)
    await reversals.took_back(bench.shop, gone.gateway, gone.payment_id, bench.clock())
    for payment in (paid, gone):
        with pytest.raises(AlreadyDecided):
            await assign(bench, payment)
    for assigning in (Assigning(IRIS, 999, MINA), Assigning(IRIS, paid.id, 999)):
        with pytest.raises(NotFound):
            await suspense.assign(bench.shop, assigning, bench.clock())


async def test_the_brake_and_a_large_amount_keep_it_back(bench: Workshop) -> None:
    payment = await till.stray(bench)
    careful = replace(bench.shop, terms=replace(bench.shop.terms, second_operator_above=money("1")))
    with pytest.raises(NeedsSecond):
        await suspense.assign(careful, Assigning(IRIS, payment.id, MINA), bench.clock())
    await bench.sql("INSERT INTO switches (name, value) VALUES ('brake', '1')")
    with pytest.raises(Braked):
        await assign(bench, payment)
    assert (await till.payment(bench, payment.id)).state is PaymentState.SUSPENSE


async def test_what_is_owed_is_paid_with_it_first(bench: Workshop) -> None:
    paid = await till.pay(bench)
    order = await bench.sent(quantity="1000")
    await desk.decide(bench.shop, order.id, ZERO, IRIS, bench.clock())
    await reversals.took_back(bench.shop, paid.gateway, paid.payment_id, bench.clock())
    owed = await bench.shop.db.read(lambda tx: customers.owed(tx, MINA))
    assert owed == order.charge
    payment = await till.stray(bench)
    await assign(bench, payment)
    assert (await bench.money()).available == payment.amount - owed
    assert await bench.shop.db.read(lambda tx: customers.owed(tx, MINA)) == ZERO
