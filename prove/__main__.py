"""`python -m prove [ROW …] [--long] [--hours H] [--seed N] [--mutant NAME] [--fresh] [--write]`."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from prove import paper, table
from prove.book import Book, Line, commit
from prove.mutants import MUTANTS
from prove.registry import ROWS
from prove.row import Row, Size
from prove.running import Task, plan, run_all

_BOOKS: Final = Path(".prove")
SEED: Final = 20_261
#: Rows that a mutant is not turned on in: one turns its own on, the other looks at the tests.
_BLIND: Final = ("mutants", "coverage")
#: The row that sees the most mutants, and the soonest.
_KEENEST: Final = "simulation"


def main(arguments: Sequence[str] | None = None) -> int:
    """Prove what was asked for; 1 where a promise broke or a target was missed."""
    options = _asked(arguments)
    size = Size.LONG if options.long else Size.SHORT
    rows = [row for row in ROWS if _is_asked_for(row, options)]
    book = Book(_BOOKS / f"{size.value}.jsonl")
    if options.fresh or size is Size.SHORT or options.mutant:
        book = Book(_BOOKS / (f"mutant-{options.mutant}.jsonl" if options.mutant else f"{size.value}.jsonl"))
        book.forget()
    at = commit()
    done = book.settled(options.seed, rows, size, at)
    tasks = plan((row for row in rows if row.only in (None, size)), size, options.seed, done)
    if options.mutant:
        tasks = [Task(task.row, size, task.index, task.seed, options.mutant) for task in tasks]
        tasks.sort(key=lambda task: task.row.name != _KEENEST)
    until = time.monotonic() + options.hours * 3600 if options.hours else math.inf
    seen: list[Line] = []
    run_all(_until_seen(tasks, seen) if options.mutant else tasks, at, until, lambda line: _note(book, line, seen))
    found = table.results(rows, size, book.read(options.seed), options.seed)
    print(table.text(found))
    if options.write:
        paper.write(found, size, options.seed)
    return 0 if table.good(found) else 1


def _until_seen(tasks: Iterable[Task], seen: Sequence[Line]) -> Iterator[Task]:
    """A mutant needs to be seen once: nothing more is begun then."""
    for task in tasks:
        if seen:
            return
        yield task


def _note(book: Book, line: Line, seen: list[Line]) -> None:
    book.write(line)
    if line.tally.broken:
        seen.append(line)
    word = "BROKEN" if line.tally.broken else "skipped" if line.tally.skipped else "held"
    print(f"{line.row} {line.index}: {line.tally.done} in {line.seconds:.0f} s, {word}", file=sys.stderr, flush=True)


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What is asked for; a name that is none must not look like a proof that held, or like a mutant that was seen."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if unknown := set(options.rows) - set(map(_name, ROWS)):
        parser.error(f"there is no row {', '.join(sorted(unknown))}; there are {', '.join(map(_name, ROWS))}")
    known = {mutant.name for mutant in MUTANTS}
    if options.mutant and options.mutant not in known:
        parser.error(f"there is no mutant {options.mutant}; there are {', '.join(sorted(known))}")
    return options


def _is_asked_for(row: Row, options: argparse.Namespace) -> bool:
    if options.rows:
        return row.name in options.rows
    return not (options.mutant and row.name in _BLIND)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m prove", description="Proof that money is safe.")
    parser.add_argument("rows", nargs="*", metavar="row", help=f"some of {' '.join(map(_name, ROWS))}; all if none")
    parser.add_argument("--long", action="store_true", help="release figures; goes on where it was stopped")
    parser.add_argument("--hours", type=float, help="begin no new share after so many hours")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--mutant", help="break the shop in a known way first: the proof must turn red")
    parser.add_argument("--fresh", action="store_true", help="forget what a long proof has done so far")
    parser.add_argument("--write", action="store_true", help="put the table into docs/RELIABILITY.md")
    return parser


def _name(row: Row) -> str:
    return row.name


if __name__ == "__main__":
    sys.exit(main())
