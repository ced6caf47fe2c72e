"""The chat page on the sandbox's own servers, for tests of the seams between page, Bot API and panel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from playwright.async_api import BrowserContext

from bot.sandbox.panel import Dialect, PanelConfig, create_panel
from bot.sandbox.telegram import TelegramConfig, create_telegram, serve_application
from bot.sandbox.telegram.config import Drawer, PanelLink
from tests.sandbox.page_browser import Screen, open_page
from tests.sandbox.panel_kit import KEY
from tests.sandbox.telegram_kit import HandClock, Sandbox

PANEL = "/panels/fixedmember"


@dataclass
class Process:
    """What stands for the bot's process: only whether it runs."""

    alive: bool = True

    async def start(self) -> None:
        self.alive = True

    async def end(self) -> None:
        self.alive = False

    async def running(self) -> bool:
        return self.alive


@asynccontextmanager
async def sandbox() -> AsyncIterator[Sandbox]:
    """The Bot API server with a panel beside it, as the demo puts them together."""
    clock, process = HandClock(), Process()
    links = (PanelLink("fixedmember", PANEL),)
    drawer = Drawer(process.end, process.end, process.start, process.running, links)
    app = create_telegram(TelegramConfig(clock=clock, drawer=drawer))
    panel = PanelConfig("fixedmember", Dialect.FIXEDMEMBER, KEY, seed=7, seconds_per_step=None)
    app.add_subapp(PANEL, create_panel(panel, clock))
    async with serve_application(app) as url, aiohttp.ClientSession() as session:
        yield Sandbox(session, url, clock)


async def open_screen(context: BrowserContext, world: Sandbox) -> Screen:
    return Screen(await open_page(context, f"{world.url}/"))
