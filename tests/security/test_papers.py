"""docs/SECURITY.md answers the whole list, and every proof it names is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from prove.registry import ROWS

HOME: Final = Path(__file__).parent.parent.parent
PAGE: Final = (HOME / "docs" / "SECURITY.md").read_text(encoding="utf-8")
ITEMS: Final = re.findall(r"^\| (S\d+) \|(.*)\|(.*)\|(.*)\|$", PAGE, re.MULTILINE)


def test_every_requirement_stands_there_once_in_order() -> None:
    assert [name for name, *_ in ITEMS] == [f"S{number}" for number in range(1, 35)]


def test_each_has_a_proof_or_says_with_what_it_comes() -> None:
    bare = [name for name, _, where, proof in ITEMS if "`tests/" not in proof and "Comes with" not in where]
    assert bare == []


def test_every_test_that_is_named_exists_and_tests_something() -> None:
    named = set(re.findall(r"`(tests/[a-z_/]+\.py)`", PAGE))
    assert len(named) > 20
    assert {name for name in named if not _tests(HOME / name)} == set()


def test_every_row_of_the_proof_that_is_named_exists() -> None:
    assert set(re.findall(r'row "([a-z]+)"', PAGE)) <= {row.name for row in ROWS}


def test_every_source_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:bot|handlers|storage)/[a-z_/*.]+)`", PAGE))
    assert {name for name in named if not list(HOME.glob(name.rstrip("/")))} == set()


def _tests(path: Path) -> bool:
    return path.is_file() and re.search(r"def test_|\.TestCase", path.read_text(encoding="utf-8")) is not None
