"""The proof's own machinery: it tells what broke, what was missed and what was skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from prove import table
from prove.book import Book, Line
from prove.registry import ROWS
from prove.row import Row, Size, Tally
from prove.running import Task, plan, run_one
from prove.share import cut

ROW = Row("a", "b", "tries", {Size.SHORT: 10, Size.LONG: 100}, {Size.SHORT: 3, Size.LONG: 7}, "prove.nowhere:run")


def line(tally: Tally, index: int = 0) -> Line:
    return Line("a", index, 1, "abc", 1.5, tally)


def verdict(*tallies: Tally) -> str:
    lines = [line(tally, index) for index, tally in enumerate(tallies)]
    return table.results([ROW], Size.SHORT, lines)[0].verdict


def test_shares_cover_a_row_without_gap_or_overlap() -> None:
    for row in (*ROWS, ROW):
        for size in Size:
            if row.only not in (None, size):
                continue
            units = [
                unit
                for index in range(row.shares[size])
                for first, count in [cut(row, size, index)]
                for unit in (first, first + count)
            ]
            assert units[0] == 0
            assert units[-1] == row.targets[size]
            assert units[1:-1:2] == units[2::2]


def test_the_verdict_tells_what_broke_was_missed_or_skipped() -> None:
    assert verdict(Tally(4), Tally(6)) == "met"
    assert verdict(Tally(4)) == "MISSED: 40.0% tried, none broken"
    assert verdict(Tally(10, ("x",))) == "BROKEN (1)"
    assert verdict(Tally(0, skipped="no ptrace")) == "skipped: no ptrace"
    assert verdict() == "MISSED: 0.0% tried, none broken"


def test_a_share_that_dies_has_broken_its_promise() -> None:
    died = run_one(Task(ROW, Size.SHORT, 0, 1), "abc").tally
    assert died.done == 0
    assert "died with status 1" in died.broken[0]


def test_a_share_runs_in_a_process_and_tells_its_tally() -> None:
    row = next(row for row in ROWS if row.name == "refunds")
    short = run_one(Task(row, Size.SHORT, 0, 1), "abc")
    assert short.tally == Tally(row.targets[Size.SHORT])


@pytest.mark.parametrize("size", list(Size))
def test_a_long_proof_goes_on_where_it_was_stopped(size: Size, tmp_path: Path) -> None:
    book = Book(tmp_path / "book.jsonl")
    book.write(line(Tally(1, ("x",), {"crashes": 2})))
    book.write(line(Tally(2)))
    (known,) = book.read(1)
    assert known == line(Tally(2))
    assert [task.index for task in plan([ROW], size, 1, {("a", 0)})] == list(range(1, ROW.shares[size]))
