"""What a panel says it took is held against the computed cost: rounding is no mismatch, anything more is."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import Service
from bot.domain.charges import fits, original_charge, rate_taken
from bot.domain.money import parse_decimal
from bot.domain.orders import OrderState, Reading, Status, StatusReport
from bot.domain.pricing import panel_cost
from tests.handlers.samples import NOW, order

LIKES = Service("east", "7", "Likes", "default", "Framely", Decimal("0.9"), 10, 10_000)


@pytest.mark.parametrize(
    ("expected", "reported", "fit"),
    [
        ("0.9", "0.9", True), ("0.9", "0.90000", True), ("0.278185", "0.27819", True), ("0.278185", "0.28", True),
        ("0.9", "0.909", True), ("0.9", "0.92", False), ("0.9", "0.88", False), ("0.9", "1.8", False),
        ("0.009", "9", False), ("0.009", "0.018", False), ("900", "0.9", False), ("2.5", "0.025", False),
        ("0.009", "0.01", None), ("0.003", "0.00", None), ("0.003", "0.04", False), ("0.9", "1", False),
        ("12.4", "12", True), ("30.4", "30", True), ("30.4", "33", False), ("25000", "25100", True),
        ("0.9", "0", False),
        ("0.9", "-0.9", False), ("0.9", "1e60", False), ("0.9", "1e-60", False), ("1e60", "1e60", True),
    ],
)  # fmt: skip
def test_only_what_rounding_explains_fits(expected: str, reported: str, fit: bool | None) -> None:
    assert fits(parse_decimal(expected), parse_decimal(reported)) is fit


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(2, 8))
def test_what_a_panel_rounds_to_its_digits_always_fits_or_tells_nothing(rate: int, quantity: int, digits: int) -> None:
    cost = panel_cost(replace(LIKES, rate=Decimal(rate).scaleb(-4)), quantity)
    assert fits(cost, round(cost, digits)) in (True, None)


@given(st.integers(100, 10**9), st.integers(2, 1000))
def test_what_is_many_times_the_cost_never_fits(micros: int, times: int) -> None:
    cost = Decimal(micros).scaleb(-2)
    assert fits(cost, cost * times) is False


@pytest.mark.parametrize(
    ("word", "charge", "counts"),
    [
        ("Pending", "0.9", True), ("Processing", "0.9", True), ("In progress", "0.9", True), ("Completed", "0.9", True),
        ("Partial", "0.9", False), ("Canceled", "0", False), ("Refunded", "0.9", False), ("Fail", "0.9", False),
        ("Pending", None, False), ("Pending", "0", False), ("Completed", "0", True),
    ],
)  # fmt: skip
def test_only_a_price_nothing_was_taken_off_counts(word: str, charge: str | None, counts: bool) -> None:
    said = StatusReport(word, Status(word), None if charge is None else Decimal(charge))
    assert (original_charge(order(), said) is not None) == counts


def test_after_a_partial_or_in_a_reading_that_settles_the_figure_may_have_shrunk() -> None:
    said = StatusReport("In progress", Status.IN_PROGRESS, Decimal("0.9"))
    assert original_charge(order(), said) == Decimal("0.9")
    assert original_charge(order(OrderState.COMPLETED), said) == Decimal("0.9")
    assert original_charge(order(OrderState.PARTIAL), said) is None
    assert original_charge(order(reading=Reading(Status.PARTIAL, 5), reading_since=NOW), said) is None
    assert original_charge(order(), replace(said, status=None)) is None


def test_what_was_taken_is_told_as_the_rate_it_amounts_to() -> None:
    assert rate_taken(LIKES, 1000, Decimal("1.8")) == Decimal("1.8")
    assert rate_taken(LIKES, 10, Decimal(9)) == 900
    assert rate_taken(replace(LIKES, type="package"), 1, Decimal("2.5")) == Decimal("2.5")
    third = rate_taken(LIKES, 3, Decimal(1))
    assert panel_cost(replace(LIKES, rate=third), 3) >= 1, "rounded up: nothing is thought cheaper than it was"
