"""docs/PERFORMANCE.md: what a whole run found, between what is said by hand about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bench.figures import HEAD, Found, markdown, rows_of
from bench.machine import machine
from bench.processes import HOME

PAPER: Final = HOME / "docs" / "PERFORMANCE.md"
_BEGIN: Final = "<!-- figures: written by make bench -->"
_END: Final = "<!-- end of figures -->"


def write(found: Mapping[str, Found | str]) -> None:
    """Put the figures into the paper; the words around them stay."""
    before, _, rest = PAPER.read_text().partition(_BEGIN)
    after = rest.partition(_END)[2]
    PAPER.write_text(f"{before}{_BEGIN}\n\n{figures(found)}\n\n{_END}{after}")


def figures(found: Mapping[str, Found | str]) -> str:
    """The table, the curves and the remarks."""
    rows = [HEAD]
    for name, part in found.items():
        rows.extend(rows_of(name, part) if isinstance(part, Found) else [[name, part, "", "", "", "", "FAILED"]])
    curves, remarks = [], []
    for name, part in found.items():
        if isinstance(part, Found):
            curves += [f"- {name}, {curve}" for curve in part.curves]
            remarks += [f"- {name}: {remark}" for remark in part.remarks]
    return "\n\n".join([f"{machine()}; `make bench`.", markdown(rows), "\n".join(curves), "\n".join(remarks)]).strip()
