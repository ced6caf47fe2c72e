"""What those see who cannot order now. Pure: data to Screen."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.errors import Banned, InMaintenance, TurnedAway
from handlers.callbacks import AskSupport, KeepAnswer, LeaveOrder, ShowCategories, ShowMenu, ShowOrders
from handlers.context import Draft
from handlers.keyboards import BLANK, Screen, key, keyboard, lines
from handlers.texts import Texts


def with_banner(texts: Texts, screen: Screen) -> Screen:
    """A screen of a shop in maintenance."""
    return replace(screen, html=lines(screen.html, BLANK, texts.html("admission.banner")))


def turned_away(texts: Texts, refused: TurnedAway) -> Screen:
    """Why no order can be begun, and where to go instead."""
    ways = [key(texts.plain("menu.orders"), ShowOrders(1, 0)), key(texts.plain("menu.support"), AskSupport())]
    if isinstance(refused, Banned):
        return Screen(texts.html("admission.banned"), keyboard(ways, key(texts.plain("menu.home"), ShowMenu())))
    look = key(texts.plain("admission.look"), ShowCategories(1))
    return Screen(texts.html("admission.maintenance"), keyboard(look, ways))


def come_back(texts: Texts, draft: Draft | None) -> Screen:
    """The shop is in maintenance, and the order that was filled in waits for its end."""
    if draft is None:
        return turned_away(texts, InMaintenance())
    again = key(texts.plain("admission.again"), KeepAnswer(draft.id), "primary")
    return Screen(
        texts.html("admission.maintenance-kept"), keyboard(again, key(texts.plain("menu.cancel"), LeaveOrder(draft.id)))
    )
