"""What a gateway says that nobody would have asked for: it is kept, told, and stands in the way of nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.money import ZERO, Money
from bot.domain.topups import FreshRule, Gateway, PaymentState, TopupState
from bot.engine import funds, refunding, star_books, topups
from bot.engine.refunding import Refunding
from bot.engine.topups import OPEN_MOST
from storage.database import Kind
from tests.engine import till
from tests.engine.workshop import Workshop
from tests.kit import IRIS, MINA, money


@pytest.fixture
async def bench(tmp_path: Path, both_databases: Kind) -> AsyncIterator[Workshop]:
    async with till.opened(tmp_path) as made:
        yield made


@pytest.mark.parametrize("received", ["1E+13", "1E+40", "9" * 60, "1E-18", "0"])
async def test_an_amount_no_wallet_holds_waits_for_an_operator(bench: Workshop, received: str) -> None:
    topup = await till.ask(bench, "5", Gateway.CRYPTOPAY)
    recorded = await till.record(bench, till.paid_for(topup, bench.clock(), received))
    assert (recorded.payment.state, recorded.payment.amount) == (PaymentState.SUSPENSE, Money(1))
    assert recorded.payment.received == Decimal(received)
    assert await bench.alerts() == [f"payment-homeless:{recorded.payment.id}"]
    assert (await bench.money()).available == ZERO
    # The same top-up can still be paid as it was asked for.
    true = await till.record(bench, till.paid_for(topup, bench.clock()))
    assert (true.payment.state, true.payment.amount) == (PaymentState.CREDITED, money("5"))


async def test_an_amount_that_fits_nobody_is_estimated_as_far_as_the_ledger_goes(bench: Workshop) -> None:
    topup = await till.ask(bench, "5", Gateway.CRYPTOPAY)
    for received, worth in (("1E+40", Money(1)), ("12.5", money("12.5"))):
        paid = replace(till.paid_for(topup, bench.clock(), received), token=None)
        assert (await till.record(bench, paid)).payment.amount == worth


async def test_a_replay_finds_its_top_up_though_no_more_may_wait(bench: Workshop) -> None:
    made = [await till.ask(bench, update_id=100 + number) for number in range(OPEN_MOST)]
    assert await till.ask(bench, update_id=100 + OPEN_MOST - 1) == made[-1]


async def test_payments_by_hand_that_nobody_made_expire_with_the_others(bench: Workshop) -> None:
    await bench.sql(
        "INSERT INTO switches (name, value) VALUES ('way.by-hand', 'on'), ('way.by-hand.instructions', 'x')"
    )
    topup = await till.ask(bench, gateway=Gateway.BY_HAND)
    bench.clock.forward(days=4)
    await star_books.expire(bench.shop, bench.clock())
    assert (await topups.read(bench.shop, topup.id, MINA)).state is TopupState.EXPIRED


async def test_stars_on_their_way_back_hold_no_others_back(bench: Workshop) -> None:
    shop = replace(bench.shop, terms=replace(bench.shop.terms, fresh_stars=FreshRule(at_once=ZERO)))
    await till.pay(bench, "5")
    bench.clock.forward(days=22)
    assert await bench.shop.db.read(lambda tx: funds.spendable(tx, shop, MINA, bench.clock())) == money("5")
    fresh = await till.pay(bench, "5")
    await refunding.begin(shop, Refunding(77, IRIS, fresh.id, None, "why"), bench.clock())
    assert await bench.shop.db.read(lambda tx: funds.spendable(tx, shop, MINA, bench.clock())) == money("5")
