"""Finding categories, services and panels by what an operator types: a number, a name, or part of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from bot.domain.catalog import Unsold, folded
from bot.domain.markups import Scope
from bot.domain.text import plain_name
from bot.engine.arranging import Item, given_name
from bot.engine.shelf import Catalogue, in_slices

_NUMBER: Final = re.compile(r"\A#?([1-9][0-9]{0,17})\Z", re.ASCII)
#: What can be arranged one by one.
ARRANGED: Final = (Scope.CATEGORY, Scope.SERVICE)


async def find(picture: Catalogue, typed: str, scopes: Sequence[Scope] = ARRANGED) -> list[Item]:
    """What a number or a name stands for; a name in full comes before parts of names.

    `category 3` and `service 12` say which of two of the same number is meant.
    """
    scope, _, rest = typed.partition(" ")
    if len(scopes) > 1 and scope.lower() in ARRANGED and (found := await find(picture, rest, (Scope(scope.lower()),))):
        return found
    number = _NUMBER.match(typed)
    if number and (found := list(_of_number(picture, scopes, int(number[1])))):
        return found
    wanted = folded(plain_name(typed))
    return await _of_name(picture, wanted, scopes) if wanted else []


def panels_named(names: Iterable[str], typed: str) -> list[str]:
    """The panels a name or part of one stands for."""
    wanted = folded(plain_name(typed))
    named = {name: folded(name) for name in names}
    in_full = [name for name, form in named.items() if form == wanted]
    return in_full or [name for name, form in named.items() if wanted and wanted in form]


def _of_number(picture: Catalogue, scopes: Sequence[Scope], number: int) -> Iterator[Item]:
    if Scope.CATEGORY in scopes and (category := picture.listed.get(number)):
        yield category
    if Scope.SERVICE in scopes and (offer := picture.offers.get(number)):
        yield offer


async def _of_name(picture: Catalogue, wanted: str, scopes: Sequence[Scope]) -> list[Item]:
    in_full, in_part = list[Item](), list[Item]()
    async for item in in_slices(_items(picture, scopes)):
        forms = {folded(item.name), folded(given_name(item))}
        if wanted in forms:
            in_full.append(item)
        elif any(wanted in form for form in forms):
            in_part.append(item)
    return in_full or in_part


def _items(picture: Catalogue, scopes: Sequence[Scope]) -> Iterable[Item]:
    if Scope.CATEGORY in scopes:
        yield from picture.listed.values()
    if Scope.SERVICE in scopes:
        yield from (offer for offer in picture.offers.values() if offer.unsold is not Unsold.GONE)
