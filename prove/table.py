"""What was found, row by row: target, result, seed, verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from prove.book import Line
from prove.row import Row, Size

HEAD: Final = ("what", "target", "result", "seed", "seconds", "")
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table, from the shares that were tried."""

    row: Row
    size: Size
    lines: tuple[Line, ...]

    @property
    def done(self) -> int:
        """How many units were tried."""
        return sum(line.tally.done for line in self.lines)

    @property
    def broken(self) -> tuple[str, ...]:
        """Every broken promise."""
        return tuple(text for line in self.lines for text in line.tally.broken)

    @property
    def skipped(self) -> str | None:
        """Why it could not be tried here."""
        return next((line.tally.skipped for line in self.lines if line.tally.skipped), None)

    @property
    def met(self) -> bool:
        """Whether the target was reached and nothing broke."""
        return not self.broken and self.done >= self.row.targets[self.size]

    @property
    def verdict(self) -> str:
        """In a word or a sentence."""
        if self.broken:
            return f"BROKEN ({len(self.broken)})"
        if self.skipped:
            return f"skipped: {self.skipped}"
        if self.met:
            return "met"
        return f"MISSED: {self.done / self.row.targets[self.size]:.1%} tried, none broken"

    def cells(self) -> tuple[str, ...]:
        """As a row of the table."""
        figures: Counter[str] = Counter()
        for line in self.lines:
            figures.update(line.tally.figures)
        beside = ", ".join(f"{name} {count:,}" for name, count in figures.items())
        result = f"{self.done:,} {self.row.unit}" + (f" ({beside})" if beside else "")
        seconds = sum(line.seconds for line in self.lines)
        seeds = " ".join(sorted({str(line.seed) for line in self.lines}))
        target = f"{self.row.targets[self.size]:,} {self.row.unit}"
        return (f"{self.row.name}: {self.row.what}", target, result, seeds, f"{seconds:,.0f}", self.verdict)


def results(rows: Iterable[Row], size: Size, lines: Iterable[Line]) -> list[Result]:
    """A result for every row of a size, also for those of which nothing was tried."""
    known = list(lines)
    return [
        Result(row, size, tuple(line for line in known if line.row == row.name))
        for row in rows
        if row.only in (None, size)
    ]


def text(found: Sequence[Result]) -> str:
    """The table for a terminal, and below it what broke."""
    rows = [HEAD, *(result.cells() for result in found)]
    widths = [min(max(len(row[column]) for row in rows), 90) for column in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    for result in found:
        lines += [f"  {result.row.name}: {each}" for each in result.broken[:_SHOWN]]
    return "\n".join(lines)


def markdown(found: Sequence[Result]) -> str:
    """The same for the paper."""
    rows = [HEAD, *(result.cells() for result in found)]
    lines = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    return "\n".join([lines[0], f"|{'---|' * len(HEAD)}", *lines[1:]])
