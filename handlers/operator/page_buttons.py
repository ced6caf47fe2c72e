"""The operator's buttons about the shop's pages."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.callbacks import Button


@dataclass(frozen=True, slots=True)
class ShowPages(Button, prefix="oe"):
    """The pages there are."""


@dataclass(frozen=True, slots=True)
class ShowPage(Button, prefix="oel"):
    """A page's languages."""

    page: str


@dataclass(frozen=True, slots=True)
class OpenPage(Button, prefix="oeo"):
    """A page in one language, as customers read it."""

    page: str
    language: str


@dataclass(frozen=True, slots=True)
class AskPage(Button, prefix="oea"):
    """Ask for a page's new text."""

    page: str
    language: str


@dataclass(frozen=True, slots=True)
class SavePage(Button, prefix="oeS"):
    """Put what was written in place of the page; `update` is that of the text."""

    update: int


@dataclass(frozen=True, slots=True)
class AskStandard(Button, prefix="oeb"):
    """Show the standard text that would hold again."""

    page: str
    language: str


@dataclass(frozen=True, slots=True)
class SetStandard(Button, prefix="oeB"):
    """Let the standard text hold again; `mark` stands for the text it replaces."""

    page: str
    language: str
    mark: str
