"""`panelgram run`, whose manners towards Telegram may hurry: with `HASTE=50` a second between messages is a moment."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from functools import partial
from typing import Final

from bot import cli, running
from bot.transport.limits import Pace

HASTE: Final = "HASTE"


def main(arguments: Sequence[str]) -> int:
    """The whole life of the process; its exit status."""
    haste = int(os.environ.get(HASTE, "1"))
    pace = Pace(clock=lambda: time.monotonic() * haste, sleep=lambda seconds: asyncio.sleep(seconds / haste))
    running.run = partial(running.run, pace=pace)
    return cli.main(arguments)
