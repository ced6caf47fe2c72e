"""Processes of the benchmark: started apart from this one, watched through /proc, ended by their own ids."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

HOME: Final = Path(__file__).parent.parent
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_START_SECONDS: Final = 60.0
_LAST_WORDS: Final = 1500


class Died(Exception):
    """A process of the benchmark ended before its time; its last words are the message."""


class Child:
    """A process that runs."""

    def __init__(self, process: asyncio.subprocess.Process, words: Path) -> None:
        self._process = process
        self._words = words
        self.started = time.perf_counter()

    def cpu(self) -> float:
        """Seconds of CPU, of all its threads, so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> float:
        """Megabytes of it that are in memory now."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise Died("a process without memory")

    async def line(self) -> str:
        """The next line it says. Raises Died."""
        assert self._process.stdout is not None
        async with asyncio.timeout(_START_SECONDS):
            said = await self._process.stdout.readline()
        if not said:
            raise self.died()
        return said.decode().strip()

    async def rest(self) -> str:
        """Everything it says until it ends well. Raises Died."""
        assert self._process.stdout is not None
        said = await self._process.stdout.read()
        if await self._process.wait():
            raise self.died()
        return said.decode()

    async def until(self, event: asyncio.Event) -> None:
        """Wait for an event that this process brings about. Raises Died when it ends instead."""
        ended, came = asyncio.ensure_future(self._process.wait()), asyncio.ensure_future(event.wait())  # noqa: TID251
        try:
            async with asyncio.timeout(_START_SECONDS):
                await asyncio.wait((ended, came), return_when=asyncio.FIRST_COMPLETED)
            if not came.done():
                raise self.died()
        finally:
            ended.cancel()
            came.cancel()

    def died(self) -> Died:
        """Why it ended, as far as it said so."""
        return Died(self._words.read_text(errors="replace")[-_LAST_WORDS:].strip() or "a process ended without a word")

    async def end(self) -> None:
        """Kill it, if it still runs."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def child(
    folder: Path,
    module: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    packages: Path | None = None,
) -> AsyncIterator[Child]:
    """Run a module with its working directory in `folder`; it is killed at the end.

    `packages` takes the place of everything that is installed.
    """
    words = folder / f"{module}.err"
    passed = {name: value for name, value in os.environ.items() if not name.startswith(("PANELS__", "BOT_TOKEN"))}
    passed["PYTHONPATH"] = ":".join(str(path) for path in (HOME, packages) if path)
    python = (sys.executable, "-S") if packages else (sys.executable,)
    with words.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            *python, "-m", module, *arguments, cwd=folder, env={**passed, **(environment or {})},
            stdout=asyncio.subprocess.PIPE, stderr=stderr,
        )  # fmt: skip
    running = Child(process, words)
    try:
        yield running
    finally:
        await running.end()
