"""Coverage in the proof: what it counts is there, and a branch nobody took is told by its lines."""

from __future__ import annotations

from pathlib import Path

from prove.covering import FILES, TESTS, _problems
from prove.registry import named
from prove.row import Size

HOME = Path(__file__).parent.parent.parent


def test_the_row_counts_exactly_the_files_there_are() -> None:
    assert set(named("coverage").targets.values()) == {len(FILES)}
    assert len(set(FILES)) == len(FILES)
    tests = [f"tests/{room}/test_{name}.py" for room, names in TESTS.items() for name in names]
    assert [name for name in (*FILES, *tests) if not (HOME / name).is_file()] == []
    assert set(named("coverage").targets) == set(Size)


def test_what_was_not_taken_is_told_and_a_file_nobody_ran_too() -> None:
    whole = {"missing_lines": [], "missing_branches": [], "summary": {"percent_covered_display": "100"}}
    gaps = {"missing_lines": [7], "missing_branches": [[6, 7], [9, -1]], "summary": {"percent_covered_display": "98"}}
    assert [*_problems("a.py", whole)] == []
    assert [*_problems("a.py", gaps)] == ["a.py: 98 %; lines 7; not taken 6 to 7, 9 to -1"]
    assert [*_problems("a.py", {**gaps, "missing_lines": []})] == ["a.py: 98 %; lines none; not taken 6 to 7, 9 to -1"]
    assert [*_problems("a.py", None)] == ["a.py: nothing of it was run"]
