"""When nothing can be ordered: a word that says so kindly, and the way on."""

from __future__ import annotations

from bot.domain.errors import Banned, TurnedAway
from bot.engine import admission
from handlers.customer import screens_admission as screens
from handlers.keyboards import Screen
from handlers.steps import END, Next
from handlers.visits import Visit


async def with_banner(visit: Visit, screen: Screen) -> Screen:
    """The screen; while nobody can order with a word about it."""
    refused = await admission.closed(visit.shop)
    return screen if refused is None else screens.with_banner(visit.texts, screen, refused)


async def turned_away(visit: Visit, *, anew: bool = False) -> bool:
    """Whether the person may not begin an order now; if so, they have been told."""
    refused = await admission.refusal(visit.shop, visit.person.id)
    if refused is not None:
        await visit.put(screens.turned_away(visit.texts, refused), anew=anew)
    return refused is not None


async def turn_away(visit: Visit, refused: TurnedAway) -> Next:
    """Say why nothing can be ordered now. What was filled in stays, for a maintenance or a check ends."""
    if isinstance(refused, Banned):
        visit.memory.draft = None
        await visit.show(screens.turned_away(visit.texts, refused))
        return END
    await visit.show(screens.come_back(visit.texts, visit.memory.draft, refused))
    return None
