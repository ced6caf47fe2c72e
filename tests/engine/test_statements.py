"""A statement's sums are the ledger's, whatever happened, in whatever order and at whatever time."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import wallet as ledger
from bot.domain.errors import NotFound
from bot.domain.money import ZERO, Money
from bot.domain.statement import Span, Statement, bounds
from bot.domain.wallet import Kind, Transfer
from bot.engine import customers, statements
from bot.engine.statements import Unbalanced
from storage import wallet
from storage.database import Tx
from tests.engine.workshop import Workshop
from tests.kit import IRIS, MINA, money

#: Whose money is not Mina's, with a number that begins like hers.
OTHER = 10010
OUTSIDE = {
    Kind.DEPOSIT: "sys:in:stars", Kind.MANUAL: ledger.MANUAL_ACCOUNT, Kind.REFUND: ledger.REFUNDS,
    Kind.UNREFUND: ledger.REFUNDS, Kind.CHARGEBACK: ledger.CHARGEBACKS, Kind.RECOVERY: ledger.CHARGEBACKS,
    Kind.ADJUST: ledger.REVENUE, Kind.ASSIGN: ledger.SUSPENSE,
}  # fmt: skip


class Book:
    """Random entries of two customers, over half a year, several in the same moment."""

    def __init__(self, seed: int) -> None:
        self.random, self.count = random.Random(seed), 0
        self.left: dict[str, int] = {}

    def entry(self) -> Transfer:
        self.count += 1
        person = self.random.choice((MINA, MINA, MINA, OTHER))
        spendable = [ledger.available(person), ledger.stars(person)]
        kind = self.random.choice(list(Kind))
        mine = self.random.choice(spendable)
        if kind in (Kind.HOLD, Kind.RETURN, Kind.VOID, Kind.POST):
            there = ledger.REVENUE if kind is Kind.POST else mine
            ends = (mine, ledger.held(person)) if kind is Kind.HOLD else (ledger.held(person), there)
        elif kind is Kind.SETTLE:
            ends = (ledger.REFUNDS, "sys:in:stars")
        elif kind not in OUTSIDE or self.random.random() < 0.2:
            ends = (spendable[0], spendable[1])
        else:
            ends = self.random.choice([(OUTSIDE[kind], mine), (mine, OUTSIDE[kind])])
        return self._possible(kind, *ends)

    def _possible(self, kind: Kind, source: str, target: str) -> Transfer:
        """Nobody's account falls below zero: what is not there is deposited instead."""
        amount = self.random.randint(1, 5_000_000)
        if source.startswith("user:") and self.left.get(source, 0) < amount:
            kind, source, target = Kind.DEPOSIT, "sys:in:stars", source
        self.left[source] = self.left.get(source, 0) - amount
        self.left[target] = self.left.get(target, 0) + amount
        return Transfer(
            f"t:{self.random.random()}:{self.count}", source, target, Money(amount), kind, None, None, "why"
        )

    def moment(self, now: datetime) -> datetime:
        return now - timedelta(hours=self.random.randint(0, 24 * 180) // 12 * 12)


async def history(bench: Workshop, seed: int, entries: int = 80) -> None:
    book, now = Book(seed), bench.clock()
    planned = [(book.entry(), book.moment(now)) for _ in range(entries)]

    async def work(tx: Tx) -> None:
        for person in (MINA, OTHER):
            await wallet.open_accounts(tx, person)
            await wallet.open_stars(tx, person)
        for entry, at in planned:
            assert await wallet.write(tx, entry, at)

    await bench.shop.db.write(work)


async def balances(bench: Workshop, person: int = MINA) -> wallet.Balances:
    async def work(tx: Tx) -> wallet.Balances:
        return await wallet.balances(tx, person)

    return await bench.shop.db.read(work)


async def drawn_up(bench: Workshop, span: Span = Span.ALL, person: int = MINA) -> Statement:
    return await statements.of_customer(bench.shop, person, span, bench.clock())


@pytest.fixture
async def town(bench: Workshop, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """Two customers without a movement, and pages so short that every history takes several."""
    monkeypatch.setattr(statements, "PAGE", 7)
    for person in (MINA, OTHER):
        await greeted(bench, person)
    return bench


async def greeted(bench: Workshop, person: int) -> None:
    await customers.greet(bench.shop, person, "Somebody", None, "en", bench.clock())


@pytest.mark.parametrize("seed", range(8))
async def test_random_histories_come_to_the_balances_in_every_span(town: Workshop, seed: int) -> None:
    await history(town, seed)
    stands = await balances(town)
    everything = await drawn_up(town)
    assert everything.opening == ZERO
    assert everything.closing == stands.available
    assert (everything.held, everything.stars) == (stands.held, stands.stars)
    last, this = await drawn_up(town, Span.LAST_MONTH), await drawn_up(town, Span.THIS_MONTH)
    assert last.closing == this.opening
    assert this.closing == stands.available
    for made in (everything, last, this):
        assert made.closing - made.opening == sum((line.movement.amount for line in made.lines), ZERO)
        assert made.closing - made.opening == made.came_in + made.went_out
        since, until = bounds(made.span, town.clock())
        first, end = since or made.until.min.replace(tzinfo=UTC), until or made.until.max.replace(tzinfo=UTC)
        own = [line for line in everything.lines if first <= line.movement.at < end]
        assert list(made.lines) == own
    assert [line.movement.at for line in everything.lines] == sorted(line.movement.at for line in everything.lines)
    theirs = await drawn_up(town, person=OTHER)
    assert theirs.closing == (await balances(town, OTHER)).available


async def test_in_one_moment_what_came_in_goes_before_what_went_out(
    town: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "PAGE", 2)
    mine = [ledger.available(MINA), ledger.stars(MINA)]

    async def work(tx: Tx) -> None:
        await wallet.open_stars(tx, MINA)
        for number, account in enumerate(mine * 2):
            into = Transfer(f"z:{number}", ledger.MANUAL_ACCOUNT, account, money("1"), Kind.MANUAL)
            await wallet.write(tx, into, town.clock())
            out = Transfer(f"a:{number}", account, ledger.held(MINA), money("1"), Kind.HOLD, None)
            await wallet.write(tx, out, town.clock())

    await town.shop.db.write(work)
    made = await drawn_up(town)
    assert [line.balance for line in made.lines] == [money(n) for n in "12343210"]


async def test_what_goes_from_one_spendable_account_to_the_other_is_no_movement(town: Workshop) -> None:
    async def work(tx: Tx) -> None:
        await wallet.open_stars(tx, MINA)
        into = Transfer("dep:1", "sys:in:stars", ledger.stars(MINA), money("3"), Kind.DEPOSIT)
        await wallet.write(tx, into, town.clock())
        across = Transfer("across", ledger.stars(MINA), ledger.available(MINA), money("1"), Kind.ADJUST)
        await wallet.write(tx, across, town.clock())

    await town.shop.db.write(work)
    made = await drawn_up(town)
    assert [(line.movement.kind, line.movement.amount) for line in made.lines] == [("deposit", money("3"))]
    assert (made.closing, made.stars) == (money("3"), money("2"))


async def test_a_customer_without_a_movement_has_an_empty_statement(town: Workshop) -> None:
    made = await drawn_up(town, Span.LAST_MONTH)
    assert (made.opening, list(made.lines), made.closing, list(made.totals)) == (ZERO, [], ZERO, [])
    assert (made.since, made.until) == bounds(Span.LAST_MONTH, town.clock())


async def test_nobody_has_no_statement(bench: Workshop) -> None:
    with pytest.raises(NotFound):
        await drawn_up(bench, person=404)


async def test_a_statement_that_does_not_come_to_the_balance_is_handed_to_nobody(town: Workshop) -> None:
    await history(town, 1)
    await town.sql("UPDATE accounts SET balance = balance + 1 WHERE id = $1", ledger.available(MINA))
    for span in Span:
        with pytest.raises(Unbalanced, match="customer 1001"):
            await drawn_up(town, span)


async def test_in_an_operators_hands_it_is_an_act(town: Workshop) -> None:
    made = await statements.for_operator(town.shop, MINA, Span.LAST_MONTH, IRIS, town.clock())
    assert made == await drawn_up(town, Span.LAST_MONTH)
    (act,) = await town.rows("SELECT * FROM acts")
    assert (act["act"], act["object"], act["detail"]) == ("export", "customer 1001", "statement last-month")


@pytest.mark.slow
async def test_a_hundred_thousand_movements_are_read_without_holding_up_the_loop(bench: Workshop) -> None:
    """On SQLite another thread reads; on PostgreSQL the loop does, in steps."""
    await greeted(bench, MINA)
    start, one = datetime(2026, 1, 1, tzinfo=UTC), ledger.available(MINA)
    ms = int(start.timestamp() * 1000)

    async def work(tx: Tx) -> None:
        await tx.run("INSERT INTO accounts (id) VALUES ('sys:in:stars') ON CONFLICT DO NOTHING")
        rows = [(f"t{n}", "sys:in:stars", one, 10_000, "deposit", ms + n) for n in range(100_000)]
        await tx.many(
            "INSERT INTO transfers (id, source, target, amount, kind, at) VALUES ($1, $2, $3, $4, $5, $6)", rows
        )
        await tx.run("UPDATE accounts SET balance = balance + 1000000000 WHERE id = $1", one)
        await tx.run("UPDATE accounts SET balance = balance - 1000000000 WHERE id = 'sys:in:stars'")

    await bench.shop.db.write(work)
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0)
            beats += 1

    beating = asyncio.get_running_loop().create_task(beat())
    made = await drawn_up(bench)
    beating.cancel()
    assert len(made.lines) == 100_000
    assert made.closing == money("1000")
    assert beats >= 100
