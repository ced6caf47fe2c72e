"""What balances tell of an unknown order: examples, and a little panel that knows the truth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.evidence import Point, Snapshot, Verdict, Window, tolerance, weigh

START = datetime(2026, 1, 2, tzinfo=UTC)
COST = Decimal("0.9")


def read(balance: str | Decimal, minutes: int = 0, currency: str = "USD") -> Snapshot:
    return Snapshot(START + timedelta(minutes=minutes), Decimal(balance), currency, 0)


def window(before: str, *after: str, spent: str = "0", **more: bool) -> Window:
    points = [Point(read(balance, n), Decimal(spent)) for n, balance in enumerate(after, 1)]
    return Window(COST, read(before), points, **more)


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (window("100"), Verdict.PENDING),
        (Window(COST, None, [Point(read("5"))]), Verdict.PENDING),
        (window("100", "100"), Verdict.ZERO),
        (window("100", "99.10"), Verdict.MATCH),
        (window("100.000", "99.104"), Verdict.MATCH),  # half a percent of rounding
        (window("100.000", "99.106"), Verdict.MIXED),
        (window("100", "98.20"), Verdict.MIXED),
        (window("100", "100", "99.10"), Verdict.MATCH),  # the panel acted late
        (window("100", "98.10", spent="1"), Verdict.MATCH),
        (window("100", "99.00", spent="1"), Verdict.ZERO),
        (window("100", "99.10", overlaps=True), Verdict.MIXED),
        (window("100", "100", overlaps=True), Verdict.MIXED),
        (window("100", "100", came_back=True), Verdict.MIXED),
        (window("100", "105"), Verdict.MIXED),  # a top-up
        (window("100", "99.10", "100"), Verdict.MIXED),  # something came back, and it hides what was taken
        (window("100", "100", "100.90", "100"), Verdict.MIXED),
        (window("100", "100", link_taken=True), Verdict.PLACED),
        (Window(COST, link_taken=True), Verdict.PLACED),
        (Window(COST, read("100"), [Point(read("99.1", currency="EUR"))]), Verdict.MIXED),
        (Window(Decimal("0.015"), read("100"), [Point(read("99.99"))]), Verdict.MIXED),  # less than cents can tell
        (Window(Decimal("0.0001"), read("1.00001"), [Point(read("1.00001"))]), Verdict.MIXED),
    ],
)
def test_what_balances_say(seen: Window, verdict: Verdict) -> None:
    assert weigh(seen).verdict is verdict


def test_the_difference_is_what_other_orders_do_not_explain() -> None:
    told = weigh(window("100", "97.10", spent="2"))
    assert (told.difference, told.cost) == (Decimal("0.9"), COST)
    assert told.latest == read("97.10", 1)


def test_only_an_unbroken_row_of_unmoved_balances_counts_as_zeros() -> None:
    assert weigh(window("100", "100", "100", "100")).zeros == 3
    assert weigh(window("100", "99.10")).zeros == 0
    assert weigh(window("100", "100", overlaps=True)).zeros == 0


def test_the_last_digit_a_panel_shows_widens_what_fits() -> None:
    assert tolerance(Decimal(1), [Decimal("1.25")]) == Decimal("0.01")
    assert tolerance(Decimal(1), [Decimal(1), Decimal("1.25001")]) == Decimal("0.005")
    assert tolerance(Decimal(100), [Decimal(500)]) == 1
    assert tolerance(Decimal("0.001"), [Decimal("1.25001")]) == Decimal("0.0001")


amounts = st.integers(1, 50_000).map(lambda n: Decimal(n).scaleb(-3))
others = st.lists(st.tuples(amounts, st.booleans()), max_size=6)


@given(cost=amounts, placed=st.booleans(), late=st.booleans(), events=others)
def test_a_little_panel_is_never_read_wrong(
    cost: Decimal, placed: bool, late: bool, events: list[tuple[Decimal, bool]]
) -> None:
    """Orders accepted meanwhile, each read after or not; the truth may come after the first readings."""
    balance = before = Decimal(1000)
    spent = Decimal(0)
    points = []
    if placed and not late:
        balance -= cost
    for charge, is_read in events:
        balance, spent = balance - charge, spent + charge
        if is_read:
            points.append(Point(read(balance), spent))
    if placed and late:
        balance -= cost
    points.append(Point(read(balance), spent))
    told = weigh(Window(cost, read(f"{before:.5f}"), points))
    if cost < 2 * tolerance(cost, [Decimal("0.00001")]):
        assert told.verdict is Verdict.MIXED
        return
    assert told.verdict is (Verdict.MATCH if placed else Verdict.ZERO)
    assert told.difference == (cost if placed else 0)
    assert (told.zeros > 0) == (not placed)


@given(cost=amounts, moved=st.integers(-60_000, 60_000).map(lambda n: Decimal(n).scaleb(-3)), placed=st.booleans())
def test_what_nobody_knows_of_is_not_taken_for_an_answer(cost: Decimal, moved: Decimal, placed: bool) -> None:
    """Somebody else moves the balance: only what is within the tolerance can pass unseen, or what fits exactly."""
    after = Decimal(1000) - moved - (cost if placed else 0)
    told = weigh(Window(cost, read("1000.00000"), [Point(read(after))]))
    nearly = tolerance(cost, [Decimal("0.00001")])
    if abs(moved) > nearly and abs(abs(moved) - cost) > nearly:
        assert told.verdict is Verdict.MIXED
    elif told.verdict is Verdict.ZERO:
        assert not placed or abs(moved + cost) <= nearly
