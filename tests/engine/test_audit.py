"""The audit finds whatever is planted, by the name of the invariant it breaks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain import refunds
from bot.domain.orders import OrderState, Reason
from bot.domain.refunds import Done, Refund
from bot.domain.topups import Gateway, Payment
from bot.engine import desk, ordering, refunding, reversals, suspense
from bot.engine.audit import audit, audit_shop
from bot.engine.refunding import Refunding
from bot.engine.suspense import Assigning
from bot.panels.outcomes import RefusalKind, Refused
from bot.wire.reasons import HttpFacts
from storage import ledger_checks
from storage.database import Database, Tx
from tests import databases
from tests.engine import till
from tests.engine.workshop import LIKES, TERMS, Workshop, open_shop, report, workshop
from tests.kit import IRIS, LINK, MINA, THEO, money

#: The numbers of the orders `busy` makes.
ACTIVE, COMPLETED, PARTIAL, CANCELED, CORRECTED, WITHDRAWN, REFUSED, RELEASED, UNKNOWN, RESERVED = range(1, 11)
OWING = 1909
#: The order that was paid for in Stars.
STARRED = 11
FIRST_DEPOSIT = "(SELECT MIN(id) FROM transfers WHERE id LIKE 'dep:stars:%')"
TABLES = ("orders", "transfers", "accounts", "attempts", "payments", "refunds")
#: The numbers of the payments `paying` makes.
CREDITED, SPENT, STRAY, ASSIGNED, GONE, ON_ITS_WAY, PARTLY = range(1, 8)


async def busy(bench: Workshop) -> None:
    """One order of every fate, and money moved by hand."""
    await bench.customer("100")
    await bench.customer("5", THEO)
    await desk.move_money(bench.shop, 9999, IRIS, MINA, money("1"), "a fee", bench.clock(), credit=False)
    links = [f"{LINK}/{n}" for n in range(11)]
    sent = [await bench.sent(link=links[n], quantity="1000") for n in range(5)]
    _, done, short, canceled, corrected = sent
    await bench.tell(done, report("Completed"))
    await bench.settled(short, report("Partial", 400))
    await bench.settled(canceled, report("Canceled"))
    await bench.tell(corrected, report("Completed"))
    await bench.settled(corrected, report("Partial", 250))
    withdrawn = await bench.order(bench.number(LIKES), link=links[5], quantity="1000")
    await ordering.withdraw(bench.shop, withdrawn.id, MINA, bench.clock())
    await bench.order(bench.number(LIKES), link=links[6], quantity="1000")
    await bench.record(await bench.claim(), Refused(RefusalKind.LINK, "no", HttpFacts()))
    released = await bench.unknown(links[7])
    await desk.release(bench.shop, released.id, Reason.GOODWILL, IRIS, bench.clock())
    await bench.unknown(links[8])
    await bench.order(bench.number(LIKES), link=links[9], quantity="1000")
    await bench.quote(bench.number(LIKES), link=links[10], quantity="1000")


async def paying(bench: Workshop) -> None:
    """A payment of every fate, an order that Stars paid for in part, and a customer who owes."""
    await bench.customer("0", OWING)
    await till.open_ways(bench)
    await till.pay(bench, "5", person=MINA)
    taken = await till.pay(bench, "1.125", person=OWING)
    await bench.order(bench.number(LIKES), OWING, link=f"{LINK}/owing", quantity="1000")
    await took_back(bench, taken)
    await till.stray(bench)
    await suspense.assign(bench.shop, Assigning(IRIS, (await till.stray(bench)).id, MINA), bench.clock())
    gone = await till.pay(bench, "2")
    await refunding.settle(bench.shop, (await give_back(bench, gone, 1)).id, Done(), bench.clock())
    await give_back(bench, await till.pay(bench, "3"), 2)
    partly = await till.pay(bench, "4", Gateway.CRYPTOPAY)
    refused = await give_back(bench, partly, 3)
    await refunding.settle(bench.shop, refused.id, refunds.Refused("no"), bench.clock())
    part = await give_back(bench, partly, 4, "1")
    await refunding.settle(bench.shop, part.id, Done(), bench.clock())
    await took_back(bench, await till.stray(bench))
    await refunding.ask(bench.shop, 9001, MINA, partly.id, "the rest too", bench.clock())


async def give_back(bench: Workshop, payment: Payment, update: int, amount: str | None = None) -> Refund:
    giving = Refunding(9100 + update, IRIS, payment.id, money(amount) if amount else None, "why")
    return await refunding.begin(bench.shop, giving, bench.clock())


async def took_back(bench: Workshop, payment: Payment) -> None:
    await reversals.took_back(bench.shop, payment.gateway, payment.payment_id, bench.clock())


async def loosened(folder: Path) -> str:
    """The address of a busy shop's database without a constraint, index or trigger on what the audit reads."""
    async with workshop(folder, till.TILL_TERMS) as bench:
        await busy(bench)
        await paying(bench)
        states = [row["state"] for row in await bench.rows("SELECT state FROM orders ORDER BY id")]
        assert set(states) == {s.value for s in OrderState} - {"submitting"}
        await bench.sound()
    drops = [f"DROP TABLE {table}" for table in ("notices", "refills", "cancels", "orphans")]  # they refer to orders
    for table in (*TABLES, "alerts", "panel_findings"):
        drops += [
            f"CREATE TABLE bare AS SELECT * FROM {table}",
            f"DROP TABLE {table}{databases.CASCADE[databases.kind()]}",
            f"ALTER TABLE bare RENAME TO {table}",
        ]
    databases.change_behind(folder, *drops)
    return databases.address(folder)


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(await loosened(tmp_path)) as db:
        assert (await audit(db)).sound
        yield db


class _Undone(Exception):
    """Takes a planted change back."""

    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self.names = names


async def found(db: Database, *changes: str) -> set[str]:
    """The invariants that changes break; the changes are taken back."""

    async def work(tx: Tx) -> None:
        for change in changes:
            assert await tx.run(change) > 0, f"planted nothing: {change}"
        raise _Undone({check.name for check, offenders in await ledger_checks.run_all(tx) if offenders})

    with pytest.raises(_Undone) as undone:
        await db.write(work)
    return undone.value.names


MINAS, HELD = f"'user:{MINA}:available'", f"'user:{MINA}:held'"
PLANTED = {
    "money from nowhere": ("L1", "UPDATE accounts SET balance = balance + 1 WHERE id = 'sys:revenue'"),
    "an account that is gone": ("L1", f"DELETE FROM accounts WHERE id = {MINAS}"),
    "a balance moved without an entry": (
        "L2",
        f"UPDATE accounts SET balance = CASE id WHEN {MINAS} THEN balance + 1 ELSE balance - 1 END WHERE id <> {HELD}",
    ),
    "an entry changed": ("L2", "UPDATE transfers SET amount = amount + 1 WHERE id = 'hold:1'"),
    "an entry lost": ("L2", "DELETE FROM transfers WHERE kind = 'manual' AND actor IS NOT NULL"),
    "an entry to an account that never was": (
        "L2",
        "INSERT INTO transfers (id, source, target, amount, kind, at) VALUES ('x', 'sys:a', 'sys:b', 1, 'manual', 1)",
    ),
    "a customer below zero": (
        "L3",
        f"UPDATE accounts SET balance = CASE id WHEN {MINAS} THEN -1 ELSE balance END WHERE id = {MINAS}",
    ),
    "less came in than is there": ("L4", "UPDATE accounts SET balance = balance + 5 WHERE id = 'sys:adjust'"),
    "a held charge of no order": ("L5", f"DELETE FROM orders WHERE id = {ACTIVE}"),
    "a running order that holds nothing": ("L5", f"UPDATE orders SET state = 'active' WHERE id = {COMPLETED}"),
    "a running order of another customer": ("L5", f"UPDATE orders SET customer_id = {THEO} WHERE id = {RESERVED}"),
    "a running order of somebody without a wallet": ("L5", f"UPDATE orders SET customer_id = 77 WHERE id = {ACTIVE}"),
    "an end that posted nothing": ("L6", f"UPDATE orders SET state = 'completed' WHERE id = {ACTIVE}"),
    "a return nobody remembers": ("L6", f"UPDATE orders SET returned = 0 WHERE id = {PARTIAL}"),
    "a correction nobody booked": ("L6", f"UPDATE orders SET returned = returned + 1 WHERE id = {CORRECTED}"),
    "a return on a running order": ("L6", f"UPDATE orders SET returned = 1 WHERE id = {UNKNOWN}"),
    "a finished order of another customer": ("L6", f"UPDATE orders SET customer_id = {THEO} WHERE id = {COMPLETED}"),
    "an entry between the wrong accounts": (
        "L6",
        f"UPDATE transfers SET target = 'user:{THEO}:available' WHERE id = 'ret:{CANCELED}'",
    ),
    "a post called a return": ("L6", f"UPDATE transfers SET kind = 'return' WHERE id = 'post:{COMPLETED}'"),
    "a failed order that kept its charge": ("L7", f"UPDATE orders SET state = 'failed' WHERE id = {COMPLETED}"),
    "a withdrawn order without its void": ("L7", f"DELETE FROM transfers WHERE id = 'void:{WITHDRAWN}'"),
    "a refused order that returned less": ("L7", f"UPDATE orders SET returned = 1 WHERE id = {REFUSED}"),
    "a failed order that was posted too": (
        "L7",
        f"INSERT INTO transfers VALUES ('x', {HELD}, 'sys:revenue', 1, 'post', {RELEASED}, NULL, NULL, 1)",
    ),
    "two orders of one quote": (
        "L8",
        f"UPDATE orders SET quote_token = (SELECT quote_token FROM orders WHERE id = 1) WHERE id = {UNKNOWN}",
    ),
    "two orders of one upstream id": (
        "L8",
        f"UPDATE orders SET upstream_id = (SELECT upstream_id FROM orders WHERE id = 1) WHERE id = {COMPLETED}",
    ),
    "two live attempts": (
        "L8",
        f"INSERT INTO attempts (order_id, number, epoch, outcome, started_at) VALUES ({ACTIVE}, 2, 1, 'inflight', 1)",
    ),
    "an entry of an order that never was": ("L8", f"UPDATE transfers SET order_id = 999 WHERE id = 'post:{COMPLETED}'"),
    "a fall of a balance nobody was told of": (
        "L10",
        "INSERT INTO panel_findings (id, panel, kind, amount, currency, at) VALUES (1, 'x', 'drift', '3', 'USD', 1)",
    ),
    "a delivery nobody sent": ("L11", f"DELETE FROM attempts WHERE order_id = {COMPLETED}"),
    "a delivery without the panel's id": ("L11", f"UPDATE orders SET upstream_id = NULL WHERE id = {PARTIAL}"),
    "a refusal that was placed": ("L11", f"UPDATE attempts SET outcome = 'refused' WHERE order_id = {ACTIVE}"),
    "an unknown order that was released": (
        "L11",
        f"UPDATE attempts SET outcome = 'released' WHERE order_id = {UNKNOWN}",
    ),
    "an attempt under way of a finished order": (
        "L11",
        f"UPDATE attempts SET outcome = 'inflight' WHERE order_id = {REFUSED}",
    ),
    "a quote used for nothing": (
        "L11",
        "UPDATE quotes SET state = 'used' WHERE token = (SELECT token FROM quotes WHERE state <> 'used')",
    ),
    "Stars that an order never gave back": ("L6", f"UPDATE orders SET from_stars = 5 WHERE id = {PARTIAL}"),
    "Stars of an order that were none": ("L6", f"UPDATE orders SET from_stars = from_stars - 1 WHERE id = {STARRED}"),
    "an account nobody knows": ("L4", f"UPDATE accounts SET id = 'user:{MINA}:saved' WHERE id = {MINAS}"),
    "a credit called a deposit": ("L8", "UPDATE transfers SET kind = 'deposit' WHERE kind = 'manual'"),
    "a payment that was never credited": ("L9", f"DELETE FROM transfers WHERE id = {FIRST_DEPOSIT}"),
    "a deposit of no payment": ("L9", f"DELETE FROM payments WHERE id = {CREDITED}"),
    "a payment of another amount": ("L9", f"UPDATE payments SET amount = amount + 1 WHERE id = {CREDITED}"),
    "a payment credited to somebody else": ("L9", f"UPDATE payments SET customer_id = {THEO} WHERE id = {CREDITED}"),
    "a payment nobody assigned": ("L9", f"UPDATE payments SET assigned_by = NULL WHERE id = {ASSIGNED}"),
    "a stray payment that is somebody's": (
        "L9",
        f"UPDATE payments SET state = 'credited', customer_id = {MINA} WHERE id = {STRAY}",
    ),
    "a payment that went back and says it did not": (
        "L9",
        f"UPDATE payments SET state = 'credited' WHERE id = {GONE}",
    ),
    "a payment that did not go back and says it did": (
        "L9",
        f"UPDATE payments SET state = 'refunded' WHERE id = {PARTLY}",
    ),
    "a payment taken back that is still credited": (
        "L9",
        f"UPDATE payments SET state = 'credited' WHERE id = {SPENT}",
    ),
    "a refund that is done and was never told": ("L9", "UPDATE refunds SET state = 'done' WHERE state = 'sending'"),
    "a refund that failed and took the money": ("L9", "UPDATE refunds SET state = 'failed' WHERE state = 'done'"),
    "a refund nobody sent": ("L9", "UPDATE refunds SET state = 'asked' WHERE state = 'sending'"),
    "a refund that was asked for and took money": ("L9", "UPDATE refunds SET state = 'done' WHERE state = 'asked'"),
    "a debt nobody remembers": ("L9", f"UPDATE customers SET owed = 0 WHERE id = {OWING}"),
    "somebody who owes and can spend": (
        "L9",
        f"UPDATE accounts SET balance = balance + 5 WHERE id = 'user:{OWING}:available'",
    ),
    "Stars credit without Stars": (
        "L9",
        f"UPDATE accounts SET balance = balance + 20000000 WHERE id = 'user:{MINA}:stars'",
    ),
    "a hold of no order": ("L8", f"UPDATE transfers SET order_id = NULL WHERE id = 'hold:{COMPLETED}'"),
}


async def test_everything_planted_is_found_by_name(bare: Database) -> None:
    for what, (name, change) in PLANTED.items():
        assert name in await found(bare, change), what
    assert {name for name, _ in PLANTED.values()} == {check.name for check in ledger_checks.CHECKS}
    assert (await audit(bare)).sound


async def test_every_change_by_one_unit_is_found(bare: Database) -> None:
    columns = [
        ("accounts", "balance"), ("transfers", "amount"), ("orders", "charge"), ("orders", "returned"),
        ("orders", "from_stars"), ("payments", "amount"),
    ]  # fmt: skip
    changes = 0
    for table, column in columns:
        rows = await bare.read(lambda tx, table=table: tx.all(f"SELECT id FROM {table}"))  # type: ignore[misc]
        for row in rows:
            for sign in "+-":
                where = f"WHERE id = '{row['id']}'"
                assert await found(bare, f"UPDATE {table} SET {column} = {column} {sign} 1 {where}"), (table, row["id"])
                changes += 1
    assert changes == 196


async def test_every_entry_that_is_lost_or_turned_round_is_found(bare: Database) -> None:
    for row in await bare.read(lambda tx: tx.all("SELECT id FROM transfers")):
        where = f"WHERE id = '{row['id']}'"
        assert await found(bare, f"DELETE FROM transfers {where}"), row["id"]
        assert await found(bare, f"UPDATE transfers SET source = target, target = source {where}"), row["id"]


async def test_every_order_moved_to_a_state_that_means_other_money_is_found(bare: Database) -> None:
    same_money = [{"reserved", "submitting", "active", "unknown"}, {"partial", "canceled"}, {"failed", "canceled"}]
    for row in await bare.read(lambda tx: tx.all("SELECT id, state FROM orders")):
        for state in OrderState:
            if {row["state"], state.value} <= {"completed", "partial", "canceled"}:
                continue  # the ledger tells these apart only by what came back
            if not any({row["state"], state.value} <= alike for alike in same_money):
                change = f"UPDATE orders SET state = '{state.value}' WHERE id = {row['id']}"
                assert await found(bare, change), (row["id"], state)


async def test_many_faults_are_listed_up_to_a_limit(bare: Database) -> None:
    rows = ", ".join(f"('user:{n}:held', {n}, -1)" for n in range(100))
    await bare.write(lambda tx: tx.run(f"INSERT INTO accounts (id, customer_id, balance) VALUES {rows}"))
    violations = {v.name: v for v in (await audit(bare)).violations}
    assert len(violations["L3"].offenders) == ledger_checks.OFFENDERS_SHOWN
    assert violations["L3"].promise


async def test_a_sound_shop_names_all_it_checked(bench: Workshop) -> None:
    await busy(bench)
    found_sound = await audit_shop(bench.shop)
    assert found_sound.sound
    assert found_sound.checked == ("L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8", "L9", "L10", "L11")
    assert found_sound.violations == ()


async def test_an_empty_shop_is_sound(tmp_path: Path) -> None:
    async with await Database.open(databases.empty(tmp_path)) as db:
        shop = await open_shop(db, TERMS)
        assert (await audit_shop(shop)).sound


@pytest.mark.parametrize("statement", ["UPDATE transfers SET amount = 1", "DELETE FROM transfers"])
async def test_the_ledger_itself_only_grows(bench: Workshop, statement: str) -> None:
    await bench.customer("1")
    with pytest.raises(Exception, match="the ledger only grows"):
        await bench.sql(statement)
