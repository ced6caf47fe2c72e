"""What is proven: rows with a target for each size, cut into shares that run in processes of their own."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

#: The environment variable by which a process of the shop's, started by a row, hears of the mutant it must be.
MUTANT: Final = "PROVE_MUTANT"


class Size(StrEnum):
    """How much is done: while somebody waits, or for a release."""

    SHORT = "prove"
    LONG = "prove-long"


@dataclass(frozen=True, slots=True)
class Row:
    """One promise: what is tried, how often, and where the code is that tries it."""

    name: str
    what: str
    #: Of what the targets count, in the plural: "schedules", "points".
    unit: str
    targets: Mapping[Size, int]
    #: In how many shares each size is cut; a share is one process and should end within a few minutes.
    shares: Mapping[Size, int]
    #: `module:function` of a `Callable[[Share], Tally]`.
    work: str
    #: About how long the whole row takes at `Size.SHORT`, in seconds of one core: the longest begin first.
    seconds: int = 10
    #: The only size at which the row is run; None for a row of both.
    only: Size | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a row: `count` of its units, from number `first` on."""

    row: str
    size: Size
    index: int
    first: int
    count: int
    #: Of the whole run; what a unit is tried with follows from it and the unit's number.
    seed: int
    #: An empty directory of its own.
    scratch: Path

    def chance(self, number: int) -> random.Random:
        """The randomness of one unit, or of the whole share by its index: the same for the same seed."""
        return random.Random(self.seed * 1_000_003 + number)


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of a share."""

    #: How many units were really tried.
    done: int
    #: One line for each promise that was broken, with what replays it. None means the promise held.
    broken: tuple[str, ...] = ()
    #: Counts worth telling beside the result, added up over the shares ("crashes": 3120); of what is called
    #: "at most" the most is told.
    figures: Mapping[str, int] = field(default_factory=dict)
    #: Why it could not be tried here, where it could not.
    skipped: str | None = None
