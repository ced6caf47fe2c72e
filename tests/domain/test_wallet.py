"""Which entries each event writes: always between two accounts, always under a deterministic id."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.money import ZERO, Money
from bot.domain.topups import Gateway
from bot.domain.wallet import (
    MANUAL_ACCOUNT,
    REVENUE,
    Kind,
    Transfer,
    adjust,
    assign,
    available,
    debit,
    finish,
    held,
    hold,
    manual,
    recovery,
    stars,
    void,
)

MINA = 1001
CHARGE = Money(1_000_000)
ACCOUNTS = (available(MINA), stars(MINA))


def test_a_confirm_holds_and_a_void_gives_back_the_same() -> None:
    assert hold(7, MINA, CHARGE, ZERO) == [Transfer("hold:7", available(MINA), held(MINA), CHARGE, Kind.HOLD, 7)]
    assert void(7, MINA, CHARGE, ZERO) == [Transfer("void:7", held(MINA), available(MINA), CHARGE, Kind.VOID, 7)]


def test_each_part_of_a_charge_has_its_own_entry() -> None:
    own, starred = hold(7, MINA, CHARGE, Money(400_000))
    assert own == Transfer("hold:7", available(MINA), held(MINA), Money(600_000), Kind.HOLD, 7)
    assert starred == Transfer("hold:7:stars", stars(MINA), held(MINA), Money(400_000), Kind.HOLD, 7)
    assert hold(7, MINA, CHARGE, CHARGE) == [Transfer("hold:7:stars", stars(MINA), held(MINA), CHARGE, Kind.HOLD, 7)]


@given(st.integers(1, 10**12), st.data())
def test_what_came_back_in_total_says_how_much_of_it_is_stars(charge: int, data: st.DataObject) -> None:
    """Stars first, however the return is cut into an end and corrections; and no more of either than was taken."""
    from_stars = data.draw(st.integers(0, charge))
    totals = sorted(data.draw(st.lists(st.integers(0, charge), min_size=1, max_size=5)))
    entries = finish(7, MINA, Money(charge), Money(totals[0]), Money(from_stars))
    for before, after in itertools.pairwise(totals):
        if after > before:
            entries += adjust(7, MINA, Money(before), Money(after - before), Money(from_stars))
    back = {account: sum(e.amount.micros for e in entries if e.target == account) for account in ACCOUNTS}
    assert back[stars(MINA)] == min(totals[-1], from_stars)
    assert back[available(MINA)] == totals[-1] - back[stars(MINA)] <= charge - from_stars
    assert len({entry.id for entry in entries}) == len(entries)


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_debt_is_paid_as_far_as_there_is_money_the_stars_first(owed: int, credit: int, own: int) -> None:
    paid = recovery("x", MINA, Money(owed), Money(credit), Money(own))
    taken = {entry.source: entry.amount.micros for entry in paid}
    assert sum(taken.values()) == min(owed, credit + own)
    assert taken.get(stars(MINA), 0) == min(owed, credit)


@given(st.integers(1, 10**12), st.data())
def test_an_end_empties_what_was_held_exactly(charge: int, data: st.DataObject) -> None:
    back = data.draw(st.integers(0, charge) | st.sampled_from([0, charge]))
    entries = finish(7, MINA, Money(charge), Money(back), ZERO)
    assert sum(entry.amount.micros for entry in entries) == charge
    assert {entry.source for entry in entries} == {held(MINA)}
    assert [e.target for e in entries] == [REVENUE] * (back < charge) + [available(MINA)] * (back > 0)
    assert [e.id for e in entries] == ["post:7"] * (back < charge) + ["ret:7"] * (back > 0)


@pytest.mark.parametrize("back", [Money(-1), CHARGE + Money(1)])
def test_no_more_than_the_charge_and_no_less_than_nothing_returns(back: Money) -> None:
    with pytest.raises(ValueError, match="returns"):
        finish(7, MINA, CHARGE, back, ZERO)


def test_a_correction_comes_out_of_revenue_and_is_named_for_what_came_before() -> None:
    (first,), (second,) = adjust(7, MINA, ZERO, Money(5), ZERO), adjust(7, MINA, Money(5), Money(5), ZERO)
    assert first == Transfer("adj:7:0", REVENUE, available(MINA), Money(5), Kind.ADJUST, 7)
    assert first.id != second.id
    assert adjust(7, MINA, ZERO, Money(9), ZERO)[0].id == first.id  # the same correction, however it is computed


def test_a_credit_and_a_debit_by_hand_carry_actor_and_reason() -> None:
    credit = manual("55", MINA, CHARGE, actor="9001", reason="a gift")
    own, starred = debit("56", MINA, CHARGE, Money(1), actor="9001", reason="an error")
    assert (credit.id, credit.source, credit.target) == ("man:55", MANUAL_ACCOUNT, available(MINA))
    assert (own.id, own.source, own.amount) == ("man:56", available(MINA), Money(1))
    assert (starred.id, starred.source, starred.amount) == ("man:56:stars", stars(MINA), CHARGE - Money(1))
    assert [e.id for e in debit("57", MINA, CHARGE, ZERO, actor="9001", reason="an error")] == ["man:57"]
    assert (credit.kind, credit.actor, credit.reason) == (Kind.MANUAL, "9001", "a gift")


@pytest.mark.parametrize("amount", [ZERO, Money(-1)])
def test_nothing_and_less_are_not_moved(amount: Money) -> None:
    with pytest.raises(ValueError, match="positive"):
        manual("7", MINA, amount, actor="9001", reason="nothing")


def test_an_account_cannot_pay_itself() -> None:
    with pytest.raises(ValueError, match="two accounts"):
        Transfer("x", REVENUE, REVENUE, CHARGE, Kind.ADJUST)


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_two_customers_never_share_an_account(one: int, other: int) -> None:
    accounts = {available(one), held(one), available(other), held(other)}
    assert len(accounts) == (2 if one == other else 4)


def test_a_payment_that_fitted_nobody_leaves_suspense_for_where_its_gateway_pays_into() -> None:
    found = assign(Gateway.STARS, "charge-1", 7, Money(5), actor="1", reason="it is theirs")
    assert (found.id, found.source, found.target) == ("sus:stars:charge-1", "sys:suspense", "user:7:stars")
