"""The drawer of the chat page in a real browser, against the stand-in of the chat server."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.sandbox.page_browser import BROWSER_MARKS, OLGA, Scene

pytestmark = BROWSER_MARKS


async def test_the_drawer_kills_and_starts_the_bot(scene: Scene) -> None:
    await scene.open_drawer()
    await scene.page.get_by_test_id("bot-kill").click()
    await expect(scene.page.get_by_test_id("bot-running")).to_have_text("Bot stopped")
    await expect(scene.customer.get_by_test_id("bot-status")).to_have_text("restarting…")
    await scene.page.get_by_test_id("bot-start").click()
    await expect(scene.page.get_by_test_id("bot-running")).to_have_text("Bot runs")


async def test_the_drawer_moves_orders_and_loses_a_reply_in_one_press(scene: Scene) -> None:
    await scene.open_drawer()
    panel = scene.page.get_by_test_id("panel-card").first
    await expect(panel.get_by_test_id("order-row")).to_have_count(6)

    row = panel.locator('[data-order-id="90044"]')
    await row.get_by_test_id("order-complete").click()
    await expect(row.get_by_test_id("order-status")).to_have_value("Completed")
    await panel.get_by_test_id("preset-reset_after").click()
    await expect(panel.get_by_test_id("active-fault")).to_contain_text("Lose the reply: new orders, 1 more")
    await panel.get_by_test_id("active-fault").get_by_role("button", name="Clear").click()
    await expect(panel.get_by_test_id("active-fault")).to_have_count(0)

    assert [request for request in scene.stub.requests if request[0].startswith(("POST", "DELETE"))] == [
        ("POST orders/90044", {"status": "Completed"}),
        ("POST faults", {"action": "add", "kind": "reset_after", "count": 1}),
        ("DELETE faults", {}),
    ]


async def test_the_drawer_sets_balance_and_speed(scene: Scene) -> None:
    await scene.open_drawer()
    panel = scene.page.get_by_test_id("panel-card").first
    await panel.get_by_test_id("panel-balance").fill("1.50")
    await panel.get_by_test_id("balance-form").get_by_role("button", name="Set").click()
    await expect(panel.locator(".panel-sum")).to_have_text("1.50 USD")
    await panel.get_by_test_id("speed-hand").click()
    await expect(panel.get_by_test_id("speed-hand")).to_have_attribute("aria-pressed", "true")
    await panel.get_by_test_id("advance-all").click()
    await expect(panel.get_by_test_id("advance-all")).to_be_enabled()
    assert scene.stub.panels["northwind"]["speed"] is None
    assert scene.stub.requests[-1] == ("POST advance", {})


async def test_the_drawer_limits_one_person_and_blocks_another(scene: Scene) -> None:
    await scene.open_drawer()
    card = scene.page.get_by_test_id("faults-card")
    await card.locator("summary").click()
    form = card.get_by_test_id("flood-form")
    await form.get_by_role("combobox").select_option(label="Olga")
    await form.get_by_role("button", name="Limit").click()
    await expect(card.get_by_test_id("active-fault")).to_have_text(re.compile("next 3 calls to Olga wait 5 s"))
    assert scene.stub.faults["flood"] == {"chat_id": OLGA, "count": 3, "retry_after": 5}

    switch = card.get_by_role("checkbox", name="สมหญิง")
    await switch.check()
    await expect(switch).to_be_checked()
    assert scene.stub.people[1]["blocked"] is True


async def test_the_drawer_hides_what_is_not_there(scene: Scene) -> None:
    scene.stub.panels.clear()
    scene.stub.controllable = False
    await scene.open_drawer()
    await expect(scene.page.get_by_test_id("faults-card")).to_be_visible()
    await expect(scene.page.get_by_test_id("bot-card")).to_be_hidden()
    await expect(scene.page.get_by_test_id("panel-card")).to_have_count(0)
