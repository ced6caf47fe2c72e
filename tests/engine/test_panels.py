"""What is known of panels: balances, currencies that change, actions that fail on their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.catalog import Unsold
from bot.domain.money import Money
from bot.domain.pricing import label_price
from bot.engine import panels
from bot.engine.panels import Action
from bot.engine.shop import PanelTerms
from bot.panels.outcomes import Later, LaterKind, Placed
from bot.wire.reasons import HttpFacts
from storage import catalog
from storage.catalog import PanelRecord
from tests.engine.shelves import offer, restarted
from tests.engine.workshop import LIKES, NORD, OTHER, SUED, TERMS, Workshop, workshop
from tests.kit import IRIS

CURRENCY, FAILING, LOW = "panel-currency:nord", "panel-failing:nord", "panel-balance-low:nord"


async def known(bench: Workshop, panel: str = NORD) -> PanelRecord:
    return await bench.shop.db.read(lambda tx: catalog.panel(tx, panel))


async def agree(bench: Workshop, record: PanelRecord) -> bool:
    mark = panels.currency_mark(record)
    return await panels.agree_to_currency(bench.shop, mark, IRIS, bench.clock()) is not None


async def fail(bench: Workshop, actions: Sequence[Action], minutes: int) -> None:
    for _ in range(minutes):
        for action in actions:
            await panels.note_failure(bench.shop, NORD, action, "timeout", bench.clock())
        bench.clock.forward(minutes=1)


# Currencies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("currency", ["EUR", "XYZ"])
async def test_another_currency_takes_the_panel_off_sale_until_it_changes_back(bench: Workshop, currency: str) -> None:
    await bench.list_services(OTHER, panel=SUED)
    for _ in range(3):
        await bench.balance(currency=currency)
    assert offer(bench, LIKES).unsold is Unsold.CURRENCY
    assert offer(bench, OTHER).for_sale
    assert await bench.alerts() == [CURRENCY]
    assert (await bench.notices(IRIS)).count("alert") == 1
    [alert] = await bench.rows("SELECT facts FROM alerts")
    assert currency in alert["facts"]
    assert '"before":"USD"' in alert["facts"]
    assert (await restarted(bench)).shelf.exchange == {SUED: Decimal(1)}
    await bench.balance(currency="USD")
    assert offer(bench, LIKES).for_sale
    assert label_price(offer(bench, LIKES), bench.shop.price_rules) == Money(1_125_000)
    assert await bench.alerts() == []


async def test_an_operator_agrees_to_a_new_currency(bench: Workshop) -> None:
    await bench.balance(currency="EUR")
    record = await known(bench)
    assert await agree(bench, record)
    assert offer(bench, LIKES).for_sale
    assert label_price(offer(bench, LIKES), bench.shop.price_rules) == Money(1_237_500)  # 0.9 x 1.1 x 1.25
    assert await bench.alerts() == []
    [act] = await bench.rows("SELECT * FROM acts")
    assert (act["actor"], act["act"], act["object"], act["detail"]) == (
        str(IRIS), "agree", "currency of nord", "USD to EUR",
    )  # fmt: skip
    assert not await agree(bench, record), "once"
    await bench.balance(currency="EUR")
    assert offer(bench, LIKES).for_sale
    assert (await restarted(bench)).shelf.exchange == {NORD: Decimal("1.1"), SUED: Decimal(1)}


async def test_a_yes_to_a_currency_does_not_cover_the_next(bench: Workshop) -> None:
    await bench.balance(currency="EUR")
    record = await known(bench)
    await bench.balance(currency="XYZ")
    assert not await agree(bench, record)
    assert offer(bench, LIKES).unsold is Unsold.CURRENCY
    assert await agree(bench, await known(bench))
    assert offer(bench, LIKES).unsold is Unsold.CURRENCY, "nobody set a rate for it"
    assert await bench.alerts() == [CURRENCY]
    [alert] = await bench.rows("SELECT facts FROM alerts WHERE closed_at IS NULL")
    assert "before" not in alert["facts"]


async def test_a_configured_currency_wins_and_never_asks(tmp_path: Path) -> None:
    terms = replace(TERMS, panels={**TERMS.panels, NORD: PanelTerms(currency="EUR")})
    async with workshop(tmp_path, terms) as bench:
        for currency in ("USD", "XYZ", "EUR"):
            await bench.balance(currency=currency)
            assert bench.shop.shelf.exchange[NORD] == Decimal("1.1")
        assert await bench.alerts() == []


# Balances -----------------------------------------------------------------------------------------


async def test_a_low_balance_is_one_alert_until_it_is_filled(bench: Workshop) -> None:
    for amount in ("4.99", "3", "5", "4"):
        await bench.balance(amount)
    assert await bench.alerts(closed=True) == []
    assert await bench.alerts() == ["panel-balance-low:nord"], "what flaps is told once"


async def test_a_refusal_for_want_of_funds_is_believed_until_the_balance_rises(bench: Workshop) -> None:
    claimed = await bench.claimed()
    await bench.record(claimed, Later(LaterKind.FUNDS, "Not enough funds", HttpFacts(200)))
    for _ in range(3):
        await bench.balance("100")
        assert await bench.alerts() == [LOW]
    await bench.balance("100.01")
    assert await bench.alerts() == []


async def test_a_refusal_for_want_of_funds_is_over_once_an_order_is_placed(bench: Workshop) -> None:
    claimed = await bench.claimed()
    await bench.record(claimed, Later(LaterKind.FUNDS, "Not enough funds", HttpFacts(200)))
    bench.clock.forward(minutes=1)
    await bench.record(await bench.claim(), Placed("70001", HttpFacts(200)))
    assert await bench.alerts() == []


async def test_a_low_balance_stays_told_though_orders_are_placed(bench: Workshop) -> None:
    await bench.balance("4")
    await bench.record(await bench.claimed(), Placed("70001", HttpFacts(200)))
    assert await bench.alerts() == [LOW]


# Failures -----------------------------------------------------------------------------------------


async def test_an_action_that_fails_long_enough_is_one_alert_until_it_works(bench: Workshop) -> None:
    for _ in range(30):
        await fail(bench, [Action.STATUS], 1)
        assert await bench.alerts() == []
        await bench.balance()  # all else works
        await bench.list_services(LIKES)
    await fail(bench, [Action.STATUS], 3)
    assert await bench.alerts() == [FAILING]
    assert (await bench.notices(IRIS)).count("alert") == 1
    assert (await known(bench)).failure == "status: timeout"
    await panels.note_answer(bench.shop, NORD, Action.STATUS, bench.clock())
    assert await bench.alerts() == []
    await fail(bench, [Action.STATUS], 1)
    assert await bench.alerts() == []  # the time counts anew


async def test_a_panel_is_one_alert_until_none_of_its_actions_fails(bench: Workshop) -> None:
    await fail(bench, [Action.BALANCE, Action.SERVICES, Action.ADD], 31)
    assert await bench.alerts() == [FAILING]
    await bench.balance()
    await panels.note_answer(bench.shop, NORD, Action.ADD, bench.clock())
    assert await bench.alerts() == [FAILING]
    await bench.list_services(LIKES)
    assert await bench.alerts() == []
    assert (await known(bench)).failing_since is None


async def test_a_failure_of_what_nobody_asks_any_more_is_forgotten(bench: Workshop) -> None:
    await fail(bench, [Action.STATUS], 31)
    bench.clock.forward(hours=2)
    await bench.balance()
    assert await bench.alerts() == []


async def test_a_sync_is_an_act_and_rings(bench: Workshop) -> None:
    before = bench.shop.bells.refresh.rung
    for _ in range(2):  # a replayed update
        await panels.sync(bench.shop, IRIS, bench.clock(), update_id=1)
    assert bench.shop.bells.refresh.rung > before
    assert [row["act"] for row in await bench.rows("SELECT act FROM acts")] == ["sync"]
