"""The operator's buttons about a person's data."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.callbacks import Button


@dataclass(frozen=True, slots=True)
class ExportPerson(Button, prefix="oue"):
    """Hand over everything that is kept of a customer."""

    customer: int


@dataclass(frozen=True, slots=True)
class AskErase(Button, prefix="oux"):
    """Show what erasing a customer means."""

    customer: int


@dataclass(frozen=True, slots=True)
class Erase(Button, prefix="ouX"):
    """Erase a customer; `mark` stands for the person as they were shown."""

    customer: int
    mark: str
