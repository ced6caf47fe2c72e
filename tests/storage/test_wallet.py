"""The ledger's tables: a balance moves with its entry or not at all, and never below zero for a customer."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain import wallet as ledger
from bot.domain.money import MONEY_MAX_MICROS, ZERO, Money
from bot.domain.wallet import Kind, Transfer
from storage import wallet
from storage.errors import Conflict
from storage.wallet import Balances
from tests.engine.workshop import Workshop, report, workshop
from tests.kit import MINA, THEO, money

pytestmark = pytest.mark.usefixtures("both_databases")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as made:
        await made.customer("10")
        await made.customer("0", THEO)
        yield made


async def write(bench: Workshop, transfer: Transfer) -> bool:
    return await bench.shop.db.write(lambda tx: wallet.write(tx, transfer, bench.clock()))


def entry(name: str, source: str, target: str, micros: int) -> Transfer:
    return Transfer(name, source, target, Money(micros), Kind.MANUAL)


MINAS, THEOS = ledger.available(MINA), ledger.available(THEO)


async def test_an_entry_moves_both_balances_once(bench: Workshop) -> None:
    for fresh in (True, False, False):
        assert await write(bench, entry("a", ledger.MANUAL_ACCOUNT, THEOS, 3_000_000)) is fresh
    assert (await bench.rows("SELECT balance FROM accounts WHERE id = 'sys:adjust'"))[0]["balance"] == -13_000_000
    assert (await bench.money(THEO)).available == money("3")
    await bench.sound()


async def test_no_customers_account_falls_below_zero_and_nothing_is_left_of_the_try(bench: Workshop) -> None:
    with pytest.raises(Conflict):
        await write(bench, entry("a", THEOS, MINAS, 1))
    assert not await bench.shop.db.read(lambda tx: wallet.has_transfer(tx, "a"))
    assert (await bench.money()).available == money("10")
    await bench.sound()


async def test_an_account_of_the_shop_may_owe(bench: Workshop) -> None:
    assert await write(bench, entry("a", ledger.MANUAL_ACCOUNT, ledger.REVENUE, 5))
    assert (await bench.rows("SELECT balance FROM accounts WHERE id = 'sys:adjust'"))[0]["balance"] == -10_000_005
    await bench.sound()


@pytest.mark.parametrize(("source", "target"), [("user:77:available", MINAS), (MINAS, "user:77:available")])
async def test_money_goes_nowhere_without_an_account(bench: Workshop, source: str, target: str) -> None:
    with pytest.raises(Conflict):
        await write(bench, entry("a", source, target, 1))
    await bench.sound()


async def test_no_balance_grows_beyond_what_can_be_counted(bench: Workshop) -> None:
    most = MONEY_MAX_MICROS - 1 - money("10").micros
    assert await write(bench, entry("a", ledger.MANUAL_ACCOUNT, MINAS, most - money("10").micros))
    with pytest.raises(Conflict):
        await write(bench, entry("b", ledger.MANUAL_ACCOUNT, MINAS, MONEY_MAX_MICROS))
    await bench.sound()


async def test_opening_accounts_again_changes_nothing(bench: Workshop) -> None:
    await bench.shop.db.write(lambda tx: wallet.open_accounts(tx, MINA))
    assert await bench.money() == Balances(money("10"), ZERO)


async def test_a_stranger_has_nothing(bench: Workshop) -> None:
    assert await bench.money(77) == Balances(ZERO, ZERO)


async def test_a_thousand_transfers_at_once_conserve_every_micro_unit(bench: Workshop) -> None:
    dice = random.Random(7)
    moves = [
        entry(f"t{n % 900}", *dice.sample([MINAS, THEOS, ledger.REVENUE, ledger.held(MINA)], 2), dice.randint(1, 10**6))
        for n in range(1000)
    ]
    outcomes = await asyncio.gather(*(write(bench, move) for move in moves), return_exceptions=True)
    kinds = Counter(type(outcome) for outcome in outcomes)
    assert set(kinds) <= {bool, Conflict}
    written = {row["id"] for row in await bench.rows("SELECT id FROM transfers WHERE id LIKE 't%'")}
    assert len(written) == sum(outcome is True for outcome in outcomes)
    rows = await bench.rows("SELECT SUM(balance) AS total FROM accounts")
    assert rows[0]["total"] == 0
    assert not await bench.rows("SELECT id FROM accounts WHERE customer_id IS NOT NULL AND balance < 0")


async def test_a_history_shows_what_moved_the_spendable_balance_newest_first(bench: Workshop) -> None:
    bench.clock.forward(seconds=1)
    order = await bench.sent(quantity="1000")
    bench.clock.forward(seconds=1)
    await bench.settled(order, report("Partial", 400))
    lines = await bench.shop.db.read(lambda tx: wallet.history(tx, MINA, 10, 0))
    assert [(line.kind, line.amount.micros, line.order_id) for line in lines] == [
        (Kind.RETURN, 450_000, 1), (Kind.HOLD, -1_125_000, 1), (Kind.MANUAL, 10_000_000, None),
    ]  # fmt: skip
    assert lines[-1].reason == "a test"
    assert sum(line.amount.micros for line in lines) == (await bench.money()).available.micros
    page = await bench.shop.db.read(lambda tx: wallet.history(tx, MINA, 1, 1))
    assert page == [lines[1]]
    booked = await bench.shop.db.read(lambda tx: wallet.of_order(tx, order.id))
    assert {(line.kind, line.amount.micros) for line in booked} == {
        (Kind.HOLD, 1_125_000), (Kind.POST, 675_000), (Kind.RETURN, 450_000),
    }  # fmt: skip
