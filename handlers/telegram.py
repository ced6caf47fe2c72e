"""The Bot API's calls that take a screen, and the one place that reads the words in which it refuses.

Source: https://core.telegram.org/bots/api#making-requests promises no more than "a human-readable description"; the
phrases are those Telegram sends.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, Final

from telegram import InputMediaPhoto, LabeledPrice, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot.domain.topups import XTR
from handlers.customer.screens_topup import Invoice
from handlers.keyboards import Screen

_LOG: Final = logging.getLogger(__name__)

NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)
_UNCHANGED: Final = ("not modified",)
#: The message is gone, may not be edited any more, or is a file, which takes no other text.
_GONE: Final = (
    "message to edit not found", "message can't be edited", "message_id_invalid", "no text in the message to edit",
)  # fmt: skip
#: Telegram gave up on a press before the bot answered: nothing turns for the person any more.
_PRESS_TOO_OLD: Final = ("query is too old", "query id is invalid")
_NO_CHAT: Final = "chat not found"
_NOBODY: Final = (_NO_CHAT, "user not found", "peer_id_invalid", "user is deactivated", "bot was blocked")
_UNREADABLE: Final = ("can't parse",)


async def edit(bot: ExtBot[Any], chat_id: int, message_id: int, screen: Screen, pace: object = None) -> bool:
    """Put a screen into a message; False when that cannot be edited any more. `pace` is for the rate limiter."""
    return await _edited(
        bot.edit_message_text(
            screen.html,
            chat_id=chat_id,
            message_id=message_id,
            parse_mode=ParseMode.HTML,
            reply_markup=screen.keyboard,
            link_preview_options=NO_PREVIEW,
            rate_limit_args=pace,
        )
    )


async def edit_caption(bot: ExtBot[Any], chat_id: int, message_id: int, screen: Screen, pace: object = None) -> bool:
    """Put a screen below a picture or a file; False when that cannot be edited any more."""
    return await _edited(
        bot.edit_message_caption(
            chat_id,
            message_id,
            caption=screen.html,
            parse_mode=ParseMode.HTML,
            reply_markup=screen.keyboard,
            rate_limit_args=pace,
        )
    )


async def edit_picture(bot: ExtBot[Any], chat_id: int, message_id: int, picture: bytes, screen: Screen) -> bool:
    """Put another picture, with a screen below it, into a message; False when that cannot be edited any more."""
    media = InputMediaPhoto(picture, caption=screen.html, parse_mode=ParseMode.HTML)
    return await _edited(
        bot.edit_message_media(media, chat_id=chat_id, message_id=message_id, reply_markup=screen.keyboard)
    )


async def _edited(call: Awaitable[object]) -> bool:
    try:
        await call
    except BadRequest as error:
        if _says(error, _UNCHANGED):
            return True
        if _says(error, _GONE):
            return False
        raise
    return True


async def send_picture(
    bot: ExtBot[Any], chat_id: int, picture: bytes | str, screen: Screen, pace: object = None
) -> int:  # fmt: skip
    """Send a picture, or Telegram's own of this name, with a screen below it; the message's id."""
    message = await bot.send_photo(
        chat_id,
        picture,
        caption=screen.html,
        parse_mode=ParseMode.HTML,
        reply_markup=screen.keyboard,
        rate_limit_args=pace,
    )
    return message.message_id


async def send_document(
    bot: ExtBot[Any], chat_id: int, data: bytes | str, name: str | None, screen: Screen, pace: object = None
) -> int:  # fmt: skip
    """Send a file under a name, or Telegram's own of this id as it is, with a screen below it; the message's id."""
    message = await bot.send_document(
        chat_id,
        data,
        filename=name,
        caption=screen.html,
        parse_mode=ParseMode.HTML,
        reply_markup=screen.keyboard,
        rate_limit_args=pace,
    )
    return message.message_id


async def send_invoice(bot: ExtBot[Any], chat_id: int, invoice: Invoice) -> int:
    """Send an invoice in Stars, with Telegram's own button to pay it; the message's id."""
    message = await bot.send_invoice(
        chat_id,
        title=invoice.title,
        description=invoice.about,
        payload=invoice.token,
        currency=XTR,
        prices=[LabeledPrice(invoice.label, invoice.stars)],
        provider_token="",
    )
    return message.message_id


async def stars_of(bot: ExtBot[Any]) -> int | None:
    """How many Stars the bot has at Telegram; None while it cannot be asked."""
    try:
        return (await bot.get_my_star_balance()).amount
    except TelegramError as error:
        _LOG.info("Telegram does not tell the bot's Stars", extra={"problem": error.message})
        return None


async def send(bot: ExtBot[Any], chat_id: int, screen: Screen, pace: object = None, *, plain: bool = False) -> int:
    """Send a screen as a new message, without its markup where `plain`; the message's id."""
    message = await bot.send_message(
        chat_id,
        screen.html.striptags() if plain else screen.html,
        parse_mode=None if plain else ParseMode.HTML,
        reply_markup=screen.keyboard,
        link_preview_options=NO_PREVIEW,
        rate_limit_args=pace,
    )
    return message.message_id


def is_nobody(error: TelegramError) -> bool:
    """Whether the person cannot be reached: they blocked the bot, are gone or never started it."""
    return isinstance(error, Forbidden | ChatMigrated) or (isinstance(error, BadRequest) and _says(error, _NOBODY))


def is_no_chat(error: TelegramError) -> bool:
    """Whether the person has not started the bot or blocks it, so that nothing of theirs can be set."""
    return isinstance(error, Forbidden) or (isinstance(error, BadRequest) and _says(error, (_NO_CHAT,)))


def is_press_too_old(error: BadRequest) -> bool:
    """Whether Telegram gave up on a press before it was answered."""
    return _says(error, _PRESS_TOO_OLD)


def is_unreadable(error: BadRequest) -> bool:
    """Whether Telegram cannot read the markup of a text."""
    return _says(error, _UNREADABLE)


def is_without_caption(error: BadRequest) -> bool:
    """Whether a message has words but no picture or file they could stand below."""
    return _says(error, ("no caption",))


def wait_of(error: RetryAfter) -> timedelta:
    """How long Telegram asks to wait: whole seconds, or a timedelta under PTB_TIMEDELTA."""
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)


def _says(error: TelegramError, phrases: tuple[str, ...]) -> bool:
    said = error.message.lower()
    return any(phrase in said for phrase in phrases)
