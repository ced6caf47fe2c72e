"""Answering an operator where the pressed message may still be needed."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup
from telegram import Message

from handlers.callbacks import parse
from handlers.keyboards import Screen, cut, lines
from handlers.operator.arguments import Unreadable
from handlers.operator.buttons import Acknowledge, Ticket
from handlers.operator.screens_asking import with_desk
from handlers.texts import Fact, Texts
from handlers.visits import Visit

#: Stands for a customer's id where it is shown how a command is written; tapped and sent, it moves nothing.
EXAMPLE_ID: Final = "123456789"
_TOAST_MAX_CHARACTERS: Final = 200


async def show(visit: Visit, screen: Screen, toast: str | None = None) -> None:
    """Put a screen in place of the pressed one; alerts, tickets, top-up requests, pictures and files keep theirs."""
    said = cut(toast, _TOAST_MAX_CHARACTERS) if toast else None
    if _stays(visit.pressed_message):
        await visit.answer(said)
        await visit.reply(screen)
    else:
        await visit.show(screen, said)


async def tell(visit: Visit, key: str, **facts: Fact) -> None:
    """Send one of the operator's texts as a new message."""
    await visit.reply(Screen(visit.texts.html(key, **facts)))


async def deny(visit: Visit, key: str, **facts: Fact) -> None:
    """Say why something is not done, with the way back to the desk."""
    await visit.reply(with_desk(visit.texts, visit.texts.html(key, **facts)))


async def refuse(visit: Visit, refused: Unreadable, usage: str) -> None:
    """What is wrong with a command, and how it is written."""
    example = visit.texts.html(f"operator.usage.{usage}", example=EXAMPLE_ID)
    await visit.reply(with_desk(visit.texts, lines(problem_of(visit.texts, refused), example)))


def problem_of(texts: Texts, refused: Unreadable) -> Markup:
    """Why something typed cannot be read."""
    return texts.html(f"operator.problem.{refused.problem}", **refused.facts)


def argument_of(visit: Visit) -> str:
    """What was written after the command."""
    words = visit.text.split(None, 1)
    return words[1].strip() if len(words) > 1 else ""


def _stays(message: Message | None) -> bool:
    """Whether the pressed message is still needed as it stands."""
    if message is not None and (message.photo or message.document):
        return True
    if message is None or message.reply_markup is None:
        return False
    buttons = [button for line in message.reply_markup.inline_keyboard for button in line]
    return any(b.copy_text or isinstance(parse(b.callback_data), Acknowledge | Ticket) for b in buttons)
