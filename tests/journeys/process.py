"""The bot as a process of its own, to be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from pathlib import Path


class BotProcess:
    """Starts the real thing; dies when told, and can be started again."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._environment = environment
        self._log = folder / "bot.log"
        self._folder = folder
        self._process: Process | None = None
        self.deaths = 0
        self._stopping = False

    async def start(self, **more: str) -> None:
        self._stopping = False
        await self._spawn(**more)

    async def _spawn(self, **more: str) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.journeys.crashing", stdout=log, stderr=log,
                env={**os.environ, **self._environment, **more},
            )  # fmt: skip

    def kill(self) -> None:
        """Kill -9; harmless when it is dead already."""
        if self._process and self._process.returncode is None:
            self._process.kill()

    async def wait(self) -> int:
        assert self._process is not None
        return await self._process.wait()

    async def stop(self) -> int:
        """Ask politely; the exit status."""
        assert self._process is not None
        self._stopping = True
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        return await self._process.wait()

    async def keep_alive(self) -> None:
        """Start it again, unarmed, whenever it was killed, but not once it was asked to stop."""
        while await self.wait() == -signal.SIGKILL and not self._stopping:
            self.deaths += 1
            await self._spawn()
            if self._stopping and self._process:
                self._process.terminate()

    def log(self) -> str:
        return self._log.read_text(errors="replace")
