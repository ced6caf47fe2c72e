"""What a part found: ratios with their targets, curves, and remarks; as a table for the eye and for the paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

#: How a figure is written: times, a share, thousandths of a second, or plain.
TIMES: Final = "{:.2f}x"
SHARE: Final = "{:.0%}"
MILLISECONDS: Final = "{:.1f} ms"
MEGABYTES: Final = "{:.0f} MB"


@dataclass(frozen=True, slots=True)
class Figure:
    """One promise and what was measured of it, once for each repetition."""

    what: str
    values: tuple[float, ...]
    target: float
    stretch: float | None = None
    #: Whether more is better.
    more: bool = True
    form: str = TIMES

    @property
    def result(self) -> float:
        """The middle one."""
        return median(self.values)

    @property
    def verdict(self) -> str:
        """Whether the promise is kept."""
        if self.stretch is not None and self._reaches(self.stretch):
            return "beyond"
        return "met" if self._reaches(self.target) else "MISSED"

    def _reaches(self, bound: float) -> bool:
        return self.result >= bound if self.more else self.result <= bound

    def cells(self) -> list[str]:
        """As a row of the table: what, target, stretch, result, range, verdict."""
        sign = "≥" if self.more else "≤"
        bounds = [
            f"{sign} {self.form.format(each)}" if each is not None else "–" for each in (self.target, self.stretch)
        ]
        span = f"{self.form.format(min(self.values))} … {self.form.format(max(self.values))}"
        return [self.what, *bounds, self.form.format(self.result), span, self.verdict]


@dataclass(frozen=True, slots=True)
class Curve:
    """How something changes with size."""

    what: str
    points: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.what}: " + ", ".join(f"{size}: {value}" for size, value in self.points)


@dataclass(slots=True)
class Found:
    """Everything one part found."""

    figures: list[Figure] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class Unmeasured(Exception):
    """A part that could not be measured; the message says why."""


HEAD: Final = ["", "what", "target", "stretch", "result", "lowest … highest", ""]


def rows_of(name: str, found: Found) -> Iterator[list[str]]:
    """The rows of one part."""
    for figure in found.figures:
        yield [name, *figure.cells()]


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as text in columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown(rows: Iterable[Sequence[str]]) -> str:
    """Rows as a table of the paper."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], f"|{'---|' * len(HEAD)}", *lines[1:]])
