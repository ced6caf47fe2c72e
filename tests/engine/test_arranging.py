"""What operators make of the catalogue: hidden, renamed, put in order; kept through refreshes and restarts."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace

import pytest

from bot.domain.catalog import Service, Unsold
from bot.domain.errors import NotForSale, NotFound
from bot.domain.markups import Scope
from bot.domain.orders import OrderState
from bot.engine import arranging, prices
from bot.engine.arranging import Deed
from bot.engine.quoting import for_sale
from tests.engine.shelves import at, offer, restarted, shown
from tests.engine.workshop import BOOST, LIKES, OTHER, SUED, WORDS, Workshop
from tests.kit import IRIS

_updates = itertools.count(700)
BLIP, CLAP = replace(OTHER, id="2", name="Blip Views", category="Blip"), replace(OTHER, id="3", category="Clap")


def deed(bench: Workshop, update: int | None = None) -> Deed:
    return Deed(IRIS, next(_updates) if update is None else update, bench.clock())


async def hide(bench: Workshop, scope: Scope, number: int, *, hidden: bool = True) -> bool:
    return await arranging.hide(bench.shop, scope, number, deed(bench), hidden=hidden)


async def rename(bench: Workshop, scope: Scope, number: int, title: str | None) -> bool:
    return await arranging.rename(bench.shop, scope, number, title, deed(bench))


async def move(bench: Workshop, scope: Scope, number: int, was: int, to: int, update: int | None = None) -> bool:
    return await arranging.move(bench.shop, scope, number, was, to, deed(bench, update))


async def acts(bench: Workshop) -> list[str]:
    return [f"{row['act']} {row['object']}: {row['detail']}" for row in await bench.rows("SELECT * FROM acts")]


def names(bench: Workshop, number: int = 1) -> list[str]:
    return [o.name for o in bench.shop.shelf.catalogue.listed[number].offers]


def categories(bench: Workshop) -> list[str]:
    return [c.name for c in bench.shop.shelf.catalogue.categories]


# Hiding -------------------------------------------------------------------------------------------


async def test_a_hidden_service_is_gone_from_the_shop_and_not_from_the_editor(bench: Workshop) -> None:
    assert await hide(bench, Scope.SERVICE, 1)
    with pytest.raises(NotForSale):
        for_sale(bench.shop, 1)
    assert shown(bench.shop.shelf.catalogue) == {"Framely": ["Framely Boost", "Framely Comments"]}
    assert names(bench) == ["Framely Likes", "Framely Boost", "Framely Comments"]
    assert not await hide(bench, Scope.SERVICE, 1)
    assert await hide(bench, Scope.SERVICE, 1, hidden=False)
    assert for_sale(bench.shop, 1)[0].for_sale
    assert await acts(bench) == [
        "hide service 1 (Framely Likes): from customers", "show service 1 (Framely Likes): to customers",
    ]  # fmt: skip


async def test_a_hidden_category_takes_all_its_services_along(bench: Workshop) -> None:
    await hide(bench, Scope.SERVICE, 2)
    assert await hide(bench, Scope.CATEGORY, 1)
    assert categories(bench) == []
    assert not any(o.for_sale for o in bench.shop.shelf.catalogue.offers.values())
    await hide(bench, Scope.CATEGORY, 1, hidden=False)
    assert shown(bench.shop.shelf.catalogue) == {"Framely": ["Framely Likes", "Framely Comments"]}


async def test_a_quote_of_what_is_hidden_meanwhile_cannot_be_confirmed_until_it_is_shown_again(rich: Workshop) -> None:
    quote = await rich.quote(rich.number(LIKES), quantity="1000")
    await hide(rich, Scope.CATEGORY, 1)
    with pytest.raises(NotForSale):
        await rich.order_of(quote)
    with pytest.raises(NotForSale):
        await rich.quote(rich.number(LIKES), quantity="1000")
    assert (await rich.money()).held.micros == 0
    await hide(rich, Scope.CATEGORY, 1, hidden=False)
    assert (await rich.order_of(quote)).charge == quote.charge


async def test_orders_that_were_confirmed_go_on(rich: Workshop) -> None:
    order = await rich.order(rich.number(LIKES))
    await hide(rich, Scope.SERVICE, 1)
    assert (await rich.claim()).order.id == order.id
    assert (await rich.read(order.id)).state is OrderState.SUBMITTING


async def test_a_jump_of_a_hidden_service_waits_and_a_yes_does_not_show_it(bench: Workshop) -> None:
    await hide(bench, Scope.SERVICE, 1)
    await bench.list_services(at("9"), BOOST, WORDS)
    jumps = prices.jumps_of(bench.shop)
    assert await prices.accept(bench.shop, {1}, prices.mark_of(jumps), IRIS, bench.clock())
    assert (offer(bench, LIKES).unsold, offer(bench, LIKES).for_sale) == (None, False)


# Names --------------------------------------------------------------------------------------------


async def test_a_title_is_what_people_read_and_orders_keep_it(rich: Workshop) -> None:
    assert await rename(rich, Scope.SERVICE, 1, "Likes, <b>fast</b>")
    assert await rename(rich, Scope.CATEGORY, 1, "Pictures")
    assert shown(rich.shop.shelf.catalogue).keys() == {"Pictures"}
    order = await rich.order(rich.number(LIKES))
    assert order.service_name == "Likes, <b>fast</b>"
    await rename(rich, Scope.SERVICE, 1, None)
    assert (await rich.read(order.id)).service_name == "Likes, <b>fast</b>"
    assert offer(rich, LIKES).name == "Framely Likes"
    assert (await acts(rich))[1:] == [
        "rename service 1 (Framely Likes): to Likes, <b>fast</b>", "rename category 1 (Framely): to Pictures",
        "rename service 1 (Likes, <b>fast</b>): to Framely Likes",
    ]  # fmt: skip


async def test_the_panels_own_name_is_no_title(bench: Workshop) -> None:
    assert not await rename(bench, Scope.SERVICE, 1, "Framely Likes")
    await rename(bench, Scope.SERVICE, 1, "Mine")
    assert await rename(bench, Scope.SERVICE, 1, "Framely Likes")
    assert offer(bench, LIKES).own.title is None
    await bench.list_services(replace(LIKES, name="Renamed there"), BOOST, WORDS)
    assert offer(bench, LIKES).name == "Renamed there"


async def test_panels_go_on_sharing_a_category_that_was_renamed(bench: Workshop) -> None:
    await rename(bench, Scope.CATEGORY, 1, "Pictures")
    await bench.list_services(replace(OTHER, category="FRAMELY"), panel=SUED)
    assert categories(bench) == ["Pictures"]
    assert len(names(bench)) == 4


# Order --------------------------------------------------------------------------------------------


async def test_categories_stand_by_name_until_they_are_put_somewhere(bench: Workshop) -> None:
    await bench.list_services(BLIP, CLAP, panel=SUED)
    assert categories(bench) == ["Blip", "Clap", "Framely"]
    assert await move(bench, Scope.CATEGORY, 1, 2, 0)
    assert categories(bench) == ["Framely", "Blip", "Clap"]
    await bench.list_services(BLIP, CLAP, replace(OTHER, id="4", category="Aha"), panel=SUED)
    assert categories(bench) == ["Framely", "Aha", "Blip", "Clap"]
    assert await acts(bench) == ["move category 1 (Framely): from place 3 to 1"]


async def test_services_stand_as_the_panel_lists_them_behind_those_that_were_put_somewhere(bench: Workshop) -> None:
    assert await move(bench, Scope.SERVICE, 3, 2, 0)
    assert await move(bench, Scope.SERVICE, 3, 0, 1)
    assert names(bench) == ["Framely Likes", "Framely Comments", "Framely Boost"]
    await bench.list_services(replace(BOOST, id="7", name="New"), WORDS, BOOST, LIKES)
    assert names(bench) == ["Framely Likes", "Framely Comments", "New", "Framely Boost"]


async def test_a_move_from_where_it_no_longer_stands_moves_nothing(bench: Workshop) -> None:
    assert await move(bench, Scope.SERVICE, 3, 2, 1, 5)
    assert await move(bench, Scope.SERVICE, 3, 2, 1, 5), "it stands there already"
    assert not await move(bench, Scope.SERVICE, 3, 2, 0)
    assert names(bench) == ["Framely Likes", "Framely Comments", "Framely Boost"]
    moves = await asyncio.gather(move(bench, Scope.SERVICE, 1, 0, 2), move(bench, Scope.SERVICE, 3, 1, 0))
    assert sorted(moves) == [True, True], "it came to stand there by the first"
    assert len(await acts(bench)) == 2
    assert await move(bench, Scope.SERVICE, 3, 0, 99)
    assert names(bench)[-1] == "Framely Comments"


async def test_a_service_its_panel_lists_no_more_stands_nowhere(bench: Workshop) -> None:
    await bench.list_services(BOOST, WORDS)
    assert offer(bench, LIKES).unsold is Unsold.GONE
    assert arranging.place_of(bench.shop, Scope.SERVICE, 1) is None
    assert not await move(bench, Scope.SERVICE, 1, 0, 1)
    assert await hide(bench, Scope.SERVICE, 1)


# Keeping ------------------------------------------------------------------------------------------


async def test_everything_arranged_survives_refreshes_and_restarts(bench: Workshop) -> None:
    await bench.list_services(BLIP, CLAP, panel=SUED)
    await move(bench, Scope.CATEGORY, 1, 2, 0)
    await move(bench, Scope.SERVICE, 3, 2, 0)
    await rename(bench, Scope.SERVICE, 1, "Mine")
    await rename(bench, Scope.CATEGORY, 2, "Zebra")
    await hide(bench, Scope.SERVICE, 2)
    await hide(bench, Scope.CATEGORY, 3)
    await bench.list_services(at("1.1"), replace(BOOST, name="Other"), WORDS)
    await bench.list_services(replace(BLIP, refill=True), CLAP, panel=SUED)
    assert categories(bench) == ["Framely", "Zebra"]
    assert shown(bench.shop.shelf.catalogue)["Framely"] == ["Framely Comments", "Framely Likes"]
    assert names(bench) == ["Framely Comments", "Mine", "Other"]
    kept = (await restarted(bench)).shelf.catalogue
    assert kept == bench.shop.shelf.catalogue
    assert [c.own for c in kept.listed.values()] == [c.own for c in bench.shop.shelf.catalogue.listed.values()]


@pytest.mark.parametrize("scope", [Scope.CATEGORY, Scope.SERVICE])
async def test_what_does_not_exist_cannot_be_arranged(bench: Workshop, scope: Scope) -> None:
    for verb in (hide(bench, scope, 99), rename(bench, scope, 99, "x"), move(bench, scope, 99, 0, 1)):
        with pytest.raises(NotFound):
            await verb
    assert await acts(bench) == []


async def test_two_who_arrange_while_a_panel_is_read_lose_nothing(bench: Workshop) -> None:
    many: list[Service] = [LIKES, BOOST, WORDS, *(replace(LIKES, id=f"n{n}") for n in range(600))]
    await asyncio.gather(
        bench.list_services(*many), rename(bench, Scope.SERVICE, 1, "Mine"), hide(bench, Scope.SERVICE, 2)
    )
    assert offer(bench, LIKES).name == "Mine"
    assert offer(bench, BOOST).hidden
    assert len(names(bench)) == 603
