"""Customers' messages: a reply to one answers it, the first operator's settles it."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup
from telegram import Message
from telegram.ext.filters import MessageFilter

from bot.domain.errors import AlreadyDecided, NotFound
from bot.domain.text import sendable
from bot.engine.customers import TICKET_MAX_CHARACTERS, answer_ticket
from handlers.callbacks import Button, parse
from handlers.operator import buttons, words
from handlers.operator.answers import tell
from handlers.operator.buttons import Ticket
from handlers.visits import Visit
from storage import customers
from storage.customers import Customer
from storage.database import Tx

_ROOM: Final = buttons.__name__


class _Replying(MessageFilter):
    """Messages that reply to one of the bot's with certain buttons."""

    def __init__(self, *, to_tickets: bool) -> None:
        super().__init__(name=f"Replying(to_tickets={to_tickets})")
        self._to_tickets = to_tickets

    def filter(self, message: Message) -> bool:
        found = buttons_of(message.reply_to_message)
        if any(isinstance(button, Ticket) for button in found):
            return self._to_tickets
        return not self._to_tickets and any(type(button).__module__ == _ROOM for button in found)


#: A reply to a customer's message.
REPLY_TO_TICKET: Final = _Replying(to_tickets=True)
#: A reply to another of the operator's screens; what customers see has other buttons.
REPLY_TO_DESK: Final = _Replying(to_tickets=False)


def buttons_of(message: Message | None) -> list[Button]:
    """The shop's buttons under a message of the bot's own."""
    if message is None or message.reply_markup is None or message.from_user is None or not message.from_user.is_bot:
        return []
    row = [button for line in message.reply_markup.inline_keyboard for button in line]
    return [button for entry in row if (button := parse(entry.callback_data)) is not None]


async def answer(visit: Visit) -> None:
    """Pass a reply on to the customer whose message it replies to."""
    message = visit.update.message
    found = buttons_of(message.reply_to_message) if message else []
    ticket = next(button.ticket for button in found if isinstance(button, Ticket))
    text = sendable(visit.text)
    if not text:
        await tell(visit, "operator.support.not-text")
    elif len(text) > TICKET_MAX_CHARACTERS:
        await tell(visit, "operator.support.too-long", limit=TICKET_MAX_CHARACTERS, length=len(text))
    else:
        await _pass_on(visit, ticket, text)


async def _pass_on(visit: Visit, ticket_id: int, text: str) -> None:
    try:
        customer_id = await answer_ticket(
            visit.shop, visit.update.update_id, ticket_id, visit.person.id, text, visit.now
        )
    except NotFound:
        await tell(visit, "operator.support.unknown-ticket")
        return
    except AlreadyDecided:
        await tell(visit, "operator.support.answered-already", person=await _answerer(visit, ticket_id))
        return
    await tell(visit, "operator.support.sent", person=await _person(visit, customer_id))


async def _answerer(visit: Visit, ticket_id: int) -> Markup:
    async def work(tx: Tx) -> int:
        ticket = await customers.ticket(tx, ticket_id)
        return (ticket.answered_by if ticket else None) or 0

    return await _person(visit, await visit.shop.db.read(work))


async def _person(visit: Visit, person_id: int) -> Markup:
    async def work(tx: Tx) -> Customer | None:
        return await customers.get(tx, person_id)

    return words.person(visit.texts, person_id, await visit.shop.db.read(work))


async def explain_ticket(visit: Visit, _button: Ticket) -> None:
    """The button that marks a ticket was pressed instead of replied to."""
    await visit.answer(visit.texts.plain("operator.support.hint"))


async def explain(visit: Visit) -> None:
    """A reply to something that is no customer's message."""
    await tell(visit, "operator.support.explain")
