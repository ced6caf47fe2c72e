"""A customer's statement, drawn up from the ledger in one view of it and held against the balance."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.domain.acts import ActKind
from bot.domain.errors import NotFound
from bot.domain.money import ZERO
from bot.domain.statement import Reckoning, Span, Statement, bounds
from bot.engine.shop import Shop
from storage import acts, customers, movements, wallet
from storage.database import Tx

#: So many movements are read at a time: a long history takes many short steps.
PAGE: Final = 500


class Unbalanced(Exception):
    """The movements do not come to the balance. Such a statement is handed to nobody; the audit finds the entry."""


async def of_customer(shop: Shop, customer_id: int, span: Span, now: datetime) -> Statement:
    """What moved in a customer's wallet. Raises NotFound for somebody who never came, or Unbalanced."""

    async def work(tx: Tx) -> Statement:
        return await _drawn_up(tx, customer_id, span, now)

    return await shop.db.read(work)


async def for_operator(shop: Shop, customer_id: int, span: Span, operator_id: int, now: datetime) -> Statement:
    """The same in an operator's hands, which is an act. Raises NotFound or Unbalanced."""
    statement = await of_customer(shop, customer_id, span, now)

    async def work(tx: Tx) -> None:
        await acts.record(tx, operator_id, ActKind.EXPORT, f"customer {customer_id}", f"statement {span.value}", now)

    await shop.db.write(work)
    return statement


async def _drawn_up(tx: Tx, customer_id: int, span: Span, now: datetime) -> Statement:
    if await customers.get(tx, customer_id) is None:
        raise NotFound
    since, until = bounds(span, now)
    opening = ZERO if since is None else await movements.moved(tx, customer_id, None, since)
    reckoning, behind = Reckoning(opening), movements.first(since)
    while True:
        found, behind = await movements.page(tx, customer_id, behind, until, PAGE)
        reckoning.add(found)
        if len(found) < PAGE:
            break
    balances = await wallet.balances(tx, customer_id)
    later = ZERO if until is None else await movements.moved(tx, customer_id, until, None)
    if reckoning.balance + later != balances.available:
        raise Unbalanced(f"customer {customer_id}: {reckoning.balance + later} by the entries, {balances.available}")
    return Statement(
        customer_id, span, since, until or now, now, opening, reckoning.lines, reckoning.balance, reckoning.totals,
        balances.held, balances.stars,
    )  # fmt: skip
