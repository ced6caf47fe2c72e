"""The shop's pages in the operator's words: read by everybody, changed by operators. Every change leaves an act."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.domain.acts import ActKind
from bot.domain.errors import AlreadyDecided
from bot.domain.pages import LIMITS, OwnPage, PageName, length, seen
from bot.domain.text import is_storable
from bot.engine.shop import Shop
from storage import acts, pages
from storage.database import Tx

#: An act's detail where the standard text holds again.
STANDARD: Final = "standard"
_SHOWN_IN_ACT: Final = 120


class Unfit(ValueError):
    """A text that cannot be a page: nothing in it, longer than `limit`, or with what no database takes."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"a page of {length} characters, of which {limit} may be")
        self.length = length
        self.limit = limit


async def own(shop: Shop, name: PageName, language: str) -> OwnPage | None:
    """What an operator wrote for a page in a language; None while the standard text holds."""

    async def work(tx: Tx) -> OwnPage | None:
        return await pages.get(tx, name, language)

    return await shop.db.read(work)


async def all_own(shop: Shop) -> list[OwnPage]:
    """Every page an operator wrote, in whatever language."""

    async def work(tx: Tx) -> list[OwnPage]:
        return await pages.every(tx)

    return await shop.db.read(work)


async def write(
    shop: Shop, name: PageName, language: str, text: str, operator_id: int, update_id: int, now: datetime
) -> bool:
    """Put a text of Telegram's HTML in place of a page; False when this update did so already. Raises Unfit."""
    refuse_unfit(name, text)

    async def work(tx: Tx) -> bool:
        if not await _acted(tx, name, language, seen(text)[:_SHOWN_IN_ACT], operator_id, update_id, now):
            return False
        await pages.put(tx, name, language, text, operator_id, now)
        return True

    return await shop.db.write(work)


async def back_to_standard(
    shop: Shop, name: PageName, language: str, instead_of: str, operator_id: int, update_id: int, now: datetime
) -> bool:
    """Let the standard text hold again; False when this update did so already.

    Raises AlreadyDecided where the page is no longer the text it is to replace: somebody changed it meanwhile.
    """

    async def work(tx: Tx) -> bool:
        if await acts.is_known(tx, _key(update_id)):
            return False
        found = await pages.get(tx, name, language)
        if found is None or found.text != instead_of:
            raise AlreadyDecided
        await pages.drop(tx, name, language)
        return await _acted(tx, name, language, STANDARD, operator_id, update_id, now)

    return await shop.db.write(work)


def refuse_unfit(name: PageName, text: str) -> None:
    """Raise Unfit for a text that cannot be this page."""
    long = length(text)
    if not 0 < long <= LIMITS[name] or not is_storable(text):
        raise Unfit(long, LIMITS[name])


async def _acted(
    tx: Tx, name: PageName, language: str, detail: str, operator_id: int, update_id: int, now: datetime
) -> bool:
    """Write the act down; False where this update has left it already."""
    if await acts.is_known(tx, _key(update_id)):
        return False
    await acts.record(tx, operator_id, ActKind.PAGE, f"page {name} {language}", detail, now, _key(update_id))
    return True


def _key(update_id: int) -> str:
    return f"{ActKind.PAGE}:{update_id}"
