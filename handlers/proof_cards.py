"""The cards that show operators a payment by hand: the customer's own photo or document, with a caption that is edited.

Nothing is downloaded: Telegram sends its own file again by its name. Where it will not, the words go alone.
"""

from __future__ import annotations

from typing import Any

from telegram.error import BadRequest
from telegram.ext import ExtBot

from bot.domain.topups import Proof, ProofKind
from bot.engine.shop import Shop
from handlers import telegram
from handlers.keyboards import Screen
from storage import proofs
from storage.database import Tx


async def send(bot: ExtBot[Any], chat_id: int, screen: Screen, proof: Proof | None, pace: object = None) -> int:
    """Send a card; the message's id."""
    if proof is not None:
        try:
            if proof.kind is ProofKind.PHOTO:
                return await telegram.send_picture(bot, chat_id, proof.file_id, screen, pace)
            return await telegram.send_document(bot, chat_id, proof.file_id, None, screen, pace)
        except BadRequest as error:
            if telegram.is_nobody(error):
                raise
    return await telegram.send(bot, chat_id, screen, pace)


async def edit(bot: ExtBot[Any], chat_id: int, message_id: int, screen: Screen, pace: object = None) -> bool:
    """Bring a card up to date; False when that cannot be edited any more."""
    try:
        return await telegram.edit_caption(bot, chat_id, message_id, screen, pace)
    except BadRequest as error:
        if not telegram.is_without_caption(error):
            raise
    return await telegram.edit(bot, chat_id, message_id, screen, pace)


async def remember(shop: Shop, topup_id: int, operator_id: int, message_id: int) -> None:
    """Which message shows a payment to an operator from now on."""

    async def work(tx: Tx) -> None:
        await proofs.set_card(tx, topup_id, operator_id, message_id)

    await shop.db.write(work)
