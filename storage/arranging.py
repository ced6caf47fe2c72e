"""What operators made of categories and services; a refresh writes none of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.domain.arranging import Arrangement
from bot.domain.markups import Scope
from storage.database import Tx

_WRITE: Final = {
    Scope.CATEGORY: "UPDATE categories SET title = $2, hidden = $3 WHERE number = $1",
    Scope.SERVICE: "UPDATE services SET title = $2, hidden = $3 WHERE number = $1",
}
_PLACE: Final = {
    Scope.CATEGORY: "UPDATE categories SET place = $2 WHERE number = $1",
    Scope.SERVICE: "UPDATE services SET place = $2 WHERE number = $1",
}


async def write(tx: Tx, scope: Scope, number: int, own: Arrangement) -> None:
    """Store a category's or a service's title, and whether it is hidden."""
    await tx.run(_WRITE[scope], number, own.title, int(own.hidden))


async def place(tx: Tx, scope: Scope, places: Mapping[int, int]) -> None:
    """Store where categories, or services of a category, stand; by number."""
    await tx.many(_PLACE[scope], list(places.items()))
