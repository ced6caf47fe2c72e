"""People: greeting them, passing messages to the operator and back, remembering who blocked the bot."""

from __future__ import annotations

from datetime import datetime

from bot.domain.errors import AlreadyDecided, NotFound
from bot.domain.money import Money
from bot.domain.notices import Facts, Notice, NoticeKind
from bot.engine.shop import Shop
from storage import customers, outbox, wallet
from storage.database import Tx

TICKET_MAX_CHARACTERS = 2000


async def greet(
    shop: Shop, person_id: int, name: str, username: str | None, language: str | None, now: datetime
) -> bool:
    """Remember a contact and open the wallet at the first; True when it was the first.

    Whatever could not reach the person before is sent again.
    """

    async def work(tx: Tx) -> bool:
        first = await customers.save(tx, person_id, name, username, language, now)
        await wallet.open_accounts(tx, person_id)
        await outbox.revive(tx, person_id, now)
        return first

    first = await shop.db.write(work)
    shop.bells.notices.ring()
    return first


async def ask_operator(shop: Shop, update_id: int, customer_id: int, text: str, now: datetime) -> None:
    """Pass a customer's message to every operator; the same update is one message."""

    async def work(tx: Tx) -> None:
        ticket_id = await customers.add_ticket(tx, update_id, customer_id, text[:TICKET_MAX_CHARACTERS], now)
        if ticket_id is None:
            return
        for operator_id in shop.terms.operator_ids:
            key = f"ticket:{ticket_id}:{operator_id}"
            notice = Notice(key, operator_id, NoticeKind.TICKET, None, {"ticket": ticket_id})
            await outbox.post(tx, notice, now)

    await shop.db.write(work)
    shop.bells.notices.ring()


async def ask_for_topup(shop: Shop, update_id: int, customer_id: int, gap: Money, charge: Money, now: datetime) -> None:
    """Tell every operator that a customer lacks an amount for an order they want."""

    async def work(tx: Tx) -> None:
        for operator_id in shop.terms.operator_ids:
            facts = {"customer": customer_id, "gap": gap.micros, "charge": charge.micros}
            key = f"topup:{update_id}:{operator_id}"
            await outbox.post(tx, Notice(key, operator_id, NoticeKind.TOPUP_ASKED, None, facts), now)

    await shop.db.write(work)
    shop.bells.notices.ring()


async def answer_ticket(shop: Shop, update_id: int, ticket_id: int, operator_id: int, text: str, now: datetime) -> int:
    """Pass an operator's answer to the customer; whose id is returned.

    The first operator to answer settles it. Raises NotFound, or AlreadyDecided when another one did.
    """

    async def work(tx: Tx) -> int:
        ticket = await customers.ticket(tx, ticket_id)
        if ticket is None:
            raise NotFound
        if not await customers.answer_ticket(tx, ticket_id, operator_id, now):
            raise AlreadyDecided
        facts: Facts = {"ticket": ticket_id, "text": text[:TICKET_MAX_CHARACTERS]}
        notice = Notice(f"answer:{update_id}", ticket.customer_id, NoticeKind.ANSWER, None, facts)
        if await outbox.post(tx, notice, now):
            act = outbox.Act(str(operator_id), "answer", f"ticket {ticket_id}", text[:200], now)
            await outbox.record(tx, act)
        return ticket.customer_id

    customer_id = await shop.db.write(work)
    shop.bells.notices.ring()
    return customer_id


async def set_blocked(shop: Shop, person_id: int, *, blocked: bool, now: datetime) -> None:
    """Remember whether a person blocked the bot; what waited for them is sent once they unblock it."""

    async def work(tx: Tx) -> None:
        await customers.set_blocked(tx, person_id, blocked=blocked)
        if not blocked:
            await outbox.revive(tx, person_id, now)

    await shop.db.write(work)
    shop.bells.notices.ring()
