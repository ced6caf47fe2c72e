"""A statement's arithmetic: spans by UTC's months, a running balance, totals that come to the difference."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.money import ZERO, Money
from bot.domain.statement import Movement, Reckoning, Span, Statement, bounds

NOW = datetime(2026, 5, 3, 7, 54, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "now", "since", "until"),
    [
        (Span.THIS_MONTH, NOW, "2026-05-01", None),
        (Span.LAST_MONTH, NOW, "2026-04-01", "2026-05-01"),
        (Span.LAST_MONTH, NOW.replace(month=1), "2025-12-01", "2026-01-01"),
        (Span.LAST_MONTH, NOW.replace(month=3, day=31), "2026-02-01", "2026-03-01"),
        (Span.ALL, NOW, None, None),
    ],
)
def test_months_begin_at_midnight_of_their_first_day(
    span: Span, now: datetime, since: str | None, until: str | None
) -> None:
    assert [moment and f"{moment:%Y-%m-%d}" for moment in bounds(span, now)] == [since, until]


AMOUNTS = st.integers(-(10**12), 10**12).filter(bool).map(Money)
MOVEMENTS = st.lists(
    st.builds(Movement, st.just(NOW), st.sampled_from(["hold", "manual", "a kind of tomorrow"]), AMOUNTS,
              st.none() | st.integers(1, 99), st.none() | st.text(max_size=9))
)  # fmt: skip


@given(AMOUNTS, MOVEMENTS, st.integers(1, 5))
def test_opening_and_lines_make_the_closing_balance_and_so_do_the_totals(
    opening: Money, movements: list[Movement], size: int
) -> None:
    reckoning = Reckoning(opening)
    for start in range(0, len(movements), size):
        reckoning.add(movements[start : start + size])
    made = Statement(
        1, Span.ALL, None, NOW, NOW, opening, reckoning.lines, reckoning.balance, reckoning.totals, ZERO, ZERO
    )  # fmt: skip
    assert [line.movement for line in made.lines] == movements
    assert made.closing - made.opening == sum((m.amount for m in movements), ZERO)
    assert made.closing == (made.lines[-1].balance if made.lines else opening)
    assert made.closing - made.opening == made.came_in + made.went_out == sum((t.amount for t in made.totals), ZERO)
    assert made.went_out <= ZERO <= made.came_in
    assert sum(total.count for total in made.totals) == len(movements)
    for line, before in zip(made.lines, [opening, *(line.balance for line in made.lines)], strict=False):
        assert line.balance == before + line.movement.amount
