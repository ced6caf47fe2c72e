"""Row "power": the disk as a power loss may leave it: what was written and not synced is there, torn, or gone.

A shop at work is recorded call by call. At a random moment each file is put together again from what was synced by
then and from any part of the rest; the shop must open it, its audit must hold, and whatever had been acknowledged by
then must be there.
"""

from __future__ import annotations

import asyncio
import random
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.engine import audit
from prove.kills.tracing import obstacle
from prove.power_writer import READY
from prove.row import Share, Tally
from storage.database import Database

_ORDERS: Final = 160
_SECTOR: Final = 512
_CALL: Final = re.compile(r"^(\w+)\((\d+)<([^>]*)>(.*)$")
_DATA: Final = re.compile(r'^, "((?:\\x[0-9a-f]{2})*)", \d+(?:, (\d+))?')
_LENGTH: Final = re.compile(r"^, (\d+)")
_TRACE: Final = "trace=pwrite64,write,fdatasync,fsync,ftruncate,unlink,unlinkat,rename,pwritev,fallocate,mmap,msync"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done to a file, or said to the world (`said`)."""

    kind: str
    file: str = ""
    data: bytes = b""
    at: int = 0


def run(share: Share) -> Tally:
    """Record one shop, and let the power fail `share.count` times."""
    if reason := obstacle():
        return Tally(0, skipped=reason)
    chance = share.chance(share.index)
    steps = _record(share.scratch)
    ready = next(number for number, step in enumerate(steps) if step.data.startswith(READY.encode()))
    broken: list[str] = []
    for number in range(share.first, share.first + share.count):
        moment = chance.randint(ready + 1, len(steps))
        folder = share.scratch / f"state-{number}"
        folder.mkdir()
        dropped = _rebuild(steps[:moment], folder, chance)
        acknowledged = _acknowledged(steps[:moment])
        problems = asyncio.run(_problems(folder / "shop.db", acknowledged))
        told = f"state {number} of share {share.index}, seed {share.seed}: after call {moment}, {dropped} writes lost"
        broken += (f"{told}: {problem}" for problem in problems)
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    said = sum(step.kind == "said" for step in steps)
    return Tally(share.count, tuple(broken), {"calls recorded": len(steps), "acknowledged": said})


def _record(scratch: Path) -> list[Step]:
    folder, log = scratch / "shop", scratch / "calls"
    folder.mkdir()
    words = ["strace", "-f", "-qq", "-y", "-xx", "-s", "1000000", "-e", _TRACE, "-o", str(log), sys.executable, "-m",
             "prove.power_writer", str(folder), str(_ORDERS)]  # fmt: skip
    with (scratch / "said").open("w") as said:
        subprocess.run(words, check=True, stdout=said, cwd=Path(__file__).parent.parent)  # noqa: S603 - this very program
    return list(_steps(_joined(log.read_text(encoding="ascii").splitlines()), folder, scratch / "said"))


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Calls in order: a write stands where it began, a sync where it ended."""
    begun: dict[str, str] = {}
    for line in lines:
        task, _, call = line.partition(" ")
        call = call.strip()
        if call.endswith("<unfinished ...>"):
            start = call.removesuffix("<unfinished ...>").strip()
            begun[task] = start
            if not start.startswith(("fdatasync", "fsync")):
                yield start
        elif call.startswith("<..."):
            start = begun.pop(task, "")
            if start.startswith(("fdatasync", "fsync")):
                yield start
        else:
            yield call


def _steps(calls: Iterable[str], folder: Path, said: Path) -> Iterator[Step]:
    ends: dict[str, int] = {}
    for call in calls:
        found = _CALL.match(call)
        if not found:
            continue
        kind, path, rest = found[1], Path(_plain(found[3])), found[4]
        if path == said and (data := _DATA.match(rest)):
            yield Step("said", "", _bytes(data[1]))
        elif path.parent == folder and path.name in ("shop.db", "shop.db-wal"):
            if kind in ("write", "pwrite64") and (data := _DATA.match(rest)):
                at = int(data[2]) if data[2] else ends.get(path.name, 0)
                written = _bytes(data[1])
                ends[path.name] = max(ends.get(path.name, 0), at + len(written))
                yield Step("write", path.name, written, at)
            elif kind in ("fdatasync", "fsync"):
                yield Step("sync", path.name)
            elif kind == "ftruncate" and (length := _LENGTH.match(rest)):
                yield Step("cut", path.name, b"", int(length[1]))
            elif kind in ("pwritev", "fallocate", "msync"):
                raise LookupError(f"the database is written by {kind}, which nobody replays here")


def _plain(path: str) -> str:
    return _bytes(path).decode() if "\\x" in path else path


def _bytes(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))


def _rebuild(steps: Sequence[Step], folder: Path, chance: random.Random) -> int:
    """Put the files together as they may be after a power loss; how many writes were lost in whole or in part."""
    lost = 0
    for name in {step.file for step in steps if step.file}:
        mine = [step for step in steps if step.file == name]
        synced = max((number for number, step in enumerate(mine) if step.kind == "sync"), default=-1)
        content = bytearray()
        fate = chance.choice(("none", "all", "some", "torn"))
        for number, step in enumerate(mine):
            data = step.data
            if number > synced:
                kept = fate == "all" or (fate in ("some", "torn") and chance.random() < 0.5)
                lost += not kept
                if not kept:
                    continue
                if fate == "torn":
                    data = data[: _SECTOR * chance.randint(0, max(1, len(data) // _SECTOR))]
            if step.kind == "cut":
                del content[step.at :]
                content.extend(bytes(step.at - len(content)))
            elif step.kind == "write":
                content.extend(bytes(max(0, step.at + len(data) - len(content))))
                content[step.at : step.at + len(data)] = data
        if content or synced >= 0:
            (folder / name).write_bytes(content)
    return lost


def _acknowledged(steps: Sequence[Step]) -> dict[int, int]:
    """The newest version of each order that somebody was told of."""
    known: dict[int, int] = {}
    for step in steps:
        words = step.data.decode().split() if step.kind == "said" else []
        if len(words) == 3:
            known[int(words[0])] = max(known.get(int(words[0]), 0), int(words[1]))
    return known


async def _problems(database: Path, acknowledged: dict[int, int]) -> list[str]:
    try:
        async with await Database.open(f"sqlite:///{database}") as db:
            rows = await db.read(lambda tx: tx.all("SELECT id, version FROM orders"))
            report = await audit.audit(db)
    except Exception as error:  # noqa: BLE001 - whatever keeps it from opening breaks the promise
        return [f"cannot be opened: {error!r}"]
    found = {row["id"]: row["version"] for row in rows}
    broken = [f"{each.name} is broken: {', '.join(each.offenders)}" for each in report.violations]
    gone = [number for number, version in acknowledged.items() if found.get(number, 0) < version]
    return broken + ([f"acknowledged and gone: orders {gone}"] if gone else [])
