"""Has a paper set by a short-lived process, and waits for the file without blocking anybody."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias

#: Hundreds of pages take half a minute on an idle machine; beyond this nobody waits for a paper.
SECONDS_MAX: Final = 180.0
#: All that the process gets of the environment: it needs no token and no key.
_ENVIRONMENT: Final = ("PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH")
_ROOT: Final = Path(__file__).parents[2]
_PROBLEM_MAX: Final = 300
#: So many rows are handed over at a time: a long paper takes many short steps.
_ROWS_AT_ONCE: Final = 500
_AT_ONCE: Final = 2
#: So many wait for their turn; whoever waits keeps a place that other people's updates need too.
_WAITING_MOST: Final = 20


class Form(StrEnum):
    """The files a paper can be."""

    CSV = "csv"
    PDF = "pdf"


#: How each form begins, so that a process that failed half-way is known.
_BEGINNING: Final = {Form.CSV: b"\xef\xbb\xbfrow,", Form.PDF: b"%PDF-"}

#: When (milliseconds since 1970), the number of its kind, an order's number, the reason, the amount, the balance.
Row: TypeAlias = tuple[int, int, int | None, str | None, int, int]


class NotMade(Exception):
    """The paper could not be set, or not in time."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands in a paper besides its rows, in the reader's words; amounts are millionths of the currency."""

    shop: str
    currency: str
    #: The reader's decimal point, then what groups thousands.
    signs: str
    #: The names of columns, sums and the rest: see `sheet` and `table` for which.
    words: Mapping[str, str]
    #: Label and value; the first names whose paper it is.
    facts: Sequence[tuple[str, str]]
    #: `opening`, `in`, `out`, `closing`, `held`, `stars`.
    sums: Mapping[str, int]
    #: What rows are called.
    kinds: Sequence[str]
    #: What each kind came to: its name, how many, how much.
    totals: Sequence[tuple[str, int, int]]


class Printer:
    """Has papers set, a few at a time: whoever comes later waits, unless too many do."""

    def __init__(self, at_once: int = _AT_ONCE, waiting: int = _WAITING_MOST) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._here = 0

    async def make(self, paper: Paper, rows: Iterable[Row], form: Form, seconds: float = SECONDS_MAX) -> bytes:
        """The file. Raises NotMade."""
        if self._here >= self._most:
            raise NotMade("too many wait for theirs")
        self._here += 1
        try:
            async with self._free:
                return await _made(paper, rows, form, seconds)
        finally:
            self._here -= 1


async def _made(paper: Paper, rows: Iterable[Row], form: Form, seconds: float) -> bytes:
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.papers", form.value, stdin=pipe, stdout=pipe, stderr=pipe,
            env={**environment, "PYTHONPATH": str(_ROOT)},
        )  # fmt: skip
    except OSError as error:
        raise NotMade(type(error).__name__) from error
    try:
        async with asyncio.timeout(seconds):
            made, said = await _talk(process, paper, rows)
    except TimeoutError:
        raise NotMade("it took too long") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not made.startswith(_BEGINNING[form]):
        raise NotMade(said.decode(errors="replace")[-_PROBLEM_MAX:])
    return made


async def _talk(process: asyncio.subprocess.Process, paper: Paper, rows: Iterable[Row]) -> tuple[bytes, bytes]:
    """Hand everything over while both its answers are read; they are whole when the process has ended."""
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise AssertionError("all three were asked for")
    _, made, said, _ = await asyncio.gather(
        _feed(process.stdin, paper, rows), process.stdout.read(), process.stderr.read(), process.wait()
    )
    return made, said


async def _feed(into: asyncio.StreamWriter, paper: Paper, rows: Iterable[Row]) -> None:
    # A process that gave up reads no more; what it says of itself tells why.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        into.write(json.dumps(asdict(paper)).encode() + b"\n")
        left = iter(rows)
        while page := list(itertools.islice(left, _ROWS_AT_ONCE)):
            into.write(json.dumps(page).encode() + b"\n")
            await into.drain()
            await asyncio.sleep(0)  # a process that reads as fast as this writes never makes `drain` wait
        into.close()
        await into.wait_closed()
