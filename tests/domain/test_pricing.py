"""A price follows from the rate by exact arithmetic, and is never below what the panel takes."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import Offer, Service
from bot.domain.markups import Markup, Scope
from bot.domain.money import Money
from bot.domain.pricing import PriceRules, is_flat, jumped, label_price, price

RATES = st.decimals(min_value="0.000001", max_value=10**5, allow_nan=False, allow_infinity=False)
MARKUPS = st.decimals(min_value=0, max_value=10_000, allow_nan=False, allow_infinity=False)
EXCHANGES = st.decimals(min_value="0.0001", max_value=10**4, allow_nan=False, allow_infinity=False)
QUANTITIES = st.integers(1, 10**6)


def offer(rate: str | Decimal, kind: str = "default", markup: Markup | None = None) -> Offer:
    service = Service("p", "1", "A service", kind, "A category", Decimal(rate), 1, 10**9)
    return Offer(1, service, 1, markup=markup)


def rules(markup: str | Decimal = "0", exchange: str | Decimal = "1", decimals: int = 4) -> PriceRules:
    return PriceRules(decimals, Decimal(markup), {"p": Decimal(exchange)})


@pytest.mark.parametrize(
    ("kind", "rate", "quantity", "markup", "exchange", "charge", "cost"),
    [
        ("default", "0.90", 1000, "25", "1", 1_125_000, 900_000),
        ("default", "0.90", 100, "0", "1", 90_000, 90_000),
        ("default", "0.90", 1, "25", "1", 1_200, 900),  # 0.001125, up to four digits
        ("default", "1", 1000, "10", "0.5", 550_000, 500_000),
        ("package", "2.5", 1, "20", "1", 3_000_000, 2_500_000),
        ("package", "2.5", 500, "20", "1", 3_000_000, 2_500_000),  # flat, whatever the quantity
        ("custom comments", "10", 3, "0", "1", 30_000, 30_000),  # three lines
        ("a type nobody knows", "10", 3, "0", "1", 30_000, 30_000),
    ],
)  # fmt: skip
def test_prices_by_hand(
    kind: str, rate: str, quantity: int, markup: str, exchange: str, charge: int, cost: int
) -> None:
    found = price(offer(rate, kind), quantity, rules(markup, exchange))
    assert (found.charge, found.cost) == (Money(charge), Money(cost))


@given(RATES, QUANTITIES, MARKUPS, EXCHANGES, st.integers(0, 6))
def test_a_charge_is_the_exact_product_rounded_up_once(
    rate: Decimal, quantity: int, markup: Decimal, exchange: Decimal, decimals: int
) -> None:
    found = price(offer(rate), quantity, rules(markup, exchange, decimals))
    cost = Fraction(rate) * quantity / 1000 * Fraction(exchange)
    charge = cost * (1 + Fraction(markup) / 100)
    step = Fraction(1, 10**decimals)
    assert Fraction(found.charge.micros, 10**6) == -(-charge // step) * step
    assert found.cost.micros == -(-cost * 10**6 // 1)
    assert found.charge >= found.cost


@given(RATES, st.tuples(QUANTITIES, QUANTITIES), MARKUPS, st.sampled_from(["default", "package"]))
def test_more_units_never_cost_less(rate: Decimal, quantities: tuple[int, int], markup: Decimal, kind: str) -> None:
    fewer, more = sorted(quantities)
    of_kind = offer(rate, kind)
    assert price(of_kind, fewer, rules(markup)).charge <= price(of_kind, more, rules(markup)).charge


@given(RATES, QUANTITIES, MARKUPS, MARKUPS)
def test_a_narrower_markup_takes_the_place_of_the_shops(
    rate: Decimal, quantity: int, own: Decimal, of: Decimal
) -> None:
    found = price(offer(rate, markup=Markup(own, Scope.CATEGORY)), quantity, rules(of))
    assert found == price(offer(rate), quantity, rules(own))


def test_even_a_discount_never_sells_below_cost() -> None:
    found = price(offer("1"), 1000, rules("-50"))
    assert found.charge == found.cost == Money(1_000_000)


def test_a_rate_of_more_digits_than_usual_keeps_them_all() -> None:
    found = price(offer("1.00000000000000000000000000000000001"), 1000, rules())
    assert found.charge == Money(1_000_100)


def test_a_panel_without_an_exchange_rate_has_no_price() -> None:
    with pytest.raises(KeyError):
        price(offer("1"), 1, PriceRules(4, Decimal(0), {}))


def test_a_price_beyond_the_ledger_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        price(offer("1e40"), 10**9, rules())


def test_a_label_names_a_thousand_units_or_the_package() -> None:
    assert label_price(offer("0.9"), rules()) == Money(900_000)
    assert label_price(offer("0.9", "package"), rules()) == Money(900_000)
    assert is_flat(offer("1", "package").service)
    assert not is_flat(offer("1", "custom comments").service)


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [("1", "1.5", False), ("1", "1.51", True), ("1", "0.5", False), ("1", "0.49", True), ("1", "1", False)],
)
def test_a_jump_is_more_than_the_limit_in_either_direction(old: str, new: str, answer: bool) -> None:
    assert jumped(Decimal(old), Decimal(new), Decimal(50)) is answer
