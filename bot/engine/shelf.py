"""The catalogue in memory: what every page and price is read from; the database is its durable copy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from types import MappingProxyType
from typing import Final, TypeVar

from bot.domain.catalog import Category, Offer, Service, Unsold
from bot.domain.inputs import sold_rule
from storage.catalog import StoredService

#: No price of a thousand units, in the panel's currency or the shop's, is beyond this.
_RATE_MAX: Final = 10**9
#: Large catalogues are worked through in slices, so that they never stall the event loop.
_SLICE: Final = 250
_NOTHING: Final[Mapping[str, Iterable[str]]] = MappingProxyType({})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One consistent picture of everything that is sold, replaced whole at each change."""

    #: Only categories that have something for sale, each with only that.
    categories: tuple[Category, ...] = ()
    category_by_number: Mapping[int, Category] = field(default_factory=dict)
    #: Every service ever imported, for sale or not.
    offers: Mapping[int, Offer] = field(default_factory=dict)
    #: What this picture is priced by: a panel whose services are for sale here is never missing.
    exchange: Mapping[str, Decimal] = field(default_factory=dict)

    def offer(self, number: int) -> Offer | None:
        """The offer of this number, for sale or not."""
        return self.offers.get(number)

    def on_hold(self) -> list[Offer]:
        """Services whose price jump waits for the operator."""
        return [offer for offer in self.offers.values() if offer.unsold is Unsold.JUMP]


@dataclass(slots=True)
class Shelf:
    """Holds the current catalogue; only the engine's catalogue, panels and prices change it."""

    catalogue: Catalogue = field(default_factory=Catalogue)
    #: What is stored, by panel and the panel's service id.
    stored: dict[str, dict[str, StoredService]] = field(default_factory=dict)
    #: Number and name of each category by its normalised key.
    category_keys: dict[str, tuple[int, str]] = field(default_factory=dict)
    #: Shop units for one unit of each panel's currency; panels without a rate are missing.
    exchange: dict[str, Decimal] = field(default_factory=dict)
    #: Held from the look at what is stored until the shelf shows what was written.
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def put(self, entries: Iterable[StoredService], removed: Mapping[str, Iterable[str]] = _NOTHING) -> None:
        """Take over what was written, and show it. The loop gets a turn after every slice."""
        async for entry in in_slices(entries):
            self.stored.setdefault(entry.service.panel, {})[entry.service.id] = entry
        for panel, ids in removed.items():
            for service_id in ids:
                del self.stored[panel][service_id]
        await self.renew()

    async def renew(self) -> None:
        """Make the picture anew from what is stored; the loop gets a turn after every slice."""
        for _ in (building := _Building(self)).steps():
            await asyncio.sleep(0)
        self.catalogue = building.picture()

    def rebuild(self) -> None:
        """The same at once, for small catalogues."""
        for _ in (building := _Building(self)).steps():
            pass
        self.catalogue = building.picture()


async def in_slices(things: Iterable[T]) -> AsyncIterator[T]:
    """The same things; the loop gets a turn after every slice of them."""
    for index, thing in enumerate(things, 1):
        yield thing
        if index % _SLICE == 0:
            await asyncio.sleep(0)


class _Building:
    """A picture in the making, in the panels' own order."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._exchange = dict(shelf.exchange)
        self._offers: dict[int, Offer] = {}
        self._shown: dict[int, list[Offer]] = {}

    def steps(self) -> Iterator[None]:
        """Work through everything that is stored, a slice at a time."""
        for _, panel in sorted(self._shelf.stored.items()):
            entries = sorted(panel.values(), key=_POSITION)
            yield
            for start in range(0, len(entries), _SLICE):
                for entry in entries[start : start + _SLICE]:
                    self._add(_offer(entry, self._exchange))
                yield

    def picture(self) -> Catalogue:
        """What came of it."""
        names = dict(self._shelf.category_keys.values())
        categories = tuple(Category(number, names[number], tuple(shown)) for number, shown in self._shown.items())
        by_number = {category.number: category for category in categories}
        return Catalogue(categories, by_number, self._offers, self._exchange)

    def _add(self, offer: Offer) -> None:
        self._offers[offer.number] = offer
        if offer.for_sale:
            self._shown.setdefault(offer.category_number, []).append(offer)


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
    reason = entry.unsold or unsold(entry.service) or _unpriced(entry.service, exchange)
    return Offer(entry.number, entry.service, entry.category_number, reason, entry.pending_rate)


def _unpriced(service: Service, exchange: Mapping[str, Decimal]) -> Unsold | None:
    rate = exchange.get(service.panel)
    if rate is None:
        return Unsold.CURRENCY
    return None if believable(service.rate * rate) else Unsold.RATE
