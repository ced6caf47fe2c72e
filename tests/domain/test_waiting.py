"""Only time the shop saw pass counts: no jump of the clock brings a deadline, and no downtime keeps one away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.waiting import REMINDERS, Watch, reached, until_next

START = datetime(2026, 1, 2, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


class Run:
    """One run that watches one order, by a clock that may be wrong."""

    def __init__(self, now: datetime, last: datetime, deadline: timedelta = DAY) -> None:
        self.now, self.last, self.waited = now, last, timedelta(0)
        self.watch = Watch(deadline)
        self.steps(0)

    def steps(self, count: int, step: timedelta = MINUTE) -> timedelta:
        for _ in range(count + 1 if count == 0 else count):
            self.now += step if count else timedelta(0)
            more = self.watch.look(self.now).since(self.last, self.now)
            if more is not None:
                self.waited, self.last = self.waited + more, self.now
            self.watch.counted()
        return self.waited


def test_steady_steps_all_count() -> None:
    assert Run(START, START).steps(90) == 90 * MINUTE


def test_a_jump_of_a_day_counts_for_a_few_minutes() -> None:
    run = Run(START, START)
    run.steps(60)
    run.steps(1, DAY)
    assert run.steps(60) == 120 * MINUTE + 5 * MINUTE
    run.steps(1, -DAY)
    assert run.steps(1) == 126 * MINUTE


def test_the_time_the_shop_was_down_counts_once_it_has_watched_for_a_while() -> None:
    run = Run(START + 30 * HOUR, START)
    assert run.steps(9) == timedelta(0)
    assert run.steps(1) == 30 * HOUR + 10 * MINUTE
    assert run.steps(1) == 30 * HOUR + 11 * MINUTE


def test_a_clock_set_right_just_after_the_start_is_believed_as_it_is_then() -> None:
    ahead = Run(START + HOUR + DAY, START)
    ahead.steps(5)
    ahead.steps(1, -DAY)
    assert ahead.steps(10) == HOUR + 15 * MINUTE


def test_a_jump_just_after_the_start_is_not_taken_for_downtime() -> None:
    run = Run(START + HOUR, START)
    run.steps(5)
    run.steps(1, DAY)
    assert run.steps(10) == HOUR + 20 * MINUTE


def test_an_order_of_this_run_counts_from_its_beginning() -> None:
    run = Run(START, START + MINUTE)
    assert run.steps(3) == 3 * MINUTE


def test_what_could_not_be_stored_is_offered_again() -> None:
    watch = Watch(DAY)
    watch.look(START)
    assert watch.look(START + MINUTE).step == MINUTE
    assert watch.look(START + 2 * MINUTE).step == 2 * MINUTE
    watch.counted()
    assert watch.look(START + 3 * MINUTE).step == MINUTE


def test_a_short_deadline_is_not_reached_by_one_jump() -> None:
    run = Run(START, START, timedelta(seconds=40))
    assert run.steps(1, DAY) <= timedelta(seconds=10)


def test_what_was_seen_while_the_clock_was_set_back_counts_at_once_when_the_shop_has_watched_for_a_while() -> None:
    run = Run(START, START)
    run.steps(1, -DAY)
    assert run.steps(2, timedelta(seconds=299)) == timedelta(0)
    assert run.steps(1, 5 * MINUTE) == timedelta(seconds=299 + 299 + 300)


seconds = st.integers(-2 * 86_400, 2 * 86_400) | st.integers(0, 320)
steps = st.lists(seconds.map(lambda n: timedelta(seconds=n)), max_size=40)


@given(steps)
def test_never_more_counts_than_the_run_saw_pass_a_few_minutes_at_a_step_and_nothing_backwards(
    jumps: list[timedelta],
) -> None:
    run, seen = Run(START, START), timedelta(0)
    for jump in jumps:
        before = run.waited
        seen += min(max(jump, timedelta(0)), 5 * MINUTE)
        run.steps(1, jump)
        assert before <= run.waited <= seen


def test_moments_are_counted_and_the_next_is_known() -> None:
    assert [reached(REMINDERS, n * MINUTE) for n in (0, 14, 15, 61, 361, 2000)] == [0, 0, 1, 2, 3, 4]
    assert until_next(20 * MINUTE, *REMINDERS) == 40 * MINUTE
    assert until_next(2 * DAY, *REMINDERS) is None
