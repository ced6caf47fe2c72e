"""`/start`, the menu, help, and whatever fits nothing else."""

from __future__ import annotations

from telegram import ChatMember

from bot.engine import customers
from handlers.callbacks import ShowHelp, ShowMenu
from handlers.customer import screens_account as screens
from handlers.customer.admission import with_banner
from handlers.customer.reading import available
from handlers.customer.vouchers import code_in_link, redeem_linked
from handlers.guards import greet, take_newness
from handlers.publishing import publish_in_chat
from handlers.steps import END, Next
from handlers.visits import Visit


async def start(visit: Visit) -> Next:
    """`/start`: a fresh look, and nothing left open. A deep link may carry a voucher's code; the rest is ignored."""
    draft = visit.memory.draft
    await greet(visit.context, visit.person)
    await publish_in_chat(visit.context.bot, visit.context.bot_data, visit.person.id, visit.context.chosen_language)
    step = await _show_menu(visit, first=take_newness(visit.context))
    if code := code_in_link(visit.text.partition(" ")[2].strip()):
        await redeem_linked(visit, code, draft.token if draft else None)
    return step


async def show_menu(visit: Visit, button: ShowMenu) -> Next:
    """The menu, from a button."""
    return await _show_menu(visit, first=False)


async def _show_menu(visit: Visit, *, first: bool) -> Next:
    # A confirm card that is out there stays good; only the open question goes.
    visit.memory.draft = None
    balance = await available(visit)
    menu = screens.menu(visit.texts, visit.shop.terms.name, visit.person.first_name, balance, first=first)
    await visit.show(await with_banner(visit, screens.with_desk(visit.texts, menu) if _is_operator(visit) else menu))
    return END


def _is_operator(visit: Visit) -> bool:
    """Whether the menu shows the way to the desk; the desk itself looks again at who comes."""
    return visit.person.id in visit.shop.terms.operator_ids


async def help_command(visit: Visit) -> Next:
    """`/help`."""
    await visit.show(screens.help_page(visit.texts))
    return None


async def show_help(visit: Visit, button: ShowHelp) -> Next:
    """Help, from a button."""
    return await help_command(visit)


async def nothing_to_cancel(visit: Visit) -> Next:
    """`/cancel` with nothing open."""
    await visit.reply(screens.ways_on(visit.texts, "chat.nothing-open"))
    return None


async def unknown_command(visit: Visit) -> Next:
    """A command nobody knows; what is open stays open."""
    await visit.reply(screens.ways_on(visit.texts, "chat.unknown-command"))
    return None


async def not_followed(visit: Visit) -> Next:
    """A message changed after it was sent; what is open stays open."""
    await visit.say("chat.not-followed")
    return None


async def not_understood(visit: Visit) -> Next:
    """Text out of the blue."""
    await visit.reply(screens.ways_on(visit.texts, "chat.not-understood"))
    return None


async def old_button(visit: Visit) -> Next:
    """A button of another time, or not one of ours."""
    await visit.answer(visit.texts.plain("chat.old-button-toast"))
    await visit.reply(screens.ways_on(visit.texts, "chat.old-button"))
    return None


async def membership(visit: Visit) -> None:
    """The person blocked the bot or let it speak again."""
    change = visit.update.my_chat_member
    if change is None:
        return
    blocked = change.new_chat_member.status in (ChatMember.BANNED, ChatMember.LEFT)
    await customers.set_blocked(visit.shop, visit.person.id, blocked=blocked, now=visit.now)
