"""Money of an order that ended, back to the wallet by an operator's will."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.domain.errors import AlreadyDecided, BadInput, Braked, NeedsSecond, NotFound
from bot.domain.orders import Order, OrderState
from bot.engine import approvals, brake, desk, giving_back
from bot.engine.giving_back import GivingBack
from storage.approvals import Wish, WishKind
from tests.engine import till
from tests.engine.workshop import Workshop
from tests.kit import IRIS, MINA, THEO, money


async def ended(bench: Workshop, back: str = "0", credit: str = "10") -> Order:
    """An order that an operator ended, so much of it given back."""
    await bench.customer(credit)
    order = await bench.sent()
    return await desk.decide(bench.shop, order.id, money(back), IRIS, bench.clock())


async def spent(bench: Workshop, order: Order) -> int:
    """What the panel took for it."""
    return int((await bench.rows("SELECT spent FROM orders WHERE id = $1", order.id))[0]["spent"])


async def give(bench: Workshop, order: Order, amount: str | None = None, update: int = 1, why: str = "late") -> Order:
    giving = GivingBack(update, IRIS, order.id, None if amount is None else money(amount), why)
    return await giving_back.give_back(bench.shop, giving, bench.clock())


async def test_all_that_was_kept_comes_back_and_the_customer_reads_why(bench: Workshop) -> None:
    order = await ended(bench)
    before, kept = (await bench.money()).available, await spent(bench, order)
    given = await give(bench, order)
    assert given.state is OrderState.CANCELED
    assert given.returned == order.charge
    assert await spent(bench, order) == kept
    assert (await bench.money()).available == before + order.charge
    assert "given-back" in await bench.notices(MINA)
    rows = await bench.rows("SELECT act, object, detail FROM acts ORDER BY id DESC LIMIT 1")
    amount = f"{order.charge.decimal.normalize():f}"
    assert dict(rows[0]) == {"act": "give-back", "object": f"order {order.id}", "detail": f"{amount} USD: late"}
    await bench.sound()


async def test_parts_add_up_to_the_charge_and_no_more(bench: Workshop) -> None:
    order = await ended(bench)
    part = f"{(order.charge - money('0.0001')).decimal}"
    given = await give(bench, order, part)
    assert given.state is OrderState.PARTIAL
    with pytest.raises(BadInput):
        await give(bench, given, "0.0002", 2)
    whole = await give(bench, given, "0.0001", 3)
    assert whole.state is OrderState.CANCELED
    with pytest.raises(AlreadyDecided):
        await give(bench, whole, update=4)
    await bench.sound()


async def test_an_update_that_comes_again_gives_back_once(bench: Workshop) -> None:
    order = await ended(bench)
    await give(bench, order, "0.0001")
    again = await give(bench, order, "0.0001")
    assert again.returned == money("0.0001")
    assert (await bench.notices(MINA)).count("given-back") == 1


async def test_two_at_once_give_back_once_each_from_what_is_left(bench: Workshop) -> None:
    order = await ended(bench)
    outcomes = await asyncio.gather(give(bench, order), give(bench, order, update=2), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyDecided", "Order"]
    await bench.sound()


async def test_nothing_comes_back_of_what_goes_on_or_never_was(bench: Workshop) -> None:
    await bench.customer()
    running = await bench.sent()
    with pytest.raises(AlreadyDecided):
        await give(bench, running)
    with pytest.raises(NotFound):
        await give(bench, replace(running, id=99))


async def test_no_reason_and_no_amount_are_refused(bench: Workshop) -> None:
    order = await ended(bench)
    for amount, why in ((None, "  "), ("0", "late"), ("-1", "late")):
        with pytest.raises(BadInput):
            await give(bench, order, amount, why=why)


async def test_the_brake_keeps_it_back(bench: Workshop) -> None:
    order = await ended(bench)
    await bench.sql("INSERT INTO switches (name, value) VALUES ('brake', '1')")
    assert await bench.shop.db.read(brake.engaged)
    with pytest.raises(Braked):
        await give(bench, order)


async def test_a_large_amount_needs_another_operator_and_an_order_as_it_was(bench: Workshop) -> None:
    order = await ended(bench)
    shop = replace(
        bench.shop,
        terms=replace(bench.shop.terms, second_operator_above=money("0.0001"), operator_ids=(IRIS, THEO)),
    )
    giving = GivingBack(1, IRIS, order.id, None, "late")
    with pytest.raises(NeedsSecond):
        await giving_back.give_back(shop, giving, bench.clock())
    wish = Wish(WishKind.GIVE_BACK, order.id, order.version, order.charge, "late")
    asked = await approvals.ask(shop, 2, wish, IRIS, bench.clock())
    await approvals.grant(shop, asked.id, THEO, bench.clock())
    assert (await bench.read(order.id)).returned == order.charge
    await bench.sound()


async def test_stars_credit_comes_back_first(bench: Workshop) -> None:
    await bench.customer("0")
    await till.open_ways(bench)
    payment = await till.pay(bench)
    order = await bench.sent()
    order = await desk.decide(bench.shop, order.id, money("0"), IRIS, bench.clock())
    assert order.from_stars == order.charge
    assert (await bench.money()).stars == payment.amount - order.charge
    await give(bench, order)
    assert (await bench.money()).stars == payment.amount
    await bench.sound()
