"""A real browser for the tests of the chat page, and what they say with it."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from tests.sandbox.page_stub import STUB, Stub, create_stub

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MARA, OLGA = 1, 9
PHONE_HEIGHT = 640

#: What every module of such tests is marked with; they share one browser, so they share its loop.
BROWSER_MARKS = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]


@dataclass(frozen=True, slots=True)
class Screen:
    """A page that is open."""

    page: Page

    @property
    def customer(self) -> Locator:
        return self.page.get_by_test_id("pane-customer")

    @property
    def operator(self) -> Locator:
        return self.page.get_by_test_id("pane-operator")

    async def write(self, pane: Locator, text: str) -> None:
        await pane.get_by_test_id("composer").fill(text)
        await pane.get_by_test_id("send").click()

    async def open_drawer(self) -> None:
        await self.page.get_by_test_id("drawer-toggle").click()

    async def open_panel(self) -> Locator:
        """The drawer with the first panel's card unfolded."""
        await self.open_drawer()
        card = self.page.get_by_test_id("panel-card").first
        await card.locator("summary").first.click()
        return card


@dataclass(frozen=True, slots=True)
class Scene(Screen):
    """A page that is open, and the stand-in behind it."""

    stub: Stub


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        yield await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@pytest_asyncio.fixture(loop_scope="module")
async def desktop(chromium: Browser) -> AsyncIterator[BrowserContext]:
    async with await chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        yield context


@pytest_asyncio.fixture(loop_scope="module")
async def stub_server() -> AsyncIterator[TestServer]:
    async with TestServer(create_stub()) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def scene(stub_server: TestServer, desktop: BrowserContext) -> Scene:
    return await open_stub(desktop, stub_server)


async def open_stub(context: BrowserContext, server: TestServer) -> Scene:
    """Opens the page of the stand-in and waits until the chat is there."""
    page = await open_page(context, str(server.make_url("/")))
    await expect(page.get_by_test_id("pane-customer").get_by_test_id("bot-status")).to_have_text("online")
    return Scene(page, server.app[STUB])


async def open_page(context: BrowserContext, home: str) -> Page:
    """Opens the page; what it raises, and any request to another host, fails the test."""
    page = await context.new_page()
    page.set_default_timeout(5000)
    page.on("pageerror", lambda error: pytest.fail(f"the page raised {error}"))
    page.on("request", lambda request: _stays_home(request.url, home))
    await page.goto(home)
    return page


def _stays_home(url: str, home: str) -> None:
    assert url.startswith((home, "data:", "blob:")), url


def last(pane: Locator) -> Locator:
    return pane.get_by_test_id("message").last


def button(pane: Locator, text: str) -> Locator:
    return pane.get_by_test_id("keyboard-button").filter(has_text=re.compile(f"^{re.escape(text)}$"))


async def no_overflow(page: Page) -> bool:
    """Nothing is wider than the window, and no timeline scrolls sideways."""
    return bool(
        await page.evaluate(
            "document.documentElement.scrollWidth <= innerWidth &&"
            "[...document.querySelectorAll('.timeline, .drawer-body')].every((e) => e.scrollWidth <= e.clientWidth)"
        )
    )
