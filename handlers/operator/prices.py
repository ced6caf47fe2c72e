"""Price jumps: a yes covers exactly the prices that were shown, never those that came later."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from bot.domain.catalog import Offer
from bot.engine import prices
from handlers.operator import words
from handlers.operator.answers import show
from handlers.operator.buttons import AgreeAll, AgreeOne, AskAgreeAll, ShowJumps
from handlers.operator.screens_prices import confirm_all, jumps_screen
from handlers.visits import Visit


async def show_jumps(visit: Visit, button: ShowJumps) -> None:
    """A page of the price jumps that wait."""
    await _show(visit, button.page)


async def agree_to_one(visit: Visit, button: AgreeOne) -> None:
    """One new price becomes the price."""
    offer = visit.shop.shelf.catalogue.offer(button.service)
    if offer is None or not await _accept(visit, [offer], button.mark):
        await _changed(visit, button.page)
        return
    note = visit.texts.html("operator.jumps.agreed-one", service=words.short(offer.name))
    await _show(visit, button.page, note)


async def ask_about_all(visit: Visit, button: AskAgreeAll) -> None:
    """What a yes to all means."""
    jumps = _waiting(visit)
    if not jumps or prices.mark_of(jumps) != button.mark:
        await _changed(visit, 1)
        return
    await show(visit, confirm_all(visit.texts, jumps))


async def agree_to_all(visit: Visit, button: AgreeAll) -> None:
    """All new prices that were shown become the prices."""
    jumps = _waiting(visit)
    if not await _accept(visit, jumps, button.mark):
        await _changed(visit, 1)
        return
    await _show(visit, 1, visit.texts.html("operator.jumps.agreed-all", count=len(jumps)))


def _waiting(visit: Visit) -> list[Offer]:
    return sorted(prices.jumps_of(visit.shop), key=lambda offer: offer.number)


async def _accept(visit: Visit, jumps: Sequence[Offer], mark: str) -> bool:
    numbers = {offer.number for offer in jumps}
    return await prices.accept(visit.shop, numbers, mark, visit.person.id, visit.now)


async def _changed(visit: Visit, page: int) -> None:
    await _show(visit, page, toast=visit.texts.plain("operator.jumps.changed"))


async def _show(visit: Visit, page: int, note: Markup | None = None, toast: str | None = None) -> None:
    await show(visit, jumps_screen(visit.texts, _waiting(visit), page, note), toast)
