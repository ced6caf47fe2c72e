"""Paying in Stars on the chat page, in a real browser and with the real Bot API of the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, expect

from tests.sandbox.page_browser import BROWSER_MARKS, PHONE_HEIGHT, Screen, button, no_overflow
from tests.sandbox.page_world import open_screen, sandbox
from tests.sandbox.stars_kit import BILL, agree, balance, queries, send_bill, stars_of, transactions
from tests.sandbox.telegram_kit import MINA, THEO, Sandbox

pytestmark = BROWSER_MARKS
WAYS = [("declined", "failed", 0), ("late", "late", 1), ("lost", "lost", 1), ("twice", "paid", 2)]
PAID = "You paid 50 ⭐ for Top-up"


@asynccontextmanager
async def bill(context: BrowserContext) -> AsyncIterator[tuple[Sandbox, Screen]]:
    """Mina's chat with an invoice of fifty Stars in it."""
    async with sandbox() as world:
        await world.say(MINA, "/start")
        await world.updates(offset=(await world.updates())[-1]["update_id"] + 1)
        await send_bill(world)
        screen = await open_screen(context, world)
        await expect(screen.customer.get_by_test_id("invoice")).to_contain_text("50 ⭐")
        yield world, screen


async def open_sheet(screen: Screen) -> Locator:
    await button(screen.customer, "Pay 50 ⭐").click()
    return screen.customer.get_by_test_id("payment-sheet")


async def refuse(world: Sandbox, words: str) -> None:
    (query,) = await queries(world)
    answer = {"pre_checkout_query_id": query["id"], "ok": False, "error_message": words}
    await world.call("answerPreCheckoutQuery", **answer)


async def test_an_invoice_is_paid_by_keyboard_and_leaves_a_receipt(desktop: BrowserContext) -> None:
    async with bill(desktop) as (world, screen):
        pay = button(screen.customer, "Pay 50 ⭐")
        await pay.focus()
        await screen.page.keyboard.press("Enter")
        await expect(screen.customer.get_by_role("dialog", name="Top-up")).to_be_visible()
        sheet = screen.customer.get_by_test_id("payment-sheet")
        await expect(sheet).to_contain_text("50 Stars for your wallet")
        await expect(sheet.get_by_test_id("sheet-balance")).to_have_text("2,500 ⭐")
        await expect(sheet.get_by_test_id("sheet-pay")).to_be_focused()
        await screen.page.keyboard.press("Enter")
        await expect(sheet.get_by_test_id("sheet-busy")).to_have_text("Asking the bot…")
        await screen.page.keyboard.press("Escape")  # a payment under way cannot be called off
        (query,) = await queries(world)
        await agree(world, query)
        end = sheet.get_by_test_id("sheet-end")
        await expect(end).to_have_attribute("data-status", "paid")
        await expect(sheet.get_by_test_id("sheet-done")).to_be_focused()
        await screen.page.keyboard.press("Enter")
        await expect(screen.customer.get_by_test_id("payment-sheet")).to_have_count(0)
        await expect(pay).to_be_focused()
        await expect(screen.customer.get_by_test_id("receipt")).to_have_text(PAID)
        await expect(screen.customer.get_by_test_id("person-switcher")).to_contain_text("2,450 ⭐")
        assert await balance(world) == 50


async def test_nothing_is_asked_when_the_sheet_is_closed(desktop: BrowserContext) -> None:
    async with bill(desktop) as (world, screen):
        sheet = await open_sheet(screen)
        await sheet.get_by_test_id("sheet-cancel").click()
        await expect(sheet).to_have_count(0)
        await open_sheet(screen)
        await screen.page.keyboard.press("Escape")
        await expect(sheet).to_have_count(0)
        assert await world.updates() == []
        await screen.write(screen.customer, "still here")
        assert (await world.updates(timeout=5))[-1]["message"]["text"] == "still here"


async def test_the_bots_refusal_is_shown_in_its_words(desktop: BrowserContext) -> None:
    async with bill(desktop) as (world, screen):
        sheet = await open_sheet(screen)
        await sheet.get_by_test_id("sheet-pay").click()
        await refuse(world, "This invoice is old. Ask for a new one.")
        await expect(sheet.get_by_role("alert")).to_contain_text("This invoice is old. Ask for a new one.")
        await sheet.get_by_test_id("sheet-done").click()
        await expect(screen.customer.get_by_test_id("receipt")).to_have_count(0)
        assert await transactions(world) == []


async def test_too_few_stars_are_seen_and_refused(desktop: BrowserContext) -> None:
    async with bill(desktop) as (world, screen):
        await world.post(f"/chat/{MINA}/stars", stars=9)
        await expect(screen.customer.get_by_test_id("person-switcher")).to_contain_text("9 ⭐")
        sheet = await open_sheet(screen)
        await sheet.get_by_test_id("sheet-pay").click()
        await expect(sheet.get_by_role("alert")).to_contain_text("Not enough Stars")
        assert await world.updates() == []


@pytest.mark.parametrize(("how", "status", "paid"), WAYS)
async def test_backstage_says_how_the_next_payment_goes(
    desktop: BrowserContext, how: str, status: str, paid: int
) -> None:
    async with bill(desktop) as (world, screen):
        await screen.open_drawer()
        card = screen.page.get_by_test_id("stars-card")
        await card.locator("summary").click()
        await card.get_by_test_id(f"payment-{how}").click()
        await expect(card.get_by_test_id("active-fault")).to_contain_text("the next payment")
        sheet = await open_sheet(screen)
        await sheet.get_by_test_id("sheet-pay").click()
        for query in await queries(world, max(paid, 1)):
            await agree(world, query)
        await expect(sheet.get_by_test_id("sheet-end")).to_have_attribute("data-status", status)
        await expect(card.get_by_test_id("payment-row")).to_have_count(paid)
        await expect(card.get_by_test_id("active-fault")).to_have_count(0)
        assert len(await transactions(world)) == paid


async def test_backstage_tells_the_bot_of_a_payment_and_takes_it_back(desktop: BrowserContext) -> None:
    async with bill(desktop) as (world, screen):
        await world.post("/faults", payment={"how": "lost"})
        sheet = await open_sheet(screen)
        await sheet.get_by_test_id("sheet-pay").click()
        (query,) = await queries(world)
        await agree(world, query)
        await sheet.get_by_test_id("sheet-done").click()
        await screen.open_drawer()
        card = screen.page.get_by_test_id("stars-card")
        await card.locator("summary").click()
        await expect(card.get_by_test_id("payment-state")).to_have_text("the bot was not told")
        assert await world.updates() == []
        await card.get_by_test_id("release").click()
        await expect(card.get_by_test_id("payment-state")).to_have_count(0)
        assert "successful_payment" in (await world.updates(timeout=5))[-1]["message"]
        await card.get_by_test_id("take-back").click()
        await expect(card.get_by_test_id("payment-state")).to_have_text("given back")
        receipts = screen.customer.get_by_test_id("receipt")
        await expect(receipts).to_have_text([PAID, "You got 50 ⭐ back for Top-up"])
        await expect(card.get_by_test_id("star-balances")).to_contain_text("Mina: 2,500 ⭐")
        assert await balance(world) == 0


async def test_backstage_gives_people_stars(desktop: BrowserContext) -> None:
    async with bill(desktop) as (_, screen):
        await screen.open_drawer()
        card = screen.page.get_by_test_id("stars-card")
        await card.locator("summary").click()
        form = card.get_by_test_id("stars-form")
        await form.locator("input").fill("7")
        await form.get_by_role("button", name="Set").click()
        await expect(screen.customer.get_by_test_id("person-switcher")).to_contain_text("7 ⭐")


async def test_a_link_to_an_invoice_opens_the_sheet_and_any_other_a_new_tab(desktop: BrowserContext) -> None:
    async with bill(desktop) as (world, screen):
        link = await world.call("createInvoiceLink", **{**BILL, "title": "By link"})
        elsewhere = f"{world.url}/static/icon.svg"
        keys = {"inline_keyboard": [[{"text": "Stars", "url": link}, {"text": "Page", "url": elsewhere}]]}
        await world.call("sendMessage", chat_id=MINA, text="Two ways", reply_markup=keys)
        async with screen.page.expect_popup() as popup:
            await button(screen.customer, "Page").click()
        assert (await popup.value).url == elsewhere
        await button(screen.customer, "Stars").click()
        await expect(screen.customer.get_by_role("dialog", name="By link")).to_be_visible()
        sheet = screen.customer.get_by_test_id("payment-sheet")
        await sheet.get_by_test_id("sheet-pay").click()
        (query,) = await queries(world)
        await agree(world, query)
        await expect(sheet.get_by_test_id("sheet-end")).to_contain_text("You paid 50 ⭐ for By link")


async def test_somebody_else_may_pay_a_copy(desktop: BrowserContext) -> None:
    async with bill(desktop) as (world, screen):
        message = screen.customer.get_by_test_id("message").last
        await message.hover()
        await message.get_by_test_id("message-menu").click()
        await screen.page.get_by_test_id("action-other-payer").filter(has_text="Theo").click()
        sheet = screen.customer.get_by_test_id("payment-sheet")
        await expect(sheet).to_contain_text("Stars of Theo")
        await sheet.get_by_test_id("sheet-pay").click()
        (query,) = await queries(world)
        assert query["from"]["id"] == THEO
        await agree(world, query)
        await expect(sheet.get_by_test_id("sheet-end")).to_have_attribute("data-status", "paid")
        assert (await stars_of(world, MINA), await stars_of(world, THEO)) == (2500, 2450)


async def test_a_phone_shows_sheet_and_drawer_whole(chromium: Browser) -> None:
    context = await chromium.new_context(
        viewport={"width": 390, "height": PHONE_HEIGHT}, has_touch=True, is_mobile=True, color_scheme="dark"
    )
    async with bill(context) as (world, screen):
        long = {"title": "W" * 32, "description": "https://example.org/" + "w" * 230, "payload": "x"}
        await send_bill(world, **long, prices=[{"label": "All", "amount": 2_000}])
        await button(screen.customer, "Pay 2000 ⭐").click()
        sheet = screen.customer.get_by_test_id("payment-sheet")
        await expect(sheet.get_by_test_id("sheet-pay")).to_be_in_viewport(ratio=1)
        await expect(sheet.get_by_test_id("sheet-cancel")).to_be_in_viewport(ratio=1)
        assert await sheet.evaluate("(e) => e.scrollWidth <= e.clientWidth")
        assert await no_overflow(screen.page)
        await sheet.get_by_test_id("sheet-pay").click()
        (query,) = await queries(world)
        await agree(world, query)
        await sheet.get_by_test_id("sheet-done").click()
        await screen.open_drawer()
        card = screen.page.get_by_test_id("stars-card")
        await card.locator("summary").click()
        await expect(card.get_by_test_id("payment-row")).to_be_visible()
        assert await no_overflow(screen.page)
    await context.close()
