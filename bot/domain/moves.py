"""State machines are tables of moves; whatever a table does not have cannot happen."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from bot.domain.errors import IllegalMove

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


def made(moves: Mapping[tuple[S, E], S], state: S, event: E, whose: str) -> S:
    """Where `event` takes what is in `state`; IllegalMove when the table has no such move."""
    try:
        return moves[state, event]
    except KeyError:
        raise IllegalMove(f"{event} does not apply to {whose} that is {state}") from None
