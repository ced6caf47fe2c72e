"""What operators make of the catalogue: names of their own, an order of their own, and what customers do not see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

TITLE_MAX_CHARACTERS: Final = 100
#: Places have gaps, so that a move writes one row as a rule.
_GAP: Final = 1024


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What an operator decided about a category or a service; refreshes leave it alone."""

    #: The operator's name for it; None: the panels'.
    title: str | None = None
    #: Where the operator put it; None: behind all that were put somewhere, in the panels' order.
    place: int | None = None
    hidden: bool = False


#: Nothing was decided.
AS_LISTED: Final = Arrangement()


def in_order(own: Arrangement) -> tuple[bool, int]:
    """Sorts what was put somewhere before all else; the rest keeps the order it comes in."""
    return own.place is None, own.place or 0


def moved(places: Sequence[int | None], was: int, to: int) -> dict[int, int]:
    """The places to write, by index, so that what stands at `was` stands at `to`; `places` are in order."""
    order = list(range(len(places)))
    order.insert(to, order.pop(was))
    after = places[order[to + 1]] if to + 1 < len(order) else None
    if after is not None:
        return _between(places, order, to, after)
    first = next(i for i, index in enumerate(order) if index == was or places[index] is None)
    last = (places[order[first - 1]] or 0) if first else 0
    return {index: last + _GAP * step for step, index in enumerate(order[first : to + 1], 1)}


def _between(places: Sequence[int | None], order: Sequence[int], to: int, after: int) -> dict[int, int]:
    before = places[order[to - 1]] if to else after - 2 * _GAP
    if before is not None and (middle := (before + after) // 2) > before:
        return {order[to]: middle}
    # No gap is left: all that have a place get a new one.
    placed = [index for i, index in enumerate(order) if i == to or places[index] is not None]
    return {index: _GAP * step for step, index in enumerate(placed, 1)}
