"""Gathering what can be told of unknown orders; passively, for a second `add` to find out would be a second order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from bot.domain.evidence import SEEMS_PLACED, Evidence, Point, Verdict, Window, weigh
from bot.domain.money import EXACT
from bot.domain.notices import AlertKind, Facts
from bot.domain.orders import Order
from bot.domain.pricing import panel_cost
from bot.engine.alerts import remind, retell
from bot.engine.shop import Shop
from storage import catalog, charges, orders, snapshots, unknowns
from storage.database import Tx
from storage.snapshots import Sent, Stored


async def facts(tx: Tx, order: Order) -> Evidence:
    """What the evidence says of an order, for whoever has to decide about it. Writes nothing."""
    return weigh(await _window(tx, order))


async def expected_cost(tx: Tx, order: Order) -> Decimal:
    """What an order's panel takes for it, exactly, in its own currency; the rate it really took counts where known.

    Raises LookupError for an order that is not stored.
    """
    entry = await catalog.service(tx, order.service_number)
    quoted = await charges.quoted_rate(tx, order.id)
    if entry is None or quoted is None:
        raise LookupError(f"the service and the quote of order {order.id}")
    service = replace(entry.service, type=order.type, rate=entry.charged_rate or quoted)
    return EXACT.plus(panel_cost(service, order.quantity))


async def judge(shop: Shop, panel: str, now: datetime) -> int:
    """Weigh the evidence of a panel's unknown orders anew; how many verdicts changed.

    An order that now seems placed brings its alert to the operators once more: its id is there to be found. No verdict
    attaches anything or moves money.
    """

    async def look(tx: Tx) -> list[tuple[Order, Verdict]]:
        found = [(u.order, await facts(tx, u.order)) for u in await unknowns.of_panel(tx, panel)]
        return [(order, told.verdict) for order, told in found if told.verdict is not order.verdict]

    if not await shop.db.read(look):
        return 0

    async def work(tx: Tx) -> int:
        changed = await look(tx)
        for order, verdict in changed:
            await _settle(tx, shop, order, verdict, now)
        return len(changed)

    count = await shop.db.write(work)
    shop.bells.notices.ring()
    return count


async def _settle(tx: Tx, shop: Shop, order: Order, verdict: Verdict, now: datetime) -> None:
    if not await unknowns.settle_verdict(tx, order.id, verdict):
        return
    told: Facts = {"verdict": verdict.value}
    if verdict in SEEMS_PLACED:
        await remind(tx, shop, AlertKind.ORDER_UNKNOWN, order.id, told, verdict.value, now)
    else:
        await retell(tx, AlertKind.ORDER_UNKNOWN, order.id, told)


async def _window(tx: Tx, order: Order) -> Window:
    cost = await expected_cost(tx, order)
    turn = await snapshots.turn_of(tx, order.id)
    link_taken = await snapshots.link_refused(tx, order.id, turn)
    before = await snapshots.before(tx, order.panel, turn) if turn else None
    after = await snapshots.since(tx, order.panel, turn) if before else []
    if before is None or not after:
        return Window(cost, before.snapshot if before else None, link_taken=link_taken)
    sent = await snapshots.placed_between(tx, order.panel, before.turn, after[-1].turn)
    return Window(
        cost, before.snapshot, await _points(tx, sent, after),
        overlaps=await snapshots.unclear_besides(tx, order.panel, order.id, before, after[-1]),
        came_back=await snapshots.money_came_back(tx, order.panel, before.snapshot.at), link_taken=link_taken,
    )  # fmt: skip


async def _points(tx: Tx, sent: Sequence[Sent], after: Sequence[Stored]) -> list[Point]:
    """The balances since, each with what the accepted orders before it cost."""
    costs = await costs_of(tx, [one.order_id for one in sent])
    points, spent, done = [], Decimal(0), 0
    for stored in after:
        while done < len(sent) and sent[done].turn <= stored.turn:
            spent, done = EXACT.add(spent, costs[sent[done].order_id]), done + 1
        points.append(Point(stored.snapshot, spent))
    return points


async def costs_of(tx: Tx, order_ids: Sequence[int]) -> dict[int, Decimal]:
    """What panels take for these orders, each in its panel's currency."""
    found = await orders.get_all(tx, order_ids)
    return {order.id: await expected_cost(tx, order) for order in found.values()}
