"""Money of an order that ended, back to the wallet by an operator's will: all that was kept of it, or a part."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain import wallet as ledger
from bot.domain.acts import ActKind
from bot.domain.amounts import part_of
from bot.domain.errors import AlreadyDecided, NeedsSecond, NotFound
from bot.domain.money import ZERO, Money, digits
from bot.domain.notices import Facts, Notice, NoticeKind
from bot.domain.orders import Order, OrderEvent, OrderState, Reason, move
from bot.domain.reasons import TOLD_MOST, needed
from bot.engine import brake
from bot.engine.debts import credit
from bot.engine.shop import Shop
from storage import acts, orders, outbox
from storage.database import Tx

#: Orders of which the shop may have kept something.
ENDED: Final = frozenset({OrderState.COMPLETED, OrderState.PARTIAL, OrderState.CANCELED})


@dataclass(frozen=True, slots=True)
class GivingBack:
    """What an operator gives back of an order."""

    #: The update that said so: it gives back once.
    update_id: int
    operator_id: int
    order_id: int
    #: None: all that was kept.
    amount: Money | None
    #: The customer reads it.
    reason: str


def left_of(order: Order) -> Money:
    """What the shop kept of an order that ended; nothing of one that goes on, or was never placed."""
    return order.charge - order.returned if order.state in ENDED and order.upstream_id else ZERO


async def give_back(shop: Shop, giving: GivingBack, now: datetime) -> Order:
    """Return money of an order that ended to its customer's wallet, Stars credit first; the same update does it once.

    What the panel took for it stays spent. Raises NotFound, AlreadyDecided where nothing is left of it, BadInput
    without a reason or above what is left, Braked, or NeedsSecond.
    """

    async def work(tx: Tx) -> Order:
        if not await acts.is_known(tx, _key(giving)):
            await brake.refuse(tx)
            if shop.terms.needs_two(await amount_of(tx, giving)):
                raise NeedsSecond
        return await give_back_in(tx, shop, giving, now)

    order = await shop.db.write(work)
    shop.bells.notices.ring()
    return order


async def give_back_in(tx: Tx, shop: Shop, giving: GivingBack, now: datetime) -> Order:
    """The same in a transaction at hand, whatever the amount."""
    if await acts.is_known(tx, _key(giving)):
        return await _need(tx, giving.order_id)
    await brake.refuse(tx)
    amount, order = await amount_of(tx, giving), await _need(tx, giving.order_id)
    reason = needed(giving.reason, TOLD_MOST)
    returned = order.returned + amount
    state = order.state
    if state is not OrderState.CANCELED:
        state = move(state, OrderEvent.UNDO if returned == order.charge else OrderEvent.FALL_SHORT)
    why = order.reason or Reason.DECIDED
    changed = await orders.change(
        tx, order, now, state=state.value, returned=returned, reason=why.value, reading=None, reading_since=None
    )  # fmt: skip
    if not changed:
        raise AlreadyDecided
    entries = ledger.adjust(order.id, order.customer_id, order.returned, amount, order.from_stars)
    await credit(tx, order.customer_id, entries, now)
    await outbox.post_card(tx, order.id, order.customer_id, now)
    facts: Facts = {"order": order.id, "amount": amount.micros, "reason": reason}
    key = f"{order.id}:given-back:{order.version + 1}"
    await outbox.post(tx, Notice(key, order.customer_id, NoticeKind.GIVEN_BACK, order.id, facts), now)
    detail = f"{digits(amount.decimal)} {shop.terms.currency}: {reason}"
    await acts.record(tx, giving.operator_id, ActKind.GIVE_BACK, f"order {order.id}", detail, now, _key(giving))
    return await _need(tx, order.id)


async def amount_of(tx: Tx, giving: GivingBack) -> Money:
    """How much would go back. Raises NotFound, AlreadyDecided or BadInput as `give_back` does."""
    left = left_of(await _need(tx, giving.order_id))
    if not left:
        raise AlreadyDecided
    return part_of(left, giving.amount)


async def _need(tx: Tx, order_id: int) -> Order:
    order = await orders.get(tx, order_id)
    if order is None:
        raise NotFound
    return order


def _key(giving: GivingBack) -> str:
    return f"{ActKind.GIVE_BACK}:{giving.update_id}"
