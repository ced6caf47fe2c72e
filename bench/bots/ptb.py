"""Floors on python-telegram-bot: `python -m bench.bots.ptb reference|swift <Bot API's address>`.

`reference` is the library as its documentation shows it: one ConversationHandler, in memory, the default request class,
updates one by one. `swift` is the same bot with every gain that needs no storage: the shop's aiohttp request and
per-customer processor, on uvloop.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import warnings
from typing import Any

import uvloop
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.constants import ParseMode
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    filters,
)
from telegram.warnings import PTBUserWarning

from bench.bots import pages
from bench.bots.pages import Page
from bench.town import TOKEN

_Context = ContextTypes.DEFAULT_TYPE
CATEGORY, SERVICE, BEGIN, LINK, QUANTITY, CONFIRM = range(6)


def _keyboard(page: Page) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=data)] for label, data in page[1]])


async def _reply(update: Update, page: Page) -> None:
    assert update.message is not None
    await update.message.reply_text(page[0], parse_mode=ParseMode.HTML, reply_markup=_keyboard(page))


async def _turn(update: Update, page: Page) -> None:
    query = update.callback_query
    assert query is not None
    await query.answer()
    await query.edit_message_text(page[0], parse_mode=ParseMode.HTML, reply_markup=_keyboard(page))


async def _order(update: Update, _context: _Context) -> int:
    await _reply(update, pages.CATEGORIES)
    return CATEGORY


async def _category(update: Update, _context: _Context) -> int:
    await _turn(update, pages.SERVICES)
    return SERVICE


async def _service(update: Update, _context: _Context) -> int:
    await _turn(update, pages.SERVICE)
    return BEGIN


async def _begin(update: Update, _context: _Context) -> int:
    await _turn(update, pages.LINK)
    return LINK


async def _link(update: Update, context: _Context) -> int:
    assert update.message is not None
    assert context.user_data is not None
    context.user_data["link"] = update.message.text
    await _reply(update, pages.QUANTITY)
    return QUANTITY


async def _quantity(update: Update, context: _Context) -> int:
    assert update.message is not None
    assert context.user_data is not None
    context.user_data["quantity"] = int(update.message.text or "0")
    await _reply(update, pages.CONFIRM)
    return CONFIRM


async def _confirm(update: Update, context: _Context) -> int:
    assert context.user_data is not None
    context.user_data.clear()
    await _turn(update, pages.PLACED)
    return ConversationHandler.END


def _conversation() -> ConversationHandler[_Context]:
    typed = filters.TEXT & ~filters.COMMAND
    return ConversationHandler(
        entry_points=[CommandHandler("order", _order)],
        states={
            CATEGORY: [CallbackQueryHandler(_category, pattern="^s:")],
            SERVICE: [CallbackQueryHandler(_service, pattern="^v:")],
            BEGIN: [CallbackQueryHandler(_begin, pattern="^o:")],
            LINK: [MessageHandler(typed, _link)],
            QUANTITY: [MessageHandler(typed, _quantity)],
            CONFIRM: [CallbackQueryHandler(_confirm, pattern="^y:")],
        },
        fallbacks=[CommandHandler("order", _order)],
        allow_reentry=True,
    )


def _application(kind: str, base: str) -> Application[Any, Any, Any, Any, Any, Any]:
    builder = ApplicationBuilder().token(TOKEN).base_url(f"{base}/bot")
    if kind == "swift":
        from bot.transport.ordering import PerCustomer
        from bot.transport.request import AiohttpRequest

        asyncio.set_event_loop(uvloop.new_event_loop())
        builder = builder.request(AiohttpRequest()).get_updates_request(AiohttpRequest())
        builder = builder.concurrent_updates(PerCustomer())
    return builder.build()


def main(kind: str, base: str) -> None:
    """Run until ended."""
    logging.basicConfig(level=logging.WARNING)
    warnings.simplefilter("ignore", PTBUserWarning)
    application = _application(kind, base)
    application.add_handler(_conversation())
    application.run_polling()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
