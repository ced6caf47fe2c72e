"""`/broadcast` from the question to the result, as its operator sees it and as customers do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from telegram import Update

from bot.domain.broadcasts import BroadcastState
from bot.engine import broadcasting
from handlers.operator import buttons
from tests.handlers.counter import Seen
from tests.handlers.operator_desk import Desk, desk
from tests.kit import IRIS, MINA, THEO

NORA = 1003


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        await found.counter.post("/chat/people", id=NORA, first_name="Nora", role="customer")
        await found.counter.say("/start", NORA)
        await found.counter.deliver()
        yield found


async def preview(at_desk: Desk, text: str = "We have <news> & more") -> Seen:
    """As far as the question whether to send it."""
    assert "What shall all customers read" in (await at_desk.say("/broadcast")).text
    return await at_desk.say(text)


async def step(at_desk: Desk) -> None:
    """One round of the poller and of the courier."""
    await broadcasting.go_on(at_desk.bench.shop, at_desk.bench.clock())
    await at_desk.counter.deliver()


async def live(at_desk: Desk) -> BroadcastState | None:
    found = await broadcasting.live(at_desk.bench.shop)
    return found.broadcast.state if found else None


async def test_the_preview_is_what_customers_get_and_says_how_many_they_are(at_desk: Desk) -> None:
    asked = await preview(at_desk)
    shown = (await at_desk.counter.history(IRIS))[-2]
    assert (shown.text, shown.keyboard) == ("We have <news> & more", ())
    assert "It goes to 2 customers" in asked.text
    assert asked.labels == ["Send to 2 customers", "Change", "Cancel"]
    assert await live(at_desk) is None
    begun = await at_desk.after("Send to 2", asked)
    assert "being sent" in begun.text
    await step(at_desk)
    for person in (MINA, NORA):
        assert (await at_desk.counter.last(person)).text == "We have <news> & more"
    await step(at_desk)
    done = await at_desk.counter.message(asked.id, IRIS)
    assert "done" in done.text
    assert "Sent 2 · could not be reached 0 · left 0" in done.text
    assert done.labels == ["Dashboard"]
    assert (await at_desk.counter.last(THEO)).text != "We have <news> & more"


async def test_bold_and_links_stay_as_they_were_written(at_desk: Desk) -> None:
    await at_desk.say("/broadcast")
    bold = {"type": "bold", "offset": 0, "length": 4}
    link = {"type": "text_link", "offset": 7, "length": 6, "url": "https://shop.example/?a=1&b=2"}
    person = {"id": IRIS, "is_bot": False, "first_name": "Iris"}
    message = {"message_id": 1, "date": 1, "chat": {"id": IRIS, "type": "private"}, "from": person}
    raw = {"update_id": 10**9, "message": {**message, "text": "News & <more>", "entities": [bold, link]}}
    await at_desk.counter.handle(Update.de_json(raw, at_desk.counter.application.bot))
    sent = (await at_desk.counter.journal("sendMessage"))[-2]["params"]
    assert sent["text"] == '<b>News</b> &amp; <a href="https://shop.example/?a=1&b=2">&lt;more&gt;</a>'
    assert (await at_desk.counter.history(IRIS))[-2].text == "News & <more>"


async def test_pause_resume_and_stop_by_buttons(at_desk: Desk) -> None:
    asked = await preview(at_desk)
    await at_desk.press("Send to 2", asked)
    begun = await at_desk.counter.message(asked.id, IRIS)
    paused = await at_desk.after("Pause", begun)
    assert "paused" in paused.text
    await step(at_desk)
    assert (await at_desk.counter.last(MINA)).text != "We have <news> & more"
    assert "paused" in (await at_desk.say("/broadcast", THEO)).text
    assert "being sent" in (await at_desk.after("Resume", paused)).text
    stopped = await at_desk.after("Stop", await at_desk.counter.message(asked.id, IRIS))
    assert "stopped" in stopped.text
    assert "left 2" in stopped.text
    await step(at_desk)
    assert (await at_desk.counter.last(MINA)).text != "We have <news> & more"


async def test_a_person_who_blocked_the_bot_is_counted(at_desk: Desk) -> None:
    asked = await preview(at_desk)
    await at_desk.press("Send to 2", asked)
    await at_desk.counter.post(f"/chat/{NORA}/block", blocked=True)
    await step(at_desk)
    await step(at_desk)
    assert "Sent 1 · could not be reached 1 · left 0" in (await at_desk.counter.message(asked.id, IRIS)).text


async def test_a_text_can_be_changed_or_dropped_before_it_is_sent(at_desk: Desk) -> None:
    first = await preview(at_desk, "Frist")
    assert "What shall all customers read" in (await at_desk.after("Change", first)).text
    second = await at_desk.say("First")
    assert (await at_desk.counter.history(IRIS))[-2].text == "First"
    assert "Nothing was sent" in (await at_desk.after("Cancel", second)).text
    await at_desk.counter.press_data(second, second.data("Send"), IRIS)
    assert "no longer kept" in (await at_desk.counter.message(second.id, IRIS)).text
    await step(at_desk)
    assert (await at_desk.counter.last(MINA)).text != "First"


async def test_a_second_broadcast_waits_for_the_first(at_desk: Desk) -> None:
    first = await preview(at_desk)
    await at_desk.say("/broadcast", THEO)
    theirs = await at_desk.say("Mine too", THEO)
    await at_desk.press("Send to 2", first)
    await at_desk.press("Send to 2", theirs, THEO)
    assert "Another broadcast is not over yet" in (await at_desk.counter.toasts())[-1]
    assert "being sent" in (await at_desk.after("Broadcast", await at_desk.say("/admin", THEO), THEO)).text


async def test_a_tap_that_comes_again_begins_it_once(at_desk: Desk) -> None:
    asked = await preview(at_desk)
    await at_desk.press("Send to 2", asked)
    for update in list(at_desk.counter.handled):
        await at_desk.counter.handle(update)
    for _ in range(3):
        await step(at_desk)
    told = [seen for seen in await at_desk.counter.history(MINA) if seen.text == "We have <news> & more"]
    assert len(told) == 1


async def test_nobody_to_write_to_offers_nothing_to_confirm(at_desk: Desk) -> None:
    await at_desk.bench.shop.db.write(lambda tx: tx.run("UPDATE customers SET blocked = 1"))
    await at_desk.say("/start")
    asked = await preview(at_desk)
    assert "nobody to send it to" in asked.text
    assert asked.labels == ["Change", "Cancel"]


async def test_a_file_is_no_text_and_cancel_leaves_the_question(at_desk: Desk) -> None:
    await at_desk.say("/broadcast")
    assert "Only text" in (await at_desk.counter.upload(b"x", "x.txt", IRIS)).text
    assert "nothing was done" in (await at_desk.say("/cancel")).text
    assert "did not understand" in (await at_desk.say("News")).text


async def test_nobody_else_begins_or_stops_a_broadcast(at_desk: Desk) -> None:
    asked = await preview(at_desk)
    mine = await at_desk.counter.last(MINA)
    await at_desk.counter.press_data(mine, asked.data("Send"), MINA)
    assert await live(at_desk) is None
    await at_desk.press("Send to 2", asked)
    await at_desk.counter.press_data(mine, buttons.StopBroadcast(1).pack(), MINA)
    assert await live(at_desk) is BroadcastState.RUNNING


async def test_the_message_about_it_comes_anew_where_it_was_lost(at_desk: Desk) -> None:
    asked = await preview(at_desk)
    await at_desk.press("Send to 2", asked)
    await at_desk.bench.shop.db.write(lambda tx: tx.run("UPDATE broadcasts SET message_id = 1"))
    await step(at_desk)
    newest = await at_desk.counter.last(IRIS)
    assert newest.id > asked.id
    assert "being sent" in newest.text
