"""What the shop can tell of an unknown order from its panel's balances and refusals."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.evidence import Evidence, Verdict
from bot.domain.orders import Order, Reason
from bot.engine import desk, evidence, panels, reconciling
from bot.panels.outcomes import Lost, Placed, RefusalKind, Refused
from bot.panels.wire_requests import Balance
from bot.wire.reasons import HttpFacts, LostReason
from storage import orders, snapshots
from tests.engine.workshop import CANCELED, LIKES, NORD, Workshop
from tests.kit import IRIS, LINK

FACTS = HttpFacts(200)
#: Of a thousand Likes.
COST = Decimal("0.9")


async def unknown(bench: Workshop, link: str = LINK) -> Order:
    await bench.order(bench.number(LIKES), link=link, quantity="1000")
    return await bench.record(await bench.claim(), Lost(LostReason.TIMEOUT, FACTS))


async def told(bench: Workshop, order: Order) -> Evidence:
    return await bench.shop.db.read(lambda tx: evidence.facts(tx, order))


async def verdict(bench: Workshop, order: Order) -> Verdict:
    return (await told(bench, order)).verdict


async def test_an_unmoved_balance_says_that_nothing_was_placed(rich: Workshop) -> None:
    order = await unknown(rich)
    first = await told(rich, order)
    assert (first.verdict, first.cost, first.latest) == (Verdict.PENDING, COST, None)
    assert first.before is not None
    assert first.before.balance == 100
    rich.clock.forward(minutes=1)
    await rich.balance("100")
    assert (await told(rich, order)).verdict is Verdict.ZERO


async def test_a_balance_that_fell_by_the_cost_says_that_it_was_placed(rich: Workshop) -> None:
    order = await unknown(rich)
    await rich.balance("99.1")
    found = await told(rich, order)
    assert (found.verdict, found.difference) == (Verdict.MATCH, COST)


async def test_orders_that_were_accepted_around_it_are_taken_off(rich: Workshop) -> None:
    await rich.sent(link=f"{LINK}/1", quantity="2000")
    order = await unknown(rich)
    await rich.sent(link=f"{LINK}/2", quantity="1000")
    await rich.balance("96.4")
    assert await verdict(rich, order) is Verdict.MATCH
    await rich.sent(link=f"{LINK}/3", quantity="1000")
    await rich.balance("95.5")
    assert await verdict(rich, order) is Verdict.MATCH


async def test_a_balance_read_while_something_is_under_way_says_nothing(rich: Workshop) -> None:
    order = await unknown(rich)
    await rich.order(rich.number(LIKES), link=f"{LINK}/2", quantity="1000")
    claim = await rich.claim()
    await rich.balance("98.2")
    assert await verdict(rich, order) is Verdict.PENDING
    await rich.record(claim, Placed("7", FACTS))
    assert await verdict(rich, order) is Verdict.PENDING


async def test_an_order_sent_while_the_balance_was_being_read_spoils_that_reading(rich: Workshop) -> None:
    order = await unknown(rich)
    asked = await rich.shop.db.read(lambda tx: snapshots.mark(tx, NORD))
    await rich.sent(link=f"{LINK}/2", quantity="1000")
    read = await panels.note_balance(rich.shop, NORD, Balance(Decimal(99), "USD"), rich.clock(), asked)
    assert read.in_flight == 1
    assert await verdict(rich, order) is Verdict.PENDING


async def test_what_was_before_what_does_not_hang_on_the_clock(rich: Workshop) -> None:
    rich.clock.forward(days=1)
    order = await unknown(rich)
    rich.clock.forward(days=-1, minutes=5)
    await rich.balance("99.1")
    assert await verdict(rich, order) is Verdict.MATCH
    rich.clock.forward(days=2)
    await rich.balance("99.1")
    assert await verdict(rich, order) is Verdict.MATCH


async def test_two_unknown_orders_at_one_panel_spoil_each_others_evidence(rich: Workshop) -> None:
    first, second = await unknown(rich), await unknown(rich, f"{LINK}/2")
    await rich.balance("99.1")
    assert [await verdict(rich, order) for order in (first, second)] == [Verdict.MIXED, Verdict.MIXED]
    await desk.release(rich.shop, first.id, Reason.NOT_PLACED, IRIS, rich.clock())
    assert await verdict(rich, second) is Verdict.MIXED


async def test_an_attached_order_counts_as_accepted(rich: Workshop) -> None:
    first, second = await unknown(rich), await unknown(rich, f"{LINK}/2")
    await rich.balance("98.2")
    await desk.attach(rich.shop, first.id, "70", IRIS, rich.clock())
    assert await verdict(rich, second) is Verdict.MATCH


async def test_money_that_came_back_meanwhile_spoils_the_evidence(rich: Workshop) -> None:
    other = await rich.sent(link=f"{LINK}/2", quantity="1000")
    await rich.balance("99.1")
    order = await unknown(rich)
    await rich.balance("99.1")
    assert await verdict(rich, order) is Verdict.ZERO
    await rich.settled(other, CANCELED)
    assert await verdict(rich, order) is Verdict.MIXED


async def test_a_refusal_for_the_same_link_says_that_it_was_placed(rich: Workshop) -> None:
    order = await unknown(rich)
    other = await rich.order(rich.number(LIKES), link=f"{LINK}/2", quantity="1000")
    await rich.sql("UPDATE orders SET target = 'elsewhere' WHERE id = $1", other.id)
    claim = await rich.claim()
    await rich.sql(
        "UPDATE orders SET target = (SELECT target FROM orders WHERE id = $1) WHERE id = $2", order.id, other.id
    )
    await rich.record(claim, Refused(RefusalKind.DUPLICATE_LINK, "active order with this link", FACTS))
    assert await verdict(rich, order) is Verdict.PLACED


async def test_verdicts_are_kept_and_told_once_and_move_nothing(rich: Workshop) -> None:
    order = await unknown(rich)
    held = (await rich.money()).held
    assert await evidence.judge(rich.shop, NORD, rich.clock()) == 1
    assert (await rich.read(order.id)).verdict is Verdict.PENDING
    await rich.balance("99.1")
    before = (await rich.notices(IRIS)).count("alert")
    assert await evidence.judge(rich.shop, NORD, rich.clock()) == 1
    assert await evidence.judge(rich.shop, NORD, rich.clock()) == 0
    kept = await rich.read(order.id)
    assert (kept.verdict, kept.state, kept.upstream_id) == (Verdict.MATCH, order.state, None)
    assert (await rich.notices(IRIS)).count("alert") == before + 1
    (row,) = await rich.rows("SELECT facts FROM alerts WHERE key = $1", f"order-unknown:{order.id}")
    assert '"verdict":"match"' in row["facts"]
    assert (await rich.money()).held == held
    await rich.sound()


async def test_an_alert_that_was_seen_opens_again_when_the_order_seems_placed(rich: Workshop) -> None:
    order = await unknown(rich)
    (alert,) = await rich.rows("SELECT id FROM alerts WHERE key = $1", f"order-unknown:{order.id}")
    await desk.acknowledge(rich.shop, alert["id"], IRIS, rich.clock())
    await rich.balance("100")
    await evidence.judge(rich.shop, NORD, rich.clock())
    assert await rich.alerts() == []  # nothing new to do
    await rich.balance("99.1")
    await evidence.judge(rich.shop, NORD, rich.clock())
    assert await rich.alerts() == [f"order-unknown:{order.id}"]


async def test_what_is_decided_meanwhile_is_judged_no_more_and_nobody_is_told_of_it(rich: Workshop) -> None:
    order = await unknown(rich)
    await desk.release(rich.shop, order.id, Reason.GOODWILL, IRIS, rich.clock())
    told = await rich.notices(IRIS)
    await rich.shop.db.write(lambda tx: evidence._settle(tx, rich.shop, order, Verdict.MATCH, rich.clock()))
    assert await rich.notices(IRIS) == told
    assert (await rich.read(order.id)).verdict is None
    await rich.sound()


async def test_what_an_order_costs_that_nobody_stored_is_not_guessed(rich: Workshop) -> None:
    order = await unknown(rich)
    assert await rich.shop.db.read(lambda tx: evidence.expected_cost(tx, order)) == COST
    with pytest.raises(LookupError, match="order 99"):
        await rich.shop.db.read(lambda tx: evidence.expected_cost(tx, replace(order, id=99)))


async def test_a_week_of_balances_is_kept_and_what_an_order_stands_on_longer(rich: Workshop) -> None:
    order = await unknown(rich)
    rich.clock.forward(minutes=1)
    await rich.balance("99.1")
    assert await reconciling.forget(rich.shop, rich.clock.forward(days=6, hours=23)) == 0
    assert await verdict(rich, order) is Verdict.MATCH
    await rich.balance("98")
    assert await reconciling.forget(rich.shop, rich.clock.forward(hours=2)) > 0
    assert [
        row["balance"] for row in await rich.rows("SELECT balance FROM panel_snapshots WHERE panel = $1", NORD)
    ] == ["98"]


async def test_old_balances_are_forgotten_but_for_each_panels_last(rich: Workshop) -> None:
    for balance in ("99", "98", "97"):
        rich.clock.forward(hours=1)
        await rich.balance(balance)
    assert await rich.shop.db.write(lambda tx: snapshots.forget(tx, rich.clock.forward(days=9))) == 3
    kept = await rich.rows("SELECT panel, balance FROM panel_snapshots ORDER BY panel")
    assert [(row["panel"], row["balance"]) for row in kept] == [("nord", "97"), ("sued", "100")]


async def test_an_order_read_back_has_no_verdict_before_anybody_looked(rich: Workshop) -> None:
    order = await unknown(rich)
    found = await rich.shop.db.read(lambda tx: orders.get(tx, order.id))
    assert found is not None
    assert found.verdict is None
