"""Which order is sent next, how many at a time, and which are sent no more."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.orders import OrderState, Reason
from bot.engine.fulfilment import IN_FLIGHT_PER_PANEL
from bot.panels.outcomes import Lost, Placed
from bot.wire.reasons import HttpFacts, LostReason
from tests.engine.workshop import LIKES, OTHER, SUED, Workshop
from tests.kit import LINK, MINA, money

FACTS = HttpFacts(200, "aa", "{}", None)
LOST = Lost(LostReason.TIMEOUT, FACTS)


async def test_four_orders_of_a_panel_are_in_flight_at_most(bench: Workshop) -> None:
    await bench.list_services(OTHER, panel=SUED)
    await bench.customer("100")
    for n in range(10):
        await bench.order(bench.number(LIKES), link=f"{LINK}/{n}")
    claims = await asyncio.gather(*(bench.try_claim() for _ in range(10)))
    taken = [claim for claim in claims if claim]
    assert len(taken) == len({claim.order.id for claim in taken}) == IN_FLIGHT_PER_PANEL
    assert sorted(claim.order.id for claim in taken) == [1, 2, 3, 4]  # the longest waiting first
    await bench.order(bench.number(OTHER))
    assert await bench.try_claim(SUED)  # the other panel is not held up
    await bench.record(taken[0], Placed("1", FACTS))
    assert await bench.try_claim()
    assert await bench.try_claim() is None


async def test_one_at_a_time_while_any_order_of_the_panel_is_unknown(bench: Workshop) -> None:
    await bench.customer("100")
    for n in range(6):
        await bench.order(bench.number(LIKES), link=f"{LINK}/{n}")
    claims = [await bench.claim() for _ in range(4)]
    await bench.record(claims[0], LOST)
    for claim in claims[1:]:
        assert await bench.try_claim() is None
        await bench.record(claim, Placed(f"u{claim.order.id}", FACTS))
    last = await bench.claim()
    assert await bench.try_claim() is None
    await bench.record(last, Placed("u5", FACTS))
    assert await bench.try_claim()


@pytest.mark.parametrize(
    "link", [LINK, LINK.replace("https", "http"), f"{LINK}/", f"{LINK}#x", LINK.replace("//", "//www.")]
)
async def test_another_order_for_the_same_target_waits_until_the_first_is_known(bench: Workshop, link: str) -> None:
    claim = await bench.claimed()
    waiting = await bench.order(bench.number(LIKES), link=link)
    elsewhere = await bench.order(bench.number(LIKES), link=f"{LINK}/other")
    assert (await bench.claim()).order.id == elsewhere.id
    await bench.record(claim, LOST)
    assert await bench.try_claim() is None
    await bench.record(claim, Placed("1", FACTS))
    assert (await bench.claim()).order.id == waiting.id


@pytest.mark.parametrize("rate", ["1.13", "99", "1e12", "1e40"])
async def test_an_order_that_would_now_be_sold_below_cost_gives_its_money_back(bench: Workshop, rate: str) -> None:
    await bench.customer("10")
    order = await bench.order(bench.number(LIKES), quantity="1000")
    await bench.list_services(replace(LIKES, rate=Decimal(rate)))  # a rise, a jump not agreed to, or nonsense
    assert await bench.try_claim() is None
    given_back = await bench.read(order.id)
    assert (given_back.state, given_back.reason) == (OrderState.CANCELED, Reason.PRICE_ROSE)
    assert (await bench.notices(MINA)).count("canceled") == 1
    await bench.sound()


@pytest.mark.parametrize("change", [{"rate": Decimal("1.125")}, {"rate": Decimal("0.1")}, {"rate": Decimal(0)}])
async def test_an_order_that_loses_nothing_is_sent_at_its_frozen_price(
    bench: Workshop, change: dict[str, Decimal]
) -> None:
    await bench.customer("10")
    await bench.order(bench.number(LIKES), quantity="1000")
    await bench.list_services(replace(LIKES, **change))  # type: ignore[arg-type]
    assert (await bench.claim()).order.charge == money("1.125")


async def test_a_vanished_service_and_a_lost_exchange_rate_hold_no_order_up(bench: Workshop) -> None:
    await bench.customer("10")
    await bench.order(bench.number(LIKES))
    await bench.order(bench.number(LIKES), link=f"{LINK}/2")
    await bench.list_services()
    assert await bench.try_claim()
    await bench.balance(currency="XYZ")
    assert await bench.try_claim()
