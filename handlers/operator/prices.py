"""Price jumps: a yes covers exactly the prices that were shown, never those that came later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from bot.domain.catalog import Offer
from bot.engine import catalogue, desk
from handlers.operator import words
from handlers.operator.answers import show
from handlers.operator.buttons import AgreeAll, AgreeOne, AskAgreeAll, ShowJumps
from handlers.operator.screens_prices import confirm_all, jumps_screen
from handlers.visits import Visit

_NAMED: Final = 5


async def show_jumps(visit: Visit, button: ShowJumps) -> None:
    """A page of the price jumps that wait."""
    await _show(visit, button.page)


async def agree_to_one(visit: Visit, button: AgreeOne) -> None:
    """One new price becomes the price."""
    jumps = [offer for offer in _waiting(visit) if offer.number == button.service]
    if not await _accepted(visit, jumps, button.mark):
        await _changed(visit, button.page)
        return
    note = visit.texts.html("operator.jumps.agreed-one", service=words.short(jumps[0].service.name))
    await _show(visit, button.page, note)


async def ask_about_all(visit: Visit, button: AskAgreeAll) -> None:
    """What a yes to all means."""
    jumps = _waiting(visit)
    if not jumps or catalogue.digest(jumps) != button.mark:
        await _changed(visit, 1)
        return
    await show(visit, confirm_all(visit.texts, jumps))


async def agree_to_all(visit: Visit, button: AgreeAll) -> None:
    """All new prices that were shown become the prices."""
    jumps = _waiting(visit)
    if not await _accepted(visit, jumps, button.mark):
        await _changed(visit, 1)
        return
    await _show(visit, 1, visit.texts.html("operator.jumps.agreed-all", count=len(jumps)))


def _waiting(visit: Visit) -> list[Offer]:
    return sorted(catalogue.jumps_of(visit.shop), key=lambda offer: offer.number)


async def _accepted(visit: Visit, jumps: Sequence[Offer], mark: str) -> bool:
    """Accept the prices if they are exactly those that `mark` stands for."""
    if not jumps or catalogue.digest(jumps) != mark:
        return False
    named = ", ".join(f"{o.number}: {o.service.rate} to {o.pending_rate}" for o in jumps[:_NAMED])
    rest = f" and {len(jumps) - _NAMED} more" if len(jumps) > _NAMED else ""
    subject = f"prices ({len(jumps)})"
    await desk.note_act(
        visit.shop, visit.person.id, "accept", subject, named + rest, visit.now, update_id=visit.update.update_id
    )
    # A refresh may have brought other prices while the act was written; nothing is awaited from here on.
    chosen = {offer.number for offer in jumps}
    current = [offer for offer in _waiting(visit) if offer.number in chosen]
    if catalogue.digest(current) != mark:
        return False
    await catalogue.accept_rates(visit.shop, current, visit.now)
    return True


async def _changed(visit: Visit, page: int) -> None:
    await _show(visit, page, toast=visit.texts.plain("operator.jumps.changed"))


async def _show(visit: Visit, page: int, note: Markup | None = None, toast: str | None = None) -> None:
    await show(visit, jumps_screen(visit.texts, _waiting(visit), page, note), toast)
