from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.refills import RefillReport, RefillStatus
from bot.panels.denials import Denial
from bot.panels.errors import Denied
from bot.panels.wire_requests import (
    Balance,
    CancelAccepted,
    RefillAccepted,
    read_balance,
    read_cancels,
    read_refill,
    read_refill_status,
    read_refill_statuses,
    read_refills,
)
from bot.wire.reading import Malformed, clean_text


def denied(result: object) -> tuple[Denial, str]:
    assert isinstance(result, Denied)
    return result.kind, result.text


@pytest.mark.parametrize(
    ("answer", "balance"),
    [
        ({"balance": "100.84292", "currency": "USD"}, Balance(Decimal("100.84292"), "USD")),
        ({"balance": Decimal("99.80"), "currency": "usd"}, Balance(Decimal("99.80"), "USD")),
        ({"balance": 5, "currency": "VND", "balancef": "5 d"}, Balance(Decimal(5), "VND")),
        ({"status": "success", "balance": "-1.5", "currency": "TRY"}, Balance(Decimal("-1.5"), "TRY")),
        ({"balance": "1"}, Balance(Decimal(1), "")),
        ({"balance": "1", "currency": "dollars!"}, Balance(Decimal(1), "")),
    ],
)
def test_balances(answer, balance):
    assert read_balance(answer) == balance


@pytest.mark.parametrize("answer", [None, [], {}, {"balance": None}, {"balance": "1,000.00"}, {"balance": "NaN"}])
def test_what_is_no_balance_is_malformed(answer):
    with pytest.raises(Malformed):
        read_balance(answer)


@pytest.mark.parametrize(
    "answer",
    [
        {"refill": "5"},
        {"refill": 5},
        {"refill": 5, "status": "Success"},
        [{"order": 7, "refill": 5}],
        {"order": "7", "refill": "5"},
    ],
)
def test_an_accepted_refill_is_written_in_many_ways(answer):
    assert read_refill(answer, "7", clean_text) == RefillAccepted("5")


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "Refill is disabled for this service"},
        {"refill": {"error": "Refill is disabled for this service"}},
        [{"order": 7, "refill": {"error": "Refill is disabled for this service"}}],
        {"status": "error", "message": "Refill is disabled for this service"},
    ],
)
def test_a_refused_refill_is_written_in_many_ways(answer):
    said = denied(read_refill(answer, "7", clean_text))
    assert said == (Denial.REFILL_DISABLED, "Refill is disabled for this service")


@pytest.mark.parametrize(
    "answer", [None, [], 5, {}, {"refill": None}, {"refill": 0}, {"refill": True}, {"order": 8, "refill": 5}]
)
def test_what_is_no_answer_to_a_refill_is_malformed(answer):
    with pytest.raises(Malformed):
        read_refill(answer, "7", clean_text)


def test_refills_of_many_are_read_by_order():
    rows = [{"order": 2, "refill": "x2"}, {"order": 1, "refill": {"error": "Incorrect order ID"}}, {"order": 3}]
    found = read_refills(rows, ["1", "2", "3", "4"], clean_text)
    assert found["2"] == RefillAccepted("x2")
    assert denied(found["1"]) == (Denial.ORDER, "Incorrect order ID")
    assert set(found) == {"1", "2"}


@pytest.mark.parametrize("answer", [None, {"error": "x"}, {"error": "Incorrect order ID"}])
def test_a_panel_that_refuses_many_refills_is_told_apart(answer):
    assert read_refills(answer, ["1", "2"], clean_text) is None


@pytest.mark.parametrize(
    "answer", [{"refill": "1"}, [{"refill": 1}], ["1"], 5, [{"order": 1, "refill": 1}, {"order": 1, "refill": 2}]]
)
def test_many_refills_that_cannot_be_told_apart_are_malformed(answer):
    """Some may have been set going; asking one by one would ask again."""
    with pytest.raises(Malformed):
        read_refills(answer, ["1", "2"], clean_text)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Pending", RefillStatus.PENDING),
        ("In progress", RefillStatus.IN_PROGRESS),
        ("In progess", RefillStatus.IN_PROGRESS),
        ("in_progress", RefillStatus.IN_PROGRESS),
        ("Completed", RefillStatus.COMPLETED),
        ("Rejected", RefillStatus.REJECTED),
        ("Fail", RefillStatus.FAIL),
        ("Whatever", None),
    ],
)
def test_states_of_refills(word, state):
    assert read_refill_status({"status": word}, "1", clean_text) == RefillReport(word, state)


def test_one_refills_state_may_come_as_a_list_or_as_nothing():
    assert read_refill_status([{"refill": 1, "status": "Completed"}], "1", clean_text) == RefillReport(
        "Completed", RefillStatus.COMPLETED
    )
    assert denied(read_refill_status(None, "1", clean_text)) == (Denial.REFILL, "")


@pytest.mark.parametrize("answer", [{"error": "Refill not found"}, {"status": {"error": "Refill not found"}}])
def test_an_unknown_refill_is_refused(answer):
    assert denied(read_refill_status(answer, "1", clean_text)) == (Denial.REFILL, "Refill not found")


@pytest.mark.parametrize("answer", [[], {}, {"status": None}, {"status": ""}, {"status": 5}, 5])
def test_what_is_no_state_of_a_refill_is_malformed(answer):
    with pytest.raises(Malformed):
        read_refill_status(answer, "1", clean_text)


def test_states_of_many_refills_may_leave_some_out():
    rows = [{"refill": 2, "status": "Rejected"}, {"refill": 9, "status": "Completed"}]
    found = read_refill_statuses(rows, ["1", "2"], clean_text)
    assert found == {"2": RefillReport("Rejected", RefillStatus.REJECTED)}


@pytest.mark.parametrize(
    ("answer", "ids"),
    [
        ([{"order": 1, "cancel": 1}], ["1"]),
        ([{"order": "1", "cancel": "1"}, {"order": 5, "cancel": 1}], ["1"]),
        ([{"order": 1, "cancel": True}], ["1"]),
        ({"canceled": [1, 2, 9]}, ["1", "2"]),
        ({"cancel": 1, "status": "Success"}, ["1"]),
        ({"cancel": 7, "status": "Success"}, ["7"]),
    ],
)
def test_an_accepted_cancel_is_written_in_many_ways(answer, ids):
    assert read_cancels(answer, ids, clean_text) == {each: CancelAccepted() for each in ids}


@pytest.mark.parametrize("cancel", [0, None, False, "", "0", []])
def test_a_cancel_that_says_nothing_is_left_out(cancel):
    assert read_cancels([{"order": 1, "cancel": cancel}], ["1"], clean_text) == {}


@pytest.mark.parametrize("answer", [5, "x", {}, {"status": "Success"}, {"cancel": 1, "error": "x"}, [{"cancel": 1}]])
def test_what_is_no_answer_to_a_cancel_is_none(answer):
    assert read_cancels(answer, ["7"], clean_text) is None


@pytest.mark.parametrize("row", [{"cancel": {"error": "Incorrect order ID"}}, {"error": "Incorrect order ID"}])
def test_a_cancel_that_is_refused_within_the_answer_is_denied_to_that_order_alone(row: dict[str, object]) -> None:
    found = read_cancels([{"order": 1, **row}, {"order": 2, "cancel": 1}], ["1", "2"], clean_text)
    assert denied(found["1"]) == (Denial.ORDER, "Incorrect order ID")
    assert found["2"] == CancelAccepted()


def test_one_answer_for_many_cancels_is_none():
    assert read_cancels({"cancel": 1}, ["1", "2"], clean_text) is None


@pytest.mark.parametrize("error", [{"error": "Incorrect order ID"}, ["Refill not found"], 5, True])
def test_a_yes_beside_an_error_that_is_no_text_is_not_believed(error: object) -> None:
    with pytest.raises(Malformed):
        read_refill({"refill": "1", "error": error}, "7", clean_text)
    with pytest.raises(Malformed):
        read_refill_status({"status": "Completed", "error": error}, "1", clean_text)
    assert read_cancels([{"order": 9, "cancel": 1, "error": error}], ["9"], clean_text) == {}
