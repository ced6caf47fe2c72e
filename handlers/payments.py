"""What Telegram says of payments in Stars: may it be made, it was made, it was taken back.

A payment is no answer to a question: it is handled before every conversation and leaves open what is open.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import Final

from telegram import Message, Update
from telegram.error import BadRequest
from telegram.ext import MessageHandler, PreCheckoutQueryHandler, filters

from bot.domain.topups import Gateway, Paid
from bot.engine import customers, reversals, topups
from handlers import telegram
from handlers.context import Context
from handlers.guards import Handler

log: Final = logging.getLogger(__name__)


def payment_handlers() -> list[Handler]:
    """They stand before all others."""
    return [
        PreCheckoutQueryHandler(before_payment),
        MessageHandler(filters.UpdateType.MESSAGE & filters.SUCCESSFUL_PAYMENT, paid),
        MessageHandler(filters.UpdateType.MESSAGE & filters.StatusUpdate.REFUNDED_PAYMENT, taken_back),
    ]


async def before_payment(update: Update, context: Context) -> None:
    """Telegram asks whether a payment may be made, and waits ten seconds (Bot API, answerPreCheckoutQuery)."""
    query = update.pre_checkout_query
    if query is None:
        raise TypeError("an update that asks for no payment was let through")
    payer, total = query.from_user, Decimal(query.total_amount)
    turned = await topups.may_pay(context.shop, query.invoice_payload, payer.id, total, query.currency, context.now)
    words = None
    if turned is not None:
        known = await customers.recognise(context.shop, payer.id)
        chosen = known.chosen_language if known else None
        words = context.bot_data.library.speak(chosen or payer.language_code).plain(f"topup.turned-{turned.value}")
    try:
        await query.answer(ok=turned is None, error_message=words)
    except BadRequest as error:
        # As after a restart: Telegram has told the person that the bot did not answer, and nothing was paid.
        if not telegram.is_press_too_old(error):
            raise
        log.info("a payment was asked about too long ago", extra={"update_id": update.update_id})


async def paid(update: Update, context: Context) -> None:
    """A payment was made: it is credited, once, and the courier tells of it."""
    if update.message is None:
        raise TypeError("an update without a message was let through")
    await topups.record(context.shop, paid_of(update.message), context.now)


async def taken_back(update: Update, context: Context) -> None:
    """A payment went back to whoever paid: by our own refund, or without us."""
    payment = update.message.refunded_payment if update.message else None
    if payment is None:
        raise TypeError("an update that gives nothing back was let through")
    await reversals.took_back(context.shop, Gateway.STARS, payment.telegram_payment_charge_id, context.now)


def paid_of(message: Message) -> Paid:
    """The payment that a message of Telegram's tells of."""
    payment, payer = message.successful_payment, message.from_user
    if payment is None:
        raise TypeError("a message of no payment was let through")
    return Paid(
        Gateway.STARS,
        payment.telegram_payment_charge_id,
        Decimal(payment.total_amount),
        payment.currency,
        message.date,
        payment.invoice_payload,
        None if payer is None else str(payer.id),
    )
