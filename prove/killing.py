"""Row "mutants": the simulator must see each of them, in schedules known to show it or among fresh ones.

What another row sees is tried by a small share of that one.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from prove.mutant import SIMULATION, Mutant
from prove.mutants import MUTANTS, turn_on
from prove.row import Share, Size, Tally

KNOWN_SEED: Final = 20_261
#: Schedules of that seed in which each was seen. The engine changes, and with it where a schedule leads: whoever lives
#: through all of its own is shown as missed until `python -m prove.refresh` has found others.
KNOWN: Final[Mapping[str, tuple[int, ...]]] = {
    "blind-retry": (3, 0, 9), "retry-on-5xx": (13, 9, 17), "refund-on-any-error": (5, 0, 2),
    "reset-on-start": (3, 0, 1), "fail-on-start": (3, 0, 1), "debit-after-post": (0, 1, 2),
    "no-unique-quote": (0, 1, 3), "toctou": (1, 3, 5), "refund-twice": (2, 0, 1), "no-lease": (0, 1, 2),
    "fail-over": (3, 13, 0), "swallow-commit-error": (2, 13, 5), "send-before-commit": (7, 13, 15),
    "offset-before-store": (17, 5, 10), "auto-link": (13, 5, 0), "unknown-to-reserved": (2, 3, 0),
    "float-money": (17, 22, 48), "no-fence": (12, 83, 135), "poll-once-for-refund": (0, 1, 4),
    "settle-window-0": (0, 7, 8), "no-target-check": (4, 6, 14), "silent-failure": (0, 2, 3),
    "credit-twice": (0, 1, 2), "anything-passes": (12, 21, 28), "refund-without-debit": (0, 2, 5),
    "chargeback-forgotten": (0, 3, 5), "stars-first": (0, 1, 5), "pull-sees-no-payments": (6, 9, 13),
    "pull-sees-no-returns": (5, 11, 30),
}  # fmt: skip
FRESH: Final = 1_000
_SMALL: Final = 630
_STUMBLES: Final = re.compile(r"\b(Name|Type|Attribute|Import|Syntax|Unbound\w*)Error\b")


def run(share: Share) -> Tally:
    """Kill a share's mutants, each in a process of its own."""
    warm_up()
    broken, slowest = [], 0
    for mutant in MUTANTS[share.first : share.first + share.count]:
        fresh = share.size is Size.LONG
        numbers: tuple[int, ...] = (0,)  # the one small share of another row
        if mutant.row == SIMULATION:
            numbers = tuple(range(FRESH)) if fresh else KNOWN[mutant.name]
        # A seed of its own: what is fresh must not be what the mutant was made to fall for.
        killed = apart(mutant, share.seed + 1 if fresh else KNOWN_SEED, numbers)
        if killed is None:
            hint = "" if fresh else f"; python -m prove.refresh {mutant.name} looks for others"
            broken.append(f"{mutant.name} ({mutant.breaks}) lives through {len(numbers)} schedules{hint}")
        else:
            slowest = max(slowest, numbers.index(killed) + 1)
    return Tally(share.count, tuple(broken), {"schedules at most": slowest} if share.count == 1 else {})


def kill(mutant: Mutant, seed: int, numbers: tuple[int, ...]) -> int | None:
    """The first of some schedules that kills a mutant; to be called in a process that is the mutant's own."""
    turn_on(mutant.name)
    if mutant.row != SIMULATION:
        return 0 if shows(_small_share(mutant.row, seed)) else None
    # Only now: what this imports is what the mutant changes.
    from prove.simulation.schedules import play

    return next((number for number in numbers if shows(play(seed, number).broken)), None)


def _small_share(row: str, seed: int) -> tuple[str, ...]:
    """What a small share of a row finds, the first of them: on SQLite."""
    from prove.registry import named

    module, _, function = named(row).work.partition(":")
    with tempfile.TemporaryDirectory(prefix="prove-") as folder:
        share = Share(row, Size.SHORT, 0, 0, _SMALL, seed, Path(folder))
        tally: Tally = getattr(importlib.import_module(module), function)(share)
    return tally.broken


def shows(broken: tuple[str, ...]) -> bool:
    """Whether a law was broken: a mutant that merely stumbles over its own text was not seen, but badly made."""
    return any(not _STUMBLES.search(text) for text in broken)


def apart(mutant: Mutant, seed: int, numbers: tuple[int, ...]) -> int | None:
    """The same in a process that is forked for it, so that what called this stays the shop as it is."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, json.dumps(kill(mutant, seed, numbers)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    if not text:
        raise RuntimeError(f"the simulator itself broke on {mutant.name}")
    number: int | None = json.loads(text)
    return number


def warm_up() -> None:
    """Import what no mutant changes, once for all. RuntimeError where something of the shop is there already."""
    for name in ("babel.numbers", "httpx", "msgspec", "pydantic", "telegram.ext", "pydantic_settings", "aiosqlite"):
        __import__(name)
    if mine := [name for name in sys.modules if name.split(".")[0] in ("bot", "handlers", "storage")]:
        raise RuntimeError(f"imported before any mutant was turned on: {', '.join(sorted(mine))}")
