"""Who counts as an operator, asked anew for every update: anybody else never reaches a handler of this room."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from telegram import Chat, Message, Update
from telegram.ext import BaseHandler, CommandHandler, MessageHandler
from telegram.ext.filters import BaseFilter, UpdateFilter

from handlers import guards
from handlers.callbacks import Button
from handlers.context import Context, Counter
from handlers.guards import visiting
from handlers.visits import Visit

#: Telegram's own accounts that stand for somebody unnamed: anonymous group admins, channels, service messages.
_NOBODY: Final = frozenset({1087968824, 136817688, 777000})

B = TypeVar("B", bound=Button)
Act = Callable[[Visit], Awaitable[object]]
OnPress = Callable[[Visit, B], Awaitable[object]]
Handler = BaseHandler[Update, Context, object]


class FromOperator(UpdateFilter):
    """Lets a message through that an operator wrote by hand, just now, in their own private chat with the bot."""

    def __init__(self, counter: Counter) -> None:
        super().__init__(name="FromOperator")
        self._counter = counter

    def filter(self, update: Update) -> bool:
        """Edited, forwarded and anonymous messages, and those another bot wrote, are nobody's orders."""
        message = update.message
        if message is None or message.from_user is None or not _by_hand(message):
            return False
        return is_operator(self._counter, message.from_user.id, message.chat)


class Press(guards.Press[B]):
    """Handles one kind of button, pressed by an operator in their own private chat."""

    def __init__(self, counter: Counter, kind: type[B], act: OnPress[B]) -> None:
        super().__init__(kind, act)
        self._counter = counter

    def check_update(self, update: object) -> bool:
        """Whether the press is an operator's and of this kind."""
        if not isinstance(update, Update) or (query := update.callback_query) is None or query.message is None:
            return False
        return is_operator(self._counter, query.from_user.id, query.message.chat) and super().check_update(update)


def command(counter: Counter, name: str, act: Act) -> Handler:
    """Handles one of the operator's commands."""
    return CommandHandler(name, visiting(act), FromOperator(counter))


def message(counter: Counter, wanted: BaseFilter, act: Act) -> Handler:
    """Handles an operator's messages of one sort."""
    return MessageHandler(FromOperator(counter) & wanted, visiting(act))


def is_operator(counter: Counter, person_id: int, chat: Chat) -> bool:
    """Whether a person is an operator and the chat is theirs alone, by numeric id from the settings."""
    private = chat.type == Chat.PRIVATE and chat.id == person_id
    return private and person_id not in _NOBODY and person_id in counter.shop.terms.operator_ids


def _by_hand(message: Message) -> bool:
    sent_by_another = message.sender_chat or message.via_bot or message.forward_origin or message.sender_business_bot
    return not sent_by_another and not message.is_automatic_forward
