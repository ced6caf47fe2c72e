"""`python -m prove.share ROW SIZE INDEX SEED SCRATCH [MUTANT]`: one share in a process of its own, told as JSON."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from prove.registry import named
from prove.row import MUTANT, Row, Share, Size, Tally


def cut(row: Row, size: Size, index: int) -> tuple[int, int]:
    """The first unit of a share and how many it has; the shares of a row differ by at most one."""
    of, target = row.shares[size], row.targets[size]
    first = target * index // of
    return first, target * (index + 1) // of - first


def main() -> int:
    """Run the share that the arguments name; the last line of the output is its tally."""
    name, size_name, index, seed, scratch, *mutant = sys.argv[1:]
    if mutant:
        os.environ[MUTANT] = mutant[0]  # for processes that a row starts
        importlib.import_module("prove.mutants").turn_on(mutant[0])
    row, size = named(name), Size(size_name)
    first, count = cut(row, size, int(index))
    share = Share(name, size, int(index), first, count, int(seed), Path(scratch))
    module, _, function = row.work.partition(":")
    work: Callable[[Share], Tally] = getattr(importlib.import_module(module), function)
    tally = work(share)
    # `asdict` would make a Counter of a Counter's pairs.
    print(json.dumps(asdict(replace(tally, figures=dict(tally.figures)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
