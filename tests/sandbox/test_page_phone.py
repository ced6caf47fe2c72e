"""The chat page at the width of a phone."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, expect

from tests.sandbox.page_browser import BROWSER_MARKS, OLGA, PHONE_HEIGHT, last, no_overflow, open_stub
from tests.sandbox.page_content import order_card

pytestmark = BROWSER_MARKS


@pytest.mark.parametrize("width", [360, 390, 768])
async def test_a_phone_shows_one_chat_and_nothing_is_too_wide(
    chromium: Browser, stub_server: TestServer, width: int
) -> None:
    context = await chromium.new_context(
        viewport={"width": width, "height": PHONE_HEIGHT}, has_touch=True, is_mobile=True
    )
    phone = await open_stub(context, stub_server)
    assert await no_overflow(phone.page)
    await expect(phone.operator).to_be_hidden()

    await phone.stub.add(OLGA, order_card())
    await expect(phone.page.get_by_test_id("tab-operator")).to_have_text("Operator1")
    await phone.page.get_by_test_id("tab-operator").click()
    await expect(phone.customer).to_be_hidden()
    await phone.write(phone.operator, "/admin")
    await expect(last(phone.operator)).to_contain_text("I heard you.")
    assert await no_overflow(phone.page)

    await phone.open_panel()
    await expect(phone.page.get_by_test_id("order-row").first).to_be_visible()
    assert await no_overflow(phone.page)
    await context.close()


async def test_touch_targets_are_large_enough(chromium: Browser, stub_server: TestServer) -> None:
    context = await chromium.new_context(
        viewport={"width": 360, "height": PHONE_HEIGHT}, has_touch=True, is_mobile=True
    )
    phone = await open_stub(context, stub_server)
    heights: list[Any] = await phone.page.evaluate(
        "[...document.querySelectorAll('#pane-customer :is(.key, .send, .menu-button, .person), .rail button')]"
        ".map((e) => e.getBoundingClientRect().height)"
    )
    assert heights
    assert min(heights) >= 40
    await context.close()
