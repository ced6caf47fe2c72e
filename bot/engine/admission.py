"""Who may order, and when: never the banned or who owes, and nobody in a maintenance or while the brake is on.

Every change leaves an act.

Asked where an order begins, at its quote, and once more inside the transaction that confirms it. What was ordered
before goes on by all its rules; looking, the wallet and messages are open to everybody at any time.
"""

from __future__ import annotations

from datetime import datetime

from bot.domain.acts import ActKind
from bot.domain.errors import BadInput, Banned, Braked, Frozen, InMaintenance, NotFound, Problem, TurnedAway
from bot.domain.reasons import kept
from bot.engine.shop import Shop
from storage import acts, broadcasts, customers, switches
from storage.database import Tx


async def admit(tx: Tx, customer_id: int) -> None:
    """Raise Banned, Braked, InMaintenance or Frozen where the customer may not order now."""
    await admit_payer(tx, customer_id)
    if owed := await customers.owed(tx, customer_id):
        raise Frozen(owed)


async def admit_payer(tx: Tx, customer_id: int) -> None:
    """Raise Banned, Braked or InMaintenance where the customer may not pay in now; what is owed can be paid."""
    if await customers.is_banned(tx, customer_id):
        raise Banned
    if refused := _closing(await switches.closing(tx)):
        raise refused


def _closing(on: frozenset[str]) -> TurnedAway | None:
    if switches.BRAKE in on:
        return Braked()
    return InMaintenance() if switches.MAINTENANCE in on else None


async def refusal(shop: Shop, customer_id: int) -> TurnedAway | None:
    """Why the customer may not order now; None when they may."""

    async def work(tx: Tx) -> TurnedAway | None:
        try:
            await admit(tx, customer_id)
        except TurnedAway as refused:
            return refused
        return None

    return await shop.db.read(work)


async def maintained_since(shop: Shop) -> datetime | None:
    """Since when the shop has been in maintenance; None when it is not."""

    async def work(tx: Tx) -> datetime | None:
        return await switches.on_since(tx, switches.MAINTENANCE)

    return await shop.db.read(work)


async def closed(shop: Shop) -> TurnedAway | None:
    """Why nobody can order now, whoever they are; None while the shop takes orders."""

    async def work(tx: Tx) -> TurnedAway | None:
        return _closing(await switches.closing(tx))

    return await shop.db.read(work)


async def set_maintenance(shop: Shop, operator_id: int, now: datetime, *, on: bool) -> bool:
    """Begin or end the maintenance, for all customers at once; False when that is nothing new."""

    async def work(tx: Tx) -> bool:
        changed = await (
            switches.turn_on(tx, switches.MAINTENANCE, now) if on else switches.turn_off(tx, switches.MAINTENANCE)
        )
        if changed:
            await acts.record(tx, operator_id, ActKind.MAINTENANCE, "shop", "on" if on else "off", now)
        return changed

    return await shop.db.write(work)


async def ban(shop: Shop, customer_id: int, operator_id: int, reason: str, now: datetime) -> bool:
    """Keep a customer from ordering; False when that is nothing new.

    Raises NotFound, or BadInput for an operator.
    """
    if customer_id in shop.terms.operator_ids:
        raise BadInput(Problem.IS_OPERATOR)

    async def work(tx: Tx) -> bool:
        if await customers.get(tx, customer_id) is None:
            raise NotFound
        changed = await customers.ban(tx, customer_id, now)
        if changed:
            await broadcasts.spare(tx, customer_id)
            detail = kept(reason)
            await acts.record(tx, operator_id, ActKind.BAN, f"customer {customer_id}", detail, now)
        return changed

    return await shop.db.write(work)


async def unban(shop: Shop, customer_id: int, operator_id: int, now: datetime) -> bool:
    """Let a customer order again; False when that is nothing new. Raises NotFound."""

    async def work(tx: Tx) -> bool:
        if await customers.get(tx, customer_id) is None:
            raise NotFound
        changed = await customers.unban(tx, customer_id)
        if changed:
            await acts.record(tx, operator_id, ActKind.UNBAN, f"customer {customer_id}", "", now)
        return changed

    return await shop.db.write(work)
