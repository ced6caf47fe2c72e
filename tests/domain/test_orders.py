"""The state machine: one table, total, and without a way to send an order twice unproven."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import IllegalMove
from bot.domain.orders import FINAL, HOLDING, MOVES, RETURNING, TROUBLED, OrderEvent, OrderState, Reading, Status, move

S, E = OrderState, OrderEvent

#: Every legal move, written out a second time by hand.
LEGAL = {
    (S.RESERVED, E.CLAIM, S.SUBMITTING), (S.RESERVED, E.WITHDRAW, S.CANCELED),
    (S.SUBMITTING, E.PLACED, S.ACTIVE), (S.SUBMITTING, E.REFUSED, S.FAILED),
    (S.SUBMITTING, E.POSTPONED, S.RESERVED), (S.SUBMITTING, E.LOST, S.UNKNOWN),
    (S.UNKNOWN, E.PLACED, S.ACTIVE), (S.UNKNOWN, E.RELEASE, S.FAILED),
    (S.ACTIVE, E.COMPLETE, S.COMPLETED), (S.ACTIVE, E.FALL_SHORT, S.PARTIAL), (S.ACTIVE, E.UNDO, S.CANCELED),
    (S.COMPLETED, E.FALL_SHORT, S.PARTIAL), (S.COMPLETED, E.UNDO, S.CANCELED),
    (S.PARTIAL, E.FALL_SHORT, S.PARTIAL), (S.PARTIAL, E.UNDO, S.CANCELED),
}  # fmt: skip


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("event", list(E))
def test_every_pair_is_either_a_legal_move_or_refused(state: OrderState, event: OrderEvent) -> None:
    target = {(s, e): t for s, e, t in LEGAL}.get((state, event))
    if target is None:
        with pytest.raises(IllegalMove, match=f"{event} .* {state}"):
            move(state, event)
    else:
        assert move(state, event) is target


def reachable(start: OrderState, without: frozenset[OrderState] = frozenset()) -> set[OrderState]:
    found: set[OrderState] = set()
    waiting = [start]
    while waiting:
        state = waiting.pop()
        after = {t for (s, _), t in MOVES.items() if s is state} - found - without
        found |= after
        waiting += after
    return found


def test_nothing_leads_from_unknown_back_to_being_sent() -> None:
    assert reachable(S.UNKNOWN).isdisjoint({S.RESERVED, S.SUBMITTING, S.UNKNOWN})


def test_only_a_postponed_order_is_sent_again() -> None:
    ways_back = {(s, e) for (s, e), t in MOVES.items() if t is S.RESERVED}
    assert ways_back == {(S.SUBMITTING, E.POSTPONED)}


def test_every_state_is_reached_and_every_running_one_can_end() -> None:
    assert reachable(S.RESERVED) == set(S)
    for state in HOLDING:
        assert reachable(state) & FINAL


def test_money_that_left_the_held_account_never_goes_back_there() -> None:
    for (state, _), target in MOVES.items():
        assert state in HOLDING or target not in HOLDING


def test_failed_and_canceled_are_the_end() -> None:
    assert reachable(S.FAILED) == reachable(S.CANCELED) == set()


def test_a_status_returns_money_or_is_trouble_but_never_both() -> None:
    assert RETURNING.isdisjoint(TROUBLED)
    assert {Status.PARTIAL, Status.CANCELED, Status.REFUNDED} == RETURNING
    assert {Status.FAIL, Status.ERROR} == TROUBLED


@given(st.builds(Reading, st.sampled_from(Status), st.none() | st.integers(0, 10**60)))
def test_a_reading_is_read_back_as_it_was_stored(reading: Reading) -> None:
    assert Reading.parse(reading.text) == reading


@pytest.mark.parametrize("text", ["", "Partial", "Quantum:4", ":4", "Partial:x"])
def test_what_is_no_reading_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"valid Status|invalid literal"):
        Reading.parse(text)
