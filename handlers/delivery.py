"""From notices to messages: what a person is told without having asked, paced, in their language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup
from telegram.error import BadRequest, RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot.domain.broadcasts import Broadcast
from bot.domain.money import Money
from bot.domain.notices import Facts, Notice, NoticeKind
from bot.domain.orders import Order
from bot.engine import broadcasting
from bot.engine.notices import Delivery, NotNow, Sent, Unreachable
from handlers import delivery_refunds, telegram
from handlers.callbacks import AskSupport, ShowCategories, ShowOrder, ShowWallet
from handlers.cards import read_card
from handlers.context import Counter
from handlers.delivery_proofs import deliver_proof, turned_down
from handlers.delivery_topups import deliver_paid
from handlers.keyboards import Screen, cut, key, keyboard
from handlers.notifying import NOTICE, send_notice
from handlers.operator.screens import notice_screen
from handlers.operator.screens_broadcast import broadcast_screen, progress_screen
from handlers.texts import Texts
from storage import broadcasts, orders, views
from storage.database import Tx
from storage.outbox import Waiting

_FOR_OPERATORS: Final = frozenset(
    {
        NoticeKind.ALERT,
        NoticeKind.TICKET,
        NoticeKind.TOPUP_ASKED,
        NoticeKind.RESTARTED,
        NoticeKind.APPROVAL,
        NoticeKind.REFUND_ASKED,
    }
)
_TEXT_MAX: Final = 3900
_NAME_MAX: Final = 200


async def deliver(bot: ExtBot[Any], counter: Counter, waiting: Waiting) -> Delivery:
    """Tell a person one thing, and say what became of it."""
    notice = waiting.notice
    texts, order = await _read(counter, notice)
    try:
        if notice.kind is NoticeKind.CARD:
            return await _deliver_card(bot, counter, texts, order) if order else Sent()
        if notice.kind is NoticeKind.BROADCAST_PROGRESS:
            return await _deliver_progress(bot, counter, texts, notice)
        if notice.kind is NoticeKind.TOPUP_PAID or (notice.kind is NoticeKind.CREDITED and "quote" in notice.facts):
            return Sent(await deliver_paid(bot, counter, texts, notice))
        if notice.kind is NoticeKind.PROOF:
            return Sent(await deliver_proof(bot, counter, texts, notice, NOTICE))
        if notice.kind is NoticeKind.BROADCAST:
            screen = await _broadcast(counter, notice)
        elif notice.kind in _FOR_OPERATORS:
            screen = await notice_screen(texts, counter, notice)
        else:
            screen = customer_screen(texts, notice, order)
        return Sent(await send_notice(bot, notice.chat_id, screen))
    except TelegramError as error:
        return outcome_of(error)


def customer_screen(texts: Texts, notice: Notice, order: Order | None) -> Screen:
    """A customer's notice as a message."""
    if order is not None and notice.kind not in _MESSAGES:
        html = texts.html(f"notice.{notice.kind.value}", **_order_facts(texts, notice, order))
        label = texts.plain("card.open", order=str(order.id))
        return Screen(html, keyboard(key(label, ShowOrder(order.id, 0))))
    return _MESSAGES[notice.kind](texts, notice.facts)


def outcome_of(error: TelegramError) -> Delivery:
    """What a refused call means for the notice."""
    if telegram.is_nobody(error):
        return Unreachable(error.message)
    if isinstance(error, RetryAfter):
        return NotNow(error.message, telegram.wait_of(error))
    return NotNow(error.message, refused=isinstance(error, BadRequest))


async def _read(counter: Counter, notice: Notice) -> tuple[Texts, Order | None]:
    async def work(tx: Tx) -> tuple[str | None, Order | None]:
        order = None if notice.order_id is None else await orders.get(tx, notice.order_id)
        return await views.language_of(tx, notice.chat_id), order

    language, order = await counter.shop.db.read(work)
    return counter.library.speak(language), order


async def _deliver_card(bot: ExtBot[Any], counter: Counter, texts: Texts, order: Order) -> Delivery:
    """Edit the order's card in place; a new one where there is none, or where it was deleted."""
    screen = await read_card(counter.shop, texts, order, counter.now())
    if order.card_message_id is not None and await telegram.edit(
        bot, order.customer_id, order.card_message_id, screen, NOTICE
    ):
        return Sent(order.card_message_id)
    return Sent(await send_notice(bot, order.customer_id, screen))


async def _deliver_progress(bot: ExtBot[Any], counter: Counter, texts: Texts, notice: Notice) -> Delivery:
    """Edit the message that shows how far a broadcast is; a new one where it was deleted."""
    found = await broadcasting.progress(counter.shop, int(notice.facts["broadcast"]))
    if found is None:
        return Sent()
    screen, message_id = progress_screen(texts, found), found.broadcast.message_id
    if message_id is not None and await telegram.edit(bot, notice.chat_id, message_id, screen, NOTICE):
        return Sent(message_id)
    return Sent(await send_notice(bot, notice.chat_id, screen))


async def _broadcast(counter: Counter, notice: Notice) -> Screen:
    async def work(tx: Tx) -> Broadcast | None:
        return await broadcasts.get(tx, int(notice.facts["broadcast"]))

    found = await counter.shop.db.read(work)
    if found is None:
        raise LookupError(f"{notice.key} is of no broadcast")
    return broadcast_screen(found.html)


def _order_facts(texts: Texts, notice: Notice, order: Order) -> dict[str, str | Money]:
    # Notices of a void name no amount: all of it came back.
    back = notice.facts.get("back")
    return {
        "order": str(order.id),
        "name": cut(order.service_name, _NAME_MAX),
        "charge": order.charge,
        "reason": texts.html(f"reason.{order.reason.value}") if order.reason else "",
        "why": _why_no_refill(texts, notice.facts),
        "back": Money(back) if isinstance(back, int) else order.charge,
    }


def _why_no_refill(texts: Texts, facts: Facts) -> Markup:
    """Why a refill was refused, and from when on another one may be asked for."""
    why, again = facts.get("why"), facts.get("again")
    if not isinstance(why, str):
        return Markup("")
    parts = [texts.html(f"refill.reason-{why}")]
    if isinstance(again, str):
        parts.append(texts.html("refill.again", at=datetime.fromisoformat(again)))
    return Markup(" ").join(parts)


def _moved(texts: Texts, notice_text: str, facts: Mapping[str, str | int]) -> Screen:
    amount, reason = Money(int(facts["amount"])), cut(str(facts["reason"]), _NAME_MAX)
    return Screen(
        texts.html(notice_text, amount=amount, reason=reason),
        keyboard(
            [key(texts.plain("menu.wallet"), ShowWallet(1)), key(texts.plain("menu.order"), ShowCategories(1))],
        ),
    )


def _credited(texts: Texts, facts: Mapping[str, str | int]) -> Screen:
    return _moved(texts, "notice.credited", facts)


def _debited(texts: Texts, facts: Mapping[str, str | int]) -> Screen:
    return _moved(texts, "notice.debited", facts)


def _answer(texts: Texts, facts: Mapping[str, str | int]) -> Screen:
    return Screen(
        texts.html("notice.answer", text=cut(str(facts["text"]), _TEXT_MAX)),
        keyboard(key(texts.plain("notice.write-back"), AskSupport())),
    )


_MESSAGES: Final[Mapping[NoticeKind, Callable[[Texts, Mapping[str, str | int]], Screen]]] = {
    NoticeKind.CREDITED: _credited,
    NoticeKind.DEBITED: _debited,
    NoticeKind.ANSWER: _answer,
    NoticeKind.TOPUP_TURNED_DOWN: turned_down,
    **delivery_refunds.MESSAGES,
}
