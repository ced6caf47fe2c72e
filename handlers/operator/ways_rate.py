"""What one Star is worth: typed, shown with what it means, and set."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from bot.domain.topups import Gateway
from bot.engine import star_deals, ways
from bot.engine.ways import RATE_DIGITS, OddRate
from handlers.context import WayAsked
from handlers.operator import screens_ways as screens
from handlers.operator import words
from handlers.operator.answers import show
from handlers.operator.steps import Asked
from handlers.operator.way_buttons import AskPayout, AskRate, SetRate
from handlers.operator.ways import open_way, view_of
from handlers.steps import END
from handlers.visits import Visit

#: A comma is a decimal point in Turkish; what was understood is shown before it holds.
_RATE: Final = re.compile(rf"\A([0-9]{{1,7}})(?:[.,]([0-9]{{1,{RATE_DIGITS}}}))?\Z", re.ASCII)
_SHOWN_MAX_CHARACTERS: Final = 40


async def ask_rate(visit: Visit, button: AskRate) -> Asked:
    """Ask what one Star shall be worth."""
    visit.memory.way = None
    await show(visit, screens.ask_rate_screen(visit.texts, await view_of(visit)))
    return Asked.RATE


async def take_rate(visit: Visit) -> int | None:
    """The rate was typed: show what it means."""
    typed = visit.text.strip()
    found = _RATE.match(typed)
    if found is None:
        shown = words.short(typed, _SHOWN_MAX_CHARACTERS)
        await _ask_again(visit, visit.texts.html("operator.ways.rate-unreadable", typed=shown))
        return None
    rate = Decimal(f"{found[1]}.{found[2] or 0}")
    try:
        ways.refuse_odd_rate(visit.shop, rate)
    except OddRate as odd:
        currency = visit.shop.terms.currency
        least, most = (screens.shown_rate(visit.texts, bound, currency) for bound in (odd.least, odd.most))
        await _ask_again(visit, visit.texts.html("operator.ways.rate-odd", least=least, most=most))
        return None
    await _preview(visit, rate, WayAsked(visit.update.update_id, f"{rate:f}"))
    return END


async def ask_payout(visit: Visit, button: AskPayout) -> int:
    """Show what it means that a Star is worth what Telegram pays for it."""
    rate = ways.payout(visit.shop)
    if rate is None:
        return await open_way(visit, Gateway.STARS)
    await _preview(visit, rate, WayAsked(visit.update.update_id))
    return END


async def set_rate(visit: Visit, button: SetRate) -> int:
    """The rate that was shown holds from now on."""
    asked = visit.memory.way
    if asked is None or asked.update_id != button.update or asked.instructions:
        await visit.answer(visit.texts.plain("operator.ways.gone"), alert=True)
        return await open_way(visit, Gateway.STARS)
    rate = Decimal(asked.rate) if asked.rate else None
    try:
        await ways.set_star_rate(visit.shop, rate, visit.person.id, visit.update.update_id, visit.now)
    except OddRate:  # the settings' exchange rate changed since it was typed
        await visit.answer(visit.texts.plain("operator.ways.gone"), alert=True)
        return await open_way(visit, Gateway.STARS)
    return await open_way(visit, Gateway.STARS, visit.texts.html("operator.ways.rate-set"))


async def take_no_text(visit: Visit) -> None:
    """Neither text nor a command: the question stays open."""
    await _ask_again(visit, visit.texts.html("operator.ask.text-only"))


async def leave(visit: Visit) -> int:
    """`/cancel`: the rate stays."""
    return await open_way(visit, Gateway.STARS, visit.texts.html("operator.ask.left"))


async def _preview(visit: Visit, rate: Decimal, asked: WayAsked) -> None:
    visit.memory.way = asked
    view, deal = await view_of(visit), star_deals.deal(visit.shop, rate)
    await show(visit, screens.confirm_rate_screen(visit.texts, view, rate, deal, asked.update_id))


async def _ask_again(visit: Visit, note: Markup) -> None:
    await visit.reply(screens.ask_rate_screen(visit.texts, await view_of(visit), note))
