"""Titles, order, and what customers do not see: the operator's side of the catalogue. Every one leaves an act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from bot.domain.acts import ActKind
from bot.domain.arranging import Arrangement, moved
from bot.domain.catalog import Category, Offer
from bot.domain.errors import NotFound
from bot.domain.markups import Scope
from bot.engine.shop import Shop
from storage import acts, arranging
from storage.database import Tx

#: What can be arranged, as the catalogue shows it.
Item: TypeAlias = Category | Offer


@dataclass(frozen=True, slots=True)
class Deed:
    """Who arranges, by which update, and when: the same update leaves one act."""

    operator_id: int
    update_id: int
    at: datetime


def item(shop: Shop, scope: Scope, number: int) -> Item:
    """The category or service of this number; NotFound when there is none that a panel lists, or ever did."""
    picture = shop.shelf.catalogue
    found = picture.listed.get(number) if scope is Scope.CATEGORY else picture.offers.get(number)
    if found is None:
        raise NotFound
    return found


def siblings(shop: Shop, scope: Scope, number: int) -> Sequence[Item]:
    """Everything a category or service stands in order with, itself included while a panel lists it."""
    picture, found = shop.shelf.catalogue, item(shop, scope, number)
    if isinstance(found, Category):
        return list(picture.listed.values())
    category = picture.listed.get(found.category_number)
    return category.offers if category else ()


def place_of(shop: Shop, scope: Scope, number: int) -> int | None:
    """Where it stands among its siblings, from 0; None for a service its panel lists no more."""
    return next((i for i, other in enumerate(siblings(shop, scope, number)) if other.number == number), None)


async def hide(shop: Shop, scope: Scope, number: int, deed: Deed, *, hidden: bool) -> bool:
    """Keep a category or a service from customers, or show it again; False when it is so already. NotFound."""
    kind, detail = (ActKind.HIDE, "from customers") if hidden else (ActKind.SHOW, "to customers")
    async with shop.shelf.changing:
        before = item(shop, scope, number)
        return await _write(shop, before, replace(before.own, hidden=hidden), deed, kind, detail)


async def rename(shop: Shop, scope: Scope, number: int, title: str | None, deed: Deed) -> bool:
    """Give a category or a service a title, or its panel's name again; False when it is so already. NotFound."""
    async with shop.shelf.changing:
        before = item(shop, scope, number)
        own = replace(before.own, title=None if title == given_name(before) else title)
        return await _write(shop, before, own, deed, ActKind.RENAME, f"to {own.title or given_name(before)}")


async def move(shop: Shop, scope: Scope, number: int, was: int, to: int, deed: Deed) -> bool:
    """Put a category or a service elsewhere among its siblings; False when it no longer stands where it was. NotFound.

    Where it stands at `to` already, that is enough.
    """
    async with shop.shelf.changing:
        others, stands = siblings(shop, scope, number), place_of(shop, scope, number)
        to = min(max(to, 0), len(others) - 1)
        if stands != was or stands == to:
            return stands == to
        places = {others[i].number: place for i, place in moved([o.own.place for o in others], was, to).items()}

        async def work(tx: Tx) -> None:
            await arranging.place(tx, scope, places)
            await _record(tx, others[was], deed, ActKind.MOVE, f"from place {was + 1} to {to + 1}")

        await shop.db.write(work)
        await _show(shop, {o: replace(o.own, place=places[o.number]) for o in others if o.number in places})
    return True


def given_name(of: Item) -> str:
    """What the panels call it."""
    return of.given if isinstance(of, Category) else of.service.name


def scope_of(of: Item) -> Scope:
    """Which of the two it is."""
    return Scope.CATEGORY if isinstance(of, Category) else Scope.SERVICE


async def _write(shop: Shop, before: Item, own: Arrangement, deed: Deed, kind: ActKind, detail: str) -> bool:
    if own == before.own:
        return False

    async def work(tx: Tx) -> None:
        await arranging.write(tx, scope_of(before), before.number, own)
        await _record(tx, before, deed, kind, detail)

    await shop.db.write(work)
    await _show(shop, {before: own})
    return True


async def _record(tx: Tx, of: Item, deed: Deed, kind: ActKind, detail: str) -> None:
    subject = f"{scope_of(of)} {of.number} ({of.name})"
    await acts.record(tx, deed.operator_id, kind, subject, detail, deed.at, f"{kind}:{deed.update_id}")


async def _show(shop: Shop, owns: Mapping[Item, Arrangement]) -> None:
    """Let the shelf follow what was written; whoever calls holds `changing`."""
    shelf = shop.shelf
    kinds = {item.number: own for item, own in owns.items() if isinstance(item, Category)}
    for key, kind in shelf.category_keys.items():
        if kind.number in kinds:
            shelf.category_keys[key] = replace(kind, own=kinds[kind.number])
    services = [(item.service, own) for item, own in owns.items() if isinstance(item, Offer)]
    await shelf.put([replace(shelf.stored[service.panel][service.id], own=own) for service, own in services])
