"""strace around the shop's process: which calls it makes, and a kill -9 in place of one of them."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import subprocess
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Iterable
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


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """A thread by its age (0 is the oldest), a call, and how many of that kind the thread may make before it."""

    thread: int
    call: str
    number: int

    def __str__(self) -> str:
        return f"thread {self.thread}, {self.call} {self.number}"


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
    known = {str(task): age for age, task in enumerate(child.tasks())}
    process = await _attach(["-f", "-p", str(child.pid), "-o", str(file), "-e", f"trace={','.join(CALLS)}"])
    try:
        yield
    finally:
        await _detach(process)
        lines = [line for line in file.read_text(errors="replace").splitlines() if line.partition(" ")[0] in known]
        file.write_text("\n".join(f"{known[line.partition(' ')[0]]} {line.partition(' ')[2]}" for line in lines))


@asynccontextmanager
async def armed(child: Child, point: Point, log: Path) -> AsyncIterator[None]:
    """The child is killed when it comes to a point within the context; the call itself is not made."""
    tasks = child.tasks()
    task = tasks[min(point.thread, len(tasks) - 1)]
    kill = f"inject={point.call}:signal=SIGKILL:when={point.number}"
    process = await _attach(["-p", str(task), "-o", str(log), "-e", f"trace={point.call}", "-e", kill])
    try:
        yield
    finally:
        await _detach(process)


def points(record: Path) -> list[Point]:
    """The points of a record, in the order in which the calls were made."""
    return [*_points(record.read_text(errors="replace").splitlines())]


def _points(lines: Iterable[str]) -> Iterable[Point]:
    made: Counter[tuple[int, str]] = Counter()
    for line in lines:
        if found := _LINE.match(line):
            thread, call = int(found[1]), found[2]
            made[thread, call] += 1
            yield Point(thread, call, made[thread, call])


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
        process.send_signal(signal.SIGINT)
    await process.communicate()
