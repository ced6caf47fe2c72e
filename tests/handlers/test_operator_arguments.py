"""What operators type: read strictly, refused in words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.markups import Scope
from bot.domain.money import Money
from handlers.operator.arguments import (
    MarkupRequest,
    MoneyRequest,
    Unreadable,
    read_amount,
    read_customer,
    read_markup_request,
    read_money_request,
    read_order,
    read_percent,
)
from handlers.operator.screens_people import commanded
from tests.handlers.operator_kit import english

TEXTS = english()


def refusal(argument: str) -> str:
    """The text an operator reads for a refused argument of /credit."""
    with pytest.raises(Unreadable) as refused:
        read_money_request(argument, 4)
    return TEXTS.html(f"operator.problem.{refused.value.problem}", **refused.value.facts)


@given(
    st.integers(1, 10**15), st.integers(1, 10**9), st.text(st.characters(categories=["L", "N", "P"]), min_size=1),
    st.sampled_from([" ", "  ", "\t", "\n", " \n "]),
)  # fmt: skip
def test_what_is_written_as_shown_is_read_back(customer: int, steps: int, reason: str, gap: str) -> None:
    amount = Money(steps * 100)
    request = read_money_request(gap.join([str(customer), commanded(amount), reason]), 4)
    assert request == MoneyRequest(customer, amount, request.reason)
    assert request.reason.removesuffix("…") == reason[: len(request.reason.removesuffix("…"))]
    assert 0 < len(request.reason) <= 200


@given(st.text())
def test_anything_typed_is_either_read_or_refused_in_words(argument: str) -> None:
    try:
        request = read_money_request(argument, 4)
    except Unreadable as refused:
        TEXTS.html(f"operator.problem.{refused.problem}", **refused.facts)
        return
    assert request.amount > Money(0)
    assert request.customer_id > 0
    assert request.reason.strip()


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("", "customer id is missing"),
        ("1001", "amount is missing"),
        ("1001 5", "reason is missing"),
        ("1001 5 \u202e\u200b", "reason is missing"),
        ("@mina 5 gift", "not a customer id"),
        ("-1001 5 gift", "not a customer id"),
        ("１００１ 5 gift", "not a customer id"),
        ("1001 5,50 gift", "not an amount"),
        ("1001 1e3 gift", "not an amount"),
        ("1001 -5 gift", "not an amount"),
        ("1001 NaN gift", "not an amount"),
        ("1001 ٥ gift", "not an amount"),
        ("1001 0 gift", "more than zero"),
        ("1001 0.00001 gift", "at most 4 digits"),
        ("1001 1000001 gift", "At most 1,000,000"),
    ],
)
def test_each_mistake_has_its_own_words(argument: str, words: str) -> None:
    assert words in refusal(argument)


def test_what_was_typed_is_shown_escaped_and_short() -> None:
    shown = refusal("<b>" + "&" * 5000 + " 5 gift")
    assert "&lt;b&gt;" in shown
    assert len(shown) < 600


def test_a_reason_keeps_no_control_or_direction_characters() -> None:
    assert read_money_request("1001 5 a\u202eb\x00c\nd", 4).reason == "abc d"


@pytest.mark.parametrize("typed_number", ["17", "#17"])
def test_an_order_is_named_with_or_without_its_sign(typed_number: str) -> None:
    assert read_order(typed_number) == 17


@pytest.mark.parametrize("typed_number", ["", "#", "##17", "0", "-1", "1.0", "١٧", "9" * 19, "17 18"])
def test_anything_else_is_no_order_number(typed_number: str) -> None:
    with pytest.raises(Unreadable):
        read_order(typed_number)


@pytest.mark.parametrize("typed_number", ["", "0", "007", "mina", "9" * 19])
def test_anything_but_a_plain_id_is_no_customer(typed_number: str) -> None:
    with pytest.raises(Unreadable):
        read_customer(typed_number)


def test_an_amount_back_cannot_exceed_the_charge() -> None:
    assert read_amount("1.25", 4, most=Money(1_250_000)) == Money(1_250_000)
    with pytest.raises(Unreadable, match="amount-above-charge"):
        read_amount("1.2501", 4, most=Money(1_250_000))


@pytest.mark.parametrize(
    ("argument", "wanted"),
    [
        ("30", MarkupRequest(Scope.SHOP, "", Decimal(30), given=True)),
        ("12,5 %", MarkupRequest(Scope.SHOP, "", Decimal("12.5"), given=True)),
        ("OFF", MarkupRequest(Scope.SHOP, given=True)),
        ("shop", MarkupRequest(Scope.SHOP)),
        ("Shop 0", MarkupRequest(Scope.SHOP, "", Decimal(0), given=True)),
        ("panel west  side 30%", MarkupRequest(Scope.PANEL, "west side", Decimal(30), given=True)),
        ("category 3", MarkupRequest(Scope.CATEGORY, "3")),
        ("category 3 off", MarkupRequest(Scope.CATEGORY, "3", given=True)),
        ("service Framely likes", MarkupRequest(Scope.SERVICE, "Framely likes")),
        ("service", MarkupRequest(Scope.SERVICE)),
    ],
)
def test_a_markup_is_read_as_it_is_meant(argument: str, wanted: MarkupRequest) -> None:
    assert read_markup_request(argument) == wanted


@given(st.text() | st.decimals(allow_nan=False).map(str))
def test_a_percentage_is_either_read_or_refused_in_words(typed_in: str) -> None:
    try:
        percent = read_percent(typed_in)
    except Unreadable as refused:
        TEXTS.html(f"operator.problem.{refused.problem}", **refused.facts)
        return
    assert 0 <= percent <= 10_000
    assert percent == round(percent, 2)


@given(st.decimals(0, 10_000, places=2))
def test_a_percentage_with_two_digits_is_read_exactly(percent: Decimal) -> None:
    assert read_percent(f"{percent}") == read_percent(f"{percent} %") == percent


@given(st.text())
def test_any_markup_that_is_typed_is_read_or_refused_in_words(argument: str) -> None:
    try:
        read_markup_request(argument)
    except Unreadable as refused:
        TEXTS.html(f"operator.problem.{refused.problem}", **refused.facts)
