"""Draws one chart: what is wanted on standard input, the picture on standard output. `python -m bot.charts`."""

from __future__ import annotations

import contextlib
import json
import os
import sys

from bot.charts.drawing import picture

#: Whoever waits for a picture can wait a little; customers should not.
_NICENESS = 10

if __name__ == "__main__":
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICENESS)
    sys.stdout.buffer.write(picture(json.load(sys.stdin.buffer)))
