"""Row "simulation": schedules one after the other, each from its own number."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from prove.row import Share, Tally
from prove.simulation.image import image
from prove.simulation.world import Told, World

#: On average of a share.
_AT_LEAST: Final[Mapping[str, int]] = {"crashes": 5, "faults": 10}
#: So many broken laws are enough to look into; the rest of the share is not tried.
_PLENTY: Final = 20
#: Of fewer schedules an average says little.
_ENOUGH: Final = 100
_COLLECT_AFTER: Final = 10


def play(seed: int, number: int, *, trace: bool = False) -> Told:
    """One schedule; whatever breaks it is told like a broken law."""
    return World(seed, number, image(), trace=trace).run()


def run(share: Share) -> Tally:
    """Play a share's schedules."""
    broken: list[str] = []
    figures: Counter[str] = Counter()
    done = 0
    image()
    with _rarely_collected() as collect:
        for number in range(share.first, share.first + share.count):
            if len(broken) >= _PLENTY:
                return Tally(done, tuple(broken), dict(figures))
            told, done = play(share.seed, number), done + 1
            broken += (f"schedule {number}, seed {share.seed}: {text}" for text in told.broken)
            figures.update(
                orders=told.orders, crashes=told.crashes, faults=told.faults, commits=told.commits,
                unknowns=told.unknowns,
            )  # fmt: skip
            collect(number)
    broken += _too_quiet(share, figures)
    return Tally(done, tuple(broken), dict(figures))


@contextmanager
def _rarely_collected() -> Iterator[Callable[[int], None]]:
    """Look for garbage between schedules only, and never among what was imported."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield _collect
    finally:
        gc.enable()
        gc.unfreeze()


def _collect(number: int) -> None:
    if number % _COLLECT_AFTER == 0:
        gc.collect()


def _too_quiet(share: Share, figures: Counter[str]) -> Iterator[str]:
    """Schedules in which hardly anything goes wrong prove nothing."""
    for what, least in _AT_LEAST.items():
        if share.count >= _ENOUGH and figures[what] < least * share.count:
            yield f"{figures[what]} {what} in {share.count} schedules, where there must be {least} for each"
