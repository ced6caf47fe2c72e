"""strace around the shop's process: which calls it makes, and a kill -9 in place of one of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prove.kills.process import Child

#: Every call by which a fact leaves the process: for a disk, for a wire, for a directory.
CALLS: Final = (
    "write", "pwrite64", "writev", "pwritev", "fsync", "fdatasync", "ftruncate", "fallocate", "sendto", "sendmsg",
    "sendmmsg", "connect", "shutdown", "rename", "renameat", "renameat2", "unlink", "unlinkat", "flock",
)  # fmt: skip
_LINE: Final = re.compile(r"^(\d+) +([a-z0-9_]+)\(")


#: Whichever thread comes to it first.
ANY: Final = -1


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """A thread by its age (0 is the oldest, or ANY), a call, and the number of that call by that thread."""

    thread: int
    call: str
    number: int

    def __str__(self) -> str:
        who = "any thread" if self.thread == ANY else f"thread {self.thread}"
        return f"{who}, {self.call} {self.number}"


def obstacle() -> str | None:
    """Why nothing can be traced here; None where it can."""
    if shutil.which("strace") is None:
        return "strace is not installed here"
    tried = subprocess.run(
        ["strace", "-qq", "-o", "/dev/null", "-e", "inject=write:signal=SIGKILL:when=99", "true"],  # noqa: S607
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return None if tried.returncode == 0 else f"ptrace is refused here: {tried.stderr.strip()[:120]}"


@asynccontextmanager
async def recorded(child: Child, file: Path) -> AsyncIterator[None]:
    """Every call of the child is written down while the context lasts."""
    process = await _attach(["-f", "-p", str(child.pid), "-o", str(file), "-e", f"trace={','.join(CALLS)}"])
    try:
        yield
    finally:
        await _detach(process)


@asynccontextmanager
async def armed(child: Child, point: Point, log: Path) -> AsyncIterator[None]:
    """The child is killed when it comes to a point within the context; the call itself is not made."""
    process = await arm(child, point, log)
    try:
        yield
    finally:
        await _detach(process)


async def arm(child: Child, point: Point, log: Path) -> Process:
    """The same until the child dies."""
    tasks = child.tasks()
    whom = (
        ["-f", "-p", str(child.pid)] if point.thread == ANY else ["-p", str(tasks[min(point.thread, len(tasks) - 1)])]
    )
    kill = f"inject={point.call}:signal=SIGKILL:when={point.number}"
    return await _attach([*whom, "-o", str(log), "-e", f"trace={point.call}", "-e", kill])


def points(record: Path, tasks: Sequence[int]) -> list[Point]:
    """The points of a record made by the threads that were there, in the order in which the calls were made."""
    ages = {str(task): age for age, task in enumerate(tasks)}
    calls = ((ages[tid], call) for tid, call in _calls(record) if tid in ages)
    made: Counter[tuple[int, str]] = Counter()
    found = []
    for thread, call in calls:
        made[thread, call] += 1
        found.append(Point(thread, call, made[thread, call]))
    return found


def first_points(record: Path) -> list[Point]:
    """The points of a process whose threads are born meanwhile: each call's numbers, whoever comes to one first."""
    made: Counter[tuple[str, str]] = Counter()
    found: dict[Point, None] = {}
    for tid, call in _calls(record):
        made[tid, call] += 1
        found[Point(ANY, call, made[tid, call])] = None
    return [*found]


def _calls(record: Path) -> Iterator[tuple[str, str]]:
    for line in record.read_text(errors="replace").splitlines():
        if found := _LINE.match(line):
            yield found[1], found[2]


async def _attach(words: list[str]) -> Process:
    process = await asyncio.create_subprocess_exec("strace", *words, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE)
    assert process.stderr is not None
    told = b""
    while b"attached" not in told:
        line = await process.stderr.readline()
        if not line:
            raise ChildProcessError(f"strace: {told.decode(errors='replace').strip()}")
        told += line
    return process


async def _detach(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):  # the process's own method would reap it behind the loop's back
            os.kill(process.pid, signal.SIGINT)
    await process.communicate()
