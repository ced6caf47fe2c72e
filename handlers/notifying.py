"""How notices go out: paced, and without their markup rather than not at all."""

from __future__ import annotations

from typing import Any, Final

from telegram.error import BadRequest
from telegram.ext import ExtBot

from handlers import telegram
from handlers.keyboards import Screen

#: How the rate limiter knows a notice, which it paces, from an answer, which goes at once.
NOTICE: Final = "notice"


async def send_notice(bot: ExtBot[Any], chat_id: int, screen: Screen) -> int:
    """Send a new message; without markup where Telegram cannot read it, for the news matter more."""
    try:
        return await telegram.send(bot, chat_id, screen, NOTICE)
    except BadRequest as error:
        if not telegram.is_unreadable(error):
            raise
    return await telegram.send(bot, chat_id, screen, NOTICE, plain=True)
