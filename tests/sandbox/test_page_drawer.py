"""The drawer of the chat page in a real browser, against the stand-in of the chat server."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.sandbox.page_browser import BROWSER_MARKS, MARA, OLGA, Scene

pytestmark = BROWSER_MARKS


async def test_the_drawer_kills_and_starts_the_bot(scene: Scene) -> None:
    await scene.open_drawer()
    await scene.page.get_by_test_id("bot-kill").click()
    await expect(scene.page.get_by_test_id("bot-running")).to_have_text("Bot stopped")
    await expect(scene.customer.get_by_test_id("bot-status")).to_have_text("stopped")
    await scene.page.get_by_test_id("bot-start").click()
    await expect(scene.page.get_by_test_id("bot-running")).to_have_text("Bot runs")
    await expect(scene.customer.get_by_test_id("bot-status")).to_have_text("online")


async def test_a_stopped_bot_is_not_said_to_come_back(scene: Scene) -> None:
    status = scene.customer.get_by_test_id("bot-status")
    scene.stub.running = False
    await scene.stub.push(MARA, {"type": "bot", "online": False})
    await expect(status).to_have_text("stopped")
    scene.stub.running = True
    await scene.open_drawer()
    await expect(status).to_have_text("restarting…")
    await scene.stub.push(MARA, {"type": "bot", "online": True})
    await expect(status).to_have_text("online")


async def test_an_order_tells_its_whole_link_and_service(scene: Scene) -> None:
    link = "https://example.org/p/northern-lights-over-the-harbour-in-winter/comments/7714"
    scene.stub.panels["northwind"]["orders"][0]["link"] = link
    panel = await scene.open_panel()
    row = panel.get_by_test_id("order-row").first
    shown = row.get_by_test_id("order-link")
    await expect(shown).to_have_text(link.removeprefix("https://"))
    await expect(shown).to_have_attribute("title", link)
    assert await shown.locator(".start").evaluate("(e) => e.scrollWidth > e.clientWidth")
    await shown.click()
    assert await shown.evaluate("(e) => e.scrollWidth <= e.clientWidth && e.clientHeight > 20")
    assert await row.locator(".order-service").evaluate("(e) => e.scrollWidth <= e.clientWidth")


async def test_a_fault_for_the_next_order_leaves_the_other_panels_once_it_has_struck(scene: Scene) -> None:
    lumen = scene.stub.panels["lumen"]
    lumen["faults"] = {"balance": {"action": "balance", "kind": "html", "count": None}}
    await scene.open_drawer()
    await scene.page.get_by_test_id("all-panels").get_by_test_id("preset-not_enough_funds").click()
    await expect(scene.page.get_by_test_id("panel-card").locator("summary").filter(has_text="broken")).to_have_count(2)
    await scene.page.locator("#drawer-close").click()

    scene.stub.panels["northwind"]["faults"] = {}
    left = scene.page.get_by_test_id("panel-card").last.get_by_test_id("active-fault")
    await expect(left).to_have_text([re.compile("A web page: the balance")])
    assert list(lumen["faults"]) == ["balance"]


async def test_clearing_one_panel_by_hand_leaves_the_others_broken(scene: Scene) -> None:
    panel = await scene.open_panel()
    await scene.page.get_by_test_id("all-panels").get_by_test_id("preset-hang").click()
    await panel.get_by_test_id("active-fault").get_by_role("button", name="Clear").click()
    await expect(panel.get_by_test_id("active-fault")).to_have_count(0)
    async with scene.page.expect_response("**/lumen/control/state"):
        assert list(scene.stub.panels["lumen"]["faults"]) == ["add"]


async def test_the_drawer_moves_orders_and_loses_a_reply_in_one_press(scene: Scene) -> None:
    panel = await scene.open_panel()
    await expect(panel.get_by_test_id("order-row")).to_have_count(6)

    row = panel.locator('[data-order-id="90044"]')
    await row.get_by_test_id("order-complete").click()
    await expect(row.get_by_test_id("order-status")).to_have_value("Completed")
    await panel.get_by_test_id("break-part").locator("summary").click()
    await panel.get_by_test_id("preset-reset_after").click()
    await expect(panel.get_by_test_id("active-fault")).to_contain_text("Lose the reply: new orders, 1 more")
    await panel.get_by_test_id("active-fault").get_by_role("button", name="Clear").click()
    await expect(panel.get_by_test_id("active-fault")).to_have_count(0)

    assert [request for request in scene.stub.requests if request[0].startswith(("POST", "DELETE"))] == [
        ("POST orders/90044", {"status": "Completed"}),
        ("POST faults", {"action": "add", "kind": "reset_after", "count": 1}),
        ("DELETE faults", {}),
    ]


async def test_one_press_loses_the_reply_whichever_panel_takes_the_order(scene: Scene) -> None:
    await scene.open_drawer()
    every = scene.page.get_by_test_id("all-panels")
    await every.get_by_test_id("preset-reset_after").click()
    await expect(scene.page.get_by_test_id("panel-card").locator("summary").filter(has_text="broken")).to_have_count(2)
    assert [panel["faults"]["add"]["kind"] for panel in scene.stub.panels.values()] == ["reset_after", "reset_after"]

    await every.get_by_test_id("clear-all").click()
    await expect(scene.page.get_by_test_id("panel-card").locator("summary").filter(has_text="broken")).to_have_count(0)


async def test_a_panel_unfolds_when_an_order_comes_in(scene: Scene) -> None:
    await scene.open_drawer()
    await expect(scene.page.get_by_test_id("panel-card")).to_have_count(2)
    await expect(scene.page.get_by_test_id("panel-card").last).to_contain_text("open")
    await expect(scene.page.get_by_test_id("order-row").first).to_be_hidden()
    scene.stub.panels["lumen"]["adds"] += 1
    await expect(scene.page.get_by_test_id("panel-card").last.get_by_test_id("order-row").first).to_be_visible()


async def test_the_drawer_sets_balance_and_speed(scene: Scene) -> None:
    panel = await scene.open_panel()
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


async def test_the_drawer_drives_a_refill_and_shows_a_cancel_that_was_asked_for(scene: Scene) -> None:
    northwind = scene.stub.panels["northwind"]
    northwind["refills"] = [{"id": "7", "order": "90044", "status": "Pending"}]
    northwind["orders"][1]["cancel_asked"] = True
    panel = await scene.open_panel()
    row = panel.locator('[data-order-id="90044"]')
    refill = row.get_by_test_id("order-refill")
    await expect(refill).to_contain_text("Refill 7")
    await expect(row.get_by_test_id("order-cancel-asked")).to_be_visible()
    await expect(panel.get_by_test_id("order-refill").locator("visible=true")).to_have_count(1)
    await refill.get_by_test_id("refill-reject").click()
    await expect(refill.get_by_test_id("refill-status")).to_have_value("Rejected")
    await expect(refill.get_by_test_id("refill-complete")).to_be_hidden()
    assert ("POST refills/7", {"status": "Rejected"}) in scene.stub.requests


async def test_a_refusal_has_words_of_its_own(scene: Scene) -> None:
    panel = await scene.open_panel()
    await panel.get_by_test_id("break-part").locator("summary").click()
    form = panel.get_by_test_id("fault-form")
    words = form.get_by_role("combobox", name="Words of the refusal")
    await expect(words).to_be_hidden()
    await form.locator("select[name=kind]").select_option("refuse")
    await form.locator("select[name=action]").select_option("refill")
    await words.fill("The order is not completed")
    await form.get_by_role("button", name="Break").click()
    await expect(panel.get_by_test_id("active-fault")).to_contain_text("Refuse: refills")
    sent = {"kind": "refuse", "action": "refill", "count": 1, "text": "The order is not completed"}
    assert ("POST faults", sent) in scene.stub.requests
