"""`/pages`: the operator's own words on the fixed pages, as they write them and as customers read them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from telegram import Update

from bot.domain.pages import LIMITS, PageName
from bot.engine import pages
from handlers.operator.page_buttons import OpenPage, SavePage, ShowPage
from tests.handlers.counter import Seen
from tests.handlers.operator_desk import Desk, desk
from tests.kit import IRIS, MINA, THEO


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        await found.counter.deliver()
        yield found


async def opened(at_desk: Desk, page: str = "Terms of use", language: str = "English", person: int = IRIS) -> Seen:
    """As far as a page in one language; the message below it."""
    all_pages = await at_desk.say("/pages", person)
    languages = await at_desk.press(page, all_pages, person)
    return await at_desk.press(language, languages, person)


async def asked(at_desk: Desk, *where: str) -> Seen:
    """As far as the question for the new text."""
    return await at_desk.press("Write it anew", await opened(at_desk, *where))


async def written(at_desk: Desk, text: str, *where: str) -> Seen:
    """As far as the page in the operator's words."""
    await asked(at_desk, *where)
    return await at_desk.press("Save", await at_desk.say(text))


async def test_a_page_is_shown_as_customers_read_it_and_says_whose_words_it_is_in(at_desk: Desk) -> None:
    standard = (await at_desk.say("/terms", MINA)).text
    below = await opened(at_desk)
    assert (await at_desk.counter.history(IRIS))[-2].text == standard
    assert "Above is what customers read: Terms of use, English. It is the standard text." in below.text
    assert below.labels == ["Write it anew", "Languages", "Dashboard"]


async def test_what_is_written_is_previewed_saved_and_read_by_customers(at_desk: Desk) -> None:
    question = await asked(at_desk)
    assert "at most 4,000 characters" in question.text
    below = await at_desk.say("Our <own> & terms")
    assert (await at_desk.counter.history(IRIS))[-2].text == "Our <own> & terms"
    assert "Above is what customers will read" in below.text
    assert "We sell" not in (await at_desk.say("/terms", MINA)).text
    assert (await at_desk.counter.last(MINA)).text != "Our <own> & terms"
    saved = await at_desk.press("Save", below)
    assert "Saved." in saved.text
    assert f"Written by {IRIS}" in saved.text
    assert (await at_desk.say("/terms", MINA)).text == "Our <own> & terms"
    assert "Telegram id" in (await at_desk.say("/privacy", MINA)).text


async def test_each_language_has_its_own_text(at_desk: Desk) -> None:
    await written(at_desk, "Benim koşullarım", "Terms of use", "Türkçe")
    assert "sells services" in (await at_desk.say("/terms", MINA)).text
    await at_desk.press("Türkçe", await at_desk.say("/language", MINA), MINA)
    assert (await at_desk.say("/terms", MINA)).text == "Benim koşullarım"
    all_pages = await at_desk.say("/pages")
    assert all_pages.labels[0] == "✎ Terms of use · your words in 1 language"
    assert (await at_desk.press("Terms of use", all_pages)).labels[:3] == ["English", "✎ Türkçe", "ไทย"]


async def test_the_standard_text_is_shown_in_the_pages_language(at_desk: Desk) -> None:
    await opened(at_desk, "Help with a payment", "Türkçe")
    assert (await at_desk.counter.history(IRIS))[-2].text.startswith("Ödemeyle ilgili yardım")


async def test_bold_and_links_stay_as_they_were_written(at_desk: Desk) -> None:
    await asked(at_desk)
    bold = {"type": "bold", "offset": 0, "length": 4}
    link = {"type": "text_link", "offset": 7, "length": 6, "url": "https://shop.example/?a=1&b=2"}
    person = {"id": IRIS, "is_bot": False, "first_name": "Iris"}
    message = {"message_id": 1, "date": 1, "chat": {"id": IRIS, "type": "private"}, "from": person}
    raw = {"update_id": 10**9, "message": {**message, "text": "Ours & <more>", "entities": [bold, link]}}
    await at_desk.counter.handle(Update.de_json(raw, at_desk.counter.application.bot))
    await at_desk.press("Save")
    await at_desk.say("/terms", MINA)
    sent = (await at_desk.counter.journal("sendMessage"))[-1]["params"]
    assert sent["text"] == '<b>Ours</b> &amp; <a href="https://shop.example/?a=1&b=2">&lt;more&gt;</a>'


async def test_a_text_that_is_too_long_is_refused_in_words_and_asked_for_again(at_desk: Desk) -> None:
    await asked(at_desk, "Help with a payment")
    limit = LIMITS[PageName.PAYSUPPORT]
    refused = await at_desk.say("x" * (limit + 1))
    assert "That is 1,501 characters, and 1,500 are possible at most." in refused.text
    await at_desk.press("Save", await at_desk.say("x" * limit))
    assert (await at_desk.say("/paysupport", MINA)).text.startswith("x" * limit)


async def test_what_telegram_cannot_show_is_refused_in_words(at_desk: Desk) -> None:
    await asked(at_desk)
    nested = {"type": "text_link", "offset": 0, "length": 4, "url": "https://shop.example/"}
    person = {"id": IRIS, "is_bot": False, "first_name": "Iris"}
    message = {"message_id": 1, "date": 1, "chat": {"id": IRIS, "type": "private"}, "from": person}
    odd = {**nested, "type": "custom_emoji", "custom_emoji_id": '"><x'}
    raw = {"update_id": 10**9, "message": {**message, "text": "Ours", "entities": [odd]}}
    await at_desk.counter.handle(Update.de_json(raw, at_desk.counter.application.bot))
    assert "Telegram cannot show that text" in (await at_desk.counter.last(IRIS)).text
    assert await pages.all_own(at_desk.bench.shop) == []


async def test_a_file_is_no_text_and_cancel_leaves_the_question(at_desk: Desk) -> None:
    await asked(at_desk)
    assert "Only text" in (await at_desk.counter.upload(b"x", "x.txt", IRIS)).text
    assert "nothing was done" in (await at_desk.say("/cancel")).text
    assert "did not understand" in (await at_desk.say("News")).text


async def test_a_restart_loses_neither_the_question_nor_the_preview(at_desk: Desk) -> None:
    await asked(at_desk)
    await at_desk.counter.restart()
    below = await at_desk.say("After a restart")
    await at_desk.counter.restart()
    await at_desk.press("Save", below)
    assert (await at_desk.say("/terms", MINA)).text == "After a restart"


async def test_a_tap_that_comes_again_and_one_on_an_older_text_save_nothing_else(at_desk: Desk) -> None:
    await asked(at_desk)
    first = await at_desk.say("First")
    await at_desk.press("Write it anew", first)
    second = await at_desk.say("Second")
    await at_desk.press_data_of(first, SavePage(1).pack())
    assert "no longer kept" in (await at_desk.counter.toasts())[-1]
    assert await pages.all_own(at_desk.bench.shop) == []
    await at_desk.press_data_of(second, second.data("Save"))
    assert "no longer kept" in (await at_desk.counter.toasts())[-1]


async def test_back_to_the_standard_text_takes_two_taps_and_replaces_only_what_was_shown(at_desk: Desk) -> None:
    standard = (await at_desk.say("/terms", MINA)).text
    saved = await written(at_desk, "Mine")
    sure = await at_desk.press("Back to the standard", saved)
    assert (await at_desk.counter.message(saved.id, IRIS)).text == standard
    assert (await at_desk.say("/terms", MINA)).text == "Mine"
    shop = at_desk.bench.shop
    await pages.write(shop, PageName.TERMS, "en", "Theirs", THEO, 77, at_desk.bench.clock())
    await at_desk.press("Back to the standard", sure)
    assert "changed meanwhile" in (await at_desk.counter.toasts())[-1]
    assert (await at_desk.say("/terms", MINA)).text == "Theirs"
    again = await at_desk.press("Back to the standard", await opened(at_desk))
    done = await at_desk.after("Back to the standard", again)
    assert "The standard text holds again." in done.text
    assert (await at_desk.say("/terms", MINA)).text == standard
    for update in list(at_desk.counter.handled):
        await at_desk.counter.handle(update)
    assert (await at_desk.say("/terms", MINA)).text == standard


async def test_the_desk_leads_there_and_the_acts_tell_of_it(at_desk: Desk) -> None:
    assert "/paysupport" in (await at_desk.press("Pages", await at_desk.say("/admin"))).text
    await at_desk.press("Back to the standard", await written(at_desk, "Mine"))
    await at_desk.press("Back to the standard")
    audit = (await at_desk.say("/audit")).text
    assert "page terms en: Mine" in audit
    assert "back to the standard text" in audit


async def test_buttons_of_pages_there_are_not_lead_to_those_there_are(at_desk: Desk) -> None:
    shown = await at_desk.say("/pages")
    for button in (ShowPage("imprint"), OpenPage("terms", "xx"), OpenPage("imprint", "en")):
        assert "The standard texts hold" in (await at_desk.press_data_of(shown, button.pack())).text


async def test_nobody_else_reaches_the_pages(at_desk: Desk) -> None:
    await asked(at_desk)
    below = await at_desk.say("Mine")
    mine = await at_desk.counter.last(MINA)
    await at_desk.press_data_of(mine, below.data("Save"), MINA)
    assert await pages.all_own(at_desk.bench.shop) == []
    assert "do not know this command" in (await at_desk.say("/pages", MINA)).text
