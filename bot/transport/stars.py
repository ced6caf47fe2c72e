"""Telegram Stars over the Bot API: what it lists, what is given back, and invoices that are taken away.

Sources: core.telegram.org/bots/api#getstartransactions, #refundstarpayment, #deletemessage.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from telegram import StarTransaction, TransactionPartnerUser
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot.domain.refunds import Done, NotNow, Refund, Refused, Said
from bot.domain.topups import XTR, Gateway, Listing, Paid, Payment, WentBack
from bot.transport.limits import seconds_asked

_LOG: Final = logging.getLogger(__name__)

_INVOICE: Final = "invoice_payment"
_GIVEN_BACK: Final = "charge_already_refunded"
#: The bot has fewer Stars than it is to give back; somebody can mend that.
_TOO_FEW: Final = "balance_too_low"
_MEND_AFTER: Final = timedelta(minutes=15)


class Stars:
    """The bot's Stars."""

    def __init__(self, bot: ExtBot[Any]) -> None:
        self._bot = bot

    async def listed(self, offset: int, limit: int) -> Listing | None:
        """What Telegram lists from an offset on, oldest first; None while it cannot be asked."""
        try:
            found = (await self._bot.get_star_transactions(offset, limit)).transactions
        except TelegramError as error:
            _LOG.warning("Telegram does not list the bot's Stars", extra={"problem": error.message})
            return None
        facts = tuple(fact for entry in found if (fact := _fact(entry)) is not None)
        return Listing(facts, len(found), found[0].date if found else None)

    async def give_back(self, refund: Refund, payment: Payment) -> Said:
        """Give a payment back, whole; told any number of times it goes back once."""
        payer = int(payment.payer or refund.customer_id)
        try:
            await self._bot.refund_star_payment(payer, payment.payment_id)
        except RetryAfter as error:
            return NotNow(error.message, timedelta(seconds=seconds_asked(error)))
        except (BadRequest, Forbidden) as error:
            return _refused(error.message)
        except TelegramError as error:
            return NotNow(error.message)
        return Done()

    async def take_away(self, chat_id: int, message_id: int) -> bool:
        """Delete a message, as far as Telegram lets us; False while it cannot be asked."""
        try:
            await self._bot.delete_message(chat_id, message_id)
        except (BadRequest, Forbidden) as error:
            _LOG.info("an expired invoice stays in its chat", extra={"problem": error.message})
        except TelegramError as error:
            _LOG.warning("an expired invoice is taken away later", extra={"problem": error.message})
            return False
        return True


def _refused(said: str) -> Said:
    words = said.lower()
    if _GIVEN_BACK in words:
        return Done()
    return NotNow(said, _MEND_AFTER) if _TOO_FEW in words else Refused(said)


def _fact(entry: StarTransaction) -> Paid | WentBack | None:
    """What an entry means to the shop; nothing where it is no payment of an invoice."""
    source, receiver = entry.source, entry.receiver
    if isinstance(source, TransactionPartnerUser) and source.transaction_type == _INVOICE:
        payload, payer = source.invoice_payload, str(source.user.id)
        return Paid(Gateway.STARS, entry.id, Decimal(entry.amount), XTR, entry.date, payload, payer)
    if isinstance(receiver, TransactionPartnerUser) and receiver.transaction_type == _INVOICE:
        return WentBack(entry.id)
    return None
