"""Sets one paper: what stands in it on standard input, the file on standard output. `python -m bot.papers csv|pdf`.

The first line is the paper without its rows, each later one a JSON list of rows.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys

from bot.papers.content import Content, row_of

#: Whoever waits for a paper can wait a little; customers should not.
_NICENESS = 10


def _read() -> Content:
    head, *pages = sys.stdin.buffer
    return Content(json.loads(head), [row_of(row) for page in pages for row in json.loads(page)])


if __name__ == "__main__":
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICENESS)
    if sys.argv[1] == "csv":
        from bot.papers.table import as_csv

        sys.stdout.buffer.write(as_csv(_read()))
    else:
        from bot.papers.sheet import as_pdf

        sys.stdout.buffer.write(as_pdf(_read()))
