from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.orders import Status, StatusReport
from bot.panels.denials import Denial
from bot.panels.errors import Denied
from bot.panels.wire_status import read_many, read_one, read_row
from bot.wire.reading import Malformed, clean_text

ROW = {"charge": "0.27819", "start_count": "3572", "status": "Partial", "remains": "157", "currency": "USD"}
REPORT = StatusReport("Partial", Status.PARTIAL, Decimal("0.27819"), 3572, 157, 0, "USD")


def row(**fields: object) -> StatusReport:
    report = read_row(ROW | fields, clean_text)
    assert isinstance(report, StatusReport)
    return report


def denied(result: object) -> tuple[Denial, str]:
    assert isinstance(result, Denied)
    return result.kind, result.text


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Pending", Status.PENDING),
        ("PENDING", Status.PENDING),
        ("Awaiting", Status.PENDING),
        ("Paused", Status.PENDING),
        ("Processing", Status.PROCESSING),
        ("In progress", Status.IN_PROGRESS),
        ("In Progress", Status.IN_PROGRESS),
        ("Inprogress", Status.IN_PROGRESS),
        ("in_progress", Status.IN_PROGRESS),
        ("in  progress", Status.IN_PROGRESS),
        ("In progess", Status.IN_PROGRESS),
        ("Active", Status.IN_PROGRESS),
        ("Refill", Status.IN_PROGRESS),
        ("Completed", Status.COMPLETED),
        ("Success", Status.COMPLETED),
        ("Partial", Status.PARTIAL),
        ("Canceled", Status.CANCELED),
        ("Cancelled", Status.CANCELED),
        ("Refunded", Status.REFUNDED),
        ("Fail", Status.FAIL),
        ("Failed", Status.FAIL),
        ("Error", Status.ERROR),
        ("Expired", None),
        ("Завершён", None),
        ("104", None),
        ("Partially", None),
    ],
)
def test_every_spelling_of_a_status_is_understood_or_left_alone(word, status):
    assert row(status=word).status is status
    assert row(status=word).word == " ".join(word.split())


def test_a_hostile_word_is_cleaned_and_capped():
    assert row(status="\u202e\n" + "x" * 100).word == "x" * 64


@pytest.mark.parametrize(
    ("written", "charge"),
    [("0.27819", Decimal("0.27819")), (5, Decimal(5)), (None, None), ("", None), ("-1", None), ("NaN", None)],
)
def test_charges(written, charge):
    assert row(charge=written).charge == charge


@pytest.mark.parametrize(("written", "count"), [("3572", 3572), (3572, 3572), (None, None), ("0", 0), ("-1", None)])
def test_start_counts(written, count):
    assert row(start_count=written).start_count == count


def test_the_start_count_has_another_name():
    other = {name: value for name, value in ROW.items() if name != "start_count"} | {"start_counter": 5}
    assert read_row(other, clean_text).start_count == 5


@pytest.mark.parametrize(
    ("written", "remains", "over"),
    [
        ("157", 157, 0),
        (157, 157, 0),
        ("0", 0, 0),
        ("+12", None, 12),
        ("-2", None, 2),
        (-2, None, 2),
        (None, None, 0),
        ("", None, 0),
        ("Unknown", None, 0),
        (Decimal("157.0"), None, 0),
        ("12.5", None, 0),
        (True, None, 0),
        ("9" * 30, None, 0),
        ([157], None, 0),
    ],
)
def test_a_signed_remains_is_over_delivery_and_nonsense_is_nothing(written, remains, over):
    report = row(remains=written)
    assert (report.remains, report.over) == (remains, over)


@pytest.mark.parametrize(("written", "code"), [("USD", "USD"), ("try", "TRY"), (None, None), (5, None)])
def test_currencies(written, code):
    assert row(currency=written).currency == code


def test_a_report_may_hold_nothing_but_its_word():
    assert read_row({"status": "Pending"}, clean_text) == StatusReport("Pending", Status.PENDING)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "In progress", "runs": 3, "orders": [1, 2]},
        {"status": "Active", "expiry": False, "posts": 5, "orders": [1]},
    ],
)
def test_drip_feeds_and_subscriptions_have_no_numbers_of_their_own(answer):
    report = read_one(answer, "1", clean_text)
    assert report == StatusReport(str(answer["status"]), Status.IN_PROGRESS)


# One order.


@pytest.mark.parametrize(
    "answer",
    [ROW, [ROW], {"7": ROW}, ROW | {"order": 7}, ROW | {"order": "7"}, ROW | {"error": None}, ROW | {"error": ""}],
)
def test_one_orders_answer_comes_in_many_wrappings(answer):
    assert read_one(answer, "7", clean_text) == REPORT


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "Incorrect order ID"},
        [{"error": "Incorrect order ID"}],
        {"7": "Incorrect order ID"},
        {"7": {"error": "Incorrect order ID"}},
        "Incorrect order ID",
        {"error": "Incorrect order ID", "status": "104"},
        {"error": "Incorrect order ID", "order": 7},
    ],
)
def test_one_orders_refusal_comes_in_many_wrappings(answer):
    assert denied(read_one(answer, "7", clean_text)) == (Denial.ORDER, "Incorrect order ID")


def test_a_status_beside_an_error_is_a_code():
    assert denied(read_one({"error": "x", "status": "102"}, "7", clean_text)) == (Denial.UNRECOGNISED, "x")


def test_a_refusal_without_an_error_field_is_not_an_order_in_error():
    assert denied(read_one({"status": "error", "msg": "x"}, "7", clean_text)) == (Denial.UNRECOGNISED, "x")
    assert read_one({"status": "Error", "remains": "5"}, "7", clean_text).status is Status.ERROR


@pytest.mark.parametrize(
    "answer",
    [
        None,
        5,
        [],
        [ROW, ROW],
        {},
        {"status": None},
        {"status": ""},
        {"status": 5},
        {"status": {"x": 1}},
        ROW | {"order": 8},
        ROW | {"error": {"x": 1}},
        {"8": ROW},
        {"charge": "1"},
    ],
)
def test_what_is_no_answer_about_the_order_is_malformed(answer):
    with pytest.raises(Malformed):
        read_one(answer, "7", clean_text)


# Many orders.


def test_only_those_asked_about_are_read_and_missing_ones_are_missing():
    assert read_many({"1": ROW, "2": ROW, "99": ROW}, ["1", "3"], clean_text) == {"1": REPORT}


def test_bare_texts_and_objects_are_refusals():
    found = read_many({"1": "Incorrect order ID", "2": {"error": "Incorrect order ID"}}, ["1", "2"], clean_text)
    assert [denied(result) for result in found.values()] == [(Denial.ORDER, "Incorrect order ID")] * 2


@pytest.mark.parametrize(
    "bad", [None, 5, [], {}, {"status": None}, {"status": " "}, {"status": "\x1b"}, {"charge": "1"}]
)
def test_an_unreadable_row_leaves_the_others_alone(bad):
    assert read_many({"1": bad, "2": ROW}, ["1", "2"], clean_text) == {"2": REPORT}


def test_a_list_is_believed_when_its_rows_carry_ids():
    assert read_many([ROW | {"order": 2}, ROW | {"order": "1"}], ["1", "2"], clean_text) == {"1": REPORT, "2": REPORT}


@pytest.mark.parametrize("empty", [{}, []])
def test_an_empty_answer_leaves_all_out(empty):
    assert read_many(empty, ["1", "2"], clean_text) == {}


def test_an_answer_about_others_only_is_empty():
    assert read_many({"98": ROW, "99": ROW}, ["1", "2"], clean_text) == {}


@pytest.mark.parametrize("answer", [None, 5, "x", ROW, [ROW, ROW], {"error": "Order not found.", "status": "104"}])
def test_a_panel_that_did_not_understand_many_is_told_apart(answer):
    assert read_many(answer, ["1", "2"], clean_text) is None


_SCALARS = st.none() | st.booleans() | st.integers() | st.decimals() | st.text()
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("1"), inner, max_size=3)
)


@given(st.dictionaries(st.sampled_from([*ROW, "error", "order"]), _JSON))
def test_whatever_a_row_holds_money_is_read_strictly(fields):
    report = read_row(fields, clean_text)
    if isinstance(report, StatusReport):
        assert report.remains is None or 0 <= report.remains < 10**18
        assert report.charge is None or (report.charge.is_finite() and report.charge >= 0)
        assert report.word


@given(_JSON)
def test_no_answer_about_many_names_an_order_not_asked_about(value):
    assert set(read_many(value, ["1", "2"], clean_text) or {}) <= {"1", "2"}
