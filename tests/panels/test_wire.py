from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.text import plain_name
from bot.panels.wire import error_text, read_signed
from bot.wire.reading import Malformed, clean_text, parse_json, read_currency, read_decimal, read_id, read_whole
from bot.wire.reasons import LostReason


@given(st.text(), st.integers(1, 40))
@example("a name cut behind", 7)
def test_the_quick_cleaning_is_the_domains_own(raw, limit):
    assert clean_text(raw, limit) == plain_name(raw, limit)


@pytest.mark.parametrize("blank", ["", " ", "\r\n", "\ufeff", "\ufeff\n "])
def test_blanks_and_a_byte_order_mark_before_json_are_forgiven(blank):
    assert parse_json(f'{blank}{{"a": 1}}\n'.encode()) == {"a": 1}


def test_fractions_keep_their_digits():
    value = parse_json(b"[0.1, 1.10, 1e2]")
    assert [str(number) for number in value] == ["0.1", "1.10", "1E+2"]
    assert all(isinstance(number, Decimal) for number in value)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", LostReason.EMPTY),
        (b"\xef\xbb\xbf  ", LostReason.EMPTY),
        (b"\xff", LostReason.CHARSET),
        (b"{", LostReason.NOT_JSON),
        (b"[" * 19_000, LostReason.NOT_JSON),
        (b'{"a":' * 19_000, LostReason.NOT_JSON),
        (b"9" * 10_000, LostReason.NOT_JSON),
        (b"<html>", LostReason.NOT_JSON),
        (b"<title>Just a moment...</title>", LostReason.CHALLENGE),
        (b"NaN", LostReason.NOT_FINITE),
        (b"[-Infinity]", LostReason.NOT_FINITE),
        (b'{"a": 1, "a": 1}', LostReason.DUPLICATE_KEYS),
        (b'{"a": 1, "\\u0061": 1}', LostReason.DUPLICATE_KEYS),
    ],
)
def test_what_is_not_strict_json_is_refused_by_name(body, reason):
    with pytest.raises(Malformed) as caught:
        parse_json(body)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        (157, 157),
        (0, 0),
        ("157", 157),
        (" 157 ", 157),
        ("0", 0),
        (None, None),
        ("", None),
        ("+12", None),
        ("-2", None),
        (-2, None),
        (True, None),
        (Decimal("157.0"), None),
        ("157.0", None),
        ("1e3", None),
        ("1_000", None),
        ("1,000", None),
        ("Unknown", None),
        ("１２", None),
        ("9" * 19, None),
        (10**18, None),
        ([1], None),
    ],
)
def test_whole_numbers(value, whole):
    assert read_whole(value) == whole


@pytest.mark.parametrize(
    ("value", "amount"),
    [("+12", 12), ("-2", 2), (-2, 2), (" -2 ", 2), ("-0", 0), (12, None), ("12", None), (True, None), ("--2", None)],
)
def test_signed_numbers(value, amount):
    assert read_signed(value) == amount


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("0.27819", "0.27819"),
        (5, "5"),
        (Decimal("0.90"), "0.90"),
        ("-1.5", "-1.5"),
        ("", None),
        ("NaN", None),
        ("Infinity", None),
        ("1_0", None),
        ("1,5", None),
        ("٣", None),
        (True, None),
        (None, None),
        ("1" * 65, None),
        (10**80, None),
    ],
)
def test_decimals(value, number):
    read = read_decimal(value)
    assert (None if read is None else str(read)) == number


@pytest.mark.parametrize(("value", "code"), [("usd", "USD"), (" TRY ", "TRY"), ("", None), (5, None), ("US$", None)])
def test_currencies(value, code):
    assert read_currency(value) == code


@given(st.from_regex(r"\A[A-Za-z0-9_-]{1,64}\Z"))
def test_ids_are_kept_exactly(value):
    assert read_id(value) in (value, None)


@given(st.integers())
def test_positive_integers_are_ids(value):
    assert read_id(value) == (str(value) if 0 < value < 10**64 else None)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"error": "Bad link"}, "Bad link"),
        ({"error": "Bad link", "status": "102"}, "Bad link"),
        ({"status": "error", "message": "x"}, "x"),
        ({"status": "Error", "msg": "x"}, "x"),
        ({"error": "Forbidden", "message": "API key paused by owner"}, "API key paused by owner"),
        ({"error": "Bad link", "message": "y"}, "Bad link"),
        ({"status": "Error"}, None),
        ({"status": "success", "message": "x"}, None),
        ({"error": ""}, None),
        ({"error": None, "status": "error", "message": "x"}, None),
        ({"error": {"message": "x"}}, None),
        ([{"error": "x"}], None),
        ("error", None),
    ],
)
def test_where_panels_write_their_refusals(value, text):
    assert error_text(value) == text


@pytest.mark.parametrize("part", [b"1.5", b"{}", b"[]", b"[[[["])
def test_an_answer_of_absurdly_many_parts_is_not_read(part: bytes) -> None:
    with pytest.raises(Malformed) as malformed:
        parse_json(b"[" + b",".join([part] * 30_000) + b"]")
    assert malformed.value.reason is LostReason.TOO_LARGE


def test_a_hundred_orders_with_all_they_may_carry_are_read() -> None:
    row = {f"field {n}": [n, "a, b, [c], {d}"] for n in range(15)}
    assert len(parse_json(json.dumps({str(n): row for n in range(100)}).encode())) == 100
