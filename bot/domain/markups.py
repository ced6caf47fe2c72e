"""What operators add to panels' prices: for the shop, a panel, a category or a service, and the narrowest wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from bot.domain.money import digits

#: The highest markup that can be set, in percent.
PERCENT_MAX: Final = Decimal(10_000)


class Scope(StrEnum):
    """How much of the shop something is set for, from the widest to the narrowest."""

    SHOP = "shop"
    PANEL = "panel"
    CATEGORY = "category"
    SERVICE = "service"

    def narrower_than(self, other: Scope) -> bool:
        """Whether this one wins where both apply."""
        return _ORDER.index(self) > _ORDER.index(other)


_ORDER: Final = tuple(Scope)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a markup is set for."""

    scope: Scope
    #: A panel's name, a category's or a service's number; empty for the shop.
    key: str = ""

    @property
    def number(self) -> int:
        """Of a category or a service."""
        return int(self.key)


SHOP: Final = Subject(Scope.SHOP)


def written(percent: Decimal | None) -> str:
    """A percentage, written one way however it was given."""
    return "none" if percent is None else f"{digits(percent)}%"


@dataclass(frozen=True, slots=True)
class Markup:
    """A percentage, and what it was set for."""

    percent: Decimal
    scope: Scope


@dataclass(frozen=True, slots=True)
class Markups:
    """Everything that was set, sorted so that what applies to a service is found at once."""

    #: None where the operators leave it to the settings.
    shop: Decimal | None = None
    panels: Mapping[str, Markup] = field(default_factory=dict)
    categories: Mapping[int, Markup] = field(default_factory=dict)
    services: Mapping[int, Markup] = field(default_factory=dict)

    def of(self, panel: str, category: int, service: int) -> Markup | None:
        """The narrowest that applies to a service; None where only the shop's does."""
        return self.services.get(service) or self.categories.get(category) or self.panels.get(panel)


def sort_out(percents: Mapping[Subject, Decimal]) -> Markups:
    """What was set, by what it was set for."""
    of = {scope: [(s, Markup(p, scope)) for s, p in percents.items() if s.scope is scope] for scope in Scope}
    return Markups(
        percents.get(SHOP),
        {subject.key: markup for subject, markup in of[Scope.PANEL]},
        {subject.number: markup for subject, markup in of[Scope.CATEGORY]},
        {subject.number: markup for subject, markup in of[Scope.SERVICE]},
    )
