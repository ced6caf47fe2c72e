"""What a panel's balance loses or gains beyond what the shop's orders explain is told, and nothing else is."""

from __future__ import annotations

from bot.domain.orders import Order, Reason
from bot.engine import audit, desk, orphan_watch, panel_book
from bot.panels.outcomes import Lost, Placed
from bot.wire.reasons import HttpFacts, LostReason
from tests.engine.workshop import CANCELED, LIKES, NORD, RUNNING, Workshop
from tests.kit import IRIS, LINK, MINA

FACTS = HttpFacts(200)


async def read(bench: Workshop, *balances: str) -> None:
    """Balances as they are read every quarter of an hour, each held against the book."""
    for balance in balances:
        bench.clock.forward(minutes=15)
        await bench.balance(balance)
        await panel_book.check(bench.shop, NORD, bench.clock())


async def found(bench: Workshop) -> list[tuple[str, str]]:
    rows = await bench.rows("SELECT kind, amount FROM panel_findings ORDER BY id")
    return [(row["kind"], row["amount"]) for row in rows]


async def released(bench: Workshop) -> Order:
    await bench.order(bench.number(LIKES), quantity="1000")
    order = await bench.record(await bench.claim(), Lost(LostReason.TIMEOUT, FACTS))
    return await desk.release(bench.shop, order.id, Reason.GOODWILL, IRIS, bench.clock())


async def test_what_orders_cost_is_explained_with_every_rounding(rich: Workshop) -> None:
    await read(rich, "100", "100")
    await rich.sent(quantity="1000")
    await read(rich, "99.1", "99.1")
    for n in range(3):
        await rich.sent(link=f"{LINK}/{n}", quantity="10")  # each costs 0.009, and the panel takes a cent
    await read(rich, "99.07", "99.07")
    assert await found(rich) == []
    assert await rich.alerts() == []


async def test_what_nobody_ordered_is_told_once_it_stood_and_once(rich: Workshop) -> None:
    await read(rich, "100.00", "97.00")
    assert await rich.alerts() == [], "a balance may lag"
    await read(rich, "97.00", "97.00", "97.00")
    assert await found(rich) == [("drift", "3.00")]
    assert (await rich.notices(IRIS)).count("alert") == 1
    await rich.sound()


async def test_a_balance_that_lags_is_no_news(rich: Workshop) -> None:
    await read(rich, "100")
    await rich.sent(quantity="1000")
    await read(rich, "100", "99.1", "99.1")
    assert await found(rich) == []


async def test_a_top_up_is_told_once(rich: Workshop) -> None:
    await read(rich, "100", "150", "150", "150")
    assert await found(rich) == [("income", "50")]
    assert len(await rich.alerts()) == 1


async def test_money_that_came_back_from_the_panel_is_no_top_up(rich: Workshop) -> None:
    order = await rich.sent(quantity="1000")
    await read(rich, "99.1", "99.1")
    await rich.settled(order, CANCELED)
    await read(rich, "100", "100")
    assert await found(rich) == []


async def test_while_an_order_is_unknown_its_own_alert_stands_for_the_difference(rich: Workshop) -> None:
    await read(rich, "100")
    await rich.order(rich.number(LIKES), quantity="1000")
    order = await rich.record(await rich.claim(), Lost(LostReason.TIMEOUT, FACTS))
    await read(rich, "99.1", "99.1", "99.1")
    assert await rich.alerts() == [f"order-unknown:{order.id}"]
    await desk.attach(rich.shop, order.id, "70", IRIS, rich.clock())
    await read(rich, "99.1", "99.1")
    assert await found(rich) == []


async def test_the_cost_of_an_order_that_went_back_is_found_and_booked_and_the_customer_keeps_the_money(
    rich: Workshop,
) -> None:
    await read(rich, "100")
    before = await rich.money()
    order = await released(rich)
    await read(rich, "100", "99.1", "99.1", "99.1")
    assert await found(rich) == [("late", "0.9")]
    assert await rich.alerts() == [f"order-late:{order.id}"]
    (row,) = await rich.rows("SELECT spent, cost FROM orders WHERE id = $1", order.id)
    assert row["spent"] == row["cost"] > 0
    assert await rich.money() == before
    await rich.sound()


async def test_a_loss_that_fits_no_order_that_went_back_is_somebody_elses(rich: Workshop) -> None:
    await read(rich, "100")
    order = await released(rich)
    await read(rich, "100", "97", "97", "97")
    assert await found(rich) == [("drift", "3")]
    assert (await rich.rows("SELECT spent FROM orders WHERE id = $1", order.id))[0]["spent"] == 0


async def test_a_drift_without_an_alert_breaks_the_invariant(rich: Workshop) -> None:
    await rich.sql(
        "INSERT INTO panel_findings (panel, kind, amount, currency, at) VALUES ($1, 'drift', '3', 'USD', 1)", NORD
    )
    report = await audit.audit_shop(rich.shop)
    assert [violation.name for violation in report.violations] == ["L10"]


async def orphaned(bench: Workshop) -> Order:
    """Given back, and named "70" by the panel after all."""
    await bench.order(bench.number(LIKES), quantity="1000")
    claim = await bench.claim()
    order = await bench.record(claim, Lost(LostReason.TIMEOUT, FACTS))
    await desk.release(bench.shop, order.id, Reason.GOODWILL, IRIS, bench.clock())
    await bench.record(claim, Placed("70", FACTS))
    return order


async def test_whatever_is_said_of_an_orphan_is_booked_also_when_it_was_asked_twice(rich: Workshop) -> None:
    order = await orphaned(rich)
    for said, spent in ((RUNNING, order.cost.micros), (CANCELED, 0)):
        await orphan_watch.note(rich.shop, NORD, ["70", "71"], {"70": said, "71": said}, rich.clock())
        assert (await rich.rows("SELECT spent FROM orders WHERE id = $1", order.id))[0]["spent"] == spent


async def test_an_orphan_is_asked_about_for_a_month_and_costs_what_the_panel_keeps(rich: Workshop) -> None:
    order = await orphaned(rich)
    kept = (await rich.money(MINA)).available
    costs = []
    for said in (RUNNING, CANCELED, None):
        assert await orphan_watch.due(rich.shop, NORD, rich.clock()) == ["70"]
        await orphan_watch.note(rich.shop, NORD, ["70"], {"70": said} if said else {}, rich.clock())
        assert await orphan_watch.due(rich.shop, NORD, rich.clock()) == []
        (row,) = await rich.rows("SELECT spent FROM orders WHERE id = $1", order.id)
        costs.append(row["spent"])
        rich.clock.forward(hours=1)
    assert costs == [order.cost.micros, 0, 0]
    assert (await rich.money(MINA)).available == kept
    rich.clock.forward(days=30)
    assert await orphan_watch.due(rich.shop, NORD, rich.clock()) == []
