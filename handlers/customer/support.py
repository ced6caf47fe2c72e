"""Messages to the operator: asked for, passed on once, and said to be delivered."""

from __future__ import annotations

from bot.engine.customers import TICKET_MAX_CHARACTERS, ask_operator
from handlers.callbacks import AskDeposit, AskSupport
from handlers.customer import screens_account as screens
from handlers.customer.order import forget_draft, go_on
from handlers.keyboards import Screen
from handlers.steps import END, Next, Step
from handlers.visits import Visit


async def support_command(visit: Visit) -> Next:
    """`/support`: ask for the message."""
    await visit.say("support.ask")
    return Step.WRITING


async def ask_support(visit: Visit, button: AskSupport) -> Next:
    """The same, from a button."""
    return await support_command(visit)


async def ask_deposit(visit: Visit, button: AskDeposit) -> Next:
    """Adding money is agreed with the operator: ask how much and how."""
    await visit.reply(Screen(visit.texts.html("support.ask-deposit", customer=str(visit.person.id))))
    return Step.WRITING


async def take_message(visit: Visit) -> Next:
    """The message itself; too long a one is not cut but asked for again. An order that was open goes on."""
    text = _storable(visit.text)
    if len(text) > TICKET_MAX_CHARACTERS:
        html = visit.texts.html("support.too-long", length=len(text), limit=TICKET_MAX_CHARACTERS)
        await visit.reply(Screen(html))
        return None
    if not await ask_operator(visit.shop, visit.update.update_id, visit.person.id, text, visit.now):
        await visit.reply(Screen(visit.texts.html("support.wait", text=text)))
        return None
    draft = visit.memory.draft
    if draft is None:
        await visit.reply(screens.ways_on(visit.texts, "support.sent"))
        return END
    await visit.say("support.sent")
    return Step.CONFIRMING if draft.token else await go_on(visit, draft)


async def refuse_other(visit: Visit) -> Next:
    """A photo, sticker or the like in place of the message."""
    await visit.say("support.text-only")
    return None


async def cancel(visit: Visit) -> Next:
    """`/cancel` in place of the message; an order that was open ends too."""
    await forget_draft(visit)
    await visit.reply(screens.ways_on(visit.texts, "chat.canceled-question"))
    return END


def _storable(text: str) -> str:
    """The text without what no database takes: half surrogate pairs and NUL."""
    return text.encode(errors="replace").decode().replace("\0", "").strip()
