"""The process dies or closes in the middle of things, and the next one goes on as if it had never been away."""

from __future__ import annotations

from pathlib import Path

from bot.domain.orders import OrderState
from handlers.callbacks import BeginOrder
from tests.journeys.killing import run_as_a_process
from tests.journeys.kit import open_for_business
from tests.journeys.shopping import LINK, eventually, market, next_answer, price_of, resolve, shown
from tests.kit import MINA


async def test_a_killed_shop_goes_on_in_mid_conversation(tmp_path: Path) -> None:
    async with run_as_a_process(tmp_path) as (open_shop, bot):
        await open_shop.press(BeginOrder(open_shop.offer().number))
        await next_answer(open_shop.mina, LINK)
        bot.kill()
        await bot.wait()
        await open_shop.mina.say("100")  # to nobody: it waits at Telegram
        await bot.start()
        card = await open_shop.mina.sees("Please check and confirm", LINK, "Quantity: 100")
        order = await open_shop.confirm(card)
        await open_shop.card(order, "Pending")
        assert len(await open_shop.adds()) == 1


async def test_a_shop_killed_while_a_panel_hangs_checks_the_order_and_never_sends_it_again(tmp_path: Path) -> None:
    async with run_as_a_process(tmp_path) as (open_shop, bot):
        await open_shop.place.panel.fault("add", "hang")
        order = await open_shop.buy()
        await eventually(open_shop.adds)
        bot.kill()
        await bot.wait()
        await bot.start()
        price = price_of(open_shop.offer(), 100)
        await open_shop.card(order, "Checking", f"{shown(price)} stays reserved")
        await open_shop.iris.sees(f"Order #{order} needs a decision", "stopped while it was sending")
        assert await open_shop.money() == (10 - price, price)
        await resolve(open_shop.iris, "Not placed", "Confirm")
        await open_shop.card(order, "Failed")
        assert len(await open_shop.adds()) == 1


async def test_what_is_in_flight_when_the_shop_closes_is_waited_for(tmp_path: Path) -> None:
    async with market(tmp_path, shutdown_seconds=10) as open_shop:
        await open_shop.place.panel.fault("add", "slow", seconds=0.5)
        order = await open_shop.buy()
        await eventually(open_shop.adds)
    assert (await open_shop.order(order)).state is OrderState.ACTIVE


async def test_notices_that_waited_when_the_shop_closed_arrive_after_it_opens_again(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        place = open_shop.place
        order, upstream = await open_shop.active()
        async with place.phone(MINA) as mina:
            await place.telegram_faults(server_error={"methods": ["sendMessage", "editMessageText"], "count": 1000})
            await place.panel.set_order(upstream, status="Completed")
            waiting = f"SELECT id FROM notices WHERE state = 'waiting' AND tries > 0 AND chat_id = {MINA}"
            await eventually(lambda: open_shop.rows(waiting))
            assert (await open_shop.order(order)).state is OrderState.COMPLETED
            await open_shop.close()
            await place.telegram_faults(server_error=None)
            async with open_for_business(open_shop.settings):
                await mina.sees(f"Order #{order} is completed.")
                await mina.until(lambda m: m.text.startswith(f"Order #{order}\n") and "Completed" in m.text)
            assert [m.text for m in mina.messages.values() if "is completed." in m.text] != []


async def test_two_shops_in_turn_number_on_and_keep_their_prices(tmp_path: Path) -> None:
    """A quote made by one run is bought in the next."""
    async with market(tmp_path) as open_shop:
        card = await open_shop.quote(open_shop.offer(), LINK, "100")
        await open_shop.close()
        async with open_for_business(open_shop.settings):
            order = await open_shop.confirm(card)
            await open_shop.card(order, "Pending")
            assert len(await open_shop.adds()) == 1
