"""An operator asks for statistics and a picture arrives, drawn by a process of its own."""

from __future__ import annotations

from pathlib import Path

import aiohttp

from bot.charts.process import PNG
from bot.sandbox.telegram.files import image_size
from tests.journeys.shopping import market, price_of, shown


async def test_a_picture_of_what_was_sold_arrives_in_the_chat(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop, aiohttp.ClientSession() as http:
        order, upstream = await open_shop.active()
        await open_shop.place.panel.set_order(upstream, status="Completed")
        await open_shop.card(order, "Completed")
        await open_shop.iris.say("/stats")
        seen = await open_shop.iris.sees("Turnover", shown(price_of(open_shop.offer(), 100)), "1 order ended")
        async with http.get(f"{open_shop.place.base}/chat/files/{seen.raw['photo']['file_id']}") as answer:
            picture = await answer.read()
        assert picture.startswith(PNG)
        assert (image_size(picture) or (0, 0))[0] == 1080
