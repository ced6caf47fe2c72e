"""What the operator settles about a refill that nobody can tell the fate of: the panel took it, or it did not."""

from __future__ import annotations

from datetime import datetime

from bot.domain.acts import ActKind
from bot.domain.errors import AlreadyDecided, NotFound
from bot.domain.refills import Refill, RefillReason, RefillReport, RefillState
from bot.engine.refilling import take
from bot.engine.refills import refuse
from bot.engine.shop import Shop
from storage import acts, refills
from storage.database import Tx


async def inspect(shop: Shop, refill: Refill, refill_id: str) -> RefillReport | None:
    """What the panel says of a refill by its own name for it, before it is attached; None where it knows none.

    Raises PanelError where it does not answer.
    """
    client = shop.panels.get(refill.panel)
    answer = (await client.refill_status([refill_id])).get(refill_id) if client else None
    return answer if isinstance(answer, RefillReport) else None


async def attach(shop: Shop, number: int, refill_id: str, operator_id: int, now: datetime) -> Refill:
    """The operator found an unknown refill at the panel: it is followed from now on.

    Raises NotFound, or AlreadyDecided when it is not unknown any more.
    """

    async def work(tx: Tx) -> Refill:
        refill = await _unknown(tx, number)
        if not await take(tx, refill, refill_id, now, now):
            raise AlreadyDecided
        await _act(tx, operator_id, ActKind.ATTACH, refill, f"refill id {refill_id}", now)
        return await refills.get(tx, number) or refill

    refill = await shop.db.write(work)
    shop.bells.refills.ring()
    shop.bells.notices.ring()
    return refill


async def release(shop: Shop, number: int, operator_id: int, now: datetime) -> Refill:
    """The operator found that the panel never took an unknown refill: the customer may ask again."""

    async def work(tx: Tx) -> Refill:
        refill = await _unknown(tx, number)
        if not await refuse(tx, refill, RefillReason.NOT_TAKEN, refill.words or "", None, now):
            raise AlreadyDecided
        await _act(tx, operator_id, ActKind.RELEASE, refill, RefillReason.NOT_TAKEN.value, now)
        return await refills.get(tx, number) or refill

    refill = await shop.db.write(work)
    shop.bells.notices.ring()
    return refill


async def _unknown(tx: Tx, number: int) -> Refill:
    refill = await refills.get(tx, number)
    if refill is None:
        raise NotFound
    if refill.state is not RefillState.UNKNOWN:
        raise AlreadyDecided
    return refill


async def _act(tx: Tx, operator_id: int, kind: ActKind, refill: Refill, detail: str, now: datetime) -> None:
    subject = f"refill of order {refill.order_id}"
    await acts.record(tx, operator_id, kind, subject, detail, now)
