"""The chat page on the sandbox's own servers: the seams between page, Bot API and panel hold."""

from __future__ import annotations

import aiohttp
from playwright.async_api import BrowserContext, expect

from tests.sandbox.page_browser import BROWSER_MARKS, button, last
from tests.sandbox.page_world import PANEL, open_screen, sandbox
from tests.sandbox.panel_kit import KEY
from tests.sandbox.telegram_kit import IRIS, MINA

pytestmark = BROWSER_MARKS


async def test_a_conversation_with_start_press_toast_and_edit(desktop: BrowserContext) -> None:
    async with sandbox() as world:
        await world.call("setMyCommands", commands=[{"command": "order", "description": "Order something"}])
        screen = await open_screen(desktop, world)
        await screen.customer.get_by_test_id("start").click()
        await expect(last(screen.customer)).to_contain_text("/start")

        keys = {"inline_keyboard": [[{"text": "Buy", "callback_data": "buy", "style": "success"}]]}
        sent = await world.call(
            "sendMessage", chat_id=MINA, text="<b>Hi</b> &lt;3", parse_mode="HTML", reply_markup=keys
        )
        await expect(last(screen.customer).locator("b")).to_have_text("Hi")
        await button(screen.customer, "Buy").click()
        press = (await world.updates(timeout=5))[-1]["callback_query"]
        await world.call("answerCallbackQuery", callback_query_id=press["id"], text="One moment")
        await world.call("editMessageText", chat_id=MINA, message_id=sent["message_id"], text="Sending")

        await expect(screen.customer.get_by_test_id("toast")).to_have_text("One moment")
        await expect(last(screen.customer)).to_contain_text("Sending")
        await expect(screen.customer.get_by_test_id("keyboard-button")).to_have_count(0)
        await screen.customer.get_by_test_id("menu-button").click()
        await expect(screen.customer.get_by_test_id("command-option")).to_contain_text("/order")


async def test_a_reply_keyboard_comes_is_pressed_and_goes(desktop: BrowserContext) -> None:
    async with sandbox() as world:
        await world.say(IRIS, "/start")
        screen = await open_screen(desktop, world)
        keys = {"keyboard": [["1 000", "5 000"]], "input_field_placeholder": "How many?"}
        await world.call("sendMessage", chat_id=IRIS, text="How many?", reply_markup=keys)
        await expect(screen.operator.get_by_placeholder("How many?")).to_be_visible()
        await screen.operator.get_by_test_id("reply-key").filter(has_text="5 000").click()
        await expect(last(screen.operator)).to_contain_text("5 000")

        await world.call("sendMessage", chat_id=IRIS, text="Thanks", reply_markup={"remove_keyboard": True})
        await expect(screen.operator.get_by_test_id("reply-key")).to_have_count(0)


async def test_a_forced_reply_answers_the_question(desktop: BrowserContext) -> None:
    async with sandbox() as world:
        await world.say(MINA, "/start")
        screen = await open_screen(desktop, world)
        await world.call("sendMessage", chat_id=MINA, text="Which link?", reply_markup={"force_reply": True})
        await expect(screen.customer.get_by_test_id("context-bar")).to_contain_text("Which link?")
        await screen.write(screen.customer, "https://framely.example/a")
        await expect(last(screen.customer).get_by_test_id("reply-quote")).to_have_text("Which link?")


async def test_blocking_from_the_page_refuses_the_bot(desktop: BrowserContext) -> None:
    async with sandbox() as world:
        await world.say(MINA, "/start")
        screen = await open_screen(desktop, world)
        await screen.customer.get_by_test_id("person-switcher").click()
        await screen.page.get_by_test_id("block").click()
        await expect(screen.customer.get_by_test_id("unblock-big")).to_be_visible()
        assert (await world.refusal("sendMessage", chat_id=MINA, text="hello"))[0] == 403


async def test_the_drawer_moves_a_real_panel_and_breaks_it(desktop: BrowserContext) -> None:
    async with sandbox() as world:
        form = {"key": KEY, "action": "add", "service": "1", "link": "https://framely.example/a", "quantity": "100"}
        async with world.session.post(f"{world.url}{PANEL}/api/v2", data=form) as response:
            order = str((await response.json())["order"])
        screen = await open_screen(desktop, world)
        await screen.open_panel()
        row = screen.page.locator(f'[data-order-id="{order}"]')
        await row.get_by_test_id("order-partial").click()
        await expect(row.get_by_test_id("order-status")).to_have_value("Partial")
        await expect(row.get_by_test_id("order-amount")).to_have_text("50 of 100")

        await screen.page.get_by_test_id("all-panels").get_by_test_id("preset-reset_after").click()
        await expect(screen.page.get_by_test_id("active-fault")).to_contain_text("Lose the reply")
        try:
            async with world.session.post(
                f"{world.url}{PANEL}/api/v2", data=form | {"link": "https://framely.example/b"}
            ):
                raise AssertionError("the reply was not lost")
        except aiohttp.ServerDisconnectedError:
            await expect(screen.page.get_by_test_id("order-row")).to_have_count(2)


async def test_the_drawer_steers_the_process_and_floods(desktop: BrowserContext) -> None:
    async with sandbox() as world:
        await world.say(MINA, "/start")
        screen = await open_screen(desktop, world)
        await screen.open_drawer()
        await screen.page.get_by_test_id("bot-kill").click()
        await expect(screen.page.get_by_test_id("bot-running")).to_have_text("Bot stopped")

        card = screen.page.get_by_test_id("faults-card")
        await card.locator("summary").click()
        await card.get_by_test_id("flood-form").get_by_role("button", name="Limit").click()
        await expect(card.get_by_test_id("active-fault")).to_be_visible()
        assert (await world.refusal("sendMessage", chat_id=MINA, text="hello"))[0] == 429


async def test_a_browser_asks_whether_its_copy_of_the_page_still_holds() -> None:
    async with sandbox() as world:
        for path in ("/", "/static/chat.js"):
            async with world.session.get(world.url + path) as response:
                assert response.headers["Cache-Control"] == "no-cache"
