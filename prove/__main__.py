"""`python -m prove [ROW …] [--long] [--hours H] [--seed N] [--mutant NAME] [--fresh] [--write]`."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from prove import paper, table
from prove.book import Book, Line, commit
from prove.registry import ROWS
from prove.row import Row, Size
from prove.running import Task, plan, run_all

_BOOKS: Final = Path(".prove")
SEED: Final = 20_261


def main(arguments: Sequence[str] | None = None) -> int:
    """Prove what was asked for; 1 where a promise broke or a target was missed."""
    options = _parser().parse_args(arguments)
    size = Size.LONG if options.long else Size.SHORT
    rows = [row for row in ROWS if row.only in (None, size) and (not options.rows or row.name in options.rows)]
    book = Book(_BOOKS / f"{size.value}.jsonl")
    if options.fresh or size is Size.SHORT or options.mutant:
        book = Book(_BOOKS / (f"mutant-{options.mutant}.jsonl" if options.mutant else f"{size.value}.jsonl"))
        book.forget()
    done = {(line.row, line.index) for line in book.read(options.seed)}
    tasks = plan(rows, size, options.seed, done)
    if options.mutant:
        tasks = [Task(task.row, size, task.index, task.seed, options.mutant) for task in tasks]
    until = time.monotonic() + options.hours * 3600 if options.hours else math.inf
    run_all(tasks, commit(), until, lambda line: _note(book, line))
    found = table.results(rows, size, book.read(options.seed))
    print(table.text(found))
    if options.write:
        paper.write(found, size, options.seed)
    return 0 if all(result.met or (result.skipped and not result.broken) for result in found) else 1


def _note(book: Book, line: Line) -> None:
    book.write(line)
    word = "BROKEN" if line.tally.broken else "skipped" if line.tally.skipped else "held"
    print(f"{line.row} {line.index}: {line.tally.done} in {line.seconds:.0f} s, {word}", file=sys.stderr, flush=True)


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
