"""What stands before every handler: only private chats are served, and nobody acts who is not in the book."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, Final, Generic, TypeVar

from telegram import CallbackQuery, Chat, Update, User
from telegram.error import TelegramError
from telegram.ext import ApplicationHandlerStop, BaseHandler

from bot.domain.text import sendable
from bot.engine import customers
from handlers.callbacks import Button, parse
from handlers.context import Context
from handlers.visits import Visit, answer_press

log: Final = logging.getLogger(__name__)

#: Under this name a chat's data keeps how its person was written down last; it lives as long as the process.
_WRITTEN: Final = "written"
#: Under this one, whether they were written down for the first time and have not been welcomed yet.
_NEW: Final = "new"

#: How far behind the book may be about when somebody was last seen: not every update is worth a write.
_SEEN_SPAN: Final = timedelta(minutes=10)

B = TypeVar("B", bound=Button)
Handler = BaseHandler[Update, Context, Any]
Name = tuple[str, str | None, str | None]


async def gate(update: Update, context: Context) -> None:
    """Let only private chats through, silently, and write down whoever acts for the first time or under a new name."""
    if _is_telegrams(update):
        return
    chat, person = update.effective_chat, update.effective_user
    if chat is None or person is None or chat.type != Chat.PRIVATE:
        if update.callback_query is not None:
            await _let_go(update.callback_query)
        raise ApplicationHandlerStop
    if update.my_chat_member is None:
        await _meet(context, person)


def _is_telegrams(update: Update) -> bool:
    """Whether Telegram itself speaks: it asks about a payment and names no chat, or gave one back and names the bot."""
    gave_back = update.message is not None and update.message.refunded_payment is not None
    return gave_back or update.pre_checkout_query is not None


async def _meet(context: Context, person: User) -> None:
    """One look into the book: what language they chose, and whether they are to be written down anew.

    They are when the book has them not at all, under another name, as one who blocked the bot, or as not seen for long.
    """
    known = await customers.recognise(context.shop, person.id)
    context.chosen_language = known.chosen_language if known else None
    written = context.chat_data is not None and context.chat_data.get(_WRITTEN) == name_of(person)
    if known is None or known.blocked or not written or context.now - known.seen_at > _SEEN_SPAN:
        await greet(context, person)


async def _let_go(query: CallbackQuery) -> None:
    """Answer a press that goes nowhere; when Telegram cannot be reached, it still goes nowhere."""
    try:
        await answer_press(query)
    except TelegramError as error:
        log.info("a press outside private chats was not answered", extra={"problem": error.message})


async def greet(context: Context, person: User) -> None:
    """Write down a contact, and open the wallet at the first."""
    name = name_of(person)
    first = await customers.greet(context.shop, person.id, *name, context.now)
    if context.chat_data is not None:
        context.chat_data[_WRITTEN] = name
        if first:
            context.chat_data[_NEW] = True


def take_newness(context: Context) -> bool:
    """Whether the person is here for the first time; asked a second time, they are not."""
    return context.chat_data is not None and context.chat_data.pop(_NEW, False) is True


def name_of(person: User) -> Name:
    """How a person is written down: full name, username, language."""
    return sendable(person.full_name)[:128], person.username, person.language_code


def visiting(act: Callable[[Visit], Awaitable[object]]) -> Callable[[Update, Context], Coroutine[Any, Any, object]]:
    """A handler that takes a Visit; a press is always answered, also when the handler fails."""

    async def handle(update: Update, context: Context) -> object:
        visit = Visit(update, context)
        try:
            return await act(visit)
        finally:
            await visit.answer()

    return handle


class Press(BaseHandler[Update, Context, Any], Generic[B]):
    """Handles one kind of button, from any message, however old."""

    def __init__(self, kind: type[B], act: Callable[[Visit, B], Awaitable[object]]) -> None:
        super().__init__(visiting(self._unpacked))
        self._kind = kind
        self._act = act

    def check_update(self, update: object) -> bool:
        """Whether the update is a press on such a button."""
        return isinstance(update, Update) and self._button(update) is not None

    def _button(self, update: Update) -> B | None:
        query = update.callback_query
        button = parse(query.data) if query else None
        return button if isinstance(button, self._kind) else None

    async def _unpacked(self, visit: Visit) -> object:
        button = self._button(visit.update)
        if button is None:
            raise TypeError(f"a press that is no {self._kind.__name__} was let through")
        return await self._act(visit, button)
