"""Who may order: the banned may not, nobody may in a maintenance, and what was ordered before goes on."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.errors import BadInput, Banned, InMaintenance, NotFound, TurnedAway
from bot.domain.orders import OrderState
from bot.engine import admission, ordering
from bot.panels.outcomes import Placed
from bot.wire.reasons import HttpFacts
from storage import acts, customers
from tests.engine.workshop import DONE, LIKES, Workshop
from tests.kit import IRIS, MINA, THEO, money


async def ban(bench: Workshop, person: int = MINA, reason: str = "asks back what was delivered") -> bool:
    return await admission.ban(bench.shop, person, IRIS, reason, bench.clock())


async def maintenance(bench: Workshop, *, on: bool) -> bool:
    return await admission.set_maintenance(bench.shop, IRIS, bench.clock(), on=on)


async def acts_of(bench: Workshop) -> list[tuple[str, str, str]]:
    found = await bench.shop.db.read(lambda tx: acts.last(tx, 9))
    return [(act.act, act.object, act.detail) for act in found if act.act != "credit"]


async def test_a_banned_customer_gets_no_quote_and_confirms_none_until_the_ban_is_lifted(bench: Workshop) -> None:
    await bench.customer("10")
    quote = await bench.quote(bench.number(LIKES))
    assert await ban(bench)
    with pytest.raises(Banned):
        await bench.quote(bench.number(LIKES))
    with pytest.raises(Banned):
        await ordering.place_order(bench.shop, quote.token, MINA, None, bench.clock())
    assert (await bench.money()).held == money("0")
    assert await admission.unban(bench.shop, MINA, IRIS, bench.clock())
    placed = await ordering.place_order(bench.shop, quote.token, MINA, None, bench.clock())
    assert placed.order.state is OrderState.RESERVED
    await bench.sound()


async def test_a_ban_touches_nobody_else(bench: Workshop) -> None:
    await bench.customer("10")
    await bench.customer("10", THEO)
    await ban(bench, THEO)
    assert (await bench.order(bench.number(LIKES))).state is OrderState.RESERVED
    assert isinstance(await admission.refusal(bench.shop, THEO), Banned)
    assert await admission.refusal(bench.shop, MINA) is None


async def test_what_was_ordered_before_a_ban_is_sent_finished_and_found_again(bench: Workshop) -> None:
    await bench.customer("10")
    quote = await bench.quote(bench.number(LIKES), quantity="1000")
    placed = await ordering.place_order(bench.shop, quote.token, MINA, None, bench.clock())
    await ban(bench)
    again = await ordering.place_order(bench.shop, quote.token, MINA, None, bench.clock())
    assert (again.order.id, again.fresh) == (placed.order.id, False)
    active = await bench.record(await bench.claim(), Placed("70001", HttpFacts(200)))
    assert (await bench.tell(active, DONE)).state is OrderState.COMPLETED
    await bench.sound()


async def test_a_maintenance_stops_quotes_and_confirms_for_all_and_its_end_opens_them(bench: Workshop) -> None:
    await bench.customer("10")
    quote = await bench.quote(bench.number(LIKES))
    assert await maintenance(bench, on=True)
    assert await admission.maintained_since(bench.shop) == bench.clock()
    with pytest.raises(InMaintenance):
        await bench.quote(bench.number(LIKES))
    with pytest.raises(InMaintenance):
        await ordering.place_order(bench.shop, quote.token, MINA, None, bench.clock())
    assert (await bench.money()).held == money("0")
    assert await maintenance(bench, on=False)
    assert await admission.maintained_since(bench.shop) is None
    assert (await ordering.place_order(bench.shop, quote.token, MINA, None, bench.clock())).fresh


async def test_of_many_confirms_around_the_beginning_each_is_before_or_after_it(bench: Workshop) -> None:
    await bench.customer("100")
    quotes = [await bench.quote(bench.number(LIKES), link=f"https://framely.example/{n}") for n in range(40)]

    async def confirm(token: str) -> bool:
        try:
            return (await ordering.place_order(bench.shop, token, MINA, None, bench.clock())).fresh
        except TurnedAway:
            return False

    first = [confirm(quote.token) for quote in quotes[:20]]
    later = [confirm(quote.token) for quote in quotes[20:]]
    outcomes = await asyncio.gather(*first, maintenance(bench, on=True), *later)
    assert outcomes[:20] == [True] * 20
    assert outcomes[21:] == [False] * 20
    await bench.sound()


async def test_every_change_leaves_one_act_and_none_where_nothing_changed(bench: Workshop) -> None:
    await bench.customer("0")
    for again in (True, False):
        assert await ban(bench) is again
    for again in (True, False):
        assert await admission.unban(bench.shop, MINA, IRIS, bench.clock()) is again
    for on in (True, False):
        for again in (True, False):
            assert await maintenance(bench, on=on) is again
    assert await acts_of(bench) == [
        ("maintenance", "shop", "off"),
        ("maintenance", "shop", "on"),
        ("unban", f"customer {MINA}", ""),
        ("ban", f"customer {MINA}", "asks back what was delivered"),
    ]


async def test_operators_and_strangers_cannot_be_banned(bench: Workshop) -> None:
    await bench.customer("0", IRIS)
    with pytest.raises(BadInput):
        await ban(bench, IRIS)
    with pytest.raises(NotFound):
        await ban(bench, 77)
    with pytest.raises(NotFound):
        await admission.unban(bench.shop, 77, IRIS, bench.clock())
    assert await acts_of(bench) == []


async def test_a_ban_says_since_when_and_survives_a_new_contact(bench: Workshop) -> None:
    await bench.customer("0")
    await ban(bench)
    since = bench.clock()
    bench.clock.forward(hours=1)
    await bench.customer("0")
    found = await bench.shop.db.read(lambda tx: customers.get(tx, MINA))
    assert found is not None
    assert found.banned_at == since
