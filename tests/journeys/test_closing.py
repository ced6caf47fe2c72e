"""The shop closes at its first moments, in the middle of everything it begins with, without a word of alarm."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from bot.sandbox.telegram import Stage
from tests.journeys.kit import open_for_business, street
from tests.journeys.shopping import stocked

METHODS = ("getMe", "setMyCommands", "setMyDescription", "setChatMenuButton", "getUpdates")


@pytest.mark.parametrize("method", METHODS)
async def test_a_shop_that_is_closed_in_the_middle_of_a_call_closes_quietly(
    method: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begun = asyncio.Event()

    async def hold(name: str, _params: object, stage: Stage) -> None:
        if name == method and stage is Stage.BEFORE:
            begun.set()
            await asyncio.sleep(0.3)  # the call is under way while the shop closes

    async with street(tmp_path, on_call=hold) as place:
        made, _ = await stocked(place)
        async with asyncio.timeout(10), open_for_business(made):
            await begun.wait()
    # What a stand-in for a panel says of a question that broke off with its asker is not the shop's.
    own = [record for record in caplog.records if record.name != "aiohttp.server"]
    assert [record.message for record in own if record.levelno >= logging.ERROR] == []
