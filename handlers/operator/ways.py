"""`/topups`: the ways of paying in, each turned on and off, with the rate of Stars and how to pay by hand."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from bot.domain.errors import NotOffered
from bot.domain.topups import Gateway
from bot.engine import star_deals, ways
from bot.engine.ways import Settled
from handlers import telegram
from handlers.keyboards import Screen
from handlers.operator import screens_ways as screens
from handlers.operator.answers import show
from handlers.operator.screens_ways import WaysView
from handlers.operator.way_buttons import AskTurnOn, ShowWay, ShowWays, TurnWay
from handlers.steps import END
from handlers.visits import Visit
from storage.database import Tx


async def topups_command(visit: Visit) -> int:
    """`/topups`."""
    return await show_all(visit)


async def show_ways(visit: Visit, button: ShowWays) -> int:
    """The same, by a button."""
    return await show_all(visit)


async def show_way(visit: Visit, button: ShowWay) -> int:
    """One way: how it stands."""
    if (way := way_named(button.gateway)) is None:
        return await show_all(visit)
    return await open_way(visit, way)


async def ask_turn_on(visit: Visit, button: AskTurnOn) -> int:
    """What Telegram's rules say of a way, before it is turned on."""
    way, view = way_named(button.gateway), await view_of(visit)
    if way is None:
        return await show_all(visit)
    if view.settled.ways.has(way) or not ways.can_be_on(visit.shop, view.settled, way):
        return await open_way(visit, way)
    visit.memory.way = None
    await show(visit, screens.rule_screen(visit.texts, way))
    return END


async def turn(visit: Visit, button: TurnWay) -> int:
    """On or off, for all customers at once."""
    way = way_named(button.gateway)
    if way is None:
        return await show_all(visit)
    try:
        await ways.set_way(
            visit.shop, way, visit.person.id, visit.update.update_id, visit.now, on=bool(button.on)
        )  # fmt: skip
    except NotOffered:
        return await open_way(visit, way)
    name = "turned-on" if button.on else "turned-off"
    return await open_way(visit, way, visit.texts.html(f"operator.ways.{name}"))


async def show_all(visit: Visit) -> int:
    """Every way."""
    visit.memory.way = None
    await show(visit, screens.ways_screen(visit.texts, await view_of(visit)))
    return END


async def open_way(visit: Visit, way: Gateway, note: Markup | None = None) -> int:
    """One way as it is now; what customers read about paying by hand stands above it."""
    visit.memory.way = None
    view = await view_of(visit)
    if way is Gateway.STARS:
        view = replace(view, stars=await telegram.stars_of(visit.context.bot))
    screen = screens.way_screen(visit.texts, view, way, note)
    # With a note the text stands above already: it was previewed, or shown before the tap.
    if note is None and way is Gateway.BY_HAND and view.settled.instructions is not None:
        await show(visit, Screen(Markup(view.settled.instructions)))  # noqa: S704 - made by PTB, which escapes
        await visit.reply(screen)
    else:
        await show(visit, screen)
    return END


async def view_of(visit: Visit) -> WaysView:
    """The ways as they are now."""

    async def work(tx: Tx) -> Settled:
        return await ways.settled(tx, visit.shop)

    found, terms = await visit.shop.db.read(work), visit.shop.terms
    deal = None if found.star is None else star_deals.deal(visit.shop, found.star)
    return WaysView(found, terms.cryptopay, terms.currency, ways.payout(visit.shop), deal)


def way_named(word: str) -> Gateway | None:
    """The way a button speaks of; None for what is none."""
    return Gateway(word) if word in screens.TURNED else None
