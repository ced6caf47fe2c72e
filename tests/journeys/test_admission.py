"""A ban and a maintenance keep people from ordering; whatever was ordered before goes on to its end."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.journeys.kit import open_for_business
from tests.journeys.shopping import LINK, market, next_answer
from tests.kit import MINA


async def test_a_ban_stops_a_confirm_and_is_lifted(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        mina, iris = open_shop.mina, open_shop.iris
        running, upstream = await open_shop.active()
        card = await open_shop.quote(open_shop.offer(), f"{LINK}/2", "100")
        await iris.press("Ban Mina", await next_answer(iris, f"/ban {MINA} a test"))
        await iris.sees("Banned since")
        spent = await open_shop.money()
        await mina.press("Confirm", card)
        await mina.sees("You cannot place orders here at the moment", "/support")
        assert await open_shop.money() == spent
        await open_shop.place.panel.set_order(upstream, status="Completed")
        await open_shop.card(running, "Completed")
        await next_answer(iris, f"/unban {MINA}")
        await open_shop.buy(None, f"{LINK}/3", "100")


async def test_a_maintenance_stops_a_confirm_goes_on_after_a_restart_and_the_panels_are_still_asked(
    tmp_path: Path,
) -> None:
    async with market(tmp_path) as open_shop:
        mina, iris = open_shop.mina, open_shop.iris
        running, upstream = await open_shop.active()
        card = await open_shop.quote(open_shop.offer(), f"{LINK}/2", "100")
        await iris.press("Begin maintenance", await next_answer(iris, "/maintenance on"))
        await iris.sees("Maintenance since")
        await open_shop.close()
        async with open_for_business(open_shop.settings):
            await mina.press("Confirm", card)
            await mina.sees("We are in maintenance for a moment", "Nothing was charged")
            await open_shop.place.panel.set_order(upstream, status="Canceled")
            await open_shop.card(running, "Canceled")
            assert await open_shop.money() == (Decimal(10), Decimal(0))
            await next_answer(iris, "/maintenance off")
            await mina.press("Confirm", card)
            await mina.sees("Order #2")
