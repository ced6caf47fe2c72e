"""The catalogue in memory: what every page and price is read from; the database is its durable copy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from operator import attrgetter
from types import MappingProxyType
from typing import Final, TypeVar

from bot.domain.arranging import in_order
from bot.domain.catalog import Category, Offer, Service, Unsold, kin
from bot.domain.inputs import sold_rule
from bot.domain.markups import Markups, Subject, sort_out
from storage.catalog import StoredCategory, StoredService

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
    markups: Markups = field(default_factory=Markups)
    #: Every category by number, in the same order, with all that its panels list: what is hidden or off sale as well.
    listed: Mapping[int, Category] = field(default_factory=dict)

    def offer(self, number: int) -> Offer | None:
        """The offer of this number, for sale or not."""
        return self.offers.get(number)

    def on_hold(self) -> list[Offer]:
        """Services whose price jump waits for the operator."""
        return [offer for offer in self.offers.values() if offer.unsold is Unsold.JUMP]


@dataclass(slots=True)
class Shelf:
    """Holds the current catalogue; only the engine's catalogue, panels, prices, markups and arranging change it."""

    catalogue: Catalogue = field(default_factory=Catalogue)
    #: What is stored, by panel and the panel's service id.
    stored: dict[str, dict[str, StoredService]] = field(default_factory=dict)
    #: Each category by its normalised key.
    category_keys: dict[str, StoredCategory] = field(default_factory=dict)
    #: What operators set, in percent.
    markups: dict[Subject, Decimal] = field(default_factory=dict)
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

    def note(self, entries: Iterable[StoredService]) -> None:
        """Take over a few that were written, where nothing that is shown changes."""
        for entry in entries:
            self.stored[entry.service.panel][entry.service.id] = entry

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
    """A picture in the making: the operators' order first, then the panels'."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._exchange = dict(shelf.exchange)
        self._markups = sort_out(shelf.markups)
        self._kinds = {category.number: category for category in shelf.category_keys.values()}
        self._offers: dict[int, Offer] = {}
        self._found: dict[int, list[Offer]] = {}
        self._listed: dict[int, Category] = {}
        self._shown: dict[int, Category] = {}

    def steps(self) -> Iterator[None]:
        """Work through everything that is stored, a slice at a time."""
        for _, panel in sorted(self._shelf.stored.items()):
            entries = sorted(panel.values(), key=_POSITION)
            yield
            for start in range(0, len(entries), _SLICE):
                for entry in entries[start : start + _SLICE]:
                    self._add(self._offer(entry))
                yield
        for kind in sorted(map(self._kinds.__getitem__, self._found), key=_order):
            self._arrange(kind)
            yield

    def picture(self) -> Catalogue:
        """What came of it."""
        shown = tuple(self._shown.values())
        return Catalogue(shown, self._shown, self._offers, self._exchange, self._markups, self._listed)

    def _add(self, offer: Offer) -> None:
        self._offers[offer.number] = offer
        if offer.unsold is not Unsold.GONE:
            self._found.setdefault(offer.category_number, []).append(offer)

    def _arrange(self, kind: StoredCategory) -> None:
        offers = tuple(sorted(self._found[kind.number], key=lambda offer: in_order(offer.own)))
        listed = Category(kind.number, kind.own.title or kind.name, offers, kind.own, kind.name)
        self._listed[kind.number] = listed
        if for_sale := tuple(offer for offer in offers if offer.for_sale):
            self._shown[kind.number] = replace(listed, offers=for_sale)

    def _offer(self, entry: StoredService) -> Offer:
        service, kind = entry.service, self._kinds[entry.category_number]
        return Offer(
            entry.number,
            service,
            entry.category_number,
            entry.unsold or unsold(service) or _odd(entry) or _unpriced(service, self._exchange),
            entry.pending_rate,
            entry.own,
            kind.own.hidden,
            self._markups.of(service.panel, entry.category_number, entry.number),
            entry.charged_rate,
        )


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


def _order(category: StoredCategory) -> tuple[tuple[bool, int], list[tuple[int, str]], int]:
    """Panels list categories in no order of their own, so those nobody put anywhere stand by their names."""
    return in_order(category.own), kin(category.own.title or category.name), category.number


def _odd(entry: StoredService) -> Unsold | None:
    return None if entry.charged_rate is None else Unsold.CHARGE


def _unpriced(service: Service, exchange: Mapping[str, Decimal]) -> Unsold | None:
    rate = exchange.get(service.panel)
    if rate is None:
        return Unsold.CURRENCY
    return None if believable(service.rate * rate) else Unsold.RATE
