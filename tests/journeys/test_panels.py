"""Several panels, and what their catalogues do behind the shop's back."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from pathlib import Path

from bot.sandbox.panel import Dialect
from handlers.callbacks import BeginOrder
from tests.journeys.shopping import LINK, NORA, PAVEL, Market, eventually, has, leaf_to, market, price_of, shown


async def test_three_panels_sell_side_by_side_and_one_that_is_down_stops_nobody(tmp_path: Path) -> None:
    """Alerted once when it goes, over by itself when it is back, and its orders are followed again."""
    often = {"status_poll_seconds": 0.03, "catalog_refresh_seconds": 0.2}
    people = {NORA: "Nora", PAVEL: "Pavel"}
    async with market(tmp_path, dialects=tuple(Dialect), friends=people, **often) as open_shop:
        mina = open_shop.mina
        down, *up = open_shop.place.panels.values()
        caught = await open_shop.buy(open_shop.offer(panel=down.name), phone=mina)
        await open_shop.card(caught, "Pending")
        await down.fault("*", "http_503", None)
        for panel, phone in zip(up, open_shop.friends, strict=True):
            link = f"https://{panel.name}.example/page"
            order = await open_shop.buy(open_shop.offer(panel=panel.name), link, "100", phone=phone)
            await open_shop.card(order, "Pending", phone=phone)
            await panel.set_order((await open_shop.order(order)).upstream_id, status="Completed")
            await phone.sees(f"Order #{order} is completed.")
            assert [add["params"]["link"] for add in await open_shop.adds(panel)] == [link]
        await open_shop.iris.sees(f"{down.name} does not answer")
        await down.heal()
        await down.set_order((await open_shop.order(caught)).upstream_id, status="Completed")
        await mina.sees(f"Order #{caught} is completed.")
        over = "SELECT id FROM alerts WHERE kind = 'panel-failing' AND closed_at IS NOT NULL"
        await eventually(lambda: open_shop.rows(over))
        assert len(await open_shop.alerts("panel-failing")) == 1


async def test_one_button_per_category_holds_the_services_of_every_panel(tmp_path: Path) -> None:
    async with market(tmp_path, dialects=tuple(Dialect)) as open_shop:
        await open_shop.mina.say("/order")
        listed = await leaf_to(open_shop.mina, await open_shop.mina.sees("Pick a category"), "Framely Followers")
        assert [button["text"] for button in listed.buttons].count("Framely Followers") == 1
        await open_shop.mina.press("Next »", listed)
        rest = await open_shop.mina.until(lambda m: m.id == listed.id and m.text != listed.text)
        await leaf_to(open_shop.mina, rest, "no such name", meets_no_more="Framely Followers")
        shared = {o.service.panel for o in open_shop.offers if o.service.category == "Framely Followers"}
        assert shared == {dialect.value for dialect in Dialect}


async def _reprice(open_shop: Market, rate: str) -> None:
    """The panel changes the first service's rate, and the operator has the catalogue read."""
    service = open_shop.offer().service
    await open_shop.place.panel.change_services(change={service.id: {"rate": rate}})
    await open_shop.iris.say("/sync")
    seen = f"SELECT number FROM services WHERE id = '{service.id}' AND '{rate}' IN (rate, pending_rate)"
    await eventually(lambda: open_shop.rows(seen))


def _times(open_shop: Market, factor: str) -> str:
    rate = open_shop.offer().service.rate * Decimal(factor)
    return f"{rate.quantize(Decimal('0.000001'), ROUND_CEILING).normalize():f}"


async def test_a_price_jump_is_held_back_until_the_operator_agrees(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        offer, iris = open_shop.offer(), open_shop.iris
        rate = _times(open_shop, "3")
        await _reprice(open_shop, rate)
        alert = await iris.sees("A price at fixedmember jumped", offer.service.name, "off sale until you agree")
        await open_shop.press(BeginOrder(offer.number))
        await open_shop.mina.sees("not for sale any more")
        await iris.press("Review", alert)
        jumps = await iris.until(lambda m: has(m, "Agree 1"))
        assert offer.service.name[:20] in jumps.text
        await iris.press("Agree 1", jumps)
        await iris.sees("Agreed:", "No price jump waits.")
        card = await open_shop.quote(offer, LINK, "1000")
        assert shown((Decimal(rate) * Decimal("1.25")).quantize(Decimal("0.0001"), ROUND_CEILING)) in card.text
        assert len(await open_shop.alerts("price-jump")) == 1


async def test_a_first_order_that_costs_double_takes_its_service_off_sale_until_the_operator_has_looked(
    tmp_path: Path,
) -> None:
    async with market(tmp_path) as open_shop:
        offer, iris = open_shop.offer(), open_shop.iris
        await open_shop.place.panel.fault("add", "overcharge")
        order, upstream = await open_shop.active(LINK, "1000")
        took = f"{(2 * offer.service.rate).normalize():f} USD"
        alert = await iris.sees("took another amount than computed", offer.service.name, f"#{order}", took)
        assert f"the computed cost is {offer.service.rate.normalize():f} USD" in alert.text
        await open_shop.press(BeginOrder(offer.number))
        await open_shop.mina.sees("not for sale any more")
        await open_shop.place.panel.set_order(upstream, status="Completed")
        await open_shop.card(order, "Completed")
        await iris.press("Review", alert)
        review = await iris.until(lambda m: has(m, "Sell 1 again"))
        await iris.press("Sell 1 again", review)
        await iris.toast("Raise the markup first")
        await iris.say(f"/markup service {offer.number} 150")
        await iris.press("Confirm")
        await iris.press("Sell 1 again", review)
        await iris.sees("For sale again:", "Every first order cost what was computed.")
        await open_shop.quote(offer, LINK, "1000")
        assert len(await open_shop.alerts("charge-mismatch")) == 1


async def test_a_small_change_between_quote_and_confirm_leaves_the_quote_as_it_was(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        price = price_of(open_shop.offer(), 1000)
        card = await open_shop.quote(open_shop.offer(), LINK, "1000")
        await _reprice(open_shop, _times(open_shop, "1.1"))
        order = await open_shop.confirm(card)
        assert await open_shop.money() == (10 - price, price)
        await open_shop.card(order, "Pending", f"Price: {shown(price)}")


async def test_a_change_that_would_cost_the_shop_money_is_quoted_anew_and_never_charged_unseen(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        old = price_of(open_shop.offer(), 1000)
        card = await open_shop.quote(open_shop.offer(), LINK, "1000")
        rate = _times(open_shop, "1.4")
        await _reprice(open_shop, rate)
        new = (Decimal(rate) * Decimal("1.25")).quantize(Decimal("0.0001"), ROUND_CEILING)
        await open_shop.mina.press("Confirm", card)
        again = await open_shop.mina.sees(f"The price changed from {shown(old)} to {shown(new)}", "Nothing was charged")
        assert await open_shop.money() == (Decimal(10), Decimal(0))
        await open_shop.confirm(again)
        assert await open_shop.money() == (10 - new, new)


async def test_a_service_that_vanishes_leaves_the_shop_and_keeps_its_orders(tmp_path: Path) -> None:
    async with market(tmp_path, friends={NORA: "Nora"}) as open_shop:
        (nora,), offer = open_shop.friends, open_shop.offer()
        order, upstream = await open_shop.active()
        card = await open_shop.quote(offer, "https://framely.example/p/late", "100", phone=nora)
        await open_shop.place.panel.change_services(change={offer.service.id: {"remove": True}})
        await open_shop.iris.say("/sync")
        await eventually(lambda: open_shop.rows("SELECT number FROM services WHERE unsold = 'gone'"))
        await nora.press("Confirm", card)
        await nora.sees("not for sale any more")
        await open_shop.place.panel.set_order(upstream, status="Completed")
        await open_shop.card(order, "Completed", offer.service.name)
        assert len(await open_shop.adds()) == 1


async def test_a_rate_that_makes_no_sense_takes_the_service_off_sale_and_alerts_once(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        offer = open_shop.offer()
        await open_shop.place.panel.change_services(change={offer.service.id: {"rate": "0"}})
        await open_shop.iris.say("/sync")
        await open_shop.iris.sees("A price at fixedmember makes no sense", f"Off sale: {offer.service.id}")
        await open_shop.press(BeginOrder(offer.number))
        await open_shop.mina.sees("not for sale any more")
        await open_shop.iris.say("/sync")
        await eventually(lambda: _read_again(open_shop))
        assert len(await open_shop.alerts("rate-nonsense")) == 1


async def _read_again(open_shop: Market) -> bool:
    return len(await open_shop.place.requests(open_shop.place.panel, "services")) >= 4


async def test_a_low_balance_is_told_once_and_is_over_when_the_panel_was_paid(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        for balance, closed in (("3.00", 0), ("2.00", 0), ("50.00", 1)):
            await open_shop.place.panel.set_balance(balance)
            await open_shop.iris.say("/sync")
            amount = Decimal(balance)
            await eventually(lambda amount=amount: _balance_is(open_shop, amount))
            over = await open_shop.rows("SELECT id FROM alerts WHERE kind = 'panel-balance-low' AND closed_at > 0")
            assert len(over) == closed
        await open_shop.iris.sees("The balance at fixedmember is low", "3")
        assert len(await open_shop.alerts("panel-balance-low")) == 1


async def _balance_is(open_shop: Market, amount: Decimal) -> bool:
    rows = await open_shop.rows("SELECT balance FROM panels")
    return [Decimal(row["balance"]) for row in rows] == [amount]


async def test_a_status_nobody_knows_alerts_once_however_many_orders_show_it(tmp_path: Path) -> None:
    async with market(tmp_path, friends={NORA: "Nora"}) as open_shop:
        upstream = {}
        for phone in (open_shop.mina, *open_shop.friends):
            order = await open_shop.buy(phone=phone)
            await open_shop.card(order, "Pending", phone=phone)
            upstream[phone] = order, (await open_shop.order(order)).upstream_id
        for phone, (order, known) in upstream.items():
            await open_shop.place.panel.set_order(known, status="Awaiting moon")
            await open_shop.card(order, "Pending", "A problem was reported", phone=phone)
        await open_shop.iris.sees("fixedmember uses a status the shop does not know", "Awaiting moon")
        assert len(await open_shop.alerts("status-word")) == 1
        assert await open_shop.alerts("order-attention") == []
        await open_shop.iris.say("/resolve")
        await open_shop.iris.sees("Decision 1 of 2")
        for phone, (order, known) in upstream.items():
            await open_shop.place.panel.set_order(known, status="Completed")
            await open_shop.card(order, "Completed", phone=phone)


async def test_a_panel_in_a_currency_without_a_rate_sells_nothing_and_the_operator_is_told(tmp_path: Path) -> None:
    async with market(tmp_path, panel={"currency": "EUR"}) as open_shop:
        await open_shop.iris.sees("No exchange rate for fixedmember", "EUR")
        await open_shop.mina.say("/order")
        await open_shop.mina.sees("The shelves are empty")


async def test_a_panel_in_another_currency_sells_at_the_operators_rate(tmp_path: Path) -> None:
    async with market(tmp_path, panel={"currency": "EUR"}, exchange_rates={"eur": "1.08"}) as open_shop:
        offer = open_shop.offer()
        card = await open_shop.quote(offer, LINK, "1000")
        price = (offer.service.rate * Decimal("1.08") * Decimal("1.25")).quantize(Decimal("0.0001"), ROUND_CEILING)
        assert f"Price: {shown(price)}" in card.text
        order = await open_shop.confirm(card)
        assert await open_shop.money() == (10 - price, price)
        await open_shop.card(order, "Pending")
