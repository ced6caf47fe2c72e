"""What was found, row by row: target, result, seed, verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from prove.book import Line
from prove.row import Row, Size

HEAD: Final = ("what", "target", "result", "seed", "seconds", "verdict")
#: In the name of a figure that is the most of anything and never added up.
MOST: Final = "at most"
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table, from the shares that were tried."""

    row: Row
    size: Size
    lines: tuple[Line, ...]
    #: Of the run, also where nothing of the row was tried.
    seed: int

    @property
    def elsewhere(self) -> bool:
        """Whether the row belongs to the other size alone."""
        return self.row.only not in (None, self.size)

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
        if self.elsewhere:
            return f"not run: in make {self.row.only} only"
        if self.skipped:
            part = f" but for {self.done:,} of {self.row.targets[self.size]:,}" if self.done else ""
            return f"skipped{part}: {self.skipped}"
        return "met" if self.met else f"MISSED: {self._missed()}"

    def _missed(self) -> str:
        tried, shares = len(self.lines), self.row.shares[self.size]
        why = f"{tried} of {shares} parts were run" if tried < shares else "the rest did not come about"
        return f"{self.done / self.row.targets[self.size]:.1%} of it; {why}; nothing broke"

    def cells(self) -> tuple[str, ...]:
        """As a row of the table."""
        size = self.row.only if self.elsewhere and self.row.only else self.size
        beside = ", ".join(f"{name} {count:,}" for name, count in self._figures().items())
        result = "" if self.elsewhere else f"{self.done:,} {self.row.unit}" + (f" ({beside})" if beside else "")
        seconds = sum(line.seconds for line in self.lines)
        target = f"{self.row.targets[size]:,} {self.row.unit}"
        return (
            f"{self.row.name}: {self.row.what}", target, result, str(self.seed),
            "" if self.elsewhere else f"{seconds:,.0f}", self.verdict,
        )  # fmt: skip

    def _figures(self) -> dict[str, int]:
        """Of all shares: added up, but of what is a most the most."""
        found: dict[str, int] = {}
        for line in self.lines:
            for name, count in line.tally.figures.items():
                known = found.get(name, 0)
                found[name] = max(known, count) if MOST in name else known + count
        return found


def results(rows: Iterable[Row], size: Size, lines: Iterable[Line], seed: int) -> list[Result]:
    """A result for every row, also for those of which nothing was tried and those of the other size."""
    known = list(lines)
    return [
        Result(row, size, tuple(line for line in known if (line.row, line.of) == (row.name, row.shares[size])), seed)
        for row in rows
    ]


def good(found: Iterable[Result]) -> bool:
    """Whether nothing broke and nothing was missed; what cannot be tried on a machine is neither."""
    return all(each.met or each.elsewhere or (each.skipped and not each.broken) for each in found)


def text(found: Sequence[Result]) -> str:
    """The table for a terminal, and below it what broke."""
    rows = [HEAD, *(result.cells() for result in found)]
    widths = [min(max(len(row[column]) for row in rows), 90) for column in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, *(f"  {each}" for each in _broken(found))])


def markdown(found: Sequence[Result]) -> str:
    """The same for the paper."""
    rows = [HEAD, *(result.cells() for result in found)]
    lines = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    made = "\n".join([lines[0], f"|{'---|' * len(HEAD)}", *lines[1:]])
    broken = "".join(f"\n- {each}" for each in _broken(found))
    return f"{made}\n{broken}" if broken else made


def _broken(found: Iterable[Result]) -> list[str]:
    return [f"{result.row.name}: {each}" for result in found for each in result.broken[:_SHOWN]]
