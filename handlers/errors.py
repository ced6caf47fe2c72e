"""When a handler fails: the log gets everything, the person a code and no internals."""

from __future__ import annotations

import logging
from typing import Any, Final

from telegram import Chat, Update, User
from telegram.constants import ParseMode
from telegram.error import Forbidden
from telegram.ext import ApplicationHandlerStop, ExtBot

from handlers.context import Context, Counter
from handlers.texts import Texts
from handlers.visits import answer_press
from storage import views
from storage.database import Tx

log: Final = logging.getLogger(__name__)


async def on_error(update: object, context: Context) -> None:
    """Log a failure under its incident code; whether the update is tried again is the intake's business.

    Nothing else acts on the update: where the gate failed, it stays shut.
    """
    incident = incident_of(update) if isinstance(update, Update) else "-"
    if isinstance(context.error, Forbidden):
        log.info("the person has blocked the bot", extra={"incident": incident})
    else:
        log.error("a handler failed", exc_info=context.error, extra={"incident": incident})
    raise ApplicationHandlerStop


async def apologise(bot: ExtBot[Any], counter: Counter, update: Update) -> None:
    """Tell the person that their update was given up, with the code the log has; silent outside private chats."""
    chat, person = update.effective_chat, update.effective_user
    if update.callback_query is not None:
        await answer_press(update.callback_query)
    if chat is None or person is None or chat.type != Chat.PRIVATE:
        return
    texts = await _texts_for(counter, person)
    html = texts.html("chat.failed", incident=incident_of(update))
    try:
        await bot.send_message(chat.id, html, parse_mode=ParseMode.HTML)
    except Forbidden:
        log.info("an apology reached nobody", extra={"incident": incident_of(update)})


async def _texts_for(counter: Counter, person: User) -> Texts:
    """The texts in the person's language, also where the update never reached the book."""

    async def work(tx: Tx) -> str | None:
        return await views.language_of(tx, person.id)

    return counter.library.speak(await counter.shop.db.read(work) or person.language_code)


def incident_of(update: Update) -> str:
    """The code of an update's failure: the same in the log, the inbox and the message."""
    return f"U{update.update_id}"
