"""What a mutant is: a few snippets of the shop's source with others in their place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HOME: Final = Path(__file__).parent.parent
#: The row that sees most of them.
SIMULATION: Final = "simulation"


@dataclass(frozen=True, slots=True)
class Edit:
    """One snippet that stands in for another; the old one occurs exactly once in its module."""

    module: str
    old: str
    new: str

    @property
    def path(self) -> Path:
        """The module's source."""
        return _HOME / f"{self.module.replace('.', '/')}.py"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way to break the shop."""

    name: str
    breaks: str
    edits: tuple[Edit, ...]
    #: The row that sees it.
    row: str = SIMULATION


def without(gone: str, left: str) -> Edit:
    """A constraint of the schema that is not there."""
    return Edit(
        "storage.migrate", "split(path.read_text(encoding=\"utf-8\"))",
        f"split(path.read_text(encoding=\"utf-8\").replace({gone!r}, {left!r}))",
    )  # fmt: skip
