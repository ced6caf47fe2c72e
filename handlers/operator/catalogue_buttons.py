"""The buttons of the catalogue's editor and of markups. `scope` is the value of a domain Scope."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.callbacks import Button

# Looking ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShowCatalogue(Button, prefix="oc"):
    """A page of all categories, hidden ones too."""

    page: int


@dataclass(frozen=True, slots=True)
class OpenCategory(Button, prefix="occ"):
    """A category and what can be done to it."""

    category: int


@dataclass(frozen=True, slots=True)
class OpenListing(Button, prefix="ocl"):
    """A page of a category's services, hidden ones too."""

    category: int
    page: int


@dataclass(frozen=True, slots=True)
class OpenService(Button, prefix="ocv"):
    """A service and what can be done to it."""

    service: int


# Arranging ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Move(Button, prefix="ocm"):
    """Put a category or a service elsewhere; a press counts only while it stands at `was`."""

    scope: str
    number: int
    was: int
    to: int


@dataclass(frozen=True, slots=True)
class AskTitle(Button, prefix="oct"):
    """Ask for a category's or a service's new name."""

    scope: str
    number: int


@dataclass(frozen=True, slots=True)
class DropTitle(Button, prefix="ocu"):
    """Call it by its panel's name again."""

    scope: str
    number: int


@dataclass(frozen=True, slots=True)
class Hide(Button, prefix="och"):
    """Keep a service from customers, or ask about a category."""

    scope: str
    number: int


@dataclass(frozen=True, slots=True)
class HideCategory(Button, prefix="ocH"):
    """Keep a whole category from customers; `count` services were shown to go off sale."""

    category: int
    count: int


@dataclass(frozen=True, slots=True)
class Unhide(Button, prefix="ocs"):
    """Show a category or a service to customers again."""

    scope: str
    number: int


# Markups ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShowMarkups(Button, prefix="ocM"):
    """Every markup that is set."""


@dataclass(frozen=True, slots=True)
class PickSubject(Button, prefix="ocp"):
    """A page of panels or categories to set a markup for, or of categories to pick a service from."""

    scope: str
    page: int


@dataclass(frozen=True, slots=True)
class PickService(Button, prefix="ocS"):
    """A page of a category's services to set a markup for."""

    category: int
    page: int


@dataclass(frozen=True, slots=True)
class OpenMarkup(Button, prefix="oco"):
    """The markup of a subject, and the question for another; `key` stands for the subject within its scope."""

    scope: str
    key: str


@dataclass(frozen=True, slots=True)
class PreviewMarkup(Button, prefix="ocP"):
    """Show what a markup would do; hundredths of a percent, below zero to take it away."""

    scope: str
    key: str
    hundredths: int


@dataclass(frozen=True, slots=True)
class SetMarkup(Button, prefix="ocY"):
    """Set a markup; `mark` stands for exactly what was shown."""

    scope: str
    key: str
    hundredths: int
    mark: str
