"""What was tried so far, a line for each share, so that a long proof goes on where it was stopped."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prove.row import Row, Size, Tally


@dataclass(frozen=True, slots=True)
class Line:
    """One share that ended."""

    row: str
    index: int
    #: In how many shares the row was cut.
    of: int
    seed: int
    #: The commit it was tried with; work that was not committed is marked by a `+`.
    commit: str
    seconds: float
    tally: Tally


class Book:
    """The lines of one size, in a file that only grows."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, line: Line) -> None:
        """Add a line."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(line)) + "\n")

    def read(self, seed: int) -> Iterator[Line]:
        """Every line of a seed; of a share that was tried twice only the newest."""
        newest: dict[tuple[str, int], Line] = {}
        if self._path.exists():
            for text in self._path.read_text(encoding="utf-8").splitlines():
                line = _line(json.loads(text))
                if line.seed == seed:
                    newest[line.row, line.index] = line
        yield from newest.values()

    def settled(self, seed: int, rows: Iterable[Row], size: Size, at: str) -> set[tuple[str, int]]:
        """The shares that need no second try: cut as they are now, and not broken at another commit than this one."""
        cut = {row.name: row.shares[size] for row in rows}
        return {
            (line.row, line.index)
            for line in self.read(seed)
            if line.of == cut.get(line.row) and (not line.tally.broken or line.commit == at)
        }

    def forget(self) -> None:
        """Begin anew."""
        self._path.unlink(missing_ok=True)


def commit() -> str:
    """What the tree stands at; `unknown` outside a repository."""
    try:
        head = _git("rev-parse", "--short", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=True)  # noqa: S603, S607
    return done.stdout.strip()


def _line(raw: dict[str, Any]) -> Line:
    tally = raw.pop("tally")
    return Line(**raw, tally=Tally(**{**tally, "broken": tuple(tally["broken"])}))
