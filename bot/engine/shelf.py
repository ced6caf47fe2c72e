"""The catalogue in memory: what every page and price is read from; the database is its durable copy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import islice
from operator import attrgetter
from types import MappingProxyType
from typing import Final, TypeVar

from bot.domain.arranging import in_order
from bot.domain.catalog import Category, Offer, Service, Unsold, kin
from bot.domain.inputs import sold_rule
from bot.domain.markups import Markups, Subject, sort_out
from storage.catalog import StoredCategory, StoredService

#: No price of a thousand units, in the panel's currency or the shop's, is beyond this.
_RATE_MAX: Final = Decimal(10**9)
_NO_RATE: Final = Decimal(0)
#: Large catalogues are worked through in slices, so that they never stall the event loop.
_SLICE: Final = 250
_CATEGORIES_A_SLICE: Final = 50
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
    #: How the current picture was made.
    _last: _Building | None = None

    async def put(self, entries: Iterable[StoredService], removed: Mapping[str, Iterable[str]] = _NOTHING) -> None:
        """Take over what was written, and show it. The loop gets a turn after every slice."""
        changed, in_place = tuple(entries), True
        async for some in slices(changed):
            for entry in some:
                in_place &= self._take(entry)
        for panel, ids in removed.items():
            for service_id in ids:
                del self.stored[panel][service_id]
                in_place = False
        if not (in_place and self._touch_up(changed)):
            await self.renew()

    def _take(self, entry: StoredService) -> bool:
        """Keep an entry; whether it stands where the one before it stood."""
        panel = self.stored.setdefault(entry.service.panel, {})
        before = panel.get(entry.service.id)
        panel[entry.service.id] = entry
        return before is not None and _place(before) == _place(entry)

    def _touch_up(self, changed: Sequence[StoredService]) -> bool:
        """Change the picture where a few entries changed; False where it has to be made anew."""
        if self._last is None or len(changed) > _SLICE or (touched := self._last.touched_up(changed)) is None:
            return False
        self._show(touched)
        return True

    def note(self, entries: Iterable[StoredService]) -> None:
        """Take over a few that were written, where nothing that is shown changes."""
        for entry in entries:
            self.stored[entry.service.panel][entry.service.id] = entry

    async def renew(self) -> None:
        """Make the picture anew from what is stored; the loop gets a turn after every slice."""
        for _ in (building := _Building(self)).steps():
            await asyncio.sleep(0)
        self._show(building)

    def _show(self, building: _Building) -> None:
        self.catalogue = building.picture()
        self._last = building


async def slices(things: Iterable[T], size: int = _SLICE) -> AsyncIterator[Sequence[T]]:
    """The same things, some at a time; the loop gets a turn after every slice of them."""
    rest = iter(things)
    while some := tuple(islice(rest, size)):
        yield some
        await asyncio.sleep(0)


async def in_slices(things: Iterable[T], size: int = _SLICE) -> AsyncIterator[T]:
    """The same one by one, for work that takes longer than the handing out."""
    async for some in slices(things, size):
        for thing in some:
            yield thing


class _Building:
    """A picture in the making: the operators' order first, then the panels'."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._exchange = dict(shelf.exchange)
        self._markups = sort_out(shelf.markups)
        self._kinds = {category.number: category for category in shelf.category_keys.values()}
        #: What any offer may depend on besides its own entry.
        self.terms = (self._exchange, dict(shelf.markups), self._kinds)
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
        keys = {}
        for count, number in enumerate(self._found, 1):
            keys[number] = _order(self._kinds[number])
            if count % _CATEGORIES_A_SLICE == 0:
                yield
        for count, number in enumerate(sorted(keys, key=keys.__getitem__), 1):
            self._arrange(number)
            if count % _CATEGORIES_A_SLICE == 0:
                yield

    def touched_up(self, changed: Iterable[StoredService]) -> _Building | None:
        """The same picture with entries that changed where they stand; None where more than that would change.

        Of ten thousand services hardly one changes at a time, and the others need not be looked at.
        """
        new = _Building(self._shelf)
        if new.terms != self.terms:
            return None
        new._offers, new._found = dict(self._offers), dict(self._found)
        new._listed, new._shown = dict(self._listed), dict(self._shown)
        offers = {entry.number: new._offer(entry) for entry in changed}
        new._replace(offers)
        return new if new._shown.keys() == self._shown.keys() else None

    def picture(self) -> Catalogue:
        """What came of it."""
        shown = tuple(self._shown.values())
        return Catalogue(shown, self._shown, self._offers, self._exchange, self._markups, self._listed)

    def _add(self, offer: Offer) -> None:
        self._offers[offer.number] = offer
        if offer.unsold is not Unsold.GONE:
            self._found.setdefault(offer.category_number, []).append(offer)

    def _replace(self, offers: Mapping[int, Offer]) -> None:
        """Put offers in the place of those with their numbers."""
        self._offers.update(offers)
        for number in {offer.category_number for offer in offers.values() if offer.unsold is not Unsold.GONE}:
            self._found[number] = [offers.get(offer.number, offer) for offer in self._found[number]]
            self._arrange(number)

    def _arrange(self, number: int) -> None:
        kind = self._kinds[number]
        offers = tuple(sorted(self._found[number], key=lambda offer: in_order(offer.own)))
        self._listed[number] = listed = Category(number, kind.own.title or kind.name, offers, kind.own, kind.name)
        if for_sale := tuple(offer for offer in offers if offer.for_sale):
            self._shown[number] = replace(listed, offers=for_sale)
        else:
            self._shown.pop(number, None)

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
    return _NO_RATE < rate < _RATE_MAX


_POSITION: Final = attrgetter("position")


def _place(entry: StoredService) -> tuple[int, int, int, bool]:
    """What decides where an entry stands in the picture, but for the operators' own order."""
    return entry.number, entry.category_number, entry.position, entry.unsold is Unsold.GONE


def _order(category: StoredCategory) -> tuple[tuple[bool, int], tuple[tuple[int, str], ...], int]:
    """Panels list categories in no order of their own, so those nobody put anywhere stand by their names."""
    return in_order(category.own), kin(category.own.title or category.name), category.number


def _odd(entry: StoredService) -> Unsold | None:
    return None if entry.charged_rate is None else Unsold.CHARGE


def _unpriced(service: Service, exchange: Mapping[str, Decimal]) -> Unsold | None:
    rate = exchange.get(service.panel)
    if rate is None:
        return Unsold.CURRENCY
    return None if believable(service.rate * rate) else Unsold.RATE
