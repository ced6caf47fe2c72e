"""Screens and the buttons under them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from markupsafe import Markup
from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from handlers.callbacks import Button
from handlers.texts import Texts
from storage.views import Page, spread

LABEL_MAX_CHARACTERS: Final = 60
#: A blank line among others.
BLANK: Final = Markup("")
T = TypeVar("T")
Style = Literal["primary", "success", "danger"]


@dataclass(frozen=True, slots=True)
class Screen:
    """What a message shows: Telegram HTML and the buttons under it."""

    html: Markup
    keyboard: InlineKeyboardMarkup | None = None


def key(
    label: str, button: Button, style: Style | None = None, limit: int = LABEL_MAX_CHARACTERS
) -> InlineKeyboardButton:
    """One button; a long label is cut with `…`."""
    return InlineKeyboardButton(cut(label, limit), callback_data=button.pack(), style=style)


def copy_key(label: str, text: str) -> InlineKeyboardButton:
    """A button that copies a text to the clipboard."""
    return InlineKeyboardButton(cut(label), copy_text=CopyTextButton(text))


def link_key(label: str, url: str) -> InlineKeyboardButton:
    """A button that opens an address."""
    return InlineKeyboardButton(cut(label), url=url)


def keyboard(*rows: Sequence[InlineKeyboardButton] | InlineKeyboardButton | None) -> InlineKeyboardMarkup:
    """Rows of buttons; a lone button is a row, None and empty rows are left out."""
    made = [[row] if isinstance(row, InlineKeyboardButton) else list(row) for row in rows if row]
    return InlineKeyboardMarkup(made)


def page_of(items: Sequence[T], wanted: int, size: int) -> Page[T]:
    """One page of a list in memory; the nearest there is where the list has become shorter."""
    number, pages = spread(wanted, len(items), size)
    return Page(list(items[(number - 1) * size : number * size]), number, pages)


def pager(
    texts: Texts, page: Page[T], turn: Callable[[int], Button], back: Button | None = None
) -> list[InlineKeyboardButton]:
    """The row that turns pages; on the first one `« Back` leads to `back`."""
    row = []
    before = turn(page.number - 1) if page.number > 1 else back
    if before is not None:
        row.append(key(texts.plain("menu.back"), before))
    if page.number < page.pages:
        row.append(key(texts.plain("menu.next"), turn(page.number + 1)))
    return row


def lines(*parts: Markup | None) -> Markup:
    """Lines of a message; None is left out, BLANK is a blank line."""
    return Markup("\n").join(part for part in parts if part is not None)


def set_off(note: Markup | None) -> Sequence[Markup]:
    """A note and a blank line below it; nothing where there is no note."""
    return (note, BLANK) if note else ()


def cut(text: str, limit: int = LABEL_MAX_CHARACTERS) -> str:
    """The text, cut with `…` when it is longer than may be, by Telegram's count: an emoji or a fancy letter is two."""
    if width(text) <= limit:
        return text
    units = text[:limit].encode("utf-16-le", "replace")[: 2 * (limit - 1)]
    return f"{units.decode('utf-16-le', 'ignore').rstrip()}…"


def width(text: str) -> int:
    """How long Telegram finds a text: in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)
