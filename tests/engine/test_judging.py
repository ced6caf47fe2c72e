"""What each report means for the money of each order: pure, total, and never more than the charge."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.inputs import RULES, Count
from bot.domain.money import ZERO, Money
from bot.domain.orders import Attention, Order, OrderEvent, OrderState, Status, StatusReport
from bot.engine.judging import Ended, Meaning, Progress, Trouble, judge, reading_of
from tests.engine.workshop import report

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ORDER = Order(
    id=1, customer_id=1, service_number=1, service_name="s", panel="p", service_id="1", type="default", answers={},
    quantity=1000, charge=Money(1_125_000), cost=Money(900_000), returned=ZERO, state=OrderState.ACTIVE, version=3,
    reason=None, attempts=1, upstream_id="7", status_word=None, start_count=None, remains=None, attention=None,
    reading=None, reading_since=None, missing_since=None, missing_count=0, next_at=None, card_message_id=None,
    created_at=NOW, sent_at=NOW, changed_at=NOW, finished_at=None,
)  # fmt: skip
WHOLE = ORDER.charge


def verdict(said: StatusReport, kind: str = "default", *, remains_back: bool = False) -> Meaning:
    quantity = 1 if RULES[kind].count is Count.ONE else 1000
    order = replace(ORDER, type=kind, quantity=quantity)
    return judge(order, said, 4, canceled_returns_remains=remains_back)


@pytest.mark.parametrize("kind", list(RULES))
@pytest.mark.parametrize("status", list(Status))
def test_every_status_of_every_type_has_a_meaning(kind: str, status: Status) -> None:
    found = verdict(report(status.value, 400), kind)
    package = RULES[kind].count is Count.ONE
    expected: dict[Status, Meaning] = {
        Status.PENDING: Progress(),
        Status.PROCESSING: Progress(),
        Status.IN_PROGRESS: Progress(),
        Status.COMPLETED: Ended(OrderEvent.COMPLETE, ZERO, settles=False),
        Status.PARTIAL: Ended(OrderEvent.FALL_SHORT, Money(450_000), settles=True),
        Status.CANCELED: Ended(OrderEvent.UNDO, WHOLE, settles=True),
        Status.REFUNDED: Ended(OrderEvent.UNDO, WHOLE, settles=True),
        Status.FAIL: Trouble(Attention.TROUBLE),
        Status.ERROR: Trouble(Attention.TROUBLE),
    }
    if package and status is Status.PARTIAL:
        assert found == Trouble(Attention.PARTIAL_PACKAGE)
    else:
        assert found == expected[status]


def test_an_unknown_word_moves_nothing() -> None:
    assert verdict(report("Quantum")) == Trouble(Attention.UNKNOWN_WORD)
    with pytest.raises(ValueError, match="returns nothing"):
        reading_of(report("Quantum"))


@pytest.mark.parametrize(
    ("remains", "over"), [(None, 0), (1001, 0), (10**17, 0), (None, 5), (None, 1000), (400, 3)]
)  # fmt: skip
@pytest.mark.parametrize("remains_back", [False, True])
def test_remains_that_cannot_be_believed_move_nothing(remains: int | None, over: int, remains_back: bool) -> None:
    status = "Canceled" if remains_back else "Partial"
    found = verdict(report(status, remains, over=over), remains_back=remains_back)
    assert found == Trouble(Attention.NONSENSE_REMAINS)


@pytest.mark.parametrize(("remains", "back"), [(0, 0), (1, 1_200), (400, 450_000), (999, 1_123_900), (1000, 1_125_000)])
def test_undelivered_units_come_back_rounded_up_once(remains: int, back: int) -> None:
    assert verdict(report("Partial", remains)) == Ended(OrderEvent.FALL_SHORT, Money(back), settles=True)
    canceled = verdict(report("Canceled", remains), remains_back=True)
    assert canceled == Ended(OrderEvent.UNDO, Money(back), settles=True)


def test_a_refund_is_whole_even_where_cancels_return_only_what_remains() -> None:
    assert verdict(report("Refunded", 10), remains_back=True) == Ended(OrderEvent.UNDO, WHOLE, settles=True)


@pytest.mark.parametrize("remains", [None, 0, 1, 500])
def test_a_canceled_package_returns_whole_for_it_has_no_quantity(remains: int | None) -> None:
    found = verdict(report("Canceled", remains), "package", remains_back=True)
    assert found == Ended(OrderEvent.UNDO, WHOLE, settles=True)


@pytest.mark.parametrize("remains", [None, 0, 5])
@pytest.mark.parametrize("over", [0, 7])
def test_over_delivery_costs_the_customer_nothing_more(remains: int | None, over: int) -> None:
    assert verdict(report("Completed", remains, over=over)) == Ended(OrderEvent.COMPLETE, ZERO, settles=False)


@given(
    st.sampled_from([*Status, None]), st.none() | st.integers(0, 2000), st.integers(0, 3), st.booleans(),
    st.sampled_from(list(RULES)), st.integers(1, 10**9),
)  # fmt: skip
def test_no_report_returns_more_than_the_charge(
    status: Status | None, remains: int | None, over: int, remains_back: bool, kind: str, charge: int
) -> None:
    order = replace(ORDER, type=kind, charge=Money(charge))
    said = StatusReport("x", status, remains=remains, over=over)
    found = judge(order, said, 4, canceled_returns_remains=remains_back)
    if isinstance(found, Ended):
        assert ZERO <= found.back <= order.charge
        assert found.settles == (found.event is not OrderEvent.COMPLETE)
