"""The one door through which money comes in: once for each payment, by the gateway's record, and never lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import wallet as ledger
from bot.domain.errors import BadInput, Banned, NotFound, NotOffered
from bot.domain.money import ZERO, Money
from bot.domain.topups import XTR, Gateway, Paid, PaymentState, Topup, TopupState, worth
from bot.engine import admission, topups
from bot.engine.topups import Turned, credit_for, stars_for
from tests.engine import till
from tests.engine.workshop import LIKES, Workshop
from tests.kit import IRIS, MINA, START, THEO, money

RATES = st.decimals("0.000001", "100", places=6, allow_nan=False)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with till.opened(tmp_path) as made:
        yield made


async def state_of(bench: Workshop, topup: Topup) -> TopupState:
    return (await topups.read(bench.shop, topup.id, topup.customer_id)).state


async def test_a_hundred_callbacks_at_once_credit_once(bench: Workshop) -> None:
    topup = await till.ask(bench)
    paid = till.paid_for(topup, bench.clock())
    found = await asyncio.gather(*(till.record(bench, paid) for _ in range(100)))
    assert sum(each.fresh for each in found) == 1
    assert (await bench.money()).available == topup.amount
    assert await bench.notices(MINA) == ["topup-paid"]
    assert await state_of(bench, topup) is TopupState.PAID


@pytest.mark.parametrize(
    ("received", "late", "state", "credited"),
    [
        (None, False, TopupState.PAID, "5"), (None, True, TopupState.PAID_LATE, "5"),
        ("300", False, TopupState.PAID_OVER, "6"), ("100", False, TopupState.PAID_PARTIALLY, "2"),
        ("100", True, TopupState.PAID_PARTIALLY, "2"),
    ],
)  # fmt: skip
async def test_what_came_is_credited_whatever_was_asked(
    bench: Workshop, received: str | None, late: bool, state: TopupState, credited: str
) -> None:
    topup = await till.ask(bench)
    if late:
        bench.clock.forward(hours=2)
        assert await topups.expire(bench.shop, bench.clock(), list(Gateway)) == 1
    recorded = await till.record(bench, till.paid_for(topup, bench.clock(), received))
    assert recorded.payment.amount == (await bench.money()).available == money(credited)
    assert await state_of(bench, topup) is state


async def test_a_second_payment_of_one_invoice_is_credited_too(bench: Workshop) -> None:
    topup = await till.ask(bench)
    for _ in range(2):
        await till.record(bench, till.paid_for(topup, bench.clock()))
    assert (await bench.money()).available == Money(2 * topup.amount.micros)
    assert await state_of(bench, topup) is TopupState.PAID_OVER


@pytest.mark.parametrize(
    "wrong", [{"currency": "USD"}, {"payer": str(THEO)}, {"token": "no-such"}, {"token": None}], ids=str
)
async def test_what_fits_nobody_is_kept_apart_and_told(bench: Workshop, wrong: dict[str, str | None]) -> None:
    topup = await till.ask(bench)
    paid = replace(till.paid_for(topup, bench.clock()), **wrong)
    for fresh in (True, False):
        recorded = await till.record(bench, paid)
        assert (recorded.fresh, recorded.payment.state) == (fresh, PaymentState.SUSPENSE)
    assert (await bench.money()).available == ZERO
    assert await till.balance(bench, ledger.SUSPENSE) == recorded.payment.amount.micros
    assert await bench.alerts() == [f"payment-homeless:{recorded.payment.id}"]
    assert await state_of(bench, topup) is TopupState.NEW


async def test_the_same_payment_id_of_two_gateways_is_two_payments(bench: Workshop) -> None:
    for gateway in (Gateway.STARS, Gateway.CRYPTOPAY):
        topup = await till.ask(bench, gateway=gateway)
        assert (await till.record(bench, till.paid_for(topup, bench.clock(), payment_id="7"))).fresh
    assert (await bench.money()).available == money("10")


async def test_a_replayed_wish_is_one_top_up_and_nobody_elses(bench: Workshop) -> None:
    first = await till.ask(bench, update_id=77)
    assert (await till.ask(bench, update_id=77)).id == first.id
    with pytest.raises(NotFound):
        await topups.read(bench.shop, first.id, THEO)


async def test_amounts_out_of_bounds_and_ways_that_are_off_are_refused(bench: Workshop) -> None:
    for amount in ("0.99", "1000.01"):
        with pytest.raises(BadInput):
            await till.ask(bench, amount)
    with pytest.raises(NotOffered):
        await till.ask(bench, gateway=Gateway.BY_HAND)
    with pytest.raises(NotOffered):
        await till.ask(bench, gateway=Gateway.VOUCHER)


async def test_a_payment_is_let_through_only_as_it_was_asked_for(bench: Workshop) -> None:
    topup = await till.ask(bench)
    total = topup.asked

    async def may(token: str = topup.token, payer: int = MINA, amount: Decimal = total, currency: str = XTR) -> object:
        return await topups.may_pay(bench.shop, token, payer, amount, currency, bench.clock())

    assert await may("no-such") is await may(payer=THEO) is Turned.GONE
    assert await may(amount=total + 1) is await may(currency="USD") is Turned.ODD
    assert await may() is None
    assert await state_of(bench, topup) is TopupState.PENDING
    await till.record(bench, till.paid_for(topup, bench.clock()))
    assert await may() is Turned.PAID
    other = await till.ask(bench)
    await admission.ban(bench.shop, MINA, IRIS, "why", bench.clock())
    assert await may(other.token) is Turned.CLOSED
    with pytest.raises(Banned):
        await till.ask(bench)
    bench.clock.forward(hours=2)
    assert await may(other.token) is Turned.EXPIRED


async def test_an_order_waits_for_its_money_at_its_price(bench: Workshop) -> None:
    quote = await bench.quote(bench.number(LIKES), quantity="1000")
    topup = await till.ask(bench, "0.0001", quote=quote.token)
    bench.clock.forward(minutes=59)
    await till.record(bench, till.paid_for(replace(topup, asked=Decimal(60)), bench.clock()))
    bench.clock.forward(minutes=5)
    assert (await bench.order_of(quote)).charge == quote.charge


@given(st.integers(1, 10**11), RATES, st.integers(0, 6))
def test_the_stars_asked_for_an_amount_bring_at_least_that_amount(micros: int, rate: Decimal, decimals: int) -> None:
    """In whole digits of what the shop shows, as gaps are; and one Star less would not."""
    step = 10 ** (6 - decimals)
    amount = Money(-(-micros // step) * step)
    stars = stars_for(amount, rate)
    assert credit_for(stars, rate, decimals) >= amount
    assert (stars - 1) * rate < amount.decimal


@given(st.integers(1, 10**6), st.integers(1, 10**9), st.integers(1, 10**6))
def test_a_share_of_what_was_asked_is_worth_its_share_and_never_more(asked: int, micros: int, came: int) -> None:
    topup = _topup(Decimal(asked), Money(micros))
    value = worth(topup, Decimal(came))
    assert value.micros * asked <= micros * came < (value.micros + 1) * asked
    assert worth(topup, Decimal(asked)) == topup.amount


def _topup(asked: Decimal, amount: Money) -> Topup:
    return Topup(
        1, "t", MINA, Gateway.STARS, amount, asked, XTR, TopupState.NEW, 1, None, None, None, None, None, None, None,
        START, START, START,
    )  # fmt: skip


async def test_a_payment_of_nobody_in_an_unknown_currency_is_worth_the_least(bench: Workshop) -> None:
    paid = Paid(Gateway.CRYPTOPAY, "9", Decimal("0.5"), "XYZ", bench.clock(), None)
    assert (await till.record(bench, paid)).payment.amount == Money(1)
