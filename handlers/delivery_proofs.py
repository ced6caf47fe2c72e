"""News about payments by hand: the cards of operators, and what customers read when theirs was not found."""

from __future__ import annotations

from typing import Any

from telegram.ext import ExtBot

from bot.domain.money import Money
from bot.domain.notices import Facts, Notice
from bot.domain.reasons import LINE_MOST
from handlers import proof_cards
from handlers.callbacks import AskSupport
from handlers.context import Counter
from handlers.customer.hand_buttons import TryAgain
from handlers.keyboards import Screen, cut, key, keyboard
from handlers.operator import screens_proofs
from handlers.operator.screens_proofs import ProofView
from handlers.texts import Texts
from storage import proofs
from storage.database import Tx


async def deliver_proof(bot: ExtBot[Any], counter: Counter, texts: Texts, notice: Notice, pace: object) -> int | None:
    """Bring an operator's card of a payment up to date, or send it; the id of its message."""
    topup_id = int(notice.facts["topup"])

    async def work(tx: Tx) -> tuple[ProofView | None, int | None]:
        return await screens_proofs.load(tx, topup_id), await proofs.card_of(tx, topup_id, notice.chat_id)

    view, card = await counter.shop.db.read(work)
    if view is None:
        return None
    screen = screens_proofs.proof_screen(texts, view)
    if card is not None and await proof_cards.edit(bot, notice.chat_id, card, screen, pace):
        return card
    return await proof_cards.send(bot, notice.chat_id, screen, view.topup.proof, pace)


def turned_down(texts: Texts, facts: Facts) -> Screen:
    """A payment was not found: why, and two ways to go on."""
    amount, reason = Money(int(facts["amount"])), cut(str(facts["reason"]), LINE_MOST)
    return Screen(
        texts.html("notice.topup-turned-down", amount=amount, reason=reason),
        keyboard(
            key(texts.plain("by-hand.again"), TryAgain(int(facts["topup"])), "primary"),
            key(texts.plain("by-hand.support"), AskSupport()),
        ),
    )
