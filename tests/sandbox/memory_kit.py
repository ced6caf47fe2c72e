"""A kill -9 in a test: what lies on the disk while the first server still runs is all the next one gets."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path


async def left_behind(memory: Path, home: Path, holds: Callable[[str], bool]) -> Path:
    """A copy of the memory, made as soon as the running server has written what is looked for."""
    async with asyncio.timeout(30):
        while not holds(memory.read_text()):  # noqa: ASYNC110 - a file tells nobody that it was written
            await asyncio.sleep(0.02)
    home.mkdir()
    for path in (memory, memory.with_suffix(".files")):
        if path.is_dir():
            shutil.copytree(path, home / path.name)
        elif path.exists():
            shutil.copy2(path, home / path.name)
    return home / memory.name
