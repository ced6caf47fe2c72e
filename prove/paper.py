"""Puts the table of a run into docs/RELIABILITY.md, between the marks of its size."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.machine import machine
from prove import table
from prove.row import Size
from prove.table import Result

PAPER: Final = Path("docs/RELIABILITY.md")


def write(found: Sequence[Result], size: Size, seed: int) -> None:
    """Replace the table of this size."""
    commits = sorted({line.commit for result in found for line in result.lines})
    told = f"`make {size.value}`, seed {seed}, commit {', '.join(commits)}; {machine()}."
    begin, end = f"<!-- {size.value} -->", f"<!-- end of {size.value} -->"
    page = PAPER.read_text(encoding="utf-8")
    made = f"{begin}\n{told}\n\n{table.markdown(found)}\n{end}"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(page):
        raise LookupError(f"{PAPER} has no place for the table of {size.value}")
    PAPER.write_text(pattern.sub(lambda _: made, page), encoding="utf-8")
