"""The shop as a process of its own, which can be killed and started again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bot.sandbox.telegram import CallHook
from tests.journeys.kit import street
from tests.journeys.process import BotProcess
from tests.journeys.shopping import Market, stocked
from tests.kit import IRIS, MINA


@asynccontextmanager
async def run_as_a_process(
    folder: Path, money: str = "10", on_call: CallHook | None = None
) -> AsyncIterator[tuple[Market, BotProcess]]:
    """The shop as a process of its own, which can be killed; its ledger is audited at the end."""
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(street(folder, on_call=on_call))
        made, offers = await stocked(place, money)
        mina = await stack.enter_async_context(place.phone(MINA))
        iris = await stack.enter_async_context(place.phone(IRIS))
        bot = BotProcess(place.environment(), folder)
        for phone in (mina, iris):
            await phone.say("/start")
        await bot.start()
        try:
            for phone in (mina, iris):
                await phone.sees("Balance:")
            opened = Market(place, made, offers, (mina, iris))
            yield opened, bot
            assert await bot.stop() == 0
            await opened.sound()
        except BaseException:
            bot.kill()
            print(bot.log()[-4000:])  # noqa: T201 - the story of the process that failed
            raise
