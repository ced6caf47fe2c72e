"""docs/FAULTS.md leaves no fault out, and every row and file it names is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from prove.registry import ROWS

HOME: Final = Path(__file__).parent.parent.parent
PAGE: Final = (HOME / "docs" / "FAULTS.md").read_text(encoding="utf-8")
FAULTS: Final = re.findall(r"^\| (F[0-9]\S*) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
#: First and last of each stretch of the fault model.
STRETCHES: Final = ((1, 9), (10, 16), (20, 25), (30, 55), (60, 64), (70, 80), (90, 100), (110, 117), (120, 131))


def test_every_fault_stands_there_once_in_order() -> None:
    wanted = [f"F{number:02}" for first, last in STRETCHES for number in range(first, last + 1)]
    assert [name for name, *_ in FAULTS] == wanted


def test_every_row_and_test_that_is_named_exists() -> None:
    rows = {row.name for row in ROWS}
    for name, _, _, tried in FAULTS:
        for each in tried.split(", "):
            assert each in rows or _tests(HOME / each.strip("`")), f"{name} is tried by {each}, which is not there"


def test_every_row_tries_a_fault_that_the_map_names() -> None:
    named = {each for *_, tried in FAULTS for each in tried.split(", ")}
    # What is about speed or about the tests themselves is about no fault, and vouchers are in docs/SECURITY.md (S25).
    assert {row.name for row in ROWS} - named == {"restart", "coverage", "vouchers"}


def _tests(path: Path) -> bool:
    return path.is_file() and "def test_" in path.read_text(encoding="utf-8")
