"""People: greeting them, passing messages to the operator and back, remembering who blocked the bot."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bot.domain.acts import ActKind
from bot.domain.errors import AlreadyDecided, NotFound
from bot.domain.money import Money
from bot.domain.notices import Facts, Notice, NoticeKind
from bot.engine.shop import Shop
from storage import acts, customers, outbox, quotes, wallet
from storage.customers import Customer
from storage.database import Tx

TICKET_MAX_CHARACTERS: Final = 2000
#: So many messages of one customer reach the operators within this span, that no customer can bury them.
TICKETS_MAX: Final = 5
TICKETS_SPAN: Final = timedelta(minutes=10)
#: One customer's pleas for money come this far apart.
TOPUP_SPAN: Final = timedelta(minutes=1)
#: So long an order waits for what operators were asked to add.
GAP_WAITS: Final = timedelta(days=1)


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

    first = await shop.db.write(work, of=person_id)
    shop.bells.notices.ring()
    return first


async def recognise(shop: Shop, person_id: int) -> Customer | None:
    """The person as the book has them; one who counts as having blocked the bot is to be greeted again."""

    async def work(tx: Tx) -> Customer | None:
        return await customers.get(tx, person_id)

    return await shop.db.read(work)


async def choose_language(shop: Shop, person_id: int, language: str) -> None:
    """Remember the language a person wants to read, whatever their client speaks."""

    async def work(tx: Tx) -> None:
        await customers.choose_language(tx, person_id, language)

    await shop.db.write(work)


async def ask_operator(shop: Shop, update_id: int, customer_id: int, text: str, now: datetime) -> bool:
    """Pass a customer's message to every operator; the same update is one message.

    False, and nothing is passed on, when the customer has written too many of late.
    """

    async def work(tx: Tx) -> bool:
        if await customers.tickets_since(tx, customer_id, now - TICKETS_SPAN, besides=update_id) >= TICKETS_MAX:
            return False
        ticket_id = await customers.add_ticket(tx, update_id, customer_id, text[:TICKET_MAX_CHARACTERS], now)
        if ticket_id is None:
            return True
        for operator_id in shop.terms.operator_ids:
            key = f"ticket:{ticket_id}:{operator_id}"
            notice = Notice(key, operator_id, NoticeKind.TICKET, None, {"ticket": ticket_id})
            await outbox.post(tx, notice, now)
        return True

    passed = await shop.db.write(work)
    shop.bells.notices.ring()
    return passed


async def ask_for_gap(shop: Shop, token: str, customer_id: int, gap: Money, charge: Money, now: datetime) -> bool:
    """Tell every operator, once for each quote, that a customer lacks an amount for an order they want.

    The order waits for a day meanwhile, at its price. False, and nobody is told, when the customer asked for another
    quote a moment ago.
    """
    of_customer, of_quote = _topup_key(customer_id), _topup_key(customer_id, token)
    facts = {"customer": customer_id, "gap": gap.micros, "charge": charge.micros}

    async def work(tx: Tx) -> bool:
        if await outbox.posted_since(tx, of_quote):
            return True
        if await outbox.posted_since(tx, of_customer, now - TOPUP_SPAN):
            return False
        for operator_id in shop.terms.operator_ids:
            key = f"{of_quote}{operator_id}"
            await outbox.post(tx, Notice(key, operator_id, NoticeKind.TOPUP_ASKED, None, facts), now)
        await quotes.extend(tx, token, customer_id, now + GAP_WAITS)
        return True

    told = await shop.db.write(work)
    shop.bells.notices.ring()
    return told


async def gap_asked(shop: Shop, token: str, customer_id: int) -> bool:
    """Whether the operators were asked to add what the wallet lacks for this quote."""

    async def work(tx: Tx) -> bool:
        return await outbox.posted_since(tx, _topup_key(customer_id, token))

    return await shop.db.read(work)


async def order_waiting(tx: Tx, customer_id: int, until: datetime) -> str | None:
    """The quote of the order a customer asked the operators for last, which now holds at least until a moment.

    None where nobody was asked, or it became an order, was turned down or forgotten.
    """
    key = await outbox.newest_key(tx, _topup_key(customer_id))
    token = key.split(":")[2] if key else ""
    return token if token and await quotes.extend(tx, token, customer_id, until) else None


def _topup_key(customer_id: int, *parts: str) -> str:
    """How the keys of a customer's pleas for money begin."""
    return "".join(f"{part}:" for part in ("topup", customer_id, *parts))


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
            await acts.record(tx, operator_id, ActKind.ANSWER, f"ticket {ticket_id}", text[:200], now)
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
