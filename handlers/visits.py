"""One update of one person in their private chat: who it is, and how they are answered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from telegram import CallbackQuery, Document, InlineKeyboardMarkup, Message, Update, User
from telegram.error import BadRequest

from bot.engine.shop import Shop
from handlers import telegram
from handlers.context import Context, Memory
from handlers.keyboards import Screen
from handlers.texts import Texts


@dataclass(slots=True)
class Visit:
    """What a handler gets: the person's update and the ways to answer it."""

    update: Update
    context: Context
    texts: Texts = field(init=False)
    _answered: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.texts = self.context.texts(self.person.language_code)

    def speak(self, language: str) -> None:
        """Go on in the language they have just chosen."""
        self.context.chosen_language = language
        self.texts = self.context.texts(language)

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
    def document(self) -> Document | None:
        """The file they sent, where it is one."""
        return self.update.message.document if self.update.message else None

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

    async def show(self, screen: Screen, toast: str | None = None) -> int:
        """Put the screen where the person looks: into the message they pressed, else into a new one; its id."""
        if await self.replace(screen, toast) and (message := self.pressed_message):
            return message.message_id
        return await self.reply(screen)

    async def put(self, screen: Screen, *, anew: bool) -> None:
        """Show the screen, or send it as a new message where the pressed one must stay."""
        await (self.reply(screen) if anew else self.show(screen))

    async def replace(self, screen: Screen, toast: str | None = None) -> bool:
        """Put the screen into the message they pressed; False when that is not possible."""
        answered, shown = await asyncio.gather(self.answer(toast), self._edit(screen), return_exceptions=True)
        for outcome in (shown, answered):
            if isinstance(outcome, BaseException):
                raise outcome
        return shown is True

    async def reply(self, screen: Screen) -> int:
        """Send the screen as a new message; its id."""
        return await telegram.send(self.context.bot, self.person.id, screen)

    async def show_picture(self, picture: bytes, screen: Screen) -> None:
        """Put a picture in place of the one they pressed a button of, else into a new message."""
        if not await self._replace_picture(picture, screen):
            await telegram.send_picture(self.context.bot, self.person.id, picture, screen)

    async def _replace_picture(self, picture: bytes, screen: Screen) -> bool:
        message = self.pressed_message
        if message is None or not message.photo:
            return False
        return await telegram.edit_picture(self.context.bot, self.person.id, message.message_id, picture, screen)

    async def say(self, key: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
        """Send one of the plain texts as a new message."""
        await self.reply(Screen(self.texts.html(key), keyboard))

    async def _edit(self, screen: Screen) -> bool:
        message = self.pressed_message
        return message is not None and await self.rewrite(message.message_id, screen)

    async def rewrite(self, message_id: int, screen: Screen) -> bool:
        """Put the screen into a message of this chat that was sent before; False when that is not possible."""
        return await telegram.edit(self.context.bot, self.person.id, message_id, screen)


async def answer_press(query: CallbackQuery, toast: str | None = None, *, alert: bool = False) -> None:
    """Answer a press; harmless when Telegram has given up on it, as after a restart."""
    try:
        await query.answer(toast, show_alert=alert)
    except BadRequest as error:
        if not telegram.is_press_too_old(error):
            raise
