"""A service's first order shows what it really costs; what costs something else is sold no more until a yes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.catalog import Unsold
from bot.domain.errors import BelowCost, NotForSale
from bot.domain.money import ZERO
from bot.domain.orders import Order, OrderState, Reason, StatusReport
from bot.engine import charges
from tests.engine.shelves import at, offer, restarted
from tests.engine.workshop import BOOST, DONE, LIKES, RUNNING, SHORT, WORDS, Workshop
from tests.kit import IRIS, LINK

KEY = "charge-mismatch:1"
RIGHT = replace(RUNNING, charge=Decimal("0.90000"), currency="USD")
DOUBLE = replace(RUNNING, charge=Decimal("1.8"), currency="USD")
#: More than computed, and still below what the customer pays.
COVERED = replace(DOUBLE, charge=Decimal("1.0"))
BARE = replace(RUNNING, charge=None)


async def first(bench: Workshop, said: StatusReport, link: str = LINK) -> Order:
    """A thousand of LIKES, and one report of it."""
    return await bench.tell(await bench.sent(link=link, quantity="1000"), said)


async def agree(bench: Workshop) -> bool:
    [odd] = charges.odd_ones(bench.shop)
    return await charges.accept(bench.shop, odd.number, charges.mark_of(odd), IRIS, bench.clock()) is not None


async def test_a_charge_as_computed_settles_it_for_good(rich: Workshop) -> None:
    await first(rich, RIGHT)
    assert offer(rich, LIKES).for_sale
    assert await rich.alerts() == []
    await rich.credit("10")
    await first(rich, DOUBLE, f"{LINK}/2")
    assert offer(rich, LIKES).for_sale, "only the first order is held against it"


async def words(bench: Workshop, taken: str, link: str) -> Order:
    """Two comments, at 0.02 for both, sold for 0.025; and what the panel says it took."""
    bench.clock.forward(seconds=1)
    order = await bench.sent(WORDS, link, comments="Nice, really, truly\nWow")
    return await bench.tell(order, replace(RUNNING, charge=Decimal(taken)))


async def test_a_list_that_cost_more_than_was_paid_takes_its_service_off_sale_at_any_time(rich: Workshop) -> None:
    # Some panels end an entry at a comma; the first order had none.
    await words(rich, "0.02000", LINK)
    await words(rich, "0.02400", f"{LINK}/2")
    assert offer(rich, WORDS).for_sale, "dearer, but paid for"
    order = await words(rich, "0.04000", f"{LINK}/3")
    assert offer(rich, WORDS).unsold is Unsold.CHARGE
    assert len(await rich.alerts()) == 1
    assert await agree(rich)
    rich.clock.forward(seconds=1)
    await rich.tell(order, replace(RUNNING, charge=Decimal("0.04")))
    assert offer(rich, WORDS).for_sale, "the operator knows of this one"
    await words(rich, "0.04000", f"{LINK}/4")
    assert offer(rich, WORDS).unsold is Unsold.CHARGE


async def test_another_charge_takes_the_service_off_sale_and_tells_both_figures(rich: Workshop) -> None:
    order = await first(rich, DOUBLE)
    found = offer(rich, LIKES)
    assert (found.unsold, found.service.rate, found.charged_rate) == (Unsold.CHARGE, LIKES.rate, Decimal("1.8"))
    assert await rich.alerts() == [KEY]
    [alert] = await rich.rows("SELECT facts, order_id FROM alerts")
    assert alert["order_id"] == order.id
    for figure in (
        '"expected":"0.9000"',
        '"taken":"1.8"',
        '"currency":"USD"',
        f'"order":{order.id}',
        '"name":"Framely Likes"',
    ):
        assert figure in alert["facts"]
    assert (await rich.notices(IRIS)).count("alert") == 1
    assert order.state is OrderState.ACTIVE
    assert (await rich.tell(order, replace(DONE, charge=Decimal("1.8")))).state is OrderState.COMPLETED
    await rich.sound()


async def test_it_stays_off_sale_through_refreshes_and_restarts(rich: Workshop) -> None:
    await first(rich, DOUBLE)
    await rich.list_services(at("0.95"), BOOST, WORDS)
    assert offer(rich, LIKES).unsold is Unsold.CHARGE
    await rich.list_services(BOOST, WORDS)
    assert offer(rich, LIKES).unsold is Unsold.GONE
    await rich.list_services(at("0.95"), BOOST, WORDS)
    assert (await restarted(rich)).shelf.catalogue.offer(1) == offer(rich, LIKES)
    assert offer(rich, LIKES).unsold is Unsold.CHARGE
    with pytest.raises(NotForSale):
        await rich.quote(rich.number(LIKES))


async def test_a_yes_sells_it_again_and_is_not_asked_for_twice(rich: Workshop) -> None:
    order = await first(rich, COVERED)
    assert await agree(rich)
    assert offer(rich, LIKES).for_sale
    assert await rich.alerts() == []
    [act] = await rich.rows("SELECT * FROM acts WHERE act = 'accept'")
    assert (act["actor"], act["object"], act["detail"]) == (str(IRIS), "charge of 1", "0.9 computed, 1 taken")
    await rich.tell(order, replace(COVERED, remains=5))
    assert (await restarted(rich)).shelf.catalogue.offer(1) == offer(rich, LIKES)
    assert offer(rich, LIKES).for_sale


async def test_of_two_yeses_one_counts_and_an_old_one_covers_nothing_new(rich: Workshop) -> None:
    await first(rich, COVERED)
    [odd] = charges.odd_ones(rich.shop)
    mark, now = charges.mark_of(odd), rich.clock()
    assert await charges.accept(rich.shop, odd.number, "another", IRIS, now) is None
    both = [charges.accept(rich.shop, odd.number, mark, IRIS, now) for _ in range(2)]
    assert sorted(found is not None for found in await asyncio.gather(*both)) == [False, True]
    assert await charges.accept(rich.shop, odd.number, mark, IRIS, now) is None


@pytest.mark.parametrize(
    "silent",
    [BARE, replace(RUNNING, charge=Decimal(0)), replace(DOUBLE, currency="EUR"), replace(SHORT, charge=Decimal("0.5"))],
)
async def test_a_figure_that_tells_nothing_leaves_it_to_the_next(rich: Workshop, silent: StatusReport) -> None:
    order = await first(rich, silent)
    assert offer(rich, LIKES).for_sale
    await rich.tell(order, DOUBLE)
    assert offer(rich, LIKES).unsold is (None if silent.status is SHORT.status else Unsold.CHARGE)


async def test_an_amount_below_a_panels_digits_leaves_it_to_a_larger_order(rich: Workshop) -> None:
    small = await rich.sent(quantity="10")
    await rich.tell(small, replace(RUNNING, charge=Decimal("0.01")))
    assert rich.shop.shelf.stored["nord"]["1"].charge_checked_at is None
    await first(rich, DOUBLE, f"{LINK}/2")
    assert offer(rich, LIKES).unsold is Unsold.CHARGE


async def test_the_first_that_names_a_charge_counts_also_when_it_is_over_by_then(rich: Workshop) -> None:
    order = await first(rich, replace(DONE, charge=Decimal("1.8")))
    assert order.state is OrderState.COMPLETED
    assert offer(rich, LIKES).unsold is Unsold.CHARGE


async def test_the_cost_is_computed_by_the_rate_of_the_quote(rich: Workshop) -> None:
    order = await rich.sent(quantity="1000")
    await rich.list_services(at("1.1"), BOOST, WORDS)
    await rich.tell(order, RIGHT)
    assert offer(rich, LIKES).for_sale
    assert await rich.alerts() == []


async def test_a_package_billed_by_the_line_is_found_out(rich: Workshop) -> None:
    package = replace(BOOST, id="9", type="custom comments package")
    await rich.list_services(LIKES, BOOST, WORDS, package)
    order = await rich.sent(package, comments="one\ntwo\nthree")
    await rich.tell(order, replace(RUNNING, charge=Decimal("0.0075")))
    assert offer(rich, package).unsold is Unsold.CHARGE
    assert offer(rich, package).charged_rate == Decimal("0.0075")


async def test_a_reserved_order_the_shop_would_lose_by_is_given_back_and_another_goes_on(rich: Workshop) -> None:
    sent = await rich.sent(quantity="1000")
    waiting = await rich.order(rich.number(LIKES), link=f"{LINK}/2", quantity="1000")
    await rich.tell(sent, DOUBLE)
    assert await rich.try_claim() is None
    assert (await rich.read(waiting.id)).reason is Reason.PRICE_ROSE
    assert (await rich.money()).held == sent.charge
    with pytest.raises(BelowCost):
        await agree(rich)
    assert offer(rich, LIKES).unsold is Unsold.CHARGE
    assert await rich.alerts() == [KEY]


async def test_a_reserved_order_of_a_service_that_turned_out_cheaper_goes_on(rich: Workshop) -> None:
    sent = await rich.sent(quantity="1000")
    waiting = await rich.order(rich.number(LIKES), link=f"{LINK}/2", quantity="1000")
    await rich.tell(sent, replace(DOUBLE, charge=Decimal("0.09")))
    assert offer(rich, LIKES).unsold is Unsold.CHARGE
    assert (await rich.claim()).order.id == waiting.id


async def test_whether_the_shop_would_lose_is_known_before_the_yes(rich: Workshop) -> None:
    await first(rich, COVERED)
    assert not charges.loses(rich.shop, offer(rich, LIKES)), "the markup covers it"
    await agree(rich)
    await rich.credit("10")
    order = await rich.sent(WORDS, link=f"{LINK}/2", comments="a\nb")
    await rich.tell(order, replace(DOUBLE, charge=Decimal("0.5")))
    assert charges.loses(rich.shop, offer(rich, WORDS))


async def test_a_service_of_another_type_is_checked_anew(rich: Workshop) -> None:
    order = await first(rich, RIGHT)
    changed = replace(LIKES, type="package", minimum=1, maximum=1)
    await rich.list_services(changed, BOOST, WORDS)
    assert rich.shop.shelf.stored["nord"]["1"].charge_checked_at is None
    await rich.tell(order, replace(RIGHT, remains=5))
    assert rich.shop.shelf.stored["nord"]["1"].charge_checked_at is None, "that one was billed by the old rule"
    stored, rich.shop = rich.shop.shelf.stored["nord"]["1"], await restarted(rich)  # the run before sends nothing more
    assert rich.shop.shelf.stored["nord"]["1"] == stored
    await rich.tell(await rich.sent(changed, link=f"{LINK}/2"), replace(RUNNING, charge=Decimal("0.9")))
    assert rich.shop.shelf.stored["nord"]["1"].charge_checked_at is not None
    assert offer(rich, changed).for_sale


async def test_a_check_at_the_moment_of_a_refresh_is_not_forgotten(rich: Workshop) -> None:
    order = await rich.sent(quantity="1000")
    await asyncio.gather(rich.list_services(at("0.95"), BOOST, WORDS), rich.tell(order, DOUBLE))
    assert offer(rich, LIKES).unsold is Unsold.CHARGE
    assert (await restarted(rich)).shelf.catalogue.offer(1) == offer(rich, LIKES)
    assert (await rich.money()).available > ZERO
