"""The catalogue in memory: what every page and price is read from; the database is its durable copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from bot.domain.catalog import Category, Offer, Service, Unsold
from bot.domain.inputs import sold_rule
from bot.domain.money import MONEY_MAX_MICROS
from storage.catalog import StoredService

_UNITS_MAX = 10**9


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One consistent picture of everything that is sold, replaced whole at each change."""

    #: Only categories that have something for sale, each with only that.
    categories: tuple[Category, ...] = ()
    category_by_number: Mapping[int, Category] = field(default_factory=dict)
    #: Every service ever imported, for sale or not.
    offers: Mapping[int, Offer] = field(default_factory=dict)

    def offer(self, number: int) -> Offer | None:
        """The offer of this number, for sale or not."""
        return self.offers.get(number)

    def on_hold(self) -> list[Offer]:
        """Services whose price jump waits for the operator."""
        return [offer for offer in self.offers.values() if offer.unsold is Unsold.JUMP]


@dataclass(slots=True)
class Shelf:
    """Holds the current catalogue; only engine/catalogue.py changes it."""

    catalogue: Catalogue = field(default_factory=Catalogue)
    #: What is stored, by panel and the panel's service id.
    stored: dict[str, dict[str, StoredService]] = field(default_factory=dict)
    #: Number and name of each category by its normalised key.
    category_keys: dict[str, tuple[int, str]] = field(default_factory=dict)
    #: Shop units for one unit of each panel's currency; panels without a rate are missing.
    exchange: dict[str, Decimal] = field(default_factory=dict)

    def rebuild(self) -> None:
        """Make the picture anew from what is stored."""
        self.catalogue = build(
            (entry for panel in self.stored.values() for entry in panel.values()),
            dict(self.category_keys.values()),
            self.exchange,
        )


def build(
    stored: Iterable[StoredService], category_names: Mapping[int, str], exchange: Mapping[str, Decimal]
) -> Catalogue:
    """Turn stored services into the picture customers browse, in the panels' own order."""
    offers = {entry.number: _offer(entry, exchange) for entry in stored}
    shown: dict[int, list[Offer]] = {}
    for offer in offers.values():
        if offer.for_sale:
            shown.setdefault(offer.category_number, []).append(offer)
    categories = tuple(Category(number, category_names[number], tuple(shown[number])) for number in shown)
    return Catalogue(categories, {category.number: category for category in categories}, offers)


def unsold(service: Service) -> Unsold | None:
    """Why a service as the panel states it cannot be sold."""
    if sold_rule(service.type) is None:
        return Unsold.TYPE
    if not 0 < service.rate * 1_000_000 < MONEY_MAX_MICROS // _UNITS_MAX:
        return Unsold.RATE
    if not 1 <= service.minimum <= service.maximum:
        return Unsold.LIMITS
    return None


def _offer(entry: StoredService, exchange: Mapping[str, Decimal]) -> Offer:
    offer = Offer(entry.number, entry.service, entry.category_number, None, entry.pending_rate)
    reason = Unsold(entry.unsold) if entry.unsold else unsold(entry.service)
    if reason is None and entry.service.panel not in exchange:
        reason = Unsold.CURRENCY
    return replace(offer, unsold=reason) if reason else offer
