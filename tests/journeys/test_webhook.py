"""Somebody who has the token sends the updates elsewhere: the shop takes them back, loses none, and says so."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.kit import Street, open_for_business
from tests.journeys.shopping import eventually, market, stocked, street
from tests.kit import IRIS, MINA


async def hijack(place: Street, token: str) -> None:
    """Set a webhook with the bot's token, as whoever knows it can."""
    url = f"{place.base}/bot{token}/setWebhook"
    async with place._http.post(url, json={"url": "http://127.0.0.1:9/theirs"}) as answer:
        assert (await answer.json())["ok"], await answer.text()


async def test_a_webhook_left_by_somebody_is_taken_away_at_the_start_and_told(tmp_path: Path) -> None:
    async with street(tmp_path) as place:
        made, _ = await stocked(place)
        await hijack(place, made.bot_token.get_secret_value())
        async with place.phone(MINA) as mina, place.phone(IRIS) as iris:
            await mina.say("/help")
            await iris.say("/start")
            async with open_for_business(made):
                await mina.sees("How it works")
                await iris.sees("had the updates sent elsewhere", "/revoke")


async def test_a_webhook_set_while_the_shop_runs_is_taken_away_too(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        await hijack(open_shop.place, open_shop.settings.bot_token.get_secret_value())
        said = await open_shop.mina.say("/help")
        await open_shop.mina.sees("How it works", after=said)
        await eventually(lambda: open_shop.alerts("webhook-set"))
        await open_shop.iris.sees("had the updates sent elsewhere")
