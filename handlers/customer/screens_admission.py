"""What those see who cannot order now. Pure: data to Screen."""

from __future__ import annotations

from dataclasses import replace

from telegram import InlineKeyboardButton

from bot.domain.errors import Banned, Braked, Frozen, TurnedAway
from bot.domain.money import Money
from handlers.callbacks import AddMoney, AskSupport, KeepAnswer, LeaveOrder, ShowCategories, ShowMenu, ShowOrders
from handlers.context import Draft
from handlers.keyboards import BLANK, Screen, key, keyboard, lines
from handlers.texts import Texts


def with_banner(texts: Texts, screen: Screen, refused: TurnedAway) -> Screen:
    """A screen of a shop that takes no orders."""
    return replace(screen, html=lines(screen.html, BLANK, texts.html(f"admission.{said(refused)}-banner")))


def said(refused: TurnedAway) -> str:
    """How the texts are called that say why nothing can be ordered."""
    if isinstance(refused, Frozen):
        return "frozen"
    return "brake" if isinstance(refused, Braked) else "maintenance"


def facts_of(refused: TurnedAway) -> dict[str, Money]:
    """What these texts name."""
    return {"owed": refused.owed} if isinstance(refused, Frozen) else {}


def turned_away(texts: Texts, refused: TurnedAway) -> Screen:
    """Why no order can be begun, and where to go instead."""
    ways = [key(texts.plain("menu.orders"), ShowOrders(1, 0)), key(texts.plain("menu.support"), AskSupport())]
    if isinstance(refused, Banned):
        return Screen(texts.html("admission.banned"), keyboard(ways, key(texts.plain("menu.home"), ShowMenu())))
    html = texts.html(f"admission.{said(refused)}", **facts_of(refused))
    return Screen(html, keyboard(_pay(texts, refused), key(texts.plain("admission.look"), ShowCategories(1)), ways))


def come_back(texts: Texts, draft: Draft | None, refused: TurnedAway) -> Screen:
    """Nothing can be ordered now, and what was filled in waits until it can."""
    if draft is None:
        return turned_away(texts, refused)
    again = key(texts.plain("admission.again"), KeepAnswer(draft.id), "primary")
    leave = key(texts.plain("menu.cancel"), LeaveOrder(draft.id))
    html = texts.html(f"admission.{said(refused)}-kept", **facts_of(refused))
    return Screen(html, keyboard(_pay(texts, refused), again, leave))


def _pay(texts: Texts, refused: TurnedAway) -> InlineKeyboardButton | None:
    """The way to pay what is owed."""
    return key(texts.plain("wallet.add-money"), AddMoney(), "primary") if isinstance(refused, Frozen) else None
