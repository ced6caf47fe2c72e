"""Money is whole micro-units, rounded up once and never twice."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.money import MONEY_MAX_MICROS, ZERO, Money, exact, parse_decimal, round_up, share_back

DIGITS = st.integers(0, 6)
AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=None, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("wrong", [1.0, True, Decimal(1), "1", None])
def test_nothing_but_an_integer_becomes_money(wrong: object) -> None:
    with pytest.raises(TypeError):
        Money(wrong)  # type: ignore[arg-type]


def test_money_adds_subtracts_negates_and_compares() -> None:
    two, three = Money(2), Money(3)
    assert (two + three, three - two, -two) == (Money(5), Money(1), Money(-2))
    assert two < three
    assert not ZERO
    assert Money(-1)
    assert Money(1_234_567).decimal == Decimal("1.234567")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", "1"), (" 1.50\n", "1.50"), ("+3", "3"), ("-0.5", "-0.5"), (".5", "0.5"), ("5.", "5"),
        ("1e3", "1000"), ("0.000000000000001", "1e-15"), (7, "7"), ("0", "0"), ("-0", "0"),
    ],
)  # fmt: skip
def test_a_decimal_is_read_as_panels_and_people_write_it(text: str | int, number: str) -> None:
    assert parse_decimal(text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "NaN", "nan", "sNaN", "NaN123", "-NaN", "Infinity", "-inf", "1e400", "-1e400", "1e-400", "0e-400",
        "1E+9999999999999999999", "1E-9999999999999999999", "1_000", "_1", "1,5", "1 000", "0x10", "1.2.3", "--1",
        "٣", "１２", "²", "½", "1\x00", "1\u200b", "１.5", "9" * 65, "9" * 5000, "0" * 5000, "1e", "e5", "$5", "5%",
        "None", "true",
    ],
)  # fmt: skip
def test_a_number_that_is_hostile_or_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        parse_decimal(text)


def test_a_whole_number_of_five_thousand_digits_is_refused() -> None:
    with pytest.raises(ValueError, match=r"digits|number"):
        parse_decimal(10**5000)


@given(st.text(max_size=80))
def test_reading_a_decimal_raises_nothing_but_value_error(text: str) -> None:
    try:
        number = parse_decimal(text)
    except ValueError:
        return
    assert number.is_finite()


@given(AMOUNTS, DIGITS)
def test_rounding_goes_up_and_by_less_than_one_digit(amount: Decimal, decimals: int) -> None:
    rounded = Fraction(round_up(amount, decimals).micros, 10**6)
    assert 0 <= rounded - Fraction(amount) < Fraction(1, 10**decimals)
    assert (rounded * 10**decimals).denominator == 1


@pytest.mark.parametrize(
    ("amount", "decimals", "micros"),
    [
        ("1", 0, 1_000_000), ("0.0001", 4, 100), ("0.00010000001", 4, 200), ("1.2345", 2, 1_240_000),
        ("0.000000000000000000000000000000000000000001", 6, 1), ("-1.5", 0, -1_000_000), ("-1.00001", 4, -1_000_000),
        # One digit beyond the 28 that decimal arithmetic keeps by default.
        ("1.00000000000000000000000000000000001", 6, 1_000_001),
    ],
)  # fmt: skip
def test_rounding_up_sees_every_digit(amount: str, decimals: int, micros: int) -> None:
    assert round_up(Decimal(amount), decimals) == Money(micros)


@pytest.mark.parametrize("amount", [Decimal(MONEY_MAX_MICROS).scaleb(-6), Decimal("1e60"), Decimal("-1e60")])
def test_an_amount_beyond_the_ledger_is_refused(amount: Decimal) -> None:
    for turn in (exact, lambda a: round_up(a, 6)):
        with pytest.raises(ValueError, match="too large"):
            turn(amount)


def test_the_largest_amount_fits() -> None:
    assert exact(Decimal(MONEY_MAX_MICROS - 1).scaleb(-6)) == Money(MONEY_MAX_MICROS - 1)


@pytest.mark.parametrize("amount", ["0.0000001", "1.00000000000000000000000000000000001", "1e-30"])
def test_an_amount_with_more_than_six_decimals_is_not_exact(amount: str) -> None:
    with pytest.raises(ValueError, match="six decimals"):
        exact(Decimal(amount))


@given(st.integers(-(10**15), 10**15))
def test_exact_undoes_decimal(micros: int) -> None:
    assert exact(Money(micros).decimal) == Money(micros)


@st.composite
def shares(draw: st.DrawFn) -> tuple[Money, int, int]:
    """A charge in whole digits of the shop, a quantity and the decimals."""
    decimals = draw(DIGITS)
    charge = draw(st.integers(1, 10**12)) * 10 ** (6 - decimals)
    return Money(charge), draw(st.integers(1, 10**9)), decimals


@given(shares(), st.data())
def test_what_returns_and_what_is_kept_are_exactly_the_charge(
    share: tuple[Money, int, int], data: st.DataObject
) -> None:
    charge, quantity, decimals = share
    remains = data.draw(st.integers(0, quantity))
    back = share_back(charge, remains, quantity, decimals)
    fair = Fraction(charge.micros * remains, quantity)
    step = 10 ** (6 - decimals)
    assert ZERO <= back <= charge
    assert back + (charge - back) == charge
    assert fair <= back.micros < fair + step
    assert back.micros % step == 0


@given(shares(), st.data())
def test_more_undelivered_never_returns_less(share: tuple[Money, int, int], data: st.DataObject) -> None:
    charge, quantity, decimals = share
    fewer, more = sorted(data.draw(st.tuples(st.integers(0, quantity), st.integers(0, quantity))))
    assert share_back(charge, fewer, quantity, decimals) <= share_back(charge, more, quantity, decimals)


@given(shares())
def test_nothing_undelivered_returns_nothing_and_everything_returns_all(share: tuple[Money, int, int]) -> None:
    charge, quantity, decimals = share
    assert share_back(charge, 0, quantity, decimals) == ZERO
    assert share_back(charge, quantity, quantity, decimals) == charge


def test_a_charge_finer_than_todays_digits_is_not_exceeded() -> None:
    assert share_back(Money(1_234_567), 1, 1, decimals=2) == Money(1_234_567)


@pytest.mark.parametrize(("remains", "quantity"), [(-1, 10), (11, 10), (0, 0), (0, -1), (1, 0)])
def test_remains_outside_the_quantity_are_refused(remains: int, quantity: int) -> None:
    with pytest.raises(ValueError, match="remains"):
        share_back(Money(10), remains, quantity, 4)
