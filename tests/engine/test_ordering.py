"""One quote becomes one order and one hold, whoever asks how often."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.catalog import Service
from bot.domain.errors import AlreadyDecided, NotForSale, NotFound, PriceChanged, ShopError, ShortOfMoney
from bot.domain.money import Money
from bot.domain.orders import OrderState, Reason
from bot.engine import fulfilment, ordering
from bot.engine.shop import PanelTerms
from bot.panels.outcomes import Placed
from bot.wire.reasons import HttpFacts
from tests.engine.workshop import BOOST, LIKES, NORD, TERMS, WORDS, Workshop, workshop
from tests.kit import LINK, MINA, THEO, money


async def confirm(bench: Workshop, token: str, person: int = MINA) -> ordering.Confirmed | ShopError:
    try:
        return await ordering.place_order(bench.shop, token, person, None, bench.clock())
    except ShopError as refused:
        return refused


async def test_a_confirm_holds_the_charge_and_rings_the_submitter(bench: Workshop) -> None:
    await bench.customer("10")
    quote = await bench.quote(bench.number(LIKES), quantity="1000")
    rung = bench.shop.bells.submit.rung
    placed = await ordering.place_order(bench.shop, quote.token, MINA, 77, bench.clock())
    order = placed.order
    assert placed.fresh
    assert (order.state, order.charge, order.cost) == (OrderState.RESERVED, money("1.125"), money("0.9"))
    assert (order.card_message_id, order.version, order.attempts) == (77, 1, 0)
    balances = await bench.money()
    assert (balances.available, balances.held) == (money("8.875"), money("1.125"))
    assert bench.shop.bells.submit.rung > rung
    assert (await bench.notices(MINA)).count("card") == 1
    await bench.sound()


async def test_a_thousand_confirms_at_once_are_one_order_and_one_hold(bench: Workshop) -> None:
    await bench.customer("10")
    quote = await bench.quote(bench.number(LIKES), quantity="1000")
    answers = await asyncio.gather(*(confirm(bench, quote.token) for _ in range(1000)))
    placed = [answer for answer in answers if isinstance(answer, ordering.Confirmed)]
    assert len(placed) == 1000
    assert sum(answer.fresh for answer in placed) == 1
    assert {answer.order.id for answer in placed} == {placed[0].order.id}
    assert (await bench.money()).held == money("1.125")
    assert len(await bench.rows("SELECT id FROM transfers WHERE kind = 'hold'")) == 1
    await bench.sound()


async def test_of_two_hundred_quotes_with_money_for_thirteen_thirteen_are_placed(bench: Workshop) -> None:
    await bench.customer("14.9")
    quotes = await asyncio.gather(
        *(bench.quote(bench.number(LIKES), link=f"{LINK}/{n}", quantity="1000") for n in range(200))
    )
    answers = await asyncio.gather(*(confirm(bench, quote.token) for quote in quotes))
    assert Counter(type(answer) for answer in answers) == {ordering.Confirmed: 13, ShortOfMoney: 187}
    balances = await bench.money()
    assert (balances.available, balances.held) == (money("0.275"), money("14.625"))
    await bench.sound()


async def test_too_little_money_names_the_exact_gap_and_changes_nothing(bench: Workshop) -> None:
    await bench.customer("1.1249")
    quote = await bench.quote(bench.number(LIKES), quantity="1000")
    refused = await confirm(bench, quote.token)
    assert isinstance(refused, ShortOfMoney)
    assert (refused.charge, refused.available, refused.gap) == (money("1.125"), money("1.1249"), money("0.0001"))
    assert not await bench.rows("SELECT id FROM orders")
    await bench.credit("0.0001")  # and the same button works
    placed = await confirm(bench, quote.token)
    assert isinstance(placed, ordering.Confirmed)
    assert (await bench.money()).available == Money(0)


async def test_somebody_elses_token_places_nothing(bench: Workshop) -> None:
    await bench.customer("10")
    await bench.customer("10", THEO)
    quote = await bench.quote(bench.number(LIKES))
    assert not isinstance(await confirm(bench, quote.token, THEO), ordering.Confirmed)
    await bench.order(bench.number(LIKES))
    assert (await bench.money(THEO)).held == Money(0)


async def test_after_the_expiry_a_second_tap_still_finds_the_order(bench: Workshop) -> None:
    await bench.customer("10")
    quote = await bench.quote(bench.number(LIKES))
    first = await confirm(bench, quote.token)
    bench.clock.forward(days=1)
    second = await confirm(bench, quote.token)
    assert isinstance(first, ordering.Confirmed)
    assert second == ordering.Confirmed(first.order, fresh=False)


@pytest.mark.parametrize(
    ("now_listed", "refusal"),
    [
        ([BOOST], NotForSale),  # vanished
        ([replace(LIKES, rate=Decimal(0))], NotForSale),
        ([replace(LIKES, rate=Decimal("1.36"))], NotForSale),  # a jump
        ([replace(LIKES, type="subscriptions")], NotForSale),
        ([replace(LIKES, minimum=5000, maximum=10)], NotForSale),
        ([replace(LIKES, minimum=2000)], PriceChanged),
        ([replace(LIKES, maximum=999)], PriceChanged),
        ([replace(LIKES, type="package", minimum=1, maximum=1)], PriceChanged),
        ([replace(LIKES, type="custom comments")], PriceChanged),
        ([replace(LIKES, rate=Decimal("1.13"))], PriceChanged),  # costs more than was quoted
    ],
)
async def test_a_service_that_changed_under_the_quote_is_not_bought(
    bench: Workshop, now_listed: list[Service], refusal: type[ShopError]
) -> None:
    await bench.customer("10")
    quote = await bench.quote(bench.number(LIKES), quantity="1000")
    await bench.list_services(*now_listed)
    assert type(await confirm(bench, quote.token)) is refusal
    await bench.list_services(LIKES)  # as it was: the quote is still open
    assert isinstance(await confirm(bench, quote.token), ordering.Confirmed)
    await bench.sound()


@pytest.mark.parametrize("rate", ["0.5", "1.0", "1.125"])
async def test_the_price_stays_frozen_while_the_shop_loses_nothing(bench: Workshop, rate: str) -> None:
    await bench.customer("10")
    quote = await bench.quote(bench.number(LIKES), quantity="1000")
    await bench.list_services(replace(LIKES, rate=Decimal(rate)))
    placed = await confirm(bench, quote.token)
    assert isinstance(placed, ordering.Confirmed)
    assert placed.order.charge == money("1.125")


@pytest.mark.parametrize("kinds", [("custom comments package", "custom comments"), ("custom comments",) * 2])
async def test_a_quote_is_for_what_its_answers_amount_to_now(bench: Workshop, kinds: tuple[str, str]) -> None:
    # Both types ask the same; one is billed as a whole, the other by the line.
    await bench.customer("10")
    first, second = (replace(WORDS, type=kind, minimum=1) for kind in kinds)
    await bench.list_services(first)
    quote = await bench.quote(bench.number(WORDS), comments="a\nb\nc")
    await bench.list_services(second)
    placed = await confirm(bench, quote.token)
    assert isinstance(placed, ordering.Confirmed if first == second else PriceChanged)


async def test_lines_are_held_to_the_limits_of_now(bench: Workshop) -> None:
    await bench.customer("10")
    quote = await bench.quote(bench.number(WORDS), comments="a\nb\nc")
    await bench.list_services(LIKES, BOOST, replace(WORDS, minimum=4))
    assert isinstance(await confirm(bench, quote.token), PriceChanged)


async def test_a_panel_without_an_exchange_rate_sells_nothing(bench: Workshop) -> None:
    await bench.customer("10")
    quote = await bench.quote(bench.number(LIKES))
    await bench.balance(currency="XYZ")
    assert isinstance(await confirm(bench, quote.token), NotForSale)


async def test_an_offer_of_a_picture_gone_by_is_not_sold_without_a_rate(bench: Workshop) -> None:
    await bench.customer("10")
    order = await bench.order(bench.number(LIKES))
    offer = bench.shop.shelf.catalogue.offers[order.service_number]
    assert not ordering.would_lose(bench.shop, offer, order.quantity, order.charge)
    await bench.balance(currency="XYZ")
    assert ordering.would_lose(bench.shop, offer, order.quantity, order.charge)


async def test_a_customer_takes_back_what_was_not_sent_and_has_the_money_at_once(bench: Workshop) -> None:
    await bench.customer("10")
    order = await bench.order(bench.number(LIKES), quantity="1000")
    undone = await ordering.withdraw(bench.shop, order.id, MINA, bench.clock())
    assert (undone.state, undone.reason, undone.returned) == (OrderState.CANCELED, Reason.BY_CUSTOMER, order.charge)
    assert (await bench.money()).available == money("10")
    assert "canceled" not in await bench.notices(MINA)  # the customer did it and sees the card
    with pytest.raises(AlreadyDecided):
        await ordering.withdraw(bench.shop, order.id, MINA, bench.clock())
    assert await fulfilment.claim(bench.shop, NORD, bench.clock()) is None
    await bench.sound()


async def test_nobody_takes_back_somebody_elses_order(bench: Workshop) -> None:
    await bench.customer("10")
    await bench.customer("10", THEO)
    order = await bench.order(bench.number(LIKES))
    for order_id, person in ((order.id, THEO), (999, MINA)):
        with pytest.raises(NotFound):
            await ordering.withdraw(bench.shop, order_id, person, bench.clock())


async def test_an_order_on_its_way_cannot_be_taken_back(bench: Workshop) -> None:
    await bench.customer("10")
    order = await bench.order(bench.number(LIKES))
    await bench.claim()
    with pytest.raises(AlreadyDecided):
        await ordering.withdraw(bench.shop, order.id, MINA, bench.clock())
    assert (await bench.money()).held == order.charge


@pytest.mark.parametrize("customer_first", [True, False])
async def test_of_a_claim_and_a_withdrawal_at_once_one_wins(bench: Workshop, customer_first: bool) -> None:
    await bench.customer("100")
    for n in range(20):
        order = await bench.order(bench.number(LIKES), link=f"{LINK}/{n}")
        steps = [
            ordering.withdraw(bench.shop, order.id, MINA, bench.clock()),
            fulfilment.claim(bench.shop, NORD, bench.clock()),
        ]
        results = await asyncio.gather(*(steps if customer_first else steps[::-1]), return_exceptions=True)
        withdrawn, claimed = results if customer_first else results[::-1]
        if isinstance(withdrawn, AlreadyDecided):
            assert isinstance(claimed, fulfilment.Claim)
            await bench.record(claimed, Placed(f"up-{n}", HttpFacts()))
        else:
            assert claimed is None
            assert (await bench.read(order.id)).state is OrderState.CANCELED
    await bench.sound()


async def test_what_could_not_be_sent_in_time_gives_its_money_back(bench: Workshop) -> None:
    await bench.customer("10")
    old = await bench.order(bench.number(LIKES))
    bench.clock.forward(seconds=1)
    young = await bench.order(bench.number(LIKES), link=f"{LINK}/2")
    assert await ordering.expire_reserved(bench.shop, bench.clock()) == 0
    bench.clock.time = old.created_at + bench.shop.terms.reserve_ttl
    assert await ordering.expire_reserved(bench.shop, bench.clock()) == 1
    gone = await bench.read(old.id)
    assert (gone.state, gone.reason) == (OrderState.CANCELED, Reason.NOT_SENT_IN_TIME)
    assert (await bench.read(young.id)).state is OrderState.RESERVED
    assert (await bench.notices(MINA)).count("canceled") == 1
    assert await ordering.expire_reserved(bench.shop, bench.clock()) == 0
    await bench.sound()


async def test_after_a_long_outage_nothing_stale_is_sent(bench: Workshop) -> None:
    await bench.customer("10")
    order = await bench.order(bench.number(LIKES))
    bench.clock.forward(hours=5)  # the submitter is awake before the clock's own round
    assert await fulfilment.claim(bench.shop, NORD, bench.clock()) is None
    assert (await bench.read(order.id)).reason is Reason.NOT_SENT_IN_TIME
    assert (await bench.money()).available == money("10")


async def test_withdrawing_and_expiring_at_once_return_the_money_once(bench: Workshop) -> None:
    await bench.customer("10")
    order = await bench.order(bench.number(LIKES))
    bench.clock.forward(hours=1)
    await asyncio.gather(
        ordering.expire_reserved(bench.shop, bench.clock()),
        ordering.withdraw(bench.shop, order.id, MINA, bench.clock()),
        fulfilment.claim(bench.shop, NORD, bench.clock()),
        return_exceptions=True,
    )
    assert await bench.entries(order) == {"hold": order.charge.micros, "void": order.charge.micros}
    await bench.sound()


@pytest.mark.parametrize("decimals", [0, 2, 6])
async def test_the_shops_digits_are_charged_to_the_micro_unit(tmp_path, decimals: int) -> None:
    terms = replace(TERMS, decimals=decimals, quote_ttl=timedelta(seconds=1), panels={NORD: PanelTerms()})
    async with workshop(tmp_path, terms) as bench:
        await bench.customer("10")
        order = await bench.order(bench.number(LIKES), quantity="1237")
        assert order.charge.micros % 10 ** (6 - decimals) == 0
        assert order.charge >= money("1.391625")
        await bench.sound()
