"""Which entries each event writes: always between two accounts, always under a deterministic id."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.money import ZERO, Money
from bot.domain.wallet import (
    MANUAL_ACCOUNT,
    REVENUE,
    Kind,
    Transfer,
    adjust,
    available,
    finish,
    held,
    hold,
    manual,
    void,
)

MINA = 1001
CHARGE = Money(1_000_000)


def test_a_confirm_holds_and_a_void_gives_back_the_same() -> None:
    assert hold(7, MINA, CHARGE) == Transfer("hold:7", available(MINA), held(MINA), CHARGE, Kind.HOLD, 7)
    assert void(7, MINA, CHARGE) == Transfer("void:7", held(MINA), available(MINA), CHARGE, Kind.VOID, 7)


@given(st.integers(1, 10**12), st.data())
def test_an_end_empties_what_was_held_exactly(charge: int, data: st.DataObject) -> None:
    back = data.draw(st.integers(0, charge) | st.sampled_from([0, charge]))
    entries = finish(7, MINA, Money(charge), Money(back))
    assert sum(entry.amount.micros for entry in entries) == charge
    assert {entry.source for entry in entries} == {held(MINA)}
    assert [e.target for e in entries] == [REVENUE] * (back < charge) + [available(MINA)] * (back > 0)
    assert [e.id for e in entries] == ["post:7"] * (back < charge) + ["ret:7"] * (back > 0)


@pytest.mark.parametrize("back", [Money(-1), CHARGE + Money(1)])
def test_no_more_than_the_charge_and_no_less_than_nothing_returns(back: Money) -> None:
    with pytest.raises(ValueError, match="returns"):
        finish(7, MINA, CHARGE, back)


def test_a_correction_comes_out_of_revenue_and_is_named_for_what_came_before() -> None:
    first, second = adjust(7, MINA, ZERO, Money(5)), adjust(7, MINA, Money(5), Money(5))
    assert first == Transfer("adj:7:0", REVENUE, available(MINA), Money(5), Kind.ADJUST, 7)
    assert first.id != second.id
    assert adjust(7, MINA, ZERO, Money(9)).id == first.id  # the same correction, however it is computed


def test_a_credit_and_a_debit_by_hand_carry_actor_and_reason() -> None:
    credit = manual("55", MINA, CHARGE, credit=True, actor="9001", reason="a gift")
    debit = manual("56", MINA, CHARGE, credit=False, actor="9001", reason="an error")
    assert (credit.id, credit.source, credit.target) == ("man:55", MANUAL_ACCOUNT, available(MINA))
    assert (debit.id, debit.source, debit.target) == ("man:56", available(MINA), MANUAL_ACCOUNT)
    assert (credit.kind, credit.actor, credit.reason) == (Kind.MANUAL, "9001", "a gift")


@pytest.mark.parametrize("amount", [ZERO, Money(-1)])
def test_nothing_and_less_are_not_moved(amount: Money) -> None:
    with pytest.raises(ValueError, match="positive"):
        hold(7, MINA, amount)


def test_an_account_cannot_pay_itself() -> None:
    with pytest.raises(ValueError, match="two accounts"):
        Transfer("x", REVENUE, REVENUE, CHARGE, Kind.ADJUST)


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_two_customers_never_share_an_account(one: int, other: int) -> None:
    accounts = {available(one), held(one), available(other), held(other)}
    assert len(accounts) == (2 if one == other else 4)
