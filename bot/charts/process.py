"""Has a chart drawn by a short-lived process, and waits for the picture without blocking anybody."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

PNG: Final = b"\x89PNG\r\n\x1a\n"
#: A second or two on an idle machine; beyond this nobody waits for a picture.
SECONDS_MAX: Final = 40.0
#: All that the drawing process gets of the environment: it needs no token and no key.
_ENVIRONMENT: Final = ("PATH", "HOME", "TMPDIR", "LANG", "XDG_CACHE_HOME", "MPLCONFIGDIR", "LD_LIBRARY_PATH")
_ROOT: Final = Path(__file__).parents[2]
_PROBLEM_MAX: Final = 300

#: Over time, or places of a ranking.
Kind: TypeAlias = Literal["time", "ranking"]


class NotDrawn(Exception):
    """The picture could not be made, or not in time."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn: places along an axis, each with turnover (or a count), and cost where that is known.

    Amounts are whole numbers, `scale` of them are one unit; labels are digits, so that no script needs a font.
    """

    kind: Kind
    labels: Sequence[str]
    first: Sequence[int]
    cost: Sequence[int] = ()
    scale: int = 1
    #: The reader's decimal point, then what groups thousands.
    signs: str = ".,"


async def draw(chart: Chart, seconds: float = SECONDS_MAX) -> bytes:
    """The chart as a PNG. Raises NotDrawn."""
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.charts", stdin=pipe, stdout=pipe, stderr=pipe,
            env={**environment, "PYTHONPATH": str(_ROOT)},
        )  # fmt: skip
    except OSError as error:
        raise NotDrawn(type(error).__name__) from error
    try:
        async with asyncio.timeout(seconds):
            picture, said = await process.communicate(json.dumps(asdict(chart)).encode())
    except TimeoutError:
        raise NotDrawn("it took too long") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not picture.startswith(PNG):
        raise NotDrawn(said.decode(errors="replace")[-_PROBLEM_MAX:])
    return picture
