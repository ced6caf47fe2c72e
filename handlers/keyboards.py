"""Screens and the buttons under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from markupsafe import Markup
from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from handlers.callbacks import Button

LABEL_MAX_CHARACTERS: Final = 60
Style = Literal["primary", "success", "danger"]


@dataclass(frozen=True, slots=True)
class Screen:
    """What a message shows: Telegram HTML and the buttons under it."""

    html: Markup
    keyboard: InlineKeyboardMarkup | None = None


def key(label: str, button: Button, style: Style | None = None) -> InlineKeyboardButton:
    """One button; a long label is cut with `…`."""
    return InlineKeyboardButton(cut(label), callback_data=button.pack(), style=style)


def copy_key(label: str, text: str) -> InlineKeyboardButton:
    """A button that copies a text to the clipboard."""
    return InlineKeyboardButton(cut(label), copy_text=CopyTextButton(text))


def keyboard(*rows: Sequence[InlineKeyboardButton] | InlineKeyboardButton | None) -> InlineKeyboardMarkup:
    """Rows of buttons; a lone button is a row, None and empty rows are left out."""
    made = [[row] if isinstance(row, InlineKeyboardButton) else list(row) for row in rows if row]
    return InlineKeyboardMarkup(made)


def cut(text: str, limit: int = LABEL_MAX_CHARACTERS) -> str:
    """The text, cut with `…` when it is longer than a label may be."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
