"""Messages to the operator: asked for, passed on once, and said to be delivered."""

from __future__ import annotations

from bot.domain.text import sendable
from bot.engine.customers import TICKET_MAX_CHARACTERS, ask_operator
from handlers.callbacks import AskCredit, AskSupport, LeaveMessage
from handlers.customer import screens_account as screens
from handlers.customer.order import forget_draft, resume
from handlers.keyboards import Screen
from handlers.steps import END, Next, Step
from handlers.visits import Visit


async def support_command(visit: Visit) -> Next:
    """`/support`: ask for the message."""
    visit.memory.paying_by = ""
    await visit.reply(screens.message_question(visit.texts, "support.ask"))
    return Step.WRITING


async def ask_support(visit: Visit, button: AskSupport) -> Next:
    """The same, from a button."""
    return await support_command(visit)


async def ask_credit(visit: Visit, button: AskCredit) -> Next:
    """Adding money is agreed with the operator: ask how much and how."""
    visit.memory.paying_by = ""
    await visit.reply(screens.message_question(visit.texts, "support.ask-credit", customer=str(visit.person.id)))
    return Step.WRITING


async def take_message(visit: Visit) -> Next:
    """The message itself; too long a one is not cut but asked for again. An order that was open goes on."""
    text = sendable(visit.text)
    if len(text) > TICKET_MAX_CHARACTERS:
        facts = {"length": len(text), "limit": TICKET_MAX_CHARACTERS}
        await visit.reply(screens.message_question(visit.texts, "support.too-long", **facts))
        return None
    if not await ask_operator(visit.shop, visit.update.update_id, visit.person.id, text, visit.now):
        await visit.reply(screens.message_question(visit.texts, "support.wait", said=text))
        return None
    draft = visit.memory.draft
    if draft is None:
        await visit.reply(screens.ways_on(visit.texts, "support.sent"))
        return END
    await visit.say("support.sent")
    return await resume(visit, draft)


async def refuse_other(visit: Visit) -> Next:
    """A photo, sticker or the like in place of the message."""
    await visit.reply(screens.message_question(visit.texts, "support.text-only"))
    return None


async def leave_message(visit: Visit, button: LeaveMessage) -> Next:
    """`Cancel` under the question: nothing is sent, and an order that was open goes on."""
    draft = visit.memory.draft
    if draft is None:
        await visit.show(screens.ways_on(visit.texts, "chat.canceled-question"))
        return END
    await visit.show(Screen(visit.texts.html("chat.canceled-question")))
    return await resume(visit, draft)


async def leave_late(visit: Visit, button: LeaveMessage) -> Next:
    """The same when no message is waited for any more; what is open stays open."""
    await visit.show(screens.ways_on(visit.texts, "support.closed"))
    return None


async def cancel(visit: Visit) -> Next:
    """`/cancel` in place of the message; an order that was open ends too."""
    await forget_draft(visit)
    await visit.reply(screens.ways_on(visit.texts, "chat.canceled-question"))
    return END
