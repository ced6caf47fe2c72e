"""What screens read: complete, in order, within what exists."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.money import ZERO, Money
from bot.domain.orders import OrderState
from bot.engine import ordering
from storage import customers, views
from storage.views import Page
from tests.engine.workshop import NORD, SUED, Workshop, report, workshop
from tests.kit import LINK, MINA, THEO, money

pytestmark = pytest.mark.usefixtures("both_databases")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as made:
        await made.customer("100")
        await made.customer("5", THEO)
        yield made


async def many(bench: Workshop, count: int) -> None:
    for n in range(count):
        bench.clock.forward(seconds=1)
        await bench.order(link=f"{LINK}/{n}")


@pytest.mark.parametrize(
    ("asked", "number", "ids"),
    [(1, 1, [7, 6, 5]), (2, 2, [4, 3, 2]), (3, 3, [1]), (0, 1, [7, 6, 5]), (-5, 1, [7, 6, 5]), (99, 3, [1])],
)
async def test_orders_come_in_pages_newest_first_and_a_page_beyond_is_the_last(
    bench: Workshop, asked: int, number: int, ids: list[int]
) -> None:
    await many(bench, 7)
    page = await bench.shop.db.read(lambda tx: views.orders_page(tx, MINA, asked, 3))
    assert ([order.id for order in page.items], page.number, page.pages) == (ids, number, 3)


async def test_who_has_no_orders_has_one_empty_page(bench: Workshop) -> None:
    await many(bench, 1)
    assert await bench.shop.db.read(lambda tx: views.orders_page(tx, THEO, 1, 3)) == Page([], 1, 1)


async def test_a_wallet_shows_balances_and_a_page_of_history(bench: Workshop) -> None:
    await many(bench, 4)
    view = await bench.shop.db.read(lambda tx: views.wallet_view(tx, MINA, 2, 3))
    assert view.balances == await bench.money()
    assert (len(view.history.items), view.history.number, view.history.pages) == (2, 2, 2)
    assert view.history.items[-1].amount == money("100")


async def test_a_customer_is_seen_with_what_they_spent_for_good(bench: Workshop) -> None:
    done = await bench.sent(quantity="1000")
    await bench.tell(done, report("Completed"))
    short = await bench.sent(link=f"{LINK}/2", quantity="1000")
    await bench.settled(short, report("Partial", 400))
    withdrawn = await bench.order(link=f"{LINK}/3")
    await ordering.withdraw(bench.shop, withdrawn.id, MINA, bench.clock())
    await bench.sent(link=f"{LINK}/4")
    view = await bench.shop.db.read(lambda tx: views.customer_view(tx, MINA))
    assert view is not None
    assert (view.orders, view.spent) == (4, Money(1_125_000 + 675_000))
    assert [order.id for order in view.last_orders] == [4, 3, 2, 1]
    assert view.customer.id == MINA
    assert await bench.shop.db.read(lambda tx: views.customer_view(tx, 77)) is None


async def test_decisions_are_the_unknown_and_those_in_trouble_oldest_first(bench: Workshop) -> None:
    troubled = await bench.sent()
    unknown = await bench.unknown(f"{LINK}/2")
    await bench.order(link=f"{LINK}/3")
    await bench.tell(troubled, report("Fail"))
    found = await bench.shop.db.read(views.decisions)
    assert [order.id for order in found] == [troubled.id, unknown.id]
    assert len(await bench.shop.db.read(lambda tx: views.decisions(tx, 1))) == 1
    await bench.tell(troubled, report("Completed"))
    assert [order.id for order in await bench.shop.db.read(views.decisions)] == [unknown.id]


async def test_attempts_show_how_each_add_went(bench: Workshop) -> None:
    order = await bench.unknown()
    [attempt] = await bench.shop.db.read(lambda tx: views.attempts(tx, order.id))
    assert (attempt.number, attempt.outcome, attempt.detail) == (1, "unknown", "timeout")
    assert attempt.started_at == bench.clock()


async def test_the_dashboard_adds_up(bench: Workshop) -> None:
    midnight = bench.clock()
    old = await bench.sent(quantity="1000")
    await bench.tell(old, report("Completed"))
    bench.clock.forward(days=1)
    today = await bench.sent(link=f"{LINK}/2", quantity="1000")
    await bench.settled(today, report("Partial", 400))
    await bench.tell(await bench.sent(link=f"{LINK}/3", quantity="1000"), report("Fail"))
    await bench.unknown(f"{LINK}/4")
    since = midnight + timedelta(days=1)
    board = await bench.shop.db.read(lambda tx: views.dashboard(tx, [NORD, SUED, "new"], since))
    assert board.by_state == {
        OrderState.COMPLETED: 1, OrderState.PARTIAL: 1, OrderState.ACTIVE: 1, OrderState.UNKNOWN: 1,
    }  # fmt: skip
    assert (board.decisions, board.alerts, board.customers) == (2, 2, 2)
    assert board.held == (await bench.money()).held
    assert board.wallets == (await bench.money()).available + money("5")
    assert (board.today.orders, board.today.charged, board.today.cost) == (1, Money(675_000), Money(540_000))
    assert board.today.margin == Money(135_000)
    assert [(panel.name, panel.balance) for panel in board.panels] == [
        (NORD, Decimal(100)), (SUED, Decimal(100)), ("new", None),
    ]  # fmt: skip


async def test_a_correction_lowers_the_turnover_it_belongs_to(bench: Workshop) -> None:
    start = bench.clock()
    order = await bench.tell(await bench.sent(quantity="1000"), report("Completed"))
    await bench.settled(order, report("Canceled"))
    found = await bench.shop.db.read(lambda tx: views.turnover(tx, start))
    assert (found.charged, found.cost, found.margin) == (ZERO, ZERO, ZERO)


async def test_a_persons_language_is_what_their_client_last_spoke(bench: Workshop) -> None:
    assert await bench.shop.db.read(lambda tx: views.language_of(tx, MINA)) == "en"
    assert await bench.shop.db.read(lambda tx: views.language_of(tx, 77)) is None


async def test_a_chosen_language_outweighs_the_clients(bench: Workshop) -> None:
    await bench.shop.db.write(lambda tx: customers.choose_language(tx, MINA, "th"))
    await bench.shop.db.write(lambda tx: customers.save(tx, MINA, "Mina", None, "tr", bench.clock()))
    assert await bench.shop.db.read(lambda tx: views.language_of(tx, MINA)) == "th"
    found = await bench.shop.db.read(lambda tx: customers.get(tx, MINA))
    assert found is not None
    assert (found.language, found.chosen_language, found.speaks) == ("tr", "th", "th")
