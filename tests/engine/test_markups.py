"""A change of markup is previewed, agreed to as it was shown, kept, and charged from then on."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.errors import NotFound
from bot.domain.markups import SHOP, Scope, Subject
from bot.domain.money import Money
from bot.domain.pricing import label_price
from bot.engine import arranging, catalogue, markups
from bot.engine.arranging import Deed
from bot.engine.markups import Change, Outcome, Preview
from tests.engine.shelves import at, offer, restarted
from tests.engine.workshop import BOOST, LIKES, NORD, OTHER, SUED, WORDS, Workshop
from tests.kit import IRIS, LINK

PANEL, CATEGORY, SERVICE = Subject(Scope.PANEL, NORD), Subject(Scope.CATEGORY, "1"), Subject(Scope.SERVICE, "1")
_updates = itertools.count(500)


async def preview(bench: Workshop, subject: Subject, percent: str | None) -> Preview:
    change = Change(subject, None if percent is None else Decimal(percent))
    return await markups.preview(bench.shop, change)


async def agree(bench: Workshop, seen: Preview, update: int | None = None) -> Outcome:
    number = next(_updates) if update is None else update
    outcome, _ = await markups.set_markup(bench.shop, seen.change, seen.mark, IRIS, number, bench.clock())
    return outcome


async def put(bench: Workshop, subject: Subject, percent: str | None) -> Outcome:
    return await agree(bench, await preview(bench, subject, percent))


async def acts(bench: Workshop) -> list[str]:
    return [f"{row['act']} {row['object']}: {row['detail']}" for row in await bench.rows("SELECT * FROM acts")]


def labels(bench: Workshop) -> list[Money]:
    return [label_price(offer(bench, service), bench.shop.price_rules) for service in (LIKES, BOOST, WORDS)]


async def test_the_settings_markup_holds_until_an_operator_sets_another(bench: Workshop) -> None:
    assert labels(bench)[0] == Money(1_125_000)
    assert await put(bench, SHOP, "100") is Outcome.SET
    assert labels(bench) == [Money(1_800_000), Money(5_000_000), Money(20_000_000)]
    assert await put(bench, SHOP, None) is Outcome.SET
    assert labels(bench)[0] == Money(1_125_000)
    assert await acts(bench) == ["markup shop: none to 100%, 3 prices", "markup shop: 100% to none, 3 prices"]


async def test_the_narrowest_markup_prices_labels_and_quotes(bench: Workshop) -> None:
    await bench.customer("100")
    for subject, percent, charge in (
        (PANEL, "10", 990_000), (CATEGORY, "20", 1_080_000), (SERVICE, "0", 900_000), (SHOP, "300", 900_000),
    ):  # fmt: skip
        assert await put(bench, subject, percent) is Outcome.SET
        quote = await bench.quote(bench.number(LIKES), link=f"{LINK}/{percent}", quantity="1000")
        assert quote.charge == labels(bench)[0] == Money(charge)
    assert labels(bench)[1] == Money(3_000_000)  # of the category
    assert markups.in_force(bench.shop, SERVICE) == (Decimal(0), SERVICE)
    assert markups.in_force(bench.shop, Subject(Scope.SERVICE, "2")) == (Decimal(20), CATEGORY)
    for subject, charge in ((SERVICE, 1_080_000), (CATEGORY, 990_000), (PANEL, 3_600_000)):
        assert await put(bench, subject, None) is Outcome.SET
        assert labels(bench)[0] == Money(charge)
    assert markups.in_force(bench.shop, SERVICE) == (Decimal(300), SHOP)
    await put(bench, SHOP, None)
    assert markups.in_force(bench.shop, SERVICE) == (Decimal(25), None)


async def test_a_quote_is_frozen_and_stays_as_it_was_shown(bench: Workshop) -> None:
    await bench.customer("100")
    await bench.customer("100", 1002)
    dearer, cheaper = [await bench.quote(bench.number(LIKES), person, quantity="1000") for person in (1001, 1002)]
    await put(bench, SHOP, "500")
    assert (await bench.order_of(dearer)).charge == Money(1_125_000)
    await put(bench, SHOP, "0")
    assert (await bench.order_of(cheaper)).charge == Money(1_125_000)


async def test_a_preview_tells_what_would_change_and_changes_nothing(bench: Workshop) -> None:
    await bench.list_services(OTHER, replace(OTHER, id="2", category="Blip"), panel=SUED)
    await put(bench, SERVICE, "50")
    before = labels(bench)
    seen = await preview(bench, SHOP, "10")
    assert (seen.before, seen.dearer, seen.cheaper, seen.same, seen.narrower) == (None, 0, 4, 0, 1)
    assert {e.offer.category_number for e in seen.examples[:2]} == {1, 2}
    [boost] = [e for e in seen.examples if e.offer.service == BOOST]
    assert (boost.old, boost.new) == (Money(3_125_000), Money(2_750_000))
    assert [seen.changes, (await preview(bench, SHOP, "25")).same] == [4, 4]
    assert labels(bench) == before
    assert await preview(bench, SHOP, "10") == seen
    assert (await preview(bench, PANEL, "10")).changes == 2
    assert (await preview(bench, CATEGORY, "30")).dearer == 3
    assert len(await acts(bench)) == 1


async def test_what_has_no_price_is_not_counted_and_what_is_hidden_is(bench: Workshop) -> None:
    await bench.list_services(LIKES, at("0", BOOST))
    await arranging.hide(bench.shop, Scope.SERVICE, 1, Deed(IRIS, 1, bench.clock()), hidden=True)
    assert (await preview(bench, SHOP, "10")).changes == 1


async def test_a_yes_covers_exactly_the_prices_that_were_shown(bench: Workshop) -> None:
    seen = await preview(bench, CATEGORY, "30")
    await bench.list_services(at("1.2"), BOOST, WORDS)
    assert await agree(bench, seen) is Outcome.CHANGED
    again = await preview(bench, CATEGORY, "30")
    await bench.list_services(at("1.2"), BOOST, WORDS, replace(LIKES, id="9"))
    assert await agree(bench, again) is Outcome.CHANGED
    assert bench.shop.shelf.markups == {}
    assert await acts(bench) == []
    assert await put(bench, CATEGORY, "30") is Outcome.SET


async def test_of_two_operators_who_agree_at_once_one_sets_it(bench: Workshop) -> None:
    twenty, thirty = await preview(bench, SHOP, "20"), await preview(bench, SHOP, "30")
    outcomes = await asyncio.gather(agree(bench, twenty), agree(bench, thirty), agree(bench, twenty))
    assert sorted(outcomes) == [Outcome.ALREADY, Outcome.CHANGED, Outcome.SET]
    assert len(await acts(bench)) == 1


async def test_an_update_handled_again_finds_it_set(bench: Workshop) -> None:
    seen = await preview(bench, SERVICE, "12.5")
    assert [await agree(bench, seen, 77), await agree(bench, seen, 77)] == [Outcome.SET, Outcome.ALREADY]
    assert await acts(bench) == ["markup service 1 (Framely Likes): none to 12.5%, 1 prices"]


async def test_what_is_stored_otherwise_than_shown_is_not_overwritten(bench: Workshop) -> None:
    seen = await preview(bench, SHOP, "20")
    await bench.sql("INSERT INTO markups (scope, subject, percent) VALUES ('shop', '', '40')")
    assert await agree(bench, seen) is Outcome.CHANGED


async def test_markups_survive_refreshes_and_restarts(bench: Workshop) -> None:
    for subject, percent in ((SHOP, "1"), (PANEL, "2"), (CATEGORY, "3"), (SERVICE, "4.25")):
        await put(bench, subject, percent)
    await bench.list_services(at("1.2"), BOOST, replace(WORDS, category="Elsewhere"))
    assert labels(bench) == [Money(1_251_000), Money(2_575_000), Money(10_200_000)]
    shop = await restarted(bench)
    assert shop.shelf.markups == bench.shop.shelf.markups
    assert shop.shelf.catalogue.markups == bench.shop.shelf.catalogue.markups
    assert shop.price_rules == bench.shop.price_rules


@pytest.mark.parametrize(
    ("scope", "key"),
    [(Scope.PANEL, "west"), (Scope.CATEGORY, "99"), (Scope.SERVICE, "99"), (Scope.SHOP, "x")],
)  # fmt: skip
async def test_nothing_is_set_for_what_the_shop_does_not_have(bench: Workshop, scope: Scope, key: str) -> None:
    with pytest.raises(NotFound):
        markups.subject_of(bench.shop, scope, key)
    with pytest.raises(NotFound):
        await preview(bench, Subject(scope, key), "10")


async def test_the_loop_turns_while_ten_thousand_prices_are_previewed_and_changed(bench: Workshop) -> None:
    await bench.list_services(*(replace(LIKES, id=f"n{n}", category=f"C{n % 50}") for n in range(10_000)))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(others())
        seen = await preview(bench, SHOP, "30")
        previewed, turns = turns, 0
        assert await agree(bench, seen) is Outcome.SET
        waiting.cancel()
    assert seen.dearer == 10_000
    assert len({e.offer.category_number for e in seen.examples}) == 5
    assert (previewed, turns) > (30, 60)


async def test_a_refresh_meanwhile_keeps_prices_and_markups_together(bench: Workshop) -> None:
    many = [replace(LIKES, id=f"n{n}") for n in range(1000)]
    seen = await preview(bench, SHOP, "30")
    _, outcome = await asyncio.gather(bench.list_services(*many), agree(bench, seen))
    assert outcome is Outcome.CHANGED
    assert await put(bench, SHOP, "30") is Outcome.SET
    await catalogue.load(bench.shop)
    assert bench.shop.price_rules.markup_percent == Decimal(30)
