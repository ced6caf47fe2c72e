"""The news that money came: what came, and the order that waited for it, with one button to finish."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup
from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.domain.errors import NotForSale
from bot.domain.money import Money
from bot.domain.notices import Notice, NoticeKind
from bot.domain.orders import Quote, QuoteState
from bot.domain.topups import TopupState
from handlers import telegram
from handlers.callbacks import ShowCategories, ShowWallet
from handlers.context import Counter
from handlers.customer.checkout import read_checkout
from handlers.customer.screens_order import confirm_card
from handlers.keyboards import BLANK, Screen, cut, key, keyboard, lines
from handlers.notifying import NOTICE, send_notice
from handlers.texts import Texts
from storage import quotes, topups
from storage.database import Tx

log: Final = logging.getLogger(__name__)

_REASON_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class _Waits:
    """An order that waited for money, and the message that has shown its confirm card so far."""

    quote: Quote
    card_id: int | None


async def deliver_paid(bot: ExtBot[Any], counter: Counter, texts: Texts, notice: Notice) -> int:
    """Tell that money came; the id of the message. The card of the order that waited moves below it."""
    waits = await _waiting(counter, notice)
    card = await _confirm_card(counter, texts, waits) if waits else None
    news = lines(*_came(texts, notice))
    if waits is None or card is None:
        return await send_notice(bot, notice.chat_id, _alone(texts, news))
    html = lines(news, BLANK, texts.html("topup.order-waits"), BLANK, card.html)
    message_id = await send_notice(bot, notice.chat_id, Screen(html, card.keyboard))
    await _retire(bot, counter, texts, notice, waits)
    return message_id


async def _waiting(counter: Counter, notice: Notice) -> _Waits | None:
    """The order that waited for this money, where it still can be confirmed.

    Its quote is of the top-up, or named by the notice where money came without one.
    """
    topup_id, token = notice.facts.get("topup"), notice.facts.get("quote")

    async def work(tx: Tx) -> _Waits | None:
        topup = None if topup_id is None else await topups.get(tx, int(topup_id))
        wanted = topup.quote_token if topup else token
        quote = await quotes.get(tx, str(wanted), notice.chat_id) if wanted else None
        if quote is None or quote.state is not QuoteState.OPEN:
            return None
        return _Waits(quote, topup.card_id if topup else None)

    return await counter.shop.db.read(work)


async def _confirm_card(counter: Counter, texts: Texts, waits: _Waits) -> Screen | None:
    with suppress(NotForSale):
        return confirm_card(texts, await read_checkout(counter.shop, waits.quote, counter.now()))
    return None


async def _retire(bot: ExtBot[Any], counter: Counter, texts: Texts, notice: Notice, waits: _Waits) -> None:
    """The card from before says that there is a newer one, unless it has become the order's card meanwhile.

    The news are out: where this fails, they are not sent again for it.
    """
    if waits.card_id is None or await _waiting(counter, notice) is None:
        return
    try:
        await telegram.edit(bot, notice.chat_id, waits.card_id, Screen(texts.html("confirm.continued")), NOTICE)
    except TelegramError as error:
        log.info("an old confirm card stays as it is", extra={"notice": notice.key, "problem": error.message})


def _came(texts: Texts, notice: Notice) -> Iterator[Markup]:
    amount = Money(int(notice.facts["amount"]))
    if notice.kind is NoticeKind.CREDITED:
        yield texts.html("notice.credited", amount=amount, reason=cut(str(notice.facts["reason"]), _REASON_MAX))
        return
    yield texts.html("notice.topup-paid", amount=amount)
    match notice.facts.get("state"):
        case TopupState.PAID_LATE:
            yield texts.html("topup.came-late")
        case TopupState.PAID_OVER:
            yield texts.html("topup.came-over")
        case TopupState.PAID_PARTIALLY:
            yield texts.html("topup.came-partially")


def _alone(texts: Texts, news: Markup) -> Screen:
    ways_on = [key(texts.plain("menu.wallet"), ShowWallet(1)), key(texts.plain("menu.order"), ShowCategories(1))]
    return Screen(news, keyboard(ways_on))
