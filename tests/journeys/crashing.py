"""The real `panelgram`, which kills itself at a chosen commit after its start: `KILL_AT=before:17`, `after:17`."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

import asyncpg

_stage, _, _number = os.environ.get("KILL_AT", "never:0").partition(":")
_count_file = os.environ.get("COUNT_COMMITS_IN")
_commits = 0
_connect = sqlite3.connect


def _die_at(stage: str) -> None:
    if stage == _stage and _commits == int(_number):
        os.kill(os.getpid(), signal.SIGKILL)


def _count() -> None:
    global _commits  # noqa: PLW0603 - one process, one count
    _commits += 1
    _die_at("before")


def _counted() -> None:
    _die_at("after")
    if _count_file:
        Path(_count_file).write_text(str(_commits))


class Mortal(sqlite3.Connection):
    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        if sql != "COMMIT":
            return super().execute(sql, *args)
        _count()
        done = super().execute(sql, *args)
        _counted()
        return done


_execute = asyncpg.Connection.execute


async def _execute_mortally(self: asyncpg.Connection, sql: str, *args: Any, **more: Any) -> str:
    if sql != "COMMIT":
        return await _execute(self, sql, *args, **more)
    _count()
    done = await _execute(self, sql, *args, **more)
    _counted()
    return done


def _connect_mortal(*args: Any, **kwargs: Any) -> sqlite3.Connection:
    return _connect(*args, factory=Mortal, **kwargs)


if __name__ == "__main__":
    sqlite3.connect = _connect_mortal
    asyncpg.Connection.execute = _execute_mortally
    from bot.cli import main

    sys.exit(main(["run"]))
