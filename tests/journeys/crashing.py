"""The real `panelgram`, which kills itself at a chosen commit after its start: `KILL_AT=before:17`, `after:17`."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

_stage, _, _number = os.environ.get("KILL_AT", "never:0").partition(":")
_count_file = os.environ.get("COUNT_COMMITS_IN")
_commits = 0
_connect = sqlite3.connect


def _die_at(stage: str) -> None:
    if stage == _stage and _commits == int(_number):
        os.kill(os.getpid(), signal.SIGKILL)


class Mortal(sqlite3.Connection):
    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        global _commits  # noqa: PLW0603 - one process, one count
        if sql != "COMMIT":
            return super().execute(sql, *args)
        _commits += 1
        _die_at("before")
        done = super().execute(sql, *args)
        _die_at("after")
        if _count_file:
            Path(_count_file).write_text(str(_commits))
        return done


def _connect_mortal(*args: Any, **kwargs: Any) -> sqlite3.Connection:
    return _connect(*args, factory=Mortal, **kwargs)


if __name__ == "__main__":
    sqlite3.connect = _connect_mortal
    from bot.cli import main

    sys.exit(main(["run"]))
