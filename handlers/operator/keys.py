"""Buttons that stand below many of the desk's screens."""

from __future__ import annotations

from telegram import InlineKeyboardButton

from handlers.keyboards import key
from handlers.operator.buttons import ShowDesk
from handlers.texts import Texts


def desk_key(texts: Texts) -> InlineKeyboardButton:
    """Back to the dashboard."""
    return key(texts.plain("operator.key.desk"), ShowDesk())
