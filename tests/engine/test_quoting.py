"""A quote freezes a price; the same update always gets the same one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.errors import BadInput, NotForSale, Problem, QuoteGone
from bot.domain.money import Money
from bot.domain.orders import Quote
from bot.engine import ordering, quoting
from tests.engine.workshop import BOOST, LIKES, WORDS, Workshop
from tests.kit import LINK, MINA, THEO

GIVEN = {"link": LINK, "quantity": "1 000"}


async def quote_of(bench: Workshop, update: int, given: dict[str, str] | None = None, number: int = 0) -> Quote:
    return await quoting.make_quote(
        bench.shop, MINA, update, number or bench.number(LIKES), given or GIVEN, bench.clock()
    )


async def test_a_quote_holds_checked_answers_and_the_price_of_now(bench: Workshop) -> None:
    await bench.customer()
    quote = await quote_of(bench, 1, {"link": "framely.example/x", "quantity": "1.5k"})
    assert quote.answers == {"link": "https://framely.example/x", "quantity": "1500"}
    assert (quote.quantity, quote.charge, quote.cost) == (1500, Money(1_687_500), Money(1_350_000))
    assert quote.expires_at == bench.clock() + bench.shop.terms.quote_ttl
    assert await quoting.read_quote(bench.shop, quote.token, MINA) == quote


async def test_a_replayed_update_gets_the_same_quote_though_the_price_changed(bench: Workshop) -> None:
    await bench.customer()
    first = await quote_of(bench, 1)
    await bench.list_services(replace(LIKES, rate=Decimal("1.2")))
    assert await quote_of(bench, 1) == first
    assert (await quote_of(bench, 2)).charge == Money(1_500_000)


async def test_taps_without_end_fill_no_disk(bench: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quoting, "_KEPT", 5)
    await bench.customer("10")
    used = await quote_of(bench, 1)
    await ordering.place_order(bench.shop, used.token, MINA, None, bench.clock())
    for update in range(2, 12):
        bench.clock.forward(seconds=0.01)
        newest = await quote_of(bench, update)
    [counted] = await bench.rows("SELECT COUNT(*) AS n FROM quotes")
    assert counted["n"] == 1 + 5
    assert await quoting.read_quote(bench.shop, newest.token, MINA) == newest
    assert await quoting.read_quote(bench.shop, used.token, MINA)


async def test_a_package_is_one_unit_and_lines_are_counted(bench: Workshop) -> None:
    await bench.customer()
    package = await quote_of(bench, 1, {"link": LINK}, bench.number(BOOST))
    assert (package.quantity, package.charge) == (1, Money(3_125_000))
    lines = await quote_of(bench, 2, {"link": LINK, "comments": "a\n\n b \nc"}, bench.number(WORDS))
    assert (lines.quantity, lines.charge, lines.answers["comments"]) == (3, Money(37_500), "a\nb\nc")


async def test_answers_nobody_asked_for_are_left_out(bench: Workshop) -> None:
    await bench.customer()
    quote = await quote_of(bench, 1, {**GIVEN, "service": "9", "key": "x"})
    assert set(quote.answers) == {"link", "quantity"}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"link": LINK, "quantity": "9"}, Problem.NUMBER_TOO_SMALL),
        ({"link": LINK, "quantity": "100001"}, Problem.NUMBER_TOO_LARGE),
        ({"link": "http://127.1/", "quantity": "100"}, Problem.LINK_UNREADABLE),
    ],
)
async def test_every_answer_is_checked_once_more(bench: Workshop, given: dict[str, str], problem: Problem) -> None:
    await bench.customer()
    with pytest.raises(BadInput) as refused:
        await quote_of(bench, 1, given)
    assert refused.value.problem is problem


async def test_a_missing_answer_or_service_is_not_for_sale(bench: Workshop) -> None:
    await bench.customer()
    with pytest.raises(NotForSale):
        await quote_of(bench, 1, {"link": LINK})
    with pytest.raises(NotForSale):
        await quote_of(bench, 2, number=999)
    await bench.list_services(BOOST)  # the likes vanished
    with pytest.raises(NotForSale):
        await quote_of(bench, 3)


async def test_a_quantity_no_ledger_could_hold_is_too_large(bench: Workshop) -> None:
    await bench.customer()
    dear = replace(LIKES, id="9", rate=Decimal(9 * 10**8), maximum=10**9)
    await bench.list_services(dear)
    with pytest.raises(BadInput) as refused:
        await quote_of(bench, 1, {"link": LINK, "quantity": "999999999"}, bench.number(dear))
    assert refused.value.problem is Problem.NUMBER_TOO_LARGE


async def test_an_expired_a_foreign_and_an_unknown_token_all_look_the_same(bench: Workshop) -> None:
    await bench.customer()
    await bench.customer(person=THEO)
    quote = await quote_of(bench, 1)
    for token, person in ((quote.token, THEO), ("no-such-token", MINA)):
        with pytest.raises(QuoteGone):
            await quoting.read_quote(bench.shop, token, person)
        with pytest.raises(QuoteGone):
            await ordering.place_order(bench.shop, token, person, None, bench.clock())
    bench.clock.time = quote.expires_at
    with pytest.raises(QuoteGone):
        await ordering.place_order(bench.shop, quote.token, MINA, None, bench.clock())


async def test_a_quote_is_good_until_the_last_moment(bench: Workshop) -> None:
    await bench.customer()
    quote = await quote_of(bench, 1)
    bench.clock.time = quote.expires_at - timedelta(milliseconds=1)
    assert (await ordering.place_order(bench.shop, quote.token, MINA, None, bench.clock())).fresh


async def test_a_dropped_quote_cannot_be_confirmed_and_dropping_is_harmless(bench: Workshop) -> None:
    await bench.customer()
    quote = await quote_of(bench, 1)
    await quoting.drop_quote(bench.shop, quote.token, THEO)  # somebody else's: nothing happens
    await quoting.drop_quote(bench.shop, quote.token, MINA)
    await quoting.drop_quote(bench.shop, quote.token, MINA)
    with pytest.raises(QuoteGone):
        await ordering.place_order(bench.shop, quote.token, MINA, None, bench.clock())


async def test_an_order_survives_its_quote_being_dropped_late(bench: Workshop) -> None:
    await bench.customer()
    quote = await quote_of(bench, 1)
    order = (await ordering.place_order(bench.shop, quote.token, MINA, None, bench.clock())).order
    await quoting.drop_quote(bench.shop, quote.token, MINA)
    again = await ordering.place_order(bench.shop, quote.token, MINA, None, bench.clock())
    assert (again.order, again.fresh) == (order, False)
