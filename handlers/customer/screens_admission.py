"""What those see who cannot order now. Pure: data to Screen."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.errors import Banned, Braked, TurnedAway
from handlers.callbacks import AskSupport, KeepAnswer, LeaveOrder, ShowCategories, ShowMenu, ShowOrders
from handlers.context import Draft
from handlers.keyboards import BLANK, Screen, key, keyboard, lines
from handlers.texts import Texts


def with_banner(texts: Texts, screen: Screen, refused: TurnedAway) -> Screen:
    """A screen of a shop that takes no orders."""
    return replace(screen, html=lines(screen.html, BLANK, texts.html(f"admission.{said(refused)}-banner")))


def said(refused: TurnedAway) -> str:
    """How the texts are called that say why nobody can order."""
    return "brake" if isinstance(refused, Braked) else "maintenance"


def turned_away(texts: Texts, refused: TurnedAway) -> Screen:
    """Why no order can be begun, and where to go instead."""
    ways = [key(texts.plain("menu.orders"), ShowOrders(1, 0)), key(texts.plain("menu.support"), AskSupport())]
    if isinstance(refused, Banned):
        return Screen(texts.html("admission.banned"), keyboard(ways, key(texts.plain("menu.home"), ShowMenu())))
    look = key(texts.plain("admission.look"), ShowCategories(1))
    return Screen(texts.html(f"admission.{said(refused)}"), keyboard(look, ways))


def come_back(texts: Texts, draft: Draft | None, refused: TurnedAway) -> Screen:
    """The shop takes no orders, and the one that was filled in waits until it does."""
    if draft is None:
        return turned_away(texts, refused)
    again = key(texts.plain("admission.again"), KeepAnswer(draft.id), "primary")
    leave = key(texts.plain("menu.cancel"), LeaveOrder(draft.id))
    return Screen(texts.html(f"admission.{said(refused)}-kept"), keyboard(again, leave))
