from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox.telegram import Person, TelegramConfig, serve_telegram
from tests.sandbox.memory_kit import left_behind
from tests.sandbox.telegram_kit import MINA, PNG, THEO, HandClock, Sandbox, button, keyboard


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "telegram.json"


@asynccontextmanager
async def serving(memory: Path, **settings: Any) -> AsyncIterator[Sandbox]:
    """A server in which nobody has done anything that the memory does not tell of."""
    clock = HandClock()
    config = TelegramConfig(memory=memory, clock=clock, **settings)
    async with serve_telegram(config) as url, aiohttp.ClientSession() as session:
        yield Sandbox(session, url, clock)


async def confirm_all(sandbox: Sandbox) -> None:
    await sandbox.updates(offset=(await sandbox.updates())[-1]["update_id"] + 1)


async def send_file(sandbox: Sandbox, method: str, kind: str, caption: str) -> dict[str, Any]:
    form = aiohttp.FormData({"chat_id": str(MINA), "caption": caption})
    form.add_field(kind, PNG, filename="two-by-three.png", content_type="image/png")
    async with sandbox.session.post(f"{sandbox.bot_url}/{method}", data=form) as response:
        result: dict[str, Any] = (await response.json())["result"]
        return result


async def file_bytes(sandbox: Sandbox, file_id: str) -> bytes:
    async with sandbox.session.get(f"{sandbox.url}/chat/files/{file_id}") as response:
        assert response.status == 200
        return await response.read()


async def test_a_restarted_server_shows_the_same_chats(memory: Path):
    async with serving(memory) as sandbox:
        said = await sandbox.say(MINA, "/start")
        await sandbox.call(
            "sendMessage",
            chat_id=MINA,
            text="<b>Hello</b> 👋 <code>x</code>",
            parse_mode="HTML",
            reply_parameters={"message_id": said},
            reply_markup=keyboard(button("one"), {"text": "Copy", "copy_text": {"text": "42"}}),
        )
        menu = {"keyboard": [["Catalogue", "Orders"]], "resize_keyboard": True, "is_persistent": True}
        sent = await sandbox.call("sendMessage", chat_id=MINA, text="Menu", reply_markup=menu)
        await sandbox.call("pinChatMessage", chat_id=MINA, message_id=sent["message_id"])
        await sandbox.call("setMessageReaction", chat_id=MINA, message_id=said, reaction=[{"emoji": "👍"}])
        await sandbox.call("forwardMessage", chat_id=MINA, from_chat_id=MINA, message_id=said)
        await send_file(sandbox, "sendPhoto", "photo", "a photo")
        await send_file(sandbox, "sendDocument", "document", "a document")
        before = await sandbox.get(f"/chat/{MINA}/history")
    async with serving(memory) as sandbox:
        assert await sandbox.get(f"/chat/{MINA}/history") == before
        photo, document = before["messages"][-2]["photo"], before["messages"][-1]["document"]
        for file in (photo, document):
            assert await file_bytes(sandbox, file["file_id"]) == PNG


async def test_the_bot_goes_on_with_what_it_sent(memory: Path):
    async with serving(memory) as sandbox:
        await sandbox.say(MINA, "/start")
        sent = await sandbox.call("sendMessage", chat_id=MINA, text="Old", reply_markup=keyboard(button("go")))
        photo = (await send_file(sandbox, "sendPhoto", "photo", "again"))["photo"][0]["file_id"]
    async with serving(memory) as sandbox:
        same = {"chat_id": MINA, "message_id": sent["message_id"], "reply_markup": keyboard(button("go"))}
        assert "not modified" in (await sandbox.refusal("editMessageText", text="Old", **same))[1]
        await sandbox.call("editMessageText", text="New", **same)
        press = await sandbox.press(MINA, sent["message_id"], "go")
        await sandbox.call("answerCallbackQuery", callback_query_id=press)
        await sandbox.call("sendPhoto", chat_id=MINA, photo=photo)
        path = (await sandbox.call("getFile", file_id=photo))["file_path"]
        async with sandbox.session.get(f"{sandbox.url}/file/bot123456:sandbox-token/{path}") as response:
            assert await response.read() == PNG


async def test_people_are_who_they_were(memory: Path):
    async with serving(memory) as sandbox:
        await sandbox.post("/chat/people", first_name="Nova", username="nova", language_code="tr", role="operator")
        await sandbox.say(THEO, "/start")
        await sandbox.post(f"/chat/{THEO}/block", blocked=True)
        before = await sandbox.get("/chat/people")
    async with serving(memory) as sandbox:
        people = (await sandbox.get("/chat/people"))["people"]
        assert people == before["people"]
        assert [person["first_name"] for person in people] == ["Mina", "Theo", "Iris", "Nova"]
        assert (await sandbox.refusal("sendMessage", chat_id=THEO, text="hi"))[0] == 403
        assert "chat not found" in (await sandbox.refusal("sendMessage", chat_id=MINA, text="hi"))[1]


async def test_the_configuration_says_who_its_people_are(memory: Path):
    async with serving(memory) as sandbox:
        await sandbox.say(MINA, "still here")
    async with serving(memory, people=(Person(MINA, "Wilhelmina"), Person(5, "Nova"))) as sandbox:
        people = (await sandbox.get("/chat/people"))["people"]
        assert [person["first_name"] for person in people] == ["Wilhelmina", "Nova", "Theo", "Iris"]
        assert [message["text"] for message in await sandbox.history(MINA)] == ["still here"]


async def test_the_profile_stays(memory: Path):
    async with serving(memory) as sandbox:
        await sandbox.say(MINA, "/start")
        await sandbox.call("setMyName", name="Shop")
        await sandbox.call("setMyDescription", description="Sells", language_code="")
        await sandbox.call("setMyShortDescription", short_description="Satar", language_code="tr")
        own = {"commands": [{"command": "desk", "description": "Desk"}], "scope": {"type": "chat", "chat_id": MINA}}
        await sandbox.call("setMyCommands", **own)
        await sandbox.call("setMyCommands", commands=[{"command": "start", "description": "Start"}])
        await sandbox.call("setChatMenuButton", menu_button={"type": "commands"})
    async with serving(memory) as sandbox:
        assert await sandbox.call("getMyName") == {"name": "Shop"}
        assert await sandbox.call("getMyDescription") == {"description": "Sells"}
        assert await sandbox.call("getMyShortDescription", language_code="tr") == {"short_description": "Satar"}
        assert (await sandbox.get(f"/chat/{MINA}/history"))["commands"] == own["commands"]
        assert (await sandbox.get(f"/chat/{THEO}/history"))["commands"][0]["command"] == "start"
        assert (await sandbox.get(f"/chat/{THEO}/history"))["menu"] == {"type": "commands"}


async def test_what_was_said_while_the_bot_was_away_arrives_after_the_restart_and_once(memory: Path):
    async with serving(memory) as sandbox:
        await sandbox.say(MINA, "/start")
        sent = await sandbox.call("sendMessage", chat_id=MINA, text="Press", reply_markup=keyboard(button("go")))
        await confirm_all(sandbox)
        await sandbox.say(MINA, "are you there?")
        press = await sandbox.press(MINA, sent["message_id"], "go")
        before = await sandbox.updates()
    async with serving(memory) as sandbox:
        assert await sandbox.updates() == before
        assert [next(iter(set(update) - {"update_id"})) for update in before] == ["message", "callback_query"]
        await sandbox.call("answerCallbackQuery", callback_query_id=press)
        await confirm_all(sandbox)
    async with serving(memory) as sandbox:
        assert await sandbox.updates() == []


async def test_a_killed_server_forgets_no_more_than_its_last_second(memory: Path, tmp_path: Path):
    async with serving(memory) as sandbox:
        await sandbox.say(MINA, "/start")
        photo = (await send_file(sandbox, "sendPhoto", "photo", "a receipt"))["photo"][0]["file_id"]
        before = await sandbox.get(f"/chat/{MINA}/history")
        left = await left_behind(memory, tmp_path / "left", lambda text: "a receipt" in text)
        async with serving(left) as next_one:
            assert await next_one.get(f"/chat/{MINA}/history") == before
            assert await file_bytes(next_one, photo) == PNG
            assert [update["message"]["text"] for update in await next_one.updates()] == ["/start"]


async def test_numbers_given_away_in_a_lost_second_are_never_given_away_again(memory: Path):
    messages: list[int] = []
    updates: list[int] = []
    for _ in range(3):
        async with serving(memory) as sandbox:
            kept = memory.read_bytes()
            messages += [await sandbox.say(MINA, "hello") for _ in range(20)]
            updates += [update["update_id"] for update in await sandbox.updates()]
        memory.write_bytes(kept)
    assert len(set(messages)) == len(set(updates)) == 60
    assert messages == sorted(messages)
    assert updates == sorted(updates)


async def test_the_kinds_of_updates_the_bot_wants_are_kept(memory: Path):
    async with serving(memory) as sandbox:
        await sandbox.updates(allowed_updates=["message"])
    async with serving(memory) as sandbox:
        await sandbox.say(MINA, "/start")
        await sandbox.post(f"/chat/{MINA}/block", blocked=True)
        assert [set(update) - {"update_id"} for update in await sandbox.updates()] == [{"message"}]


async def test_webhook_faults_and_journal_are_not_kept(memory: Path):
    async with serving(memory) as sandbox:
        await sandbox.call("setWebhook", url="http://127.0.0.1:9/hook")
        await sandbox.post("/faults", delay_ms=5)
        no_faults = {**await sandbox.get("/faults"), "delay_ms": 0}
    async with serving(memory) as sandbox:
        assert (await sandbox.get("/journal"))["entries"] == []
        assert await sandbox.get("/faults") == no_faults
        assert (await sandbox.call("getWebhookInfo"))["url"] == ""


async def test_a_lost_file_takes_no_message_with_it_and_can_be_sent_again(
    memory: Path, caplog: pytest.LogCaptureFixture
):
    async with serving(memory) as sandbox:
        await sandbox.say(MINA, "/start")
        photo = (await send_file(sandbox, "sendPhoto", "photo", "a receipt"))["photo"][0]["file_id"]
    (memory.with_suffix(".files") / photo).unlink()
    async with serving(memory) as sandbox:
        assert "lost a file" in caplog.text
        assert [message["text"] for message in await sandbox.history(MINA)] == ["/start", "a receipt"]
        assert await file_bytes(sandbox, photo) == b""
        await send_file(sandbox, "sendPhoto", "photo", "once more")
        assert await file_bytes(sandbox, photo) == PNG


async def test_a_damaged_memory_is_set_aside(memory: Path, caplog: pytest.LogCaptureFixture):
    memory.write_text('{"format": 1, "chats": [{"person"')
    async with serving(memory) as sandbox:
        assert len((await sandbox.get("/chat/people"))["people"]) == 3
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert memory.with_name("telegram.json.damaged").read_text().endswith('"person"')
