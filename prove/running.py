"""Runs shares side by side, as many as there are cores, until all are done or the time is up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prove.book import Line
from prove.row import Row, Size, Tally

_SHARE_SECONDS: Final = 3600
_TAIL: Final = 1500
#: Memory is as fast as a disk can be, where there is such a place; nothing here is about disks.
_FAST: Final = Path("/dev/shm")  # noqa: S108 - only looked at


@dataclass(frozen=True, slots=True)
class Task:
    """One share still to be tried."""

    row: Row
    size: Size
    index: int
    seed: int
    mutant: str | None = None


def plan(rows: Iterable[Row], size: Size, seed: int, done: set[tuple[str, int]]) -> list[Task]:
    """What is still to be done: short, the longest rows first; long, a share of each row in turn."""
    tasks = [
        Task(row, size, index, seed)
        for row in sorted(rows, key=lambda row: -row.seconds)
        for index in range(row.shares[size])
        if (row.name, index) not in done
    ]
    if size is Size.LONG:
        tasks.sort(key=lambda task: task.index / task.row.shares[size])
    return tasks


def run_all(
    tasks: Iterable[Task], commit: str, until: float, on_line: Callable[[Line], None], side_by_side: int = 0
) -> None:
    """Run the tasks; none begins after the monotonic moment `until`."""
    width = side_by_side or os.cpu_count() or 1
    waiting: Iterator[Task] = iter(tasks)
    with ThreadPoolExecutor(width) as pool:
        under_way: set[Future[Line]] = set()
        while True:
            while len(under_way) < width and time.monotonic() < until and (task := next(waiting, None)):
                under_way.add(pool.submit(run_one, task, commit))
            if not under_way:
                return
            ended, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for each in ended:
                on_line(each.result())


def run_one(task: Task, commit: str) -> Line:
    """Run one share in a process of its own; one that dies without a tally has broken its promise."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="prove-", dir=_FAST if _FAST.is_dir() else None) as scratch:
        words = [task.row.name, task.size.value, str(task.index), str(task.seed), scratch]
        words += [task.mutant] if task.mutant else []
        tally = _tally(words)
    return Line(
        task.row.name,
        task.index,
        task.row.shares[task.size],
        task.seed,
        commit,
        round(time.monotonic() - begun, 1),
        tally,
    )


def _tally(words: Sequence[str]) -> Tally:
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "prove.share", *words], capture_output=True, text=True, check=False,
            timeout=_SHARE_SECONDS,
        )  # fmt: skip
        raw = json.loads(done.stdout.splitlines()[-1])
        return Tally(raw["done"], tuple(raw["broken"]), raw["figures"], raw["skipped"])
    except subprocess.TimeoutExpired:
        return Tally(0, (f"did not end within {_SHARE_SECONDS} s",))
    except (ValueError, IndexError, KeyError, TypeError):
        return Tally(0, (f"died with status {done.returncode}: {done.stderr[-_TAIL:].strip()}",))
