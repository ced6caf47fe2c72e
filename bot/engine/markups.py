"""Markups: what a change would do is shown first, and a yes covers exactly what was shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from bot.domain import marks
from bot.domain.acts import ActKind
from bot.domain.catalog import Offer, Unsold
from bot.domain.errors import NotFound
from bot.domain.markups import SHOP, Scope, Subject, sort_out, written
from bot.domain.money import Money
from bot.domain.pricing import PriceRules, label_price
from bot.engine.shelf import Catalogue, in_slices
from bot.engine.shop import Shop
from storage import acts, markups
from storage.database import Tx

_EXAMPLES: Final = 5
#: Two prices each take longer than most work on a catalogue.
_PRICES_A_SLICE: Final = 100


class Outcome(StrEnum):
    """What became of a yes."""

    SET = "set"
    ALREADY = "already"  # it was so before: a second tap, or another operator's
    CHANGED = "changed"  # what was shown is no longer what would happen


@dataclass(frozen=True, slots=True)
class Change:
    """A markup to be set, or taken away."""

    subject: Subject
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Example:
    """One price before and after."""

    offer: Offer
    old: Money
    new: Money


@dataclass(slots=True)
class Preview:
    """What a change would do to what has a price, hidden services included."""

    change: Change
    #: What is set for the subject itself now.
    before: Decimal | None
    dearer: int = 0
    cheaper: int = 0
    #: It applies to them and makes no difference.
    same: int = 0
    #: Something narrower keeps their prices.
    narrower: int = 0
    #: Of as many categories as there are, at most five.
    examples: list[Example] = field(default_factory=list)
    #: Stands for exactly this: another price anywhere is another mark.
    mark: str = ""

    @property
    def changes(self) -> int:
        """How many prices would be others."""
        return self.dearer + self.cheaper


def subject_of(shop: Shop, scope: Scope, key: str) -> Subject:
    """What a markup can be set for; NotFound when the shop has nothing of the kind."""
    subject = Subject(scope, key)
    if not _exists(shop, subject):
        raise NotFound
    return subject


def own_percent(shop: Shop, subject: Subject) -> Decimal | None:
    """The markup set for a subject itself."""
    return shop.shelf.markups.get(subject)


def in_force(shop: Shop, subject: Subject, *, but_own: bool = False) -> tuple[Decimal, Subject | None]:
    """The markup of a subject's services where nothing narrower wins, and what it is set for; None: the settings.

    `but_own` leaves the subject's own out of account.
    """
    for wider in _from_narrow_to_wide(shop, subject):
        percent = shop.shelf.markups.get(wider)
        if percent is not None and not (but_own and wider == subject):
            return percent, wider
    return shop.terms.markup_percent, None


def has_price(picture: Catalogue, offer: Offer) -> bool:
    """Whether a price can be named for it, also while it is hidden or waits for a yes."""
    return offer.unsold in (None, Unsold.JUMP, Unsold.CHARGE) and offer.service.panel in picture.exchange


async def preview(shop: Shop, change: Change) -> Preview:
    """What a change would do; nothing is changed, and the loop gets a turn after every slice. Raises NotFound."""
    subject, picture = subject_of(shop, change.subject.scope, change.subject.key), shop.shelf.catalogue
    seen = Preview(change, own_percent(shop, subject))
    percents = {**shop.shelf.markups, subject: change.percent}
    after = sort_out({of: percent for of, percent in percents.items() if percent is not None})
    old, new = shop.price_rules, shop.price_rules
    if subject == SHOP:
        new = replace(old, markup_percent=shop.terms.markup_percent if change.percent is None else change.percent)
    said = [f"{subject.scope}:{subject.key}:{written(seen.before)}:{written(change.percent)}"]
    firsts: dict[int, Example] = {}
    async for offer in in_slices(_within(picture, subject), _PRICES_A_SLICE):
        if offer.markup is not None and offer.markup.scope.narrower_than(subject.scope):
            seen.narrower += 1
            continue
        trial = replace(offer, markup=after.of(offer.service.panel, offer.category_number, offer.number))
        example = _compare(seen, offer, trial, old, new)
        said.append(f"{offer.number}:{example.old.micros}:{example.new.micros}")
        _keep(seen, firsts, example)
    seen.examples = [*firsts.values(), *seen.examples][:_EXAMPLES]
    seen.mark = marks.of(";".join(said))
    return seen


async def set_markup(
    shop: Shop, change: Change, mark: str, operator_id: int, update_id: int, now: datetime
) -> tuple[Outcome, Preview]:
    """Set what `mark` stands for, or nothing; with what it did, or would do now. Raises NotFound."""
    async with shop.shelf.changing:
        seen = await preview(shop, change)
        if seen.before == change.percent:
            return Outcome.ALREADY, seen
        if seen.mark != mark:
            return Outcome.CHANGED, seen

        async def work(tx: Tx) -> bool:
            if await markups.get(tx, change.subject) != seen.before:
                return False
            await markups.put(tx, change.subject, change.percent)
            subject, key = _named(shop, change.subject), f"markup:{update_id}"
            await acts.record(tx, operator_id, ActKind.MARKUP, subject, _detail(seen), now, key)
            return True

        if not await shop.db.write(work):
            return Outcome.CHANGED, seen
        if change.percent is None:
            del shop.shelf.markups[change.subject]
        else:
            shop.shelf.markups[change.subject] = change.percent
        await shop.shelf.renew()
    return Outcome.SET, seen


def _exists(shop: Shop, subject: Subject) -> bool:
    match subject.scope:
        case Scope.SHOP:
            return subject == SHOP
        case Scope.PANEL:
            return subject.key in shop.shelf.stored or subject.key in shop.panels
        case Scope.CATEGORY:
            return subject.number in shop.shelf.catalogue.listed
        case Scope.SERVICE:
            return subject.number in shop.shelf.catalogue.offers


def _from_narrow_to_wide(shop: Shop, subject: Subject) -> Iterable[Subject]:
    yield subject
    if subject.scope is Scope.SERVICE:
        offer = shop.shelf.catalogue.offers[subject.number]
        yield Subject(Scope.CATEGORY, str(offer.category_number))
        yield Subject(Scope.PANEL, offer.service.panel)
    yield SHOP


def _within(picture: Catalogue, subject: Subject) -> Iterable[Offer]:
    """What of a subject has a price."""
    match subject.scope:
        case Scope.SERVICE:
            offers: Iterable[Offer] = [picture.offers[subject.number]]
        case Scope.CATEGORY:
            offers = picture.listed[subject.number].offers
        case Scope.PANEL:
            offers = (offer for offer in picture.offers.values() if offer.service.panel == subject.key)
        case Scope.SHOP:
            offers = picture.offers.values()
    return (offer for offer in offers if has_price(picture, offer))


def _compare(seen: Preview, offer: Offer, trial: Offer, old: PriceRules, new: PriceRules) -> Example:
    example = Example(trial, label_price(offer, old), label_price(trial, new))
    if example.new > example.old:
        seen.dearer += 1
    elif example.new < example.old:
        seen.cheaper += 1
    else:
        seen.same += 1
    return example


def _keep(seen: Preview, firsts: dict[int, Example], example: Example) -> None:
    """Keep a few prices that change, of different categories where there are some."""
    if example.new == example.old:
        return
    category = example.offer.category_number
    if len(firsts) < _EXAMPLES and category not in firsts:
        firsts[category] = example
    elif len(seen.examples) < _EXAMPLES:
        seen.examples.append(example)


def _named(shop: Shop, subject: Subject) -> str:
    picture = shop.shelf.catalogue
    match subject.scope:
        case Scope.CATEGORY:
            return f"category {subject.key} ({picture.listed[subject.number].name})"
        case Scope.SERVICE:
            return f"service {subject.key} ({picture.offers[subject.number].name})"
        case Scope.PANEL:
            return f"panel {subject.key}"
        case Scope.SHOP:
            return "shop"


def _detail(seen: Preview) -> str:
    return f"{written(seen.before)} to {written(seen.change.percent)}, {seen.changes} prices"
