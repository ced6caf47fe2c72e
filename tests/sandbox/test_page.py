"""The chat page in a real browser, against the stand-in of the chat server."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from tests.sandbox.page_browser import BROWSER_MARKS, MARA, OLGA, Scene, button, last, no_overflow
from tests.sandbox.page_content import bot_message, own_message, picture

pytestmark = BROWSER_MARKS


async def test_customer_and_operator_stand_side_by_side(scene: Scene) -> None:
    await expect(scene.customer.get_by_test_id("person-name")).to_have_text("Mara Oswin")
    await expect(scene.operator.get_by_test_id("person-name")).to_have_text("Olga")
    assert await no_overflow(scene.page)


async def test_a_text_goes_out_and_the_answer_comes_in(scene: Scene) -> None:
    await scene.write(scene.customer, "hello\n<b>there</b>")

    await expect(last(scene.customer)).to_contain_text("I heard you.")
    own = scene.customer.locator(".own").last
    await expect(own.get_by_test_id("message-text")).to_contain_text("hello")
    assert scene.stub.requests == [("message", {"text": "hello\n<b>there</b>", "reply_to": None})]
    await expect(scene.customer.get_by_test_id("composer")).to_have_value("")


async def test_enter_sends_and_shift_enter_makes_a_line(scene: Scene) -> None:
    composer = scene.customer.get_by_test_id("composer")
    await composer.press_sequentially("one")
    await composer.press("Shift+Enter")
    await composer.press_sequentially("two")
    await composer.press("Enter")

    await expect(last(scene.customer)).to_contain_text("I heard you.")
    assert scene.stub.requests[0][1]["text"] == "one\ntwo"


async def test_a_button_turns_until_its_callback_is_answered(scene: Scene) -> None:
    slow = button(scene.customer, "Slow one")
    await slow.click()
    await expect(slow).to_have_attribute("aria-busy", "true")

    answer = {"type": "callback_answer", "callback_id": "c1", "text": "Done at last", "show_alert": False, "url": None}
    await scene.stub.push(MARA, answer)

    await expect(scene.customer.get_by_test_id("toast")).to_have_text("Done at last")
    await expect(slow).not_to_have_attribute("aria-busy", "true")


async def test_an_alert_waits_for_ok_and_holds_only_its_own_pane(scene: Scene) -> None:
    await button(scene.customer, "Alert").click()

    dialog = scene.customer.get_by_test_id("dialog")
    await expect(dialog).to_contain_text("This price has changed.")
    await scene.write(scene.operator, "still here")
    await scene.page.get_by_test_id("dialog-ok").click()
    await expect(dialog).to_have_count(0)


async def test_an_edit_happens_in_place_and_takes_the_keyboard_away(scene: Scene) -> None:
    before = await scene.customer.get_by_test_id("message").count()
    await button(scene.customer, "✅ Confirm").click()

    card = scene.customer.locator('[data-message-id="12"]')
    await expect(card.get_by_test_id("message-text")).to_contain_text("Order #1043")
    await expect(card.get_by_test_id("keyboard")).to_have_count(0)
    await expect(card.get_by_test_id("edited")).to_be_visible()
    assert await scene.customer.get_by_test_id("message").count() == before


async def test_an_edit_above_does_not_move_what_is_read(scene: Scene) -> None:
    timeline = scene.customer.get_by_test_id("timeline")
    await timeline.evaluate("(e) => { e.scrollTop = 700 }")
    await expect(scene.customer.get_by_test_id("scroll-down")).to_be_visible()
    landmark = scene.customer.locator('[data-message-id="11"]')
    place = await landmark.evaluate("(e) => e.getBoundingClientRect().top")

    await scene.stub.edit(MARA, 2, html="taller\n" * 9)
    await expect(scene.customer.locator('[data-message-id="2"]')).to_contain_text("taller")

    assert abs(await landmark.evaluate("(e) => e.getBoundingClientRect().top") - place) < 2


async def test_new_messages_below_are_counted_until_one_goes_there(scene: Scene) -> None:
    await scene.customer.get_by_test_id("timeline").evaluate("(e) => { e.scrollTop = 0 }")
    down = scene.customer.get_by_test_id("scroll-down")
    await expect(down).to_be_visible()

    await scene.stub.add(MARA, bot_message("one"))
    await scene.stub.add(MARA, bot_message("two"))
    await expect(down).to_have_text("2")

    await down.click()
    await expect(down).to_be_hidden()
    await expect(last(scene.customer)).to_be_in_viewport()


async def test_opening_the_drawer_keeps_the_newest_message_in_sight(scene: Scene) -> None:
    panes = (scene.customer, scene.operator)
    for _ in range(12):
        for person in (MARA, OLGA):
            await scene.stub.add(person, bot_message("A sentence that takes more lines where there is less room. " * 6))
    for pane in panes:
        await expect(last(pane)).to_be_in_viewport()
    await scene.open_drawer()
    await expect(scene.page.locator("#drawer")).to_have_css("width", "392px")
    for pane in panes:
        await expect(last(pane)).to_be_in_viewport()
        await expect(pane.get_by_test_id("scroll-down")).to_be_hidden()


async def test_a_list_that_grows_before_it_is_measured_keeps_its_end(scene: Scene) -> None:
    await scene.customer.get_by_test_id("timeline").evaluate(
        "(e) => { e.style.width = '240px'; e.dispatchEvent(new Event('scroll')) }"
    )
    await expect(last(scene.customer)).to_be_in_viewport(ratio=0.5)
    await expect(scene.customer.get_by_test_id("scroll-down")).to_be_hidden()


async def test_hostile_html_is_not_run(scene: Scene) -> None:
    hostile = (
        '<img src=x onerror="document.title=1"><script>document.title=1</script><a href="javascript:alert(1)">x</a>'
    )
    await scene.stub.add(MARA, bot_message(hostile + "<b onclick='1'>bold</b>"))

    message = last(scene.customer).get_by_test_id("message-text")
    await expect(message.locator("b")).to_have_text("bold")
    assert await message.locator("img, script, a, [onclick]").count() == 0
    assert await scene.page.title() == "Sandbox chat"


async def test_commands_are_filtered_and_sent_by_keyboard(scene: Scene) -> None:
    composer = scene.customer.get_by_test_id("composer")
    await composer.press_sequentially("/or")
    options = scene.customer.get_by_test_id("command-option")
    await expect(options).to_have_count(2)

    await composer.press("ArrowDown")
    await composer.press("Enter")

    await expect(scene.customer.locator(".own").last).to_contain_text("/orders")


async def test_the_menu_button_lists_every_command(scene: Scene) -> None:
    await scene.customer.get_by_test_id("menu-button").click()
    await expect(scene.customer.get_by_test_id("command-option")).to_have_count(6)
    await scene.customer.get_by_test_id("command-option").filter(has_text="/wallet").click()
    await expect(scene.customer.locator(".own").last).to_contain_text("/wallet")


async def test_a_command_in_a_text_can_be_pressed(scene: Scene) -> None:
    await scene.customer.locator('[data-message-id="2"]').get_by_role("button", name="/order").click()
    await expect(scene.customer.locator(".own").last).to_contain_text("/order")


async def test_what_only_looks_like_a_command_is_text(scene: Scene) -> None:
    await scene.stub.add(
        MARA, bot_message("&lt;b&gt;Ola&lt;/b&gt; a/b é/b /x&gt; https://example.org/start &lt;/b (/help)")
    )
    await expect(last(scene.customer).locator(".command-link")).to_have_text(["/help"])


async def test_a_reply_quotes_what_it_answers(scene: Scene) -> None:
    target = scene.customer.locator('[data-message-id="13"]')
    await target.hover()
    await target.get_by_test_id("message-menu").click()
    await scene.page.get_by_test_id("action-reply").click()
    await scene.write(scene.customer, "thanks")

    await expect(scene.customer.locator(".own").last.get_by_test_id("reply-quote")).to_contain_text("#1042")
    assert scene.stub.requests[0][1]["reply_to"] == 13


async def test_arrow_up_edits_the_last_own_message(scene: Scene) -> None:
    await scene.customer.get_by_test_id("composer").press("ArrowUp")
    await expect(scene.customer.get_by_test_id("composer")).to_have_value("ok")
    await scene.write(scene.customer, "okay")

    await expect(scene.customer.locator('[data-message-id="14"]')).to_contain_text("okay")
    assert scene.stub.requests == [("edit", {"message_id": 14, "text": "okay"})]


async def test_a_reply_keyboard_sends_its_texts(scene: Scene) -> None:
    await scene.write(scene.customer, "/keyboard")
    await scene.customer.get_by_test_id("reply-key").filter(has_text="5 000").click()
    await expect(scene.customer.locator(".own").last).to_contain_text("5 000")


async def test_a_photo_goes_out_with_its_caption(scene: Scene, tmp_path: Path) -> None:
    photo = tmp_path / "aurora.png"
    photo.write_bytes(picture(32, 32))
    await scene.customer.get_by_test_id("attach").click()
    async with scene.page.expect_file_chooser() as chooser:
        await scene.page.get_by_test_id("attach-photo").click()
    await (await chooser.value).set_files(photo)
    await expect(scene.customer.get_by_test_id("context-bar")).to_contain_text("aurora.png")
    await scene.write(scene.customer, "look")

    await expect(last(scene.customer).locator("img")).to_be_visible()
    assert scene.stub.requests == [("upload", {"kind": "photo", "caption": "look", "name": "aurora.png"})]


async def test_a_text_that_could_not_be_sent_is_put_back(scene: Scene) -> None:
    await scene.page.route("**/message", lambda route: route.abort())
    await scene.write(scene.customer, "precious")
    await expect(scene.customer.get_by_test_id("toast")).to_contain_text("does not answer")
    await expect(scene.customer.get_by_test_id("composer")).to_have_value("precious")


async def test_a_new_person_starts_an_empty_chat(scene: Scene) -> None:
    await scene.customer.get_by_test_id("person-switcher").click()
    await scene.page.get_by_test_id("new-person").click()
    await scene.page.get_by_label("First name").fill("Ines")
    await scene.page.get_by_test_id("form-submit").click()
    await expect(scene.customer.get_by_test_id("person-name")).to_have_text("Ines")

    await scene.customer.get_by_test_id("start").click()
    await expect(last(scene.customer)).to_contain_text("Welcome!")


async def test_who_one_is_survives_a_reload(scene: Scene) -> None:
    await scene.customer.get_by_test_id("person-switcher").click()
    await scene.page.get_by_test_id("person-choice").nth(1).click()
    await expect(scene.customer.get_by_test_id("person-name")).to_have_text("สมหญิง")
    await scene.page.reload()
    await expect(scene.customer.get_by_test_id("person-name")).to_have_text("สมหญิง")


async def test_a_blocked_bot_leaves_only_unblocking(scene: Scene) -> None:
    await scene.customer.get_by_test_id("person-switcher").click()
    await scene.page.get_by_test_id("block").click()
    await expect(scene.customer.get_by_test_id("composer")).to_have_count(0)

    await scene.customer.get_by_test_id("unblock-big").click()
    await expect(scene.customer.get_by_test_id("composer")).to_be_visible()


async def test_a_lost_connection_comes_back_without_doubling_messages(scene: Scene) -> None:
    before = await scene.customer.get_by_test_id("message").count()
    await scene.stub.drop_connections()
    scene.stub.history(MARA).append(own_message("written elsewhere") | {"message_id": 99})

    await expect(last(scene.customer)).to_contain_text("written elsewhere")
    await expect(scene.customer.get_by_test_id("bot-status")).to_have_text("online")
    assert await scene.customer.get_by_test_id("message").count() == before + 1


async def test_a_chat_goes_on_with_somebody_else_when_its_person_is_gone(scene: Scene) -> None:
    scene.stub.people.pop(0)
    await scene.stub.drop_connections()
    await expect(scene.customer.get_by_test_id("person-name")).to_have_text("สมหญิง")


async def test_the_head_tells_typing_and_restarting(scene: Scene) -> None:
    status = scene.customer.get_by_test_id("bot-status")
    await scene.stub.push(MARA, {"type": "typing", "action": "typing"})
    await expect(status).to_have_text("typing")
    await scene.stub.add(MARA, bot_message("here"))
    await expect(status).to_have_text("online")
    await scene.stub.push(MARA, {"type": "bot", "online": False})
    await expect(status).to_have_text("restarting…")


async def test_the_theme_can_be_chosen_and_is_kept(scene: Scene) -> None:
    root = scene.page.locator("html")
    await expect(root).to_have_attribute("data-theme", "light")
    await scene.page.get_by_test_id("theme-toggle").click()
    await expect(root).to_have_attribute("data-theme", "dark")
    await scene.page.reload()
    await expect(root).to_have_attribute("data-theme", "dark")
