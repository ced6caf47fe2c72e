"""Services whose first order cost something else than computed: off sale until an operator has looked."""

from __future__ import annotations

from markupsafe import Markup

from bot.domain.errors import BelowCost
from bot.engine import charges
from handlers.operator import words
from handlers.operator.answers import show
from handlers.operator.buttons import AgreeCharge, ShowCharges
from handlers.operator.screens_charges import charges_screen
from handlers.visits import Visit


async def show_charges(visit: Visit, button: ShowCharges) -> None:
    """A page of the services that wait."""
    await _show(visit, button.page)


async def agree_to_charge(visit: Visit, button: AgreeCharge) -> None:
    """A service is for sale again, at the price the shop computes, where that covers what the panel takes."""
    try:
        offer = await charges.accept(visit.shop, button.service, button.mark, visit.person.id, visit.now)
    except BelowCost:
        await _show(visit, button.page, toast=visit.texts.plain("operator.charges.loses-toast"))
        return
    if offer is None:
        await _show(visit, button.page, toast=visit.texts.plain("operator.charges.changed"))
        return
    await _show(visit, button.page, visit.texts.html("operator.charges.agreed", service=words.short(offer.name)))


async def _show(visit: Visit, page: int, note: Markup | None = None, toast: str | None = None) -> None:
    odd = charges.odd_ones(visit.shop)
    losing = {offer.number for offer in odd if charges.loses(visit.shop, offer)}
    await show(visit, charges_screen(visit.texts, odd, losing, page, note), toast)
