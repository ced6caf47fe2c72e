"""What a person may ask of whoever keeps something about them: to see all of it, and to have it forgotten."""

from __future__ import annotations

import json
from datetime import datetime

from bot.domain.acts import ActKind
from bot.domain.errors import BadInput, NotFound, Problem, StillRunning
from bot.engine.shop import Shop
from storage import acts, customers, people
from storage.database import Tx


async def export(shop: Shop, customer_id: int, operator_id: int, now: datetime) -> bytes:
    """Everything the shop keeps of a person, as a JSON document. NotFound for somebody who never came."""

    async def work(tx: Tx) -> str:
        if await customers.get(tx, customer_id) is None:
            raise NotFound
        found = await people.kept(tx, customer_id)
        await acts.record(tx, operator_id, ActKind.EXPORT, f"customer {customer_id}", "", now)
        return json.dumps(found, ensure_ascii=False, indent=2)

    return (await shop.db.write(work)).encode("utf-8", "replace")


async def erase(shop: Shop, customer_id: int, operator_id: int, now: datetime) -> None:
    """Forget who a person is and everything they wrote; the ledger stays, under their number.

    Raises NotFound, StillRunning while an order, a refill, a payment by hand or a refund of theirs is not over, or
    BadInput for an operator.
    """
    if customer_id in shop.terms.operator_ids:
        raise BadInput(Problem.IS_OPERATOR)

    async def work(tx: Tx) -> None:
        if await customers.get(tx, customer_id) is None:
            raise NotFound
        if await people.has_open(tx, customer_id):
            raise StillRunning
        await people.erase(tx, customer_id)
        await acts.record(tx, operator_id, ActKind.ERASE, f"customer {customer_id}", "", now)

    await shop.db.write(work)
