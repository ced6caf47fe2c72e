"""One update of one person in their private chat: who it is, and how they are answered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from telegram import CallbackQuery, InlineKeyboardMarkup, LinkPreviewOptions, Message, Update, User
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.engine.shop import Shop
from handlers.context import Context, Memory
from handlers.keyboards import Screen
from handlers.texts import Texts

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_UNCHANGED = "not modified"
#: What Telegram says when the message is gone or may not be edited any more.
_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
#: What Telegram says when it gave up on a press before the bot answered: nothing turns for the person any more.
_PRESS_TOO_OLD = ("query is too old", "query id is invalid")


@dataclass(slots=True)
class Visit:
    """What a handler gets: the person's update and the ways to answer it."""

    update: Update
    context: Context
    texts: Texts = field(init=False)
    _answered: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.texts = self.context.texts(self.person.language_code)

    @property
    def person(self) -> User:
        """Who it is."""
        person = self.update.effective_user
        if person is None:
            raise LookupError("an update without a person reached a handler")
        return person

    @property
    def shop(self) -> Shop:
        """The shop."""
        return self.context.shop

    @property
    def now(self) -> datetime:
        """The time, in UTC."""
        return self.context.now

    @property
    def memory(self) -> Memory:
        """What the person's conversations remember."""
        return self.context.memory

    @property
    def text(self) -> str:
        """What they wrote; empty for anything but text."""
        return (self.update.message.text if self.update.message else None) or ""

    @property
    def pressed_message(self) -> Message | None:
        """The message whose button they pressed, where it can still be edited."""
        query = self.update.callback_query
        return query.message if query and isinstance(query.message, Message) else None

    async def answer(self, toast: str | None = None, *, alert: bool = False) -> None:
        """Answer the press, once, so that the button stops waiting; nothing to do for a message."""
        query = self.update.callback_query
        if query is None or self._answered:
            return
        self._answered = True
        await answer_press(query, toast, alert=alert)

    async def show(self, screen: Screen, toast: str | None = None) -> None:
        """Put the screen where the person looks: into the message they pressed, else into a new one."""
        if not await self.replace(screen, toast):
            await self.reply(screen)

    async def put(self, screen: Screen, *, anew: bool) -> None:
        """Show the screen, or send it as a new message where the pressed one must stay."""
        if anew:
            await self.reply(screen)
        else:
            await self.show(screen)

    async def replace(self, screen: Screen, toast: str | None = None) -> bool:
        """Put the screen into the message they pressed; False when that is not possible."""
        answered, shown = await asyncio.gather(self.answer(toast), self._edit(screen), return_exceptions=True)
        for outcome in (shown, answered):
            if isinstance(outcome, BaseException):
                raise outcome
        return shown is True

    async def reply(self, screen: Screen) -> None:
        """Send the screen as a new message."""
        await self.context.bot.send_message(
            self.person.id,
            screen.html,
            parse_mode=ParseMode.HTML,
            reply_markup=screen.keyboard,
            link_preview_options=NO_PREVIEW,
        )

    async def say(self, key: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
        """Send one of the plain texts as a new message."""
        await self.reply(Screen(self.texts.html(key), keyboard))

    async def _edit(self, screen: Screen) -> bool:
        message = self.pressed_message
        if message is None:
            return False
        try:
            await self.context.bot.edit_message_text(
                screen.html,
                chat_id=message.chat.id,
                message_id=message.message_id,
                parse_mode=ParseMode.HTML,
                reply_markup=screen.keyboard,
                link_preview_options=NO_PREVIEW,
            )
        except BadRequest as error:
            return edit_outcome(error)
        return True


def edit_outcome(error: BadRequest) -> bool:
    """What a refused edit means: True when the message shows it already, False when it cannot be edited.

    Anything else is raised again: it is a defect of the screen.
    """
    said = error.message.lower()
    if _UNCHANGED in said:
        return True
    if any(words in said for words in _GONE):
        return False
    raise error


async def answer_press(query: CallbackQuery, toast: str | None = None, *, alert: bool = False) -> None:
    """Answer a press; harmless when Telegram has given up on it, as after a restart."""
    try:
        await query.answer(toast, show_alert=alert)
    except BadRequest as error:
        if not any(words in error.message.lower() for words in _PRESS_TOO_OLD):
            raise
