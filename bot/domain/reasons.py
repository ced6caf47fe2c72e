"""Why somebody did something, in their own words: without the blanks around them, and cut to what is kept."""

from __future__ import annotations

from typing import Final

from bot.domain.errors import BadInput, Problem

#: What an operator says in a line; in characters.
LINE_MOST: Final = 200
#: What customers and operators tell each other about money that goes back; in characters.
TOLD_MOST: Final = 500


def kept(said: str, most: int = LINE_MOST) -> str:
    """What is kept of a reason; empty where none was given."""
    return said.strip()[:most]


def needed(said: str, most: int = LINE_MOST) -> str:
    """The same of a reason that has to be given. Raises BadInput without one."""
    if not (reason := kept(said, most)):
        raise BadInput(Problem.REASON_MISSING)
    return reason
