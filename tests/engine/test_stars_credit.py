"""Stars credit is spent last and comes back first, whatever becomes of an order, and never hides a debt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain import wallet as ledger
from bot.domain.errors import ShortOfMoney
from bot.domain.money import ZERO, Money
from bot.domain.orders import Order
from bot.domain.topups import FreshRule
from bot.engine import desk, funds, ordering, reversals
from storage import customers, people, views
from tests.engine import till
from tests.engine.workshop import DONE, LIKES, Workshop, report
from tests.kit import IRIS, MINA, money

#: What a thousand likes cost.
CHARGE = money("1.125")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with till.opened(tmp_path) as made:
        yield made


async def mixed(bench: Workshop, own: str = "1", stars: str = "5") -> Order:
    """An order paid for with all other money and some Stars credit."""
    await bench.credit(own)
    await till.pay(bench, stars)
    return await bench.sent(quantity="1000")


async def test_other_money_is_spent_first_and_the_order_says_how_much_was_stars(bench: Workshop) -> None:
    order = await mixed(bench)
    assert (order.charge, order.from_stars) == (CHARGE, money("0.125"))
    have = await bench.money()
    assert (have.own, have.stars, have.held) == (ZERO, money("4.875"), CHARGE)


@pytest.mark.parametrize(("own", "from_stars"), [("5", "0"), ("0.01", "1.115")])
async def test_only_what_is_lacking_comes_out_of_the_stars(bench: Workshop, own: str, from_stars: str) -> None:
    assert (await mixed(bench, own)).from_stars == money(from_stars)


async def test_an_order_that_is_withdrawn_gives_each_part_back_to_where_it_was(bench: Workshop) -> None:
    await bench.credit("1")
    await till.pay(bench)
    order = await bench.order(bench.number(LIKES), quantity="1000")
    await ordering.withdraw(bench.shop, order.id, MINA, bench.clock())
    have = await bench.money()
    assert (have.own, have.stars, have.held) == (money("1"), money("5"), ZERO)


async def test_what_returns_is_stars_first(bench: Workshop) -> None:
    order = await mixed(bench)
    order = await bench.settled(order, report("Partial", 50))
    assert order.returned == money("0.0563")  # less than came out of the Stars
    have = await bench.money()
    assert (have.own, have.stars) == (ZERO, money("4.9313"))
    order = await bench.settled(order, report("Partial", 400))  # a correction: the rest of the Stars, then the other
    assert order.returned == money("0.45")
    have = await bench.money()
    assert (have.own, have.stars) == (money("0.325"), money("5"))


async def test_a_debit_takes_other_money_first_and_is_found_done_by_its_replay(bench: Workshop) -> None:
    await bench.credit("1")
    await till.pay(bench, "5")
    for update, own, stars in ((1, "0", "4"), (2, "0", "2")):
        for _ in range(2):
            await desk.move_money(bench.shop, update, IRIS, MINA, money("2"), "a fee", bench.clock(), credit=False)
        have = await bench.money()
        assert (have.own, have.stars) == (money(own), money(stars))


async def test_the_history_tells_each_fact_once_with_all_it_moved(bench: Workshop) -> None:
    order = await mixed(bench)
    await bench.settled(order, report("Partial", 400))
    view = await bench.shop.db.read(lambda tx: views.wallet_view(tx, MINA, 1, 10))
    told = {entry.kind.value: entry.amount for entry in view.history.items}
    assert told == {
        "return": money("0.45"), "hold": -CHARGE, "deposit": money("5"), "manual": money("1"),
    }  # fmt: skip
    assert len(view.history.items) == len(told)
    assert Money(sum(amount.micros for amount in told.values())) == view.balances.available


async def test_what_a_person_is_handed_of_themselves_has_each_movement_once(bench: Workshop) -> None:
    await mixed(bench)
    kept = await bench.shop.db.read(lambda tx: people.kept(tx, MINA))
    moved = [row["id"] for row in kept["movements"]]
    assert len(moved) == len(set(moved)) == 4  # a credit, a deposit, and a hold of each account
    assert {row["id"] for row in kept["wallet"]} == {ledger.available(MINA), ledger.held(MINA), ledger.stars(MINA)}


async def test_stars_taken_back_while_an_order_has_them_are_paid_when_it_gives_them_back(bench: Workshop) -> None:
    payment = await till.pay(bench, "5")
    order = await bench.sent(quantity="1000")
    await reversals.took_back(bench.shop, payment.gateway, payment.payment_id, bench.clock())
    assert await bench.shop.db.read(lambda tx: customers.owed(tx, MINA)) == CHARGE
    await bench.settled(order, report("Canceled", 1000))
    assert await bench.shop.db.read(lambda tx: customers.owed(tx, MINA)) == ZERO
    assert (await bench.money()).available == ZERO


async def test_stars_that_were_paid_for_with_other_money_come_back_as_other_money(bench: Workshop) -> None:
    payment = await till.pay(bench, "5")
    order = await bench.sent(quantity="1000")
    await bench.credit("10")
    await reversals.took_back(bench.shop, payment.gateway, payment.payment_id, bench.clock())
    have = await bench.money()
    assert (have.own, have.stars) == (money("10") - CHARGE, ZERO)
    await bench.settled(order, report("Canceled", 1000))
    have = await bench.money()
    assert (have.own, have.stars) == (money("10"), ZERO)
    view = await bench.shop.db.read(lambda tx: views.wallet_view(tx, MINA, 1, 10))
    assert "shift" not in {entry.kind.value for entry in view.history.items}


async def test_a_completed_order_posts_all_of_it(bench: Workshop) -> None:
    await bench.tell(await mixed(bench), DONE)
    assert await till.balance(bench, ledger.REVENUE) == CHARGE.micros


async def test_fresh_stars_wait_by_rule_and_the_refusal_says_so(tmp_path: Path) -> None:
    terms = replace(till.TILL_TERMS, fresh_stars=FreshRule(at_once=money("1")))
    async with till.opened(tmp_path, terms) as bench:
        await till.pay(bench, "5")
        assert await spendable(bench) == money("1")
        quote = await bench.quote(bench.number(LIKES), quantity="1000")
        with pytest.raises(ShortOfMoney) as short:
            await bench.order_of(quote)
        assert (short.value.available, short.value.waits, short.value.gap) == (money("1"), money("4"), money("0.125"))
        found = await bench.shop.db.read(lambda tx: funds.waits(tx, bench.shop, MINA, bench.clock()))
        assert found == funds.Waits(money("4"), bench.clock() + timedelta(days=21))
        await bench.credit("0.125")
        assert (await bench.order_of(quote)).from_stars == money("1")
        assert await spendable(bench) == ZERO
        bench.clock.forward(days=21)
        assert await spendable(bench) == money("4")
        assert await bench.shop.db.read(lambda tx: funds.waits(tx, bench.shop, MINA, bench.clock())) is None


async def spendable(bench: Workshop) -> Money:
    return await bench.shop.db.read(lambda tx: funds.spendable(tx, bench.shop, MINA, bench.clock()))


async def test_all_can_be_spent_at_once_where_nothing_is_held_back(bench: Workshop) -> None:
    await till.pay(bench, "5")
    assert await spendable(bench) == money("5")
