"""The shop's process from outside: begun, killed, begun again, and told of when it dies."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

RUN: Final = "prove.kills.shop:main"
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "TZ", "PYTHONPATH")


@dataclass(slots=True)
class Child:
    """One run of the shop's process."""

    pid: int
    _nursery: Nursery = field(repr=False)
    #: Done with the exit status, negative for the signal that ended it.
    ended: asyncio.Future[int] = field(repr=False)

    def go(self) -> None:
        """Let it begin."""
        self._nursery.order({"go": self.pid})

    def kill(self) -> None:
        """Kill -9; harmless when it is dead already."""
        if not self.ended.done():
            os.kill(self.pid, signal.SIGKILL)

    async def stop(self) -> int:
        """Ask politely; its exit status."""
        if not self.ended.done():
            os.kill(self.pid, signal.SIGTERM)
        return await self.wait()

    async def wait(self) -> int:
        """Its exit status, once it has one."""
        return await asyncio.shield(self.ended)

    def tasks(self) -> list[int]:
        """Its threads, the oldest first."""
        return sorted(int(task.name) for task in Path(f"/proc/{self.pid}/task").iterdir())


class Nursery:
    """Where children come from."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._born: asyncio.Queue[int] = asyncio.Queue()
        self._ends: dict[int, asyncio.Future[int]] = {}

    def order(self, what: Mapping[str, Any]) -> None:
        """Say something to it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")

    async def child(self, environment: Mapping[str, str], folder: Path, run: str = RUN, *arguments: str) -> Child:
        """A process that waits for `go`, and then runs a function with some arguments as its whole life."""
        kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        self.order({
            "run": run, "arguments": list(arguments or ("run",)), "folder": str(folder),
            "log": str(folder / "bot.log"), "environment": {**kept, **environment},
        })  # fmt: skip
        pid = await self._born.get()
        return Child(pid, self, self._ends[pid])

    async def listen(self) -> None:
        """Take in what it tells, until it ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            if "born" in told:
                self._ends[told["born"]] = asyncio.get_running_loop().create_future()
                self._born.put_nowait(told["born"])
            else:
                self._ends.pop(told["died"]).set_result(told["status"])


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """A place that forks the shop's process; it ends with its children."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "prove.kills.nursery", stdin=PIPE, stdout=PIPE)
    made = Nursery(process)
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(made.listen())
        try:
            yield made
        finally:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()
            listening.cancel()
