"""The language a person reads: their client's, or the one they chose; choosing leaves open what is open."""

from __future__ import annotations

import logging
from typing import Final

from telegram.error import TelegramError

from bot.engine import customers
from handlers.callbacks import ChooseLanguage, ShowLanguages
from handlers.customer import by_hand
from handlers.customer import screens_account as screens
from handlers.customer.confirm import remind, speak_anew
from handlers.customer.order import go_on
from handlers.customer.payments import ask_anew
from handlers.customer.support import support_command
from handlers.customer.topup import ask_amount_again
from handlers.customer.vouchers import ask_code_again
from handlers.publishing import publish_in_chat
from handlers.steps import Next
from handlers.visits import Visit

log: Final = logging.getLogger(__name__)


async def language_command(visit: Visit) -> Next:
    """`/language`."""
    await visit.show(screens.languages_page(visit.texts, visit.context.bot_data.library))
    return None


async def show_languages(visit: Visit, button: ShowLanguages) -> Next:
    """The same, from a button."""
    return await language_command(visit)


async def choose_language(visit: Visit, button: ChooseLanguage) -> Next:
    """With no question open: everything is in this language from now on, the command list included."""
    if button.language not in visit.context.bot_data.library.languages:
        return await language_command(visit)
    await customers.choose_language(visit.shop, visit.person.id, button.language)
    visit.speak(button.language)
    page = screens.languages_page(visit.texts, visit.context.bot_data.library)
    await visit.show(page, visit.texts.plain("language.chosen-toast"))
    try:
        await publish_in_chat(visit.context.bot, visit.context.bot_data, visit.person.id, button.language)
    except TelegramError as error:
        log.info("a command list follows its reader's choice at the next /start", extra={"problem": error.message})
    return None


async def choose_while_asked(visit: Visit, button: ChooseLanguage) -> Next:
    """With a question of an order open: it is asked again below, in the new language."""
    await choose_language(visit, button)
    draft = visit.memory.draft
    return await go_on(visit, draft, anew=True) if draft else None


async def choose_while_confirming(visit: Visit, button: ChooseLanguage) -> Next:
    """With a confirm card waiting: it turns to the new language where it stands."""
    await choose_language(visit, button)
    if draft := visit.memory.draft:
        await speak_anew(visit, draft)
    return await remind(visit)


async def choose_while_writing(visit: Visit, button: ChooseLanguage) -> Next:
    """With a message to the operator awaited: it is asked for again."""
    await choose_language(visit, button)
    return await support_command(visit)


async def choose_while_paying(visit: Visit, button: ChooseLanguage) -> Next:
    """With an amount awaited: it is asked for again."""
    await choose_language(visit, button)
    return await ask_amount_again(visit)


async def choose_while_proving(visit: Visit, button: ChooseLanguage) -> Next:
    """With a receipt awaited: it is asked for again."""
    await choose_language(visit, button)
    return await by_hand.ask_again(visit)


async def choose_while_redeeming(visit: Visit, button: ChooseLanguage) -> Next:
    """With a voucher's code awaited: it is asked for again."""
    await choose_language(visit, button)
    return await ask_code_again(visit)


async def choose_while_explaining(visit: Visit, button: ChooseLanguage) -> Next:
    """With a reason awaited why a payment shall go back: it is asked for again."""
    await choose_language(visit, button)
    return await ask_anew(visit)
