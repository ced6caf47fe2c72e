"""After the sale, as customers live it: refills asked for and told of, cancels requested and only then believed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.catalog import Offer
from bot.domain.inputs import RULES
from bot.domain.orders import OrderState
from bot.sandbox.panel import Dialect
from tests.journeys.kit import Seen
from tests.journeys.shopping import NORA, PAVEL, Market, eventually, has, market, shown
from tests.journeys.test_kill import town
from tests.kit import answers_for

WITH_REFILLS = "Refill 30 days"
WITH_CANCEL = [Dialect.FIXEDMEMBER, Dialect.SOSYALZIRVEMEDYA]


async def completed(open_shop: Market, *answers: str) -> tuple[int, str]:
    """A completed order of a service with refills: its number and the panel's."""
    order, upstream = await open_shop.active(*answers, offer=open_shop.offer(name=WITH_REFILLS))
    await open_shop.place.panel.set_order(upstream, status="Completed")
    await open_shop.card(order, "Completed")
    return order, upstream


async def offered(open_shop: Market, order: int, label: str) -> Seen:
    """The order's card, once it offers something."""
    return await open_shop.mina.until(lambda m: m.from_bot and m.text.startswith(f"Order #{order}\n") and has(m, label))


async def ask_for_a_refill(open_shop: Market, order: int) -> None:
    await open_shop.mina.press("Ask for a refill", await offered(open_shop, order, "Ask for a refill"))


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_refill_is_asked_for_followed_and_told(tmp_path: Path, dialect: Dialect) -> None:
    async with market(tmp_path, dialects=[dialect]) as open_shop:
        panel, mina = open_shop.place.panel, open_shop.mina
        order, upstream = await completed(open_shop)
        before = await open_shop.transfers(order)
        await ask_for_a_refill(open_shop, order)
        await open_shop.card(order, "Refill: accepted, waits for its turn.")
        await panel.set_refill(1, "In progress")
        await open_shop.card(order, "Refill: accepted, under way.")
        await panel.set_order(upstream, status="Refill")
        await panel.set_refill(1, "Completed")
        told = await mina.sees(f"The refill of order #{order} is completed.")
        assert has(told, f"Open #{order}")
        await open_shop.card(order, "Completed", "Refill: completed")
        assert [asked["params"] for asked in await panel.journal("refill")] == [{"order": upstream}]

        await panel.set_order(upstream, status="Completed")
        await ask_for_a_refill(open_shop, order)
        await open_shop.card(order, "Refill: accepted")
        await panel.set_refill(2, "Rejected")
        await mina.sees(f"The refill of order #{order} was turned down.")
        assert (await open_shop.order(order)).state is OrderState.COMPLETED
        assert await open_shop.transfers(order) == before, "no money moves"


@pytest.mark.parametrize("fault", ["swap_types", "none"])
async def test_refills_that_wait_together_go_in_one_request_where_the_panel_can(tmp_path: Path, fault: str) -> None:
    async with market(tmp_path, "100") as open_shop:
        asked = await _three_refills(open_shop, fault)
        first, second, third = asked[0][1], asked[1][1], asked[2][1]
        requests = [entry["params"] for entry in await open_shop.place.panel.journal("refill")]
        assert requests == [{"order": first}, {"orders": f"{second},{third}"}]


async def test_a_panel_without_lists_is_asked_for_each_refill_alone(tmp_path: Path) -> None:
    async with market(tmp_path, "100", dialects=[Dialect.MARKENETS]) as open_shop:
        asked = await _three_refills(open_shop, "none")
        requests = [entry["params"] for entry in await open_shop.place.panel.journal("refill")]
        singles = [params["order"] for params in requests if "order" in params]
        assert sorted(singles) == sorted(upstream for _, upstream in asked), "each exactly once"
        assert [params for params in requests if "orders" in params] in ([], [{"orders": ",".join(singles[1:])}])


async def _three_refills(open_shop: Market, fault: str) -> list[tuple[int, str]]:
    """The first one is answered slowly, so that the two others wait for it together."""
    panel = open_shop.place.panel
    asked = [await completed(open_shop, f"https://framely.example/p/{n}", "100") for n in range(3)]
    await panel.fault("refill", "slow", 1, seconds=1.0)
    await ask_for_a_refill(open_shop, asked[0][0])
    await eventually(lambda: panel.journal("refill"))
    for order, _ in asked[1:]:
        await ask_for_a_refill(open_shop, order)
        await open_shop.card(order, "Refill: being asked for.")
    if fault != "none":
        await panel.fault("refill", fault, None)
    for order, _ in asked:
        await open_shop.card(order, "Refill: accepted")
    return asked


@pytest.mark.parametrize("form", ["refuse", "refuse_each"])
async def test_a_refusal_is_told_plainly_whatever_form_it_comes_in(tmp_path: Path, form: str) -> None:
    async with market(tmp_path) as open_shop:
        order, _ = await completed(open_shop)
        await open_shop.place.panel.fault("refill", form, 1)
        await ask_for_a_refill(open_shop, order)
        await open_shop.mina.sees(f"No refill of order #{order} for now.", "No refills are made for this service.")
        card = await open_shop.card(order, "Refill: not granted.")
        assert not has(card, "Ask for a refill")


@pytest.mark.parametrize("dialect", WITH_CANCEL)
async def test_a_cancel_is_requested_then_confirmed_by_the_status_and_paid_back(
    tmp_path: Path, dialect: Dialect
) -> None:
    async with market(tmp_path, dialects=[dialect]) as open_shop:
        panel, mina = open_shop.place.panel, open_shop.mina
        order, upstream = await open_shop.active(offer=open_shop.offer(name=WITH_REFILLS))
        price = (await open_shop.order(order)).charge.decimal
        await _request_cancel(open_shop, order)
        await open_shop.card(order, "Pending", "Cancel requested.", "not confirmed yet")
        assert await open_shop.money() == (10 - price, price), "nothing moves before the status says so"
        await panel.set_order(upstream, status="Canceled")
        await mina.sees(f"Order #{order} was canceled.", f"{shown(price)} is back in your wallet.")
        await open_shop.card(order, "Canceled")
        assert await open_shop.money() == (Decimal(10), Decimal(0))
        assert [asked["params"] for asked in await panel.journal("cancel")] == [{"orders": upstream}]


async def test_a_cancel_that_comes_too_late_leaves_the_whole_charge_with_the_shop(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        order, upstream = await open_shop.active(offer=open_shop.offer(name=WITH_REFILLS))
        price = (await open_shop.order(order)).charge.decimal
        await _request_cancel(open_shop, order)
        await open_shop.card(order, "Cancel requested.")
        await open_shop.place.panel.set_order(upstream, status="Completed")
        await open_shop.card(order, "Completed", "the order was completed first")
        assert await open_shop.transfers(order) == [("hold", price), ("post", price)]


async def test_a_lost_cancel_is_repeated_and_accepted(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        order, _ = await open_shop.active(offer=open_shop.offer(name=WITH_REFILLS))
        await open_shop.place.panel.fault("cancel", "reset_before", 1)
        await _request_cancel(open_shop, order)
        await open_shop.card(order, "Cancel requested.", "not confirmed yet")
        assert len(await open_shop.place.panel.journal("cancel")) == 2


async def test_a_panel_without_cancel_offers_none(tmp_path: Path) -> None:
    async with market(tmp_path, dialects=[Dialect.MARKENETS]) as open_shop:
        order, upstream = await open_shop.active(offer=open_shop.offer(name=WITH_REFILLS))
        assert not has(await open_shop.card(order, "Pending"), "Ask to cancel")
        await open_shop.place.panel.set_order(upstream, status="In progress", remains=50)
        assert not has(await open_shop.card(order, "In progress"), "Ask to cancel")


async def _request_cancel(open_shop: Market, order: int) -> None:
    mina = open_shop.mina
    await mina.press("Ask to cancel", await offered(open_shop, order, "Ask to cancel"))
    question = await mina.sees(f"Ask to cancel order #{order}?", "this is a request")
    await mina.press("Yes, ask to cancel", question)


async def test_an_order_is_made_again_by_two_taps(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        order, _ = await completed(open_shop)
        await open_shop.mina.press("Order again", await offered(open_shop, order, "Order again"))
        confirm = await open_shop.mina.sees("Please check and confirm", "Quantity: 100")
        again = await open_shop.confirm(confirm)
        assert (await open_shop.order(again)).answers == (await open_shop.order(order)).answers


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("dialect", list(Dialect))
async def test_every_sold_type_is_refilled_and_where_the_panel_can_canceled(tmp_path: Path, dialect: Dialect) -> None:
    async with market(tmp_path, "500", dialects=[dialect], status_poll_seconds=0.3) as open_shop:
        panel = open_shop.place.panel
        offers = {kind: await _with_flags(open_shop, kind) for kind in RULES}
        refilled = [await _bought(open_shop, offer, f"r{n}") for n, offer in enumerate(offers.values())]
        for order in refilled:
            await panel.set_order((await open_shop.order(order)).upstream_id, status="Completed")
        for order in refilled:
            await ask_for_a_refill(open_shop, order)
            await open_shop.card(order, "Refill: accepted")
        for refill in (await panel.state())["refills"]:
            await panel.set_refill(refill["id"], "Completed")
        for order in refilled:
            await open_shop.card(order, "Completed", "Refill: completed")
        available, held = await open_shop.money()
        assert held == 0
        canceled = [await _bought(open_shop, offer, f"c{n}") for n, offer in enumerate(offers.values())]
        for order in canceled:
            if dialect is Dialect.MARKENETS:
                assert not has(await open_shop.card(order, "Pending"), "Ask to cancel")
                continue
            await _request_cancel(open_shop, order)
            await open_shop.card(order, "Cancel requested.")
        for order in canceled:
            await panel.set_order((await open_shop.order(order)).upstream_id, status="Canceled")
        for order in canceled:
            await open_shop.card(order, "Canceled", "Returned")
        assert await open_shop.money() == (available, 0)


async def _with_flags(open_shop: Market, kind: str) -> Offer:
    """A service of a type, with refills and, where the panel has any, cancels."""
    offer = open_shop.offer(kind)
    await open_shop.place.panel.change_services(change={offer.service.id: {"refill": True, "cancel": True}})
    if kind == [*RULES][-1]:
        await open_shop.iris.say("/sync")
        flagged = f"SELECT 1 AS yes FROM services WHERE number = {offer.number} AND refill = 1"
        await eventually(lambda: open_shop.rows(flagged))
    return offer


async def _bought(open_shop: Market, offer: Offer, page: str) -> int:
    answers = answers_for(offer.service, f"https://framely.example/p/{page}")
    order = await open_shop.buy(offer, *answers.values())
    await open_shop.card(order, "Pending")
    return order


async def test_three_people_ask_at_once_and_each_is_told_their_own(tmp_path: Path) -> None:
    async with market(tmp_path, friends={NORA: "Nora", PAVEL: "Pavel"}) as open_shop:
        panel, phones = open_shop.place.panel, [open_shop.mina, *open_shop.friends]
        orders = {}
        for phone in phones:
            link = f"https://framely.example/p/{phone.person}"
            order = await open_shop.buy(open_shop.offer(name=WITH_REFILLS), link, "100", phone=phone)
            await open_shop.card(order, "Pending", phone=phone)
            orders[phone] = order
            await panel.set_order((await open_shop.order(order)).upstream_id, status="Completed")
        for phone, order in orders.items():
            card = await phone.until(
                lambda m, n=order: m.from_bot and m.text.startswith(f"Order #{n}\n") and has(m, "Ask for a refill")
            )
            await phone.press("Ask for a refill", card)
        for phone, order in orders.items():
            await open_shop.card(order, "Refill: accepted", phone=phone)
        for refill in (await panel.state())["refills"]:
            await panel.set_refill(refill["id"], "Completed")
        for phone, order in orders.items():
            await phone.sees(f"The refill of order #{order} is completed.")


async def test_a_kill_in_mid_refill_never_makes_a_second_request(tmp_path: Path) -> None:
    async with town(tmp_path) as made:
        panel, mina, iris = made.place.panel, made.mina, made.iris
        await made.bot.start()
        said = await mina.say("/orders")
        await mina.until(lambda m: m.from_bot and m.id > said)
        await mina.press_data(mina.last, "o:1")
        await mina.sees("Send the link")
        await mina.say("https://framely.example/p/kill")
        await mina.sees("What quantity?")
        await mina.say("100")
        await mina.press("Confirm", await mina.sees("Please check and confirm"))
        await mina.sees("Order #1", "Pending")
        await panel.set_order((await panel.state())["orders"][0]["id"], status="Completed")
        card = await mina.until(lambda m: m.from_bot and has(m, "Ask for a refill"))
        await panel.fault("refill", "hang", 1)
        await mina.press("Ask for a refill", card)
        await eventually(lambda: panel.journal("refill"))
        made.bot.kill()
        await made.bot.wait()
        await made.bot.start()
        await mina.sees("Order #1", "not confirmed yet", "nothing to do")
        alert = await iris.sees("A refill of order #1 needs a look", "the shop was stopped while it was sending")
        await iris.press("Order #1", alert)
        await iris.press("It was not taken", await iris.until(lambda m: m.from_bot and has(m, "It was not taken")))
        await mina.sees("No refill of order #1", "You can ask again.")
        assert len(await panel.journal("refill")) == 1, "no machine asks twice"
        card = await mina.until(lambda m: m.from_bot and m.id == card.id and has(m, "Ask for a refill"))
        await mina.press("Ask for a refill", card)
        await mina.sees("Order #1", "Refill: accepted")
        assert len(await panel.journal("refill")) == 2
        assert await made.bot.stop() == 0
