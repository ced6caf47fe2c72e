"""The people's side: what somebody does, what the bot hears of it and what the page is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bot.sandbox.telegram import Drawer, PanelLink, TelegramConfig
from tests.sandbox.telegram_kit import IRIS, MINA, PNG, THEO, Sandbox, button, keyboard, running_sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


class Page:
    """One open page: the events in order."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def event(self, kind: str) -> dict[str, Any]:
        """The next event, which must be of this kind; the bot's coming and going is passed over."""
        while (event := await self._socket.receive_json())["type"] == "bot" != kind:
            pass
        assert event["type"] == kind, event
        return dict(event)


@asynccontextmanager
async def page(sandbox: Sandbox, person: int) -> AsyncIterator[Page]:
    async with sandbox.session.ws_connect(f"{sandbox.url}/chat/{person}/events") as socket:
        yield Page(socket)


async def test_people_are_listed_and_added(sandbox: Sandbox) -> None:
    listed = await sandbox.get("/chat/people")
    roles = {person["first_name"]: (person["id"], person["role"]) for person in listed["people"]}
    assert roles == {"Mina": (1001, "customer"), "Theo": (1002, "customer"), "Iris": (9001, "operator")}
    assert listed["bot"]["token_seen"] is True
    new = await sandbox.post("/chat/people", first_name="Ravi", username="ravi", language_code="hi", id=77)
    assert (new["id"], new["role"], new["language_code"], new["blocked"]) == (77, "customer", "hi", False)
    await sandbox.say(77, "hello")
    (update,) = await sandbox.updates()
    assert update["message"]["from"] == {
        "id": 77,
        "is_bot": False,
        "first_name": "Ravi",
        "username": "ravi",
        "language_code": "hi",
    }
    assert await sandbox.post_status("/chat/people", first_name="Twin", id=77) == 409
    assert await sandbox.post_status("/chat/people", first_name="") == 400
    assert await sandbox.post_status("/chat/people", first_name="X", role="king") == 400
    assert (await sandbox.post("/chat/people", first_name="Next"))["id"] > IRIS


async def test_impossible_deeds_are_refused(sandbox: Sandbox) -> None:
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="x")
    assert await sandbox.post_status("/chat/5/message", text="x") == 404
    for text in ("", "  ", "x" * 4097, None):
        assert await sandbox.post_status(f"/chat/{MINA}/message", text=text) == 400
    assert await sandbox.post_status(f"/chat/{MINA}/press", message_id=sent["message_id"], data="a") == 404
    assert await sandbox.post_status(f"/chat/{MINA}/edit", message_id=sent["message_id"], text="a") == 404
    async with sandbox.session.post(f"{sandbox.url}/chat/{MINA}/message", data=b"[]") as response:
        assert response.status == 400
    async with sandbox.session.get(f"{sandbox.url}/chat/files/none") as response:
        assert response.status == 404


async def test_a_press_reaches_the_bot_with_its_message(sandbox: Sandbox) -> None:
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="Buy?", reply_markup=keyboard(button("buy:7")))
    callback_id = await sandbox.press(MINA, sent["message_id"], "buy:7")
    (update,) = await sandbox.updates()
    query = update["callback_query"]
    assert (query["id"], query["data"], query["from"]["id"]) == (callback_id, "buy:7", MINA)
    assert query["message"] == sent
    assert query["chat_instance"]


async def test_a_press_under_way_may_find_its_button_gone(sandbox: Sandbox) -> None:
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="Buy?", reply_markup=keyboard(button("buy")))
    place = {"chat_id": MINA, "message_id": sent["message_id"]}
    await sandbox.call("editMessageReplyMarkup", **place)
    stale = {"message_id": sent["message_id"], "data": "buy"}
    assert await sandbox.post_status(f"/chat/{MINA}/press", **stale) == 404
    await sandbox.press(MINA, sent["message_id"], "buy", force=True)
    await sandbox.call("deleteMessage", **place)
    await sandbox.press(MINA, sent["message_id"], "buy", force=True)
    pressed = [update["callback_query"]["message"] for update in await sandbox.updates()]
    assert "reply_markup" not in pressed[0]
    assert (pressed[1]["message_id"], pressed[1]["date"]) == (sent["message_id"], 0)


async def test_an_edited_message_reaches_the_bot(sandbox: Sandbox) -> None:
    said = await sandbox.say(MINA, "helo")
    await sandbox.post(f"/chat/{MINA}/edit", message_id=said, text="hello")
    edited = (await sandbox.updates())[-1]["edited_message"]
    assert (edited["message_id"], edited["text"], edited["edit_date"]) == (said, "hello", sandbox.clock.now)
    assert (await sandbox.history(MINA))[-1]["edited"] == sandbox.clock.now


async def test_blocking_reaches_the_bot_and_stops_the_person_too(sandbox: Sandbox) -> None:
    assert (await sandbox.post(f"/chat/{MINA}/block", blocked=True))["blocked"] is True
    await sandbox.post(f"/chat/{MINA}/block", blocked=True)
    (update,) = await sandbox.updates()
    change = update["my_chat_member"]
    assert (change["old_chat_member"]["status"], change["new_chat_member"]["status"]) == ("member", "kicked")
    assert await sandbox.post_status(f"/chat/{MINA}/message", text="x") == 409
    await sandbox.post(f"/chat/{MINA}/block", blocked=False)
    change = (await sandbox.updates())[-1]["my_chat_member"]
    assert (change["old_chat_member"]["status"], change["new_chat_member"]["status"]) == ("kicked", "member")
    await sandbox.say(MINA, "back")


@pytest.mark.parametrize(("kind", "data"), [("photo", PNG), ("document", b"rows")])
async def test_files_of_people_reach_the_bot(sandbox: Sandbox, kind: str, data: bytes) -> None:
    form = aiohttp.FormData({"kind": kind, "caption": "see 😀"})
    form.add_field("file", data, filename="proof.png", content_type="image/png")
    async with sandbox.session.post(f"{sandbox.url}/chat/{MINA}/upload", data=form) as response:
        assert response.status == 200
    message = (await sandbox.updates())[0]["message"]
    file = message["photo"][-1] if kind == "photo" else message["document"]
    assert (message["caption"], file["file_size"]) == ("see 😀", len(data))
    assert (await sandbox.call("getFile", file_id=file["file_id"]))["file_size"] == len(data)
    shown = (await sandbox.history(MINA))[-1]
    assert shown[kind]["file_id"] == file["file_id"]


async def test_a_broken_upload_is_refused(sandbox: Sandbox) -> None:
    for kind, data in (("photo", b"no picture"), ("video", PNG)):
        form = aiohttp.FormData({"kind": kind})
        form.add_field("file", data, filename="x")
        async with sandbox.session.post(f"{sandbox.url}/chat/{MINA}/upload", data=form) as response:
            assert response.status == 400
            assert (await response.json())["error"]


async def test_the_page_is_told_everything_as_it_happens(sandbox: Sandbox) -> None:
    async with page(sandbox, MINA) as mina:
        snapshot = await mina.event("snapshot")
        assert [message["text"] for message in snapshot["messages"]] == ["/start"]
        said = await sandbox.say(MINA, "hello")
        assert (await mina.event("message"))["message"]["message_id"] == said
        await sandbox.call("sendChatAction", chat_id=MINA, action="typing")
        assert (await mina.event("typing"))["action"] == "typing"
        sent = await sandbox.call("sendMessage", chat_id=MINA, text="Buy?", reply_markup=keyboard(button("a")))
        assert (await mina.event("message"))["message"]["keyboard"] == [[button("a")]]
        press = await sandbox.press(MINA, sent["message_id"], "a")
        await sandbox.call("answerCallbackQuery", callback_query_id=press, text="Done", show_alert=True)
        answer = {"callback_id": press, "text": "Done", "show_alert": True, "url": None}
        assert await mina.event("callback_answer") == {"type": "callback_answer", **answer}
        place = {"chat_id": MINA, "message_id": sent["message_id"]}
        await sandbox.call("editMessageText", **place, text="Bought")
        assert (await mina.event("edit"))["message"]["text"] == "Bought"
        await sandbox.call("pinChatMessage", **place)
        assert (await mina.event("pinned"))["message_id"] == sent["message_id"]
        await sandbox.call("setMessageReaction", **place, reaction=[{"type": "emoji", "emoji": "🎉"}])
        assert await mina.event("reaction") == {
            "type": "reaction",
            "message_id": sent["message_id"],
            "emoji": "🎉",
        }
        await sandbox.call("deleteMessage", **place)
        assert (await mina.event("delete"))["message_id"] == sent["message_id"]
        assert (await mina.event("pinned"))["message_id"] is None
        choices = {"keyboard": [[{"text": "Yes"}]]}
        await sandbox.call("sendMessage", chat_id=MINA, text="?", reply_markup=choices)
        await mina.event("message")
        assert (await mina.event("reply_keyboard"))["keyboard"] == choices
        await sandbox.call("setMyCommands", commands=[{"command": "help", "description": "Help"}])
        assert (await mina.event("commands"))["commands"] == [{"command": "help", "description": "Help"}]
        await sandbox.post(f"/chat/{MINA}/block", blocked=True)
        assert (await mina.event("blocked"))["blocked"] is True


async def test_nobody_is_told_about_another_chat(sandbox: Sandbox) -> None:
    async with page(sandbox, MINA) as mina, page(sandbox, THEO) as theo:
        await mina.event("snapshot")
        await theo.event("snapshot")
        await sandbox.say(THEO, "for the bot")
        await sandbox.say(MINA, "mine")
        assert (await mina.event("message"))["message"]["text"] == "mine"
        assert (await theo.event("message"))["message"]["text"] == "for the bot"


async def test_the_page_is_told_when_the_bot_comes_and_goes() -> None:
    async with running_sandbox(TelegramConfig(online_grace=0)) as sandbox, page(sandbox, MINA) as mina:
        assert (await mina.event("snapshot"))["online"] is False
        await sandbox.updates()
        assert (await mina.event("bot"))["online"] is True
        assert (await mina.event("bot"))["online"] is False


async def test_the_drawer_is_empty_alone(sandbox: Sandbox) -> None:
    assert await sandbox.get("/drawer") == {"panels": [], "bot": {"running": False, "controllable": False}}
    assert await sandbox.post_status("/drawer/bot/kill") == 404


async def test_the_drawer_steers_the_bot_it_was_given() -> None:
    deeds: list[str] = []

    async def running() -> bool:
        return bool(deeds) and deeds[-1] == "start"

    async def kill() -> None:
        deeds.append("kill")

    async def stop() -> None:
        deeds.append("stop")

    async def start() -> None:
        deeds.append("start")

    drawer = Drawer(kill, stop, start, running, panels=(PanelLink("Northwind", "/panels/northwind"),))
    async with running_sandbox(TelegramConfig(drawer=drawer)) as sandbox:
        for deed in ("start", "kill", "start", "stop"):
            assert await sandbox.post(f"/drawer/bot/{deed}") == {"running": deed == "start"}
        assert deeds == ["start", "kill", "start", "stop"]
        assert await sandbox.get("/drawer") == {
            "panels": [{"name": "Northwind", "url": "/panels/northwind"}],
            "bot": {"running": False, "controllable": True},
        }


async def test_the_page_itself_is_served(sandbox: Sandbox) -> None:
    async with sandbox.session.get(f"{sandbox.url}/") as response:
        assert (response.status, response.content_type) == (200, "text/html")
