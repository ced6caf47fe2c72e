"""Numbers as people who mean harm type them, and numbers at the edge of what fits, on both databases."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import pytest

from bot.domain.amounts import parse_amount
from bot.domain.errors import BadInput, Problem, ShopError
from bot.domain.inputs import QUANTITY_MAX, Field, check, parse_quantity
from bot.domain.money import MONEY_MAX_MICROS, Money, exact, parse_decimal, round_up, share_back
from handlers.callbacks import NUMBER_MAX, ShowOrder, parse
from handlers.operator.arguments import Unreadable, read_customer, read_order
from storage.errors import StorageError
from tests.handlers.samples import service
from tests.kit import IRIS, MINA, Bench

#: What is no quantity: other digits, signs, marks, bases, words, controls, and lengths.
HOSTILE: Final = (
    "", " ", "\t", "\n", "0x10", "0b1", "0o7", "1e3", "1E3", "1e400", "1e-3", "-1", "+1", "--1", "1-",
    "−1", "﹣1", "＋1",
    "1_000", "1__0", "_1", "1'000", "1’000", "1·000", "1٬000", "1\u00a0000", "1\u2007000", "1\u2028000", "1\u200b000",
    "1\u200f000", "\u202e0001", "\ufeff1", "1\x00", "\x001", "1\x1b[0m", "1\r\n", "١٢٣",
    "１２３", "𝟏𝟐𝟑", "①", "½", "²", "Ⅷ", "一", "๑๒",
    "NaN", "nan", "inf", "-inf", "Infinity", "None", "null", "true", "1;DROP TABLE orders", "1 OR 1=1", "${1}",
    "{0}", "%d",
    "1.5", "1,5", "1.000,0", "1,000.0", "1 0", "10,0", "1,0000", "0,001", "0,500", "0.001", ".1", "1.", "k", "kk",
    "1kk", "1.5kk",
    "1,234k", "1.2345k", "1m", "1b", "1/1", "1%", "≈1", "<1>", "1\ud800", "9" * 10 + "x",
)  # fmt: skip


def test_the_table_is_long_enough() -> None:
    assert len(set(HOSTILE)) >= 60


@pytest.mark.parametrize("typed", HOSTILE, ids=ascii)
def test_what_is_no_quantity_is_refused_and_never_guessed(typed: str) -> None:
    with pytest.raises(BadInput):
        check(Field.QUANTITY, typed, service(minimum=1, maximum=10**9))


@pytest.mark.parametrize("typed", HOSTILE, ids=ascii)
def test_what_is_no_number_is_no_id_either(typed: str) -> None:
    for reader in (read_customer, read_order):
        with pytest.raises(Unreadable):
            reader(typed)
    assert parse(f"{ShowOrder.prefix}:{typed}:1") is None or typed == "-1"


@pytest.mark.parametrize("digits", [10, 100, 4300, 4301, 5000, 100_000])
def test_a_number_of_any_length_is_refused_in_words(digits: int) -> None:
    """4,300 digits is where Python itself refuses, with an exception of its own."""
    for typed in ("9" * digits, "9" * digits + "k", "1" + ",000" * (digits // 3)):
        with pytest.raises(BadInput) as refused:
            parse_quantity(typed)
        assert refused.value.problem is Problem.NUMBER_TOO_LARGE
    with pytest.raises(Unreadable):
        read_customer("9" * max(digits, 19))
    with pytest.raises(ValueError, match="decimal"):
        parse_decimal("9" * max(digits, 65))


EDGES: Final = (2**31 - 1, 2**31, 2**31 + 1, 2**53 - 1, 2**53, 2**53 + 1, 2**62 - 1)
BEYOND: Final = (2**62, 2**62 + 1, 2**63 - 1, 2**63, 2**64, 10**30)


@pytest.mark.parametrize("micros", EDGES)
def test_money_at_an_edge_is_exact(micros: int) -> None:
    amount = exact(Decimal(micros).scaleb(-6))
    assert amount == Money(micros) == round_up(amount.decimal, 6)
    assert share_back(amount, 1, 1, 6) == amount
    assert share_back(amount, QUANTITY_MAX - 1, QUANTITY_MAX, 6) <= amount
    assert int(amount.decimal.scaleb(6)) == micros


@pytest.mark.parametrize("micros", BEYOND)
def test_money_beyond_the_edge_is_refused_and_not_wrapped(micros: int) -> None:
    for read in (exact, lambda amount: round_up(amount, 6)):
        with pytest.raises(ValueError, match="too large"):
            read(Decimal(micros).scaleb(-6))


def test_an_id_beyond_the_databases_numbers_is_no_button() -> None:
    assert parse(f"k:{NUMBER_MAX}:0") == ShowOrder(NUMBER_MAX, 0)
    for number in BEYOND[3:]:
        assert parse(f"k:{number}:0") is None


@pytest.mark.parametrize("micros", EDGES)
async def test_a_wallet_holds_an_amount_at_an_edge(on_bench: Bench, micros: int) -> None:
    await on_bench.customer("0")
    await on_bench.credit(str(Decimal(micros).scaleb(-6)))
    assert (await on_bench.money()).available == Money(micros)
    await on_bench.sound()


async def test_a_wallet_that_would_overflow_stays_as_it_was(on_bench: Bench) -> None:
    await on_bench.customer("0")
    await on_bench.credit(str(Decimal(MONEY_MAX_MICROS - 1).scaleb(-6)))
    with pytest.raises((ShopError, StorageError, ValueError)):
        await on_bench.credit("0.000001")
    assert (await on_bench.money()).available == Money(MONEY_MAX_MICROS - 1)
    await on_bench.sound()


async def test_the_database_refuses_what_the_code_should_have(on_bench: Bench) -> None:
    await on_bench.customer("1")
    for statement in (
        "UPDATE accounts SET balance = balance - 2000000 WHERE customer_id IS NOT NULL AND balance > 0",
        f"UPDATE accounts SET balance = {2**62} WHERE customer_id = {MINA}",
        "UPDATE transfers SET amount = 1",
        "DELETE FROM transfers",
    ):
        with pytest.raises(StorageError):
            await _run(on_bench, statement)
    await on_bench.sound()


async def _run(on_bench: Bench, statement: str) -> Any:
    return await on_bench.shop.db.write(lambda tx: tx.run(statement))


@pytest.mark.parametrize("typed", ["0", "-1", "1e3", "NaN", "1_0", "１", "0.00001", "9" * 40], ids=ascii)
def test_an_operators_amount_is_read_as_strictly(typed: str) -> None:
    with pytest.raises(BadInput):
        parse_amount(typed, 4)
    assert IRIS
