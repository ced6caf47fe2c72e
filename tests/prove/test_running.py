"""The proof's own machinery: it tells what broke, what was missed and what was skipped."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from prove import refunds, share, table
from prove.__main__ import _until_seen, main
from prove.book import Book, Line
from prove.registry import ROWS
from prove.row import Row, Size, Tally
from prove.running import Task, plan, run_one
from prove.share import cut

ROW = Row("a", "b", "tries", {Size.SHORT: 10, Size.LONG: 100}, {Size.SHORT: 3, Size.LONG: 7}, "prove.nowhere:run")


def line(tally: Tally, index: int = 0) -> Line:
    return Line("a", index, 3, 1, "abc", 1.5, tally)


def verdict(*tallies: Tally) -> str:
    lines = [line(tally, index) for index, tally in enumerate(tallies)]
    return table.results([ROW], Size.SHORT, lines, 1)[0].verdict


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
    assert verdict(Tally(4)) == "MISSED: 40.0% of it; 1 of 3 parts were run; nothing broke"
    assert verdict(Tally(4), Tally(3), Tally(2)) == "MISSED: 90.0% of it; the rest did not come about; nothing broke"
    assert verdict(Tally(10, ("x",))) == "BROKEN (1)"
    assert verdict(Tally(0, skipped="no ptrace")) == "skipped: no ptrace"
    assert verdict(Tally(4), Tally(0, skipped="no server")) == "skipped but for 4 of 10: no server"
    assert verdict() == "MISSED: 0.0% of it; 0 of 3 parts were run; nothing broke"


def test_every_row_is_in_the_table_with_its_target_and_seed_also_where_nothing_was_tried() -> None:
    found = table.results(ROWS, Size.SHORT, [], 77)
    assert [result.row for result in found] == list(ROWS)
    for result in found:
        what, target, result_, seed, _, told = result.cells()
        assert what.startswith(f"{result.row.name}: ")
        assert target.split()[0] != "0"
        assert seed == "77"
        assert told.startswith("not run: in make prove-long only" if result.row.only else "MISSED: 0.0%")
        assert result_ == ("" if result.row.only else f"0 {result.row.unit}")
    assert not table.good(found)


def test_figures_are_added_up_but_a_most_is_the_most() -> None:
    lines = [line(Tally(5, (), {"crashes": 2, "ms at most": each}), each) for each in (7, 3)]
    (result,) = table.results([ROW], Size.SHORT, lines, 1)
    assert result.cells()[2] == "10 tries (crashes 4, ms at most 7)"


def test_what_broke_is_told_below_the_table() -> None:
    found = table.results([ROW], Size.SHORT, [line(Tally(10, ("try 7, seed 1: it moved",)))], 1)
    assert table.markdown(found).endswith("|\n\n- a: try 7, seed 1: it moved")
    assert table.text(found).endswith("\n  a: try 7, seed 1: it moved")


@pytest.mark.parametrize("words", [["simulations"], ["refunds", "--mutant", "blind"]])
def test_a_name_that_is_none_is_refused_and_proves_nothing(words: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(words)
    assert refused.value.code == 2


def test_a_share_that_dies_has_broken_its_promise() -> None:
    died = run_one(Task(ROW, Size.SHORT, 0, 1), "abc").tally
    assert died.done == 0
    assert "died with status 1" in died.broken[0]


def test_counted_figures_are_told_as_they_were_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = Tally(1, figures=Counter(crashes=2))
    monkeypatch.setattr(refunds, "run", lambda _share: counted)
    monkeypatch.setattr(sys, "argv", ["share", "refunds", "prove", "0", "1", "nowhere"])
    share.main()
    assert json.loads(capsys.readouterr().out)["figures"] == {"crashes": 2}


def test_a_share_runs_in_a_process_and_tells_its_tally() -> None:
    row = next(row for row in ROWS if row.name == "refunds")
    short = run_one(Task(row, Size.SHORT, 0, 1), "abc")
    assert short.tally == Tally(row.targets[Size.SHORT])


def test_a_long_proof_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    book = Book(tmp_path / "book.jsonl")
    book.write(line(Tally(1, ("x",), {"crashes": 2})))
    book.write(line(Tally(2)))
    (known,) = book.read(1)
    assert known == line(Tally(2))
    assert book.settled(1, [ROW], Size.SHORT, "other") == {("a", 0)}
    assert book.settled(1, [ROW], Size.LONG, "other") == set(), "the row is cut into other shares there"


def test_what_broke_is_tried_again_at_another_commit(tmp_path: Path) -> None:
    book = Book(tmp_path / "book.jsonl")
    book.write(line(Tally(1, ("x",))))
    assert book.settled(1, [ROW], Size.SHORT, "abc") == {("a", 0)}
    assert book.settled(1, [ROW], Size.SHORT, "def") == set()


@pytest.mark.parametrize("size", list(Size))
def test_a_plan_leaves_out_what_is_done(size: Size) -> None:
    assert [task.index for task in plan([ROW], size, 1, {("a", 0)})] == list(range(1, ROW.shares[size]))


def test_nothing_more_is_begun_once_a_mutant_was_seen() -> None:
    seen: list[Line] = []
    tasks = _until_seen([Task(ROW, Size.SHORT, index, 1, "toctou") for index in range(3)], seen)
    assert next(tasks).index == 0
    seen.append(line(Tally(1, ("x",))))
    assert list(tasks) == []
