"""Payments that a gateway takes back without us: paid for once, by the wallet as far as it can, the rest is owed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain import wallet as ledger
from bot.domain.errors import AlreadyDecided, Frozen
from bot.domain.money import ZERO, Money
from bot.domain.refunds import Done
from bot.domain.topups import Gateway, Payment, PaymentState, RefundState, TopupState
from bot.engine import refunding, reversals, topups
from bot.engine.admission import refusal
from bot.engine.refunding import Refunding
from bot.engine.reversals import Reversal
from storage import customers, refunds
from tests.engine import till
from tests.engine.workshop import LIKES, Workshop
from tests.kit import IRIS, MINA, money


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with till.opened(tmp_path) as made:
        yield made


async def took_back(bench: Workshop, payment: Payment) -> Reversal:
    return await reversals.took_back(bench.shop, payment.gateway, payment.payment_id, bench.clock())


async def owed(bench: Workshop) -> Money:
    return await bench.shop.db.read(lambda tx: customers.owed(tx, MINA))


async def test_what_is_still_there_pays_and_nothing_is_owed(bench: Workshop) -> None:
    payment = await till.pay(bench, "5")
    await bench.credit("3")
    assert await took_back(bench, payment) is Reversal.TAKEN
    have = await bench.money()
    assert (have.available, have.stars, await owed(bench)) == (money("3"), ZERO, ZERO)
    assert (await till.payment(bench, payment.id)).state is PaymentState.REVERSED
    assert (await topups.read(bench.shop, payment.topup_id or 0, MINA)).state is TopupState.REFUNDED
    assert await bench.alerts() == ["chargeback:1"]
    assert (await bench.notices(MINA))[-1] == "taken-back"
    assert await refusal(bench.shop, MINA) is None


async def test_repeated_from_all_sides_it_is_one(bench: Workshop) -> None:
    payment = await till.pay(bench, "5")
    found = await asyncio.gather(*(took_back(bench, payment) for _ in range(20)))
    assert sorted(found) == [Reversal.KNOWN] * 19 + [Reversal.TAKEN]
    assert len(await bench.rows("SELECT id FROM transfers WHERE kind = 'chargeback'")) == 1


async def spent(bench: Workshop) -> Payment:
    """A payment whose money is in an order that runs."""
    payment = await till.pay(bench, "1.125", Gateway.CRYPTOPAY)
    await bench.order(bench.number(LIKES), quantity="1000")
    assert (await bench.money()).available == ZERO
    return payment


async def test_what_was_spent_is_owed_and_keeps_from_ordering_until_it_is_paid(bench: Workshop) -> None:
    payment = await spent(bench)
    await took_back(bench, payment)
    assert await owed(bench) == payment.amount
    assert await till.balance(bench, ledger.CHARGEBACKS) == -payment.amount.micros
    refused = await refusal(bench.shop, MINA)
    assert isinstance(refused, Frozen)
    assert refused.owed == payment.amount
    await bench.credit("1")
    assert (await bench.money()).available == ZERO
    assert await owed(bench) == payment.amount - money("1")
    more = await till.pay(bench, "1")  # paying in goes on
    assert await owed(bench) == ZERO
    assert (await bench.money()).available == money("1") + more.amount - payment.amount
    assert await refusal(bench.shop, MINA) is None
    assert await till.balance(bench, ledger.CHARGEBACKS) == 0


async def test_a_payment_that_fits_nobody_is_taken_back_out_of_suspense(bench: Workshop) -> None:
    payment = await till.stray(bench)
    assert payment.state is PaymentState.SUSPENSE
    assert await took_back(bench, payment) is Reversal.TAKEN
    assert (await till.payment(bench, payment.id)).state is PaymentState.REVERSED
    assert await till.balance(bench, ledger.SUSPENSE) == 0
    assert await bench.alerts() == ["chargeback:1"]


async def test_a_payment_taken_back_before_anybody_told_of_it_is_never_credited(bench: Workshop) -> None:
    topup = await till.ask(bench)
    paid = till.paid_for(topup, bench.clock())
    for expected in (Reversal.UNHEARD, Reversal.KNOWN):
        assert await reversals.took_back(bench.shop, paid.gateway, paid.payment_id, bench.clock()) is expected
    for fresh in (True, False):
        recorded = await till.record(bench, paid)
        assert (recorded.fresh, recorded.payment.state) == (fresh, PaymentState.REVERSED)
    assert (await bench.money()).available == ZERO
    assert await till.balance(bench, ledger.SUSPENSE) == 0
    assert await till.balance(bench, ledger.incoming(Gateway.STARS)) == 0
    assert await took_back(bench, recorded.payment) is Reversal.KNOWN


async def test_our_own_refund_is_settled_by_what_the_gateway_tells(bench: Workshop) -> None:
    payment = await till.pay(bench)
    refund = await refunding.begin(bench.shop, Refunding(1, IRIS, payment.id, None, "why"), bench.clock())
    assert await took_back(bench, payment) is Reversal.OURS
    assert await took_back(bench, payment) is Reversal.KNOWN
    assert (await refunding.settle(bench.shop, refund.id, Done(), bench.clock())).state is RefundState.DONE
    assert (await till.payment(bench, payment.id)).state is PaymentState.REFUNDED
    assert await owed(bench) == ZERO
    assert await bench.alerts() == []


async def test_a_refund_that_was_asked_for_is_over_when_the_payment_is_taken_back(bench: Workshop) -> None:
    payment = await till.pay(bench)
    await refunding.ask(bench.shop, 3, MINA, payment.id, "why", bench.clock())
    await took_back(bench, payment)
    made = await bench.shop.db.read(lambda tx: refunds.of_payment(tx, payment.id))
    assert [each.state for each in made] == [RefundState.REFUSED]
    with pytest.raises(AlreadyDecided):
        await refunding.begin(bench.shop, Refunding(1, IRIS, payment.id, None, "why"), bench.clock())


async def test_what_of_a_payment_went_back_before_is_not_taken_twice(bench: Workshop) -> None:
    payment = await till.pay(bench, "10", Gateway.CRYPTOPAY)
    part = await refunding.begin(bench.shop, Refunding(1, IRIS, payment.id, money("4"), "why"), bench.clock())
    await refunding.settle(bench.shop, part.id, Done(), bench.clock())
    await took_back(bench, payment)
    assert (await bench.money()).available == ZERO
    assert await owed(bench) == ZERO
    assert await till.balance(bench, ledger.incoming(Gateway.CRYPTOPAY)) == 0
