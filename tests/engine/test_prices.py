"""A yes to a price jump covers exactly the prices that were shown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.catalog import Offer, Service, Unsold
from bot.engine import prices
from tests.engine.shelves import at, offer, restarted
from tests.engine.workshop import BOOST, LIKES, NORD, WORDS, Workshop
from tests.kit import IRIS

JUMP = "price-jump:nord"


async def agree(bench: Workshop, jumps: Iterable[Offer]) -> bool:
    seen = list(jumps)
    numbers = {jump.number for jump in seen}
    return await prices.accept(bench.shop, numbers, prices.mark_of(seen), IRIS, bench.clock())


async def acts(bench: Workshop) -> list[str]:
    return [f"{row['act']} {row['object']}: {row['detail']}" for row in await bench.rows("SELECT * FROM acts")]


@pytest.mark.parametrize("rate", ["1.36", "90", "0.44", "0.000001"])
async def test_a_jump_is_held_back_until_the_operator_agrees(bench: Workshop, rate: str) -> None:
    done = await bench.list_services(at(rate), BOOST, WORDS)
    assert done.on_hold == 1
    held = offer(bench, LIKES)
    assert (held.unsold, held.service.rate, held.pending_rate) == (Unsold.JUMP, LIKES.rate, Decimal(rate))
    assert await bench.alerts() == [JUMP]
    assert (await bench.list_services(at(rate), BOOST, WORDS)).changes == 0  # no storm
    assert (await bench.notices(IRIS)).count("alert") == 1
    assert await agree(bench, prices.jumps_of(bench.shop))
    assert await acts(bench) == [f"accept prices (1): 1: 0.9 to {rate}"]
    agreed = offer(bench, LIKES)
    assert (agreed.for_sale, agreed.service.rate, agreed.pending_rate) == (True, Decimal(rate), None)
    assert await bench.alerts() == []
    assert (await restarted(bench)).shelf.catalogue.offer(agreed.number) == agreed
    assert (await bench.list_services(at(rate), BOOST, WORDS)).changes == 0


@pytest.mark.parametrize("rate", ["1.35", "0.45", "0.9000000001"])
async def test_a_smaller_change_is_taken_over_at_once(bench: Workshop, rate: str) -> None:
    assert (await bench.list_services(at(rate), BOOST, WORDS)).on_hold == 0
    assert (offer(bench, LIKES).for_sale, offer(bench, LIKES).service.rate) == (True, Decimal(rate))


async def test_a_jump_that_is_taken_back_is_over_by_itself(bench: Workshop) -> None:
    await bench.list_services(at("9"), BOOST, WORDS)
    await bench.list_services(at("1"), BOOST, WORDS)
    assert (offer(bench, LIKES).for_sale, offer(bench, LIKES).service.rate) == (True, Decimal(1))
    assert await bench.alerts() == []


async def test_a_yes_covers_exactly_what_was_shown(bench: Workshop) -> None:
    await bench.list_services(at("9"), BOOST, WORDS)
    jumps = prices.jumps_of(bench.shop)
    mark = prices.mark_of(jumps)
    assert mark == prices.mark_of(prices.jumps_of(bench.shop, NORD))
    await bench.list_services(at("99"), BOOST, WORDS)
    assert prices.mark_of(prices.jumps_of(bench.shop)) != mark
    await bench.list_services(at("9"), at("99", BOOST), WORDS)
    assert prices.mark_of(prices.jumps_of(bench.shop)) != mark
    assert await agree(bench, jumps)  # one of two
    assert offer(bench, LIKES).for_sale
    assert await bench.alerts() == [JUMP]


@pytest.mark.parametrize(
    ("meanwhile", "unsold"),
    [([BOOST, WORDS], Unsold.GONE), ([at("0"), BOOST, WORDS], Unsold.RATE), ([at("1e40"), BOOST, WORDS], Unsold.RATE)],
)
async def test_an_old_yes_cannot_sell_what_is_gone_or_nonsense_now(
    bench: Workshop, meanwhile: list[Service], unsold: Unsold
) -> None:
    await bench.list_services(at("9"), BOOST, WORDS)
    jumps = prices.jumps_of(bench.shop)
    await bench.list_services(*meanwhile)
    assert not await agree(bench, jumps)
    assert await acts(bench) == []
    assert offer(bench, LIKES).unsold is unsold


async def test_a_jump_does_not_slip_in_behind_broken_limits_or_a_disappearance(bench: Workshop) -> None:
    await bench.list_services(replace(at("9"), minimum=10, maximum=1), BOOST, WORDS)
    await bench.list_services(at("9"), BOOST, WORDS)
    assert offer(bench, LIKES).unsold is Unsold.JUMP
    await bench.list_services(BOOST, WORDS)
    await bench.list_services(at("9"), BOOST, WORDS)
    assert offer(bench, LIKES).unsold is Unsold.JUMP


async def test_a_yes_at_the_moment_of_a_refresh_never_covers_the_newer_price(bench: Workshop) -> None:
    await bench.list_services(at("9"), BOOST, WORDS)
    jumps = prices.jumps_of(bench.shop)
    _, agreed = await asyncio.gather(bench.list_services(at("99"), BOOST, WORDS), agree(bench, jumps))
    stored = await bench.rows("SELECT rate, pending_rate, unsold FROM services WHERE number = $1", jumps[0].number)
    assert not agreed
    assert [dict(row) for row in stored] == [{"rate": "0.9", "pending_rate": "99", "unsold": "jump"}]
    assert offer(bench, LIKES).unsold is Unsold.JUMP


async def test_a_yes_covers_only_what_is_stored_as_it_was_shown(bench: Workshop) -> None:
    await bench.list_services(at("9"), at("99", BOOST), WORDS)
    jumps = prices.jumps_of(bench.shop)
    await bench.sql("UPDATE services SET pending_rate = '100' WHERE id = '2'")
    assert not await agree(bench, jumps)
    assert [row["unsold"] for row in await bench.rows("SELECT unsold FROM services WHERE number < 3")] == ["jump"] * 2
    assert offer(bench, LIKES).unsold is Unsold.JUMP
    assert await bench.alerts() == [JUMP]


async def test_of_two_who_agree_at_once_one_does(bench: Workshop) -> None:
    await bench.list_services(at("9"), BOOST, WORDS)
    jumps = prices.jumps_of(bench.shop)
    assert sorted(await asyncio.gather(agree(bench, jumps), agree(bench, jumps))) == [False, True]
    assert len(await acts(bench)) == 1
