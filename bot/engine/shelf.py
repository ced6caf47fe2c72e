"""The catalogue in memory: what every page and price is read from; the database is its durable copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import Final

from bot.domain.catalog import Category, Offer, Service, Unsold
from bot.domain.inputs import sold_rule
from storage.catalog import StoredService

#: No price of a thousand units, in the panel's currency or the shop's, is beyond this.
_RATE_MAX: Final = 10**9


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
            (entry for _, panel in sorted(self.stored.items()) for entry in sorted(panel.values(), key=_POSITION)),
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
    if not believable(service.rate):
        return Unsold.RATE
    if not 1 <= service.minimum <= service.maximum:
        return Unsold.LIMITS
    return None


def believable(rate: Decimal) -> bool:
    """Whether a rate can be the price of something."""
    return 0 < rate < _RATE_MAX


_POSITION: Final = attrgetter("position")


def _offer(entry: StoredService, exchange: Mapping[str, Decimal]) -> Offer:
    reason = Unsold(entry.unsold) if entry.unsold else unsold(entry.service) or _unpriced(entry.service, exchange)
    return Offer(entry.number, entry.service, entry.category_number, reason, entry.pending_rate)


def _unpriced(service: Service, exchange: Mapping[str, Decimal]) -> Unsold | None:
    rate = exchange.get(service.panel)
    if rate is None:
        return Unsold.CURRENCY
    return None if believable(service.rate * rate) else Unsold.RATE
