"""The catalogue follows the panels, writes only what changed, and holds back what looks wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.catalog import Service, Unsold
from bot.domain.money import Money
from bot.domain.pricing import label_price
from bot.engine import catalogue
from bot.panels.wire_service_rows import RowFault
from bot.panels.wire_services import RejectedRow, ServicesAnswer
from tests.engine.shelves import at, offer, restarted, shown
from tests.engine.workshop import BOOST, LIKES, NORD, OTHER, SUED, WORDS, Workshop
from tests.kit import IRIS, LINK

NONSENSE = "rate-nonsense:nord"


async def test_a_first_reading_imports_everything_and_sells_what_it_can(bench: Workshop) -> None:
    odd = replace(LIKES, id="4", type="subscriptions")
    unheard_of = replace(LIKES, id="5", type="a type from nowhere")
    upside_down = replace(LIKES, id="6", minimum=100, maximum=10)
    none_at_all = replace(LIKES, id="7", minimum=0, maximum=0)
    free = at("0", replace(LIKES, id="8"))
    done = await bench.list_services(LIKES, BOOST, WORDS, odd, unheard_of, upside_down, none_at_all, free)
    assert (done.services, done.changes, done.gone, done.on_hold) == (8, 5, 0, 0)
    assert [offer(bench, s).unsold for s in (LIKES, odd, unheard_of, upside_down, none_at_all, free)] == [
        None, Unsold.TYPE, Unsold.TYPE, Unsold.LIMITS, Unsold.LIMITS, Unsold.RATE,
    ]  # fmt: skip
    assert shown(bench.shop.shelf.catalogue) == {"Framely": ["Framely Likes", "Framely Boost", "Framely Comments"]}


async def test_only_changes_are_written(bench: Workshop) -> None:
    assert (await bench.list_services(LIKES, BOOST, WORDS)).changes == 0
    renamed = replace(BOOST, name="Framely Boost Plus")
    assert (await bench.list_services(LIKES, renamed, WORDS)).changes == 1
    assert offer(bench, BOOST).service == renamed
    assert bench.number(renamed) == 2  # a service keeps its number through every change


async def test_a_service_that_comes_or_goes_moves_few_others(bench: Workshop) -> None:
    many = [replace(LIKES, id=str(n), name=f"S{n}") for n in range(100, 200)]
    await bench.list_services(*many)
    fewer = [s for s in many if s.id not in ("120", "150")]
    assert (await bench.list_services(*fewer)).changes == 2  # the two that went
    grown = [*fewer[:30], replace(LIKES, id="new", name="New"), *fewer[30:]]
    assert (await bench.list_services(*grown)).changes <= 3
    assert [o.service.id for o in bench.shop.shelf.catalogue.categories[0].offers] == [s.id for s in grown]


async def test_the_picture_is_the_same_after_a_restart(bench: Workshop) -> None:
    await bench.list_services(OTHER, replace(OTHER, id="2", category="Blip"), panel=SUED)
    await bench.list_services(WORDS, replace(LIKES, id="9", name="New"), LIKES, at("9", BOOST))
    shop = await restarted(bench)
    assert shop.shelf.catalogue == bench.shop.shelf.catalogue
    assert shown(shop.shelf.catalogue) == shown(bench.shop.shelf.catalogue)
    assert shop.shelf.exchange == bench.shop.shelf.exchange


async def test_a_picture_that_was_touched_up_is_the_one_made_anew(bench: Workshop) -> None:
    other = replace(LIKES, id="4", name="Framely Saves", category="Saves")
    await bench.list_services(LIKES, BOOST, WORDS, other)
    changes = (
        (at("0.95"), BOOST, WORDS, other),
        (at("0.95"), BOOST, WORDS, replace(other, minimum=0)),  # its category has nothing for sale any more
        (at("0.95"), BOOST, WORDS, other),
        (at("99"), BOOST, replace(WORDS, name="Framely Words"), other),
        (BOOST, LIKES, WORDS, replace(other, category="Framely")),
        (BOOST, LIKES, other),
    )
    for listed in changes:
        await bench.list_services(*listed)
        seen = bench.shop.shelf.catalogue
        await bench.shop.shelf.renew()
        assert seen == bench.shop.shelf.catalogue
        assert shown(seen) == shown(bench.shop.shelf.catalogue)
        assert [*seen.offers.values()] == [seen.offers[number] for number in seen.offers]


async def test_a_few_prices_leave_everybody_elses_offer_and_category_as_they_are(bench: Workshop) -> None:
    other = replace(LIKES, id="4", name="Framely Saves", category="Saves")
    await bench.list_services(LIKES, BOOST, WORDS, other)
    before = bench.shop.shelf.catalogue
    await bench.list_services(at("0.95"), BOOST, WORDS, other)
    after = bench.shop.shelf.catalogue
    assert after.offers[bench.number(BOOST)] is before.offers[bench.number(BOOST)]
    assert after.offers[bench.number(LIKES)].service.rate == Decimal("0.95")
    assert after.category_by_number[2] is before.category_by_number[2]
    assert after.category_by_number[1].offers[0].service.rate == Decimal("0.95")
    assert before.category_by_number[1].offers[0].service.rate == LIKES.rate  # who still looks at it sees it whole


async def test_the_very_copy_of_the_last_time_is_not_compared_again(bench: Workshop) -> None:
    fresh = [replace(service) for service in (LIKES, BOOST, WORDS)]
    assert (await bench.list_services(*fresh)).changes == 0
    assert bench.shop.shelf.stored[NORD]["1"].service is fresh[0]  # taken over though nothing was written
    assert (await bench.list_services(fresh[1], fresh[0], fresh[2])).changes > 0  # the order is compared all the same


async def test_a_vanished_service_leaves_the_shop_keeps_its_orders_and_may_come_back(bench: Workshop) -> None:
    await bench.customer("10")
    order = await bench.sent(quantity="1000")
    number = bench.number(LIKES)
    done = await bench.list_services(BOOST, WORDS)
    assert (done.gone, done.changes) == (1, 1)
    assert offer(bench, LIKES).unsold is Unsold.GONE
    assert (await bench.list_services(BOOST, WORDS)).changes == 0
    assert (await bench.read(order.id)).service_number == number
    assert (await restarted(bench)).shelf.catalogue.offers[number].unsold is Unsold.GONE
    await bench.list_services(LIKES, BOOST, WORDS)
    assert (offer(bench, LIKES).for_sale, bench.number(LIKES)) == (True, number)


async def test_an_empty_category_is_no_button(bench: Workshop) -> None:
    await bench.list_services()
    assert bench.shop.shelf.catalogue.categories == ()
    assert len(bench.shop.shelf.catalogue.offers) == 3


@pytest.mark.parametrize("rate", ["0", "-1", "1e9", "1e12", "1e60"])
async def test_a_nonsense_rate_is_off_sale_one_alert_and_measured_against_the_last_believed(
    bench: Workshop, rate: str
) -> None:
    for _ in range(3):
        await bench.list_services(at(rate), BOOST, WORDS)
    assert offer(bench, LIKES).unsold is Unsold.RATE
    assert await bench.alerts() == [NONSENSE]
    assert (await bench.notices(IRIS)).count("alert") == 1
    await bench.list_services(at("0.01"), BOOST, WORDS)  # a low rate does not slip in behind a zero
    assert offer(bench, LIKES).unsold is Unsold.JUMP
    await bench.list_services(at("0.91"), BOOST, WORDS)
    assert offer(bench, LIKES).for_sale
    assert await bench.alerts() == []


async def test_services_of_types_nobody_buys_wake_nobody(bench: Workshop) -> None:
    odd = replace(LIKES, id="4", type="subscriptions")
    for rate in ("1", "100", "0", "-5", "1e30"):
        await bench.list_services(LIKES, BOOST, WORDS, at(rate, odd))
    assert await bench.alerts() == []
    assert offer(bench, odd).unsold is Unsold.TYPE


async def test_rows_that_cannot_be_believed_are_told_and_their_services_rest(bench: Workshop) -> None:
    answer = ServicesAnswer((BOOST, WORDS), (RejectedRow("1", RowFault.RATE), RejectedRow(None, RowFault.UNREADABLE)))
    await catalogue.refresh(bench.shop, NORD, answer, bench.clock())
    assert offer(bench, LIKES).unsold is Unsold.RATE
    assert await bench.alerts() == [NONSENSE]
    again = ServicesAnswer((BOOST, WORDS), (RejectedRow("1", RowFault.LIMITS), RejectedRow("new", RowFault.RATE)))
    assert (await catalogue.refresh(bench.shop, NORD, again, bench.clock())).gone == 0
    assert offer(bench, LIKES).unsold is Unsold.LIMITS
    assert (await catalogue.refresh(bench.shop, NORD, again, bench.clock())).changes == 0
    await bench.list_services(at("9"), BOOST, WORDS)  # measured against the last rate that was believed
    assert offer(bench, LIKES).unsold is Unsold.JUMP
    await bench.list_services(LIKES, BOOST, WORDS)
    assert offer(bench, LIKES).for_sale


async def test_a_panel_that_renames_its_ids_does_not_grow_the_shop(
    bench: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "_GONE_KEPT", 5)
    await bench.customer("10")
    await bench.order(bench.number(LIKES), quantity="100")
    quoted = await bench.quote(bench.number(BOOST))
    numbers = set()
    for turn in range(5):
        await bench.list_services(*(replace(LIKES, id=f"{turn}-{n}") for n in range(10)))
        numbers |= set(bench.shop.shelf.catalogue.offers)
    kept = bench.shop.shelf.catalogue.offers
    assert {1, 2} <= kept.keys(), "what was ordered or quoted stays"
    assert len(kept) == 2 + 5 + 10
    assert len(numbers) == 3 + 50, "no number is given twice"
    assert (await restarted(bench)).shelf.catalogue == bench.shop.shelf.catalogue
    assert bench.shop.shelf.catalogue.offer(quoted.service_number) is not None


@pytest.mark.parametrize("rate", ["50000", "4999999.5", "999999999"])
async def test_rates_in_small_currencies_are_no_nonsense(bench: Workshop, rate: str) -> None:
    dear = at(rate, replace(LIKES, id="9"))
    await bench.list_services(dear)
    assert offer(bench, dear).for_sale
    assert label_price(offer(bench, dear), bench.shop.price_rules) > Money(0)


async def test_every_label_that_is_shown_can_be_priced(bench: Workshop) -> None:
    await bench.list_services(*(at(f"1e{n}", replace(LIKES, id=f"x{n}")) for n in range(-12, 14)))
    bench.shop.shelf.exchange[NORD] = Decimal(10**9)
    await bench.shop.shelf.renew()
    for category in bench.shop.shelf.catalogue.categories:
        for sold in category.offers:
            label_price(sold, bench.shop.price_rules)


async def test_two_panels_share_the_button_of_a_category(bench: Workshop) -> None:
    await bench.list_services(
        replace(OTHER, category="  FRAMELY "), replace(OTHER, id="2", category="Blip"), panel=SUED
    )
    categories = bench.shop.shelf.catalogue.categories
    assert [c.name for c in categories] == ["Blip", "Framely"]
    assert {o.service.panel for o in categories[1].offers} == {NORD, SUED}
    assert len(await bench.rows("SELECT * FROM categories")) == 2


async def test_two_panels_refreshed_at_once_agree_on_their_categories(bench: Workshop) -> None:
    def of(panel: str) -> list[Service]:
        return [replace(OTHER, panel=panel, id=f"c{n}", category=f"Category {n}") for n in range(40)]

    await asyncio.gather(bench.list_services(*of(NORD)), bench.list_services(*of(SUED)[::-1], panel=SUED))
    categories = [c for c in bench.shop.shelf.catalogue.categories if c.name.startswith("Category")]
    assert len(categories) == 40
    assert all({o.service.panel for o in c.offers} == {NORD, SUED} for c in categories)


async def test_ten_thousand_services_are_read_and_then_only_compared(bench: Workshop) -> None:
    many = [replace(LIKES, id=f"n{n}", name=f"Service {n}", category=f"C{n % 50}") for n in range(10_000)]
    assert (await bench.list_services(*many)).changes == 10_003
    assert len(bench.shop.shelf.catalogue.categories) == 50
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(others())
        assert (await bench.list_services(*many)).changes == 0
        waiting.cancel()
    assert turns > 15  # the loop turned between slices
    dearer = [*many[:5000], at("1", many[5000]), *many[5001:]]
    assert (await bench.list_services(*dearer)).changes == 1


async def test_an_order_is_charged_by_what_its_customer_was_shown(bench: Workshop) -> None:
    await bench.customer("100")
    before = await bench.quote(bench.number(LIKES), quantity="1000")
    await bench.list_services(at("1.2"), BOOST, WORDS)
    after = await bench.quote(bench.number(LIKES), link=f"{LINK}/2", quantity="1000")
    assert (before.charge, after.charge) == (Money(1_125_000), Money(1_500_000))


@pytest.mark.parametrize("currency", ["XYZ", "EUR"])
async def test_whatever_is_shown_has_a_price_also_while_the_picture_changes(bench: Workshop, currency: str) -> None:
    await bench.customer("10")
    await bench.list_services(*(replace(LIKES, id=f"n{n}", category=f"C{n % 9}") for n in range(2000)))
    await bench.list_services(OTHER, panel=SUED)
    looks = 0

    async def look() -> None:
        nonlocal looks
        while True:
            for category in bench.shop.shelf.catalogue.categories:
                assert label_price(category.offers[0], bench.shop.price_rules) > Money(0)
            looks += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        looking = group.create_task(look())
        for seen in (currency, "USD"):
            await bench.balance(currency=seen)
        looking.cancel()
    assert looks > 10
