"""The ways of paying in: turned on and off, the rate of Stars, and how to pay by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.errors import NotOffered
from bot.domain.topups import Gateway
from bot.engine import star_deals, ways
from bot.engine.shop import Shop
from bot.engine.ways import INSTRUCTIONS_MAX, OddRate, Settled, UnfitInstructions
from storage.database import Tx
from tests.engine.workshop import Workshop
from tests.kit import IRIS, THEO, money


async def settled(bench: Workshop, shop: Shop | None = None) -> Settled:
    at = shop or bench.shop

    async def work(tx: Tx) -> Settled:
        return await ways.settled(tx, at)

    return await at.db.read(work)


async def turn(bench: Workshop, gateway: Gateway, *, on: bool, update: int = 1, shop: Shop | None = None) -> bool:
    return await ways.set_way(shop or bench.shop, gateway, IRIS, update, bench.clock(), on=on)


async def rate(bench: Workshop, value: str | None, update: int = 2) -> bool:
    typed = None if value is None else Decimal(value)
    return await ways.set_star_rate(bench.shop, typed, IRIS, update, bench.clock())


async def tell(bench: Workshop, text: str | None, update: int = 3) -> bool:
    return await ways.set_instructions(bench.shop, text, THEO, update, bench.clock())


async def acts(bench: Workshop) -> list[str]:
    return [
        f"{row['actor']} {row['act']} {row['object']}: {row['detail']}"
        for row in await bench.rows("SELECT * FROM acts ORDER BY id")
    ]


def elsewhere(bench: Workshop, **terms: object) -> Shop:
    return replace(bench.shop, terms=replace(bench.shop.terms, **terms))  # type: ignore[arg-type]


async def test_only_stars_are_on_before_anybody_settled_anything_and_bring_what_telegram_pays(bench: Workshop) -> None:
    found = await settled(bench)
    assert [found.ways.has(way) for way in Gateway] == [True, False, False, True]
    assert found.star == Decimal("0.013")
    assert found.own_star is None


async def test_stars_are_off_and_on_again_at_the_rate_they_had(bench: Workshop) -> None:
    await rate(bench, "0.015")
    assert await turn(bench, Gateway.STARS, on=False, update=5)
    off = await settled(bench)
    assert (off.ways.star, off.star) == (None, Decimal("0.015"))
    assert await turn(bench, Gateway.STARS, on=True, update=6)
    assert (await settled(bench)).ways.star == Decimal("0.015")


async def test_a_way_that_lacks_what_it_needs_cannot_be_turned_on(bench: Workshop) -> None:
    euros = elsewhere(bench, currency="EUR", exchange_rates={})
    with pytest.raises(NotOffered):
        await turn(bench, Gateway.CRYPTOPAY, on=True)
    with pytest.raises(NotOffered):
        await turn(bench, Gateway.BY_HAND, on=True)
    with pytest.raises(NotOffered):
        await turn(bench, Gateway.STARS, on=True, shop=euros)
    with pytest.raises(NotOffered):
        await turn(bench, Gateway.VOUCHER, on=False)
    assert await acts(bench) == []


async def test_crypto_pay_goes_on_where_it_is_set_up(bench: Workshop) -> None:
    shop = elsewhere(bench, cryptopay=True)
    assert await turn(bench, Gateway.CRYPTOPAY, on=True, shop=shop)
    assert (await settled(bench, shop)).ways.cryptopay
    assert not (await settled(bench)).ways.cryptopay


async def test_by_hand_is_on_with_instructions_and_off_without(bench: Workshop) -> None:
    await tell(bench, "Pay to <b>Iris</b>")
    assert not (await settled(bench)).ways.has(Gateway.BY_HAND)
    assert await turn(bench, Gateway.BY_HAND, on=True, update=4)
    assert (await settled(bench)).ways.instructions == "Pay to <b>Iris</b>"
    await tell(bench, None, update=5)
    await tell(bench, "Anew", update=6)
    assert (await settled(bench)).ways.instructions is None


async def test_every_change_is_an_act_with_who_and_what(bench: Workshop) -> None:
    await turn(bench, Gateway.STARS, on=False)
    await rate(bench, "0.0150")
    await tell(bench, "Pay to <b>Iris</b>")
    await tell(bench, None, update=4)
    await rate(bench, None, update=5)
    assert await acts(bench) == [
        f"{IRIS} way way stars: off",
        f"{IRIS} way way stars: 0.013 to 0.015",
        f"{THEO} way way by-hand: instructions: Pay to Iris",
        f"{THEO} way way by-hand: instructions removed",
        f"{IRIS} way way stars: 0.015 to 0.013",
    ]


async def test_an_update_that_comes_again_changes_nothing_that_came_after_it(bench: Workshop) -> None:
    await turn(bench, Gateway.STARS, on=False, update=1)
    await turn(bench, Gateway.STARS, on=True, update=2)
    await rate(bench, "0.015", update=3)
    await rate(bench, "0.02", update=4)
    assert not await turn(bench, Gateway.STARS, on=False, update=1)
    assert not await rate(bench, "0.015", update=3)
    assert (await settled(bench)).ways.star == Decimal("0.02")


@pytest.mark.parametrize("typed", ["0.0012", "0.14", "0"])
async def test_a_rate_that_cannot_be_meant_is_refused_with_its_bounds(bench: Workshop, typed: str) -> None:
    with pytest.raises(OddRate) as refused:
        await rate(bench, typed)
    assert (refused.value.least, refused.value.most) == (Decimal("0.0013"), Decimal("0.13"))
    assert (await settled(bench)).own_star is None


@pytest.mark.parametrize("text", ["", "<b></b>", "x" * (INSTRUCTIONS_MAX + 1), "a\0b"])
async def test_a_text_that_cannot_tell_how_to_pay_is_refused(bench: Workshop, text: str) -> None:
    with pytest.raises(UnfitInstructions):
        await tell(bench, text)
    assert (await settled(bench)).instructions is None


def test_a_deal_tells_what_a_star_brings_to_all_three(bench: Workshop) -> None:
    usual = star_deals.deal(bench.shop, Decimal("0.013"), money("10"))
    assert (usual.stars, usual.credit, usual.payout) == (770, money("10.01"), money("10.01"))
    assert usual.price == money("15.4")
    assert usual.loss == money("0")
    generous = star_deals.deal(bench.shop, Decimal("0.02"), money("10"))
    assert (generous.stars, generous.loss) == (500, money("3.5"))


def test_a_deal_in_a_currency_without_a_rate_for_dollars_tells_only_what_the_wallet_gets(bench: Workshop) -> None:
    blind = star_deals.deal(elsewhere(bench, currency="EUR", exchange_rates={}), Decimal("0.01"), money("10"))
    assert (blind.stars, blind.credit) == (1000, money("10"))
    assert blind.payout is blind.price is blind.loss is None


def test_a_deal_in_another_currency_counts_its_dollars(bench: Workshop) -> None:
    lira = elsewhere(bench, currency="TRY", exchange_rates={"USD": Decimal("36.5")})
    found = star_deals.deal(lira, Decimal("0.4745"), money("500"))
    assert (found.stars, found.payout, found.price) == (1054, money("500.123"), money("769.42"))
