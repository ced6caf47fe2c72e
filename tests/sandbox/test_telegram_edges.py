"""The corners: what is missing, misshapen or of an unusual kind."""

import io
import struct
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox.telegram.events import Hub
from bot.sandbox.telegram.files import MAX_PHOTO, MAX_UPLOAD, image_size
from tests.sandbox.telegram_kit import MINA, PNG, TOKEN, Sandbox, button, keyboard, running_sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.mark.parametrize(
    ("method", "params", "description"),
    [
        ("editMessageText", {"text": "x", "chat_id": None}, "message identifier is not specified"),
        ("editMessageMedia", {"message_id": 1, "media": []}, "can't parse InputMedia: Object expected as InputMedia"),
        (
            "editMessageMedia",
            {"message_id": 1, "media": {"type": "hologram"}},
            'type "hologram" is unsupported as InputMedia',
        ),
        ("deleteMessage", {"message_id": 1, "chat_id": ""}, "chat identifier is not specified"),
        ("deleteMessage", {}, "message identifier is not specified"),
        ("deleteMessages", {"message_ids": []}, "message identifiers are not specified"),
        ("deleteMessages", {"message_ids": list(range(101))}, "too many message identifiers specified"),
        ("pinChatMessage", {"message_id": 1}, "message to pin not found"),
        ("setMessageReaction", {"message_id": 1, "reaction": []}, "message to react not found"),
        ("sendChatAction", {"action": "juggling"}, "wrong parameter action in request"),
        ("sendPhoto", {}, "there is no photo in the request"),
        ("sendPhoto", {"photo": "https://example.org/a.png"}, "failed to get HTTP URL content"),
        ("sendDocument", {"document": "nothing"}, "wrong file identifier/HTTP URL specified"),
        ("getFile", {}, "file_id not specified"),
        ("getFile", {"file_id": "nothing"}, "invalid file_id"),
        ("getChat", {"chat_id": 5}, "chat not found"),
        ("setMyCommands", {"commands": {}}, "expected an Array of BotCommand"),
        ("setMyCommands", {"commands": ["x"]}, "can't parse BotCommand: expected an Object"),
        ("getMyCommands", {"scope": []}, "can't parse BotCommandScope: BotCommandScope must be an Object"),
        ("getMyCommands", {"scope": {"type": "x"}}, "can't parse BotCommandScope: Unsupported type specified"),
        ("getMyCommands", {"scope": {"type": "chat"}}, "can't parse BotCommandScope: Empty chat_id specified"),
        ("getMyCommands", {"language_code": "english"}, "invalid language code specified"),
        ("setMyName", {"name": "x" * 65}, "BOT_TITLE_INVALID"),
        ("setMyDescription", {"description": "x" * 513}, "BOT_DESCRIPTION_TOO_LONG"),
        ("setMyShortDescription", {"short_description": "x" * 121}, "ABOUT_TOO_LONG"),
        (
            "setChatMenuButton",
            {"menu_button": {"type": "x"}},
            "can't parse menu button: MenuButton has unsupported type",
        ),
        (
            "setChatMenuButton",
            {"menu_button": {"type": "web_app", "text": "x", "web_app": {"url": "http://example.org"}}},
            "menu button Web App URL is invalid: Only HTTPS links are allowed",
        ),
    ],
)
async def test_calls_that_make_no_sense_are_refused(
    sandbox: Sandbox, method: str, params: dict[str, Any], description: str
) -> None:
    given = {"chat_id": MINA, **params}
    assert await sandbox.refusal(method, **given) == (400, f"Bad Request: {description}")


async def test_protected_messages_stay_where_they_are(sandbox: Sandbox) -> None:
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="x", protect_content=True)
    assert sent["has_protected_content"] is True
    source = {"chat_id": MINA, "from_chat_id": MINA, "message_id": sent["message_id"]}
    assert await sandbox.refusal("copyMessage", **source) == (400, "Bad Request: message can't be copied")
    assert await sandbox.refusal("forwardMessage", **source) == (400, "Bad Request: message can't be forwarded")


async def test_a_changed_link_preview_is_a_change(sandbox: Sandbox) -> None:
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="https://example.org/")
    place = {"chat_id": MINA, "message_id": sent["message_id"], "text": "https://example.org/"}
    changed = await sandbox.call("editMessageText", **place, link_preview_options={"is_disabled": True})
    assert changed["link_preview_options"] == {"is_disabled": True}
    assert (await sandbox.refusal("editMessageText", **place, disable_web_page_preview=True))[0] == 400


async def test_unpinning_everything_and_all_pages_know(sandbox: Sandbox) -> None:
    for text in "ab":
        sent = await sandbox.call("sendMessage", chat_id=MINA, text=text)
        await sandbox.call("pinChatMessage", chat_id=MINA, message_id=sent["message_id"])
        await sandbox.call("pinChatMessage", chat_id=MINA, message_id=sent["message_id"])
    await sandbox.call("unpinChatMessage", chat_id=MINA, message_id=sent["message_id"])
    assert (await sandbox.call("getChat", chat_id=MINA))["pinned_message"]["text"] == "a"
    await sandbox.call("unpinAllChatMessages", chat_id=MINA)
    assert "pinned_message" not in await sandbox.call("getChat", chat_id=MINA)


async def test_a_mention_of_a_person_carries_the_person(sandbox: Sandbox) -> None:
    text = (
        '<a href="tg://user?id=9001">Iris</a> <tg-emoji emoji-id="7">😀</tg-emoji> '
        '<pre><code class="language-py">x</code></pre>'
    )
    sent = await sandbox.call("sendMessage", chat_id=MINA, text=text, parse_mode="HTML")
    mention, emoji, code = sent["entities"]
    assert (mention["type"], mention["user"]["first_name"]) == ("text_mention", "Iris")
    assert (emoji["custom_emoji_id"], code["language"]) == ("7", "py")


async def test_a_press_needs_a_person_who_has_not_blocked_the_bot(sandbox: Sandbox) -> None:
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="x", reply_markup=keyboard(button("a")))
    await sandbox.post(f"/chat/{MINA}/block", blocked=True)
    press = {"message_id": sent["message_id"], "data": "a"}
    assert await sandbox.post_status(f"/chat/{MINA}/press", **press) == 409


async def test_misshapen_people_requests_are_refused(sandbox: Sandbox) -> None:
    assert await sandbox.post_status(f"/chat/{MINA}/message", text="x", reply_to="soon") == 400
    assert await sandbox.post_status("/chat/people", first_name="X", id="x") == 400
    async with sandbox.session.post(f"{sandbox.url}/chat/{MINA}/message", data=b"{") as response:
        assert response.status == 400


async def test_files_need_a_token_and_a_known_path(sandbox: Sandbox) -> None:
    for token, status in ((TOKEN, 404), ("nonsense", 404), ("0:x", 401)):
        async with sandbox.session.get(f"{sandbox.url}/file/bot{token}/documents/none.txt") as response:
            assert response.status == status


async def test_a_photo_of_a_person_is_shown_as_what_it_is(sandbox: Sandbox) -> None:
    form = aiohttp.FormData({"kind": "photo"})
    form.add_field("file", PNG, filename="x.html", content_type="text/html")
    async with sandbox.session.post(f"{sandbox.url}/chat/{MINA}/upload", data=form) as response:
        assert response.status == 200
    photo = (await sandbox.history(MINA))[-1]["photo"]
    async with sandbox.session.get(f"{sandbox.url}/chat/files/{photo['file_id']}") as response:
        assert response.content_type == "image/png"


@pytest.mark.parametrize(
    ("field", "size", "status", "description"),
    [
        ("photo", MAX_PHOTO + 1, 400, "Bad Request: file is too big"),
        ("document", MAX_UPLOAD + 1, 413, "Request Entity Too Large"),
        ("document", MAX_UPLOAD + 2_000_000, 413, "Request Entity Too Large"),
    ],
)
async def test_files_that_are_too_large_are_refused(
    sandbox: Sandbox, field: str, size: int, status: int, description: str
) -> None:
    form = aiohttp.FormData({"chat_id": str(MINA)})
    form.add_field(field, io.BytesIO(bytes(size)), filename="x.bin")
    url = f"{sandbox.bot_url}/send{field.title()}"
    async with sandbox.session.post(url, data=form) as response:
        assert (response.status, (await response.json())["description"]) == (status, description)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (PNG, (2, 3)),
        (b"GIF89a" + struct.pack("<HH", 4, 5), (4, 5)),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08" + struct.pack(">HH", 7, 6) + b"\x03", (6, 7)),
        (b"\xff\xd8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", None),
        (b"\xff\xd8\xff", None),
        (b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0" + bytes([7, 0, 0, 8, 0, 0]), (8, 9)),
        (b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + struct.pack("<I", 9 | 10 << 14) + b"\0" * 9, (10, 11)),
        (b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 10 + struct.pack("<HH", 12, 13), (12, 13)),
        (b"RIFF\0\0\0\0WEBPVP8?" + b"\0" * 14, None),
        (b"", None),
    ],
)
def test_pictures_are_measured(data: bytes, size: tuple[int, int] | None) -> None:
    assert image_size(data) == size


async def test_a_page_too_far_behind_is_cut_off() -> None:
    hub = Hub()
    listener = hub.join(MINA)
    for _ in range(10_005):
        hub.publish(MINA, {"type": "typing", "action": "typing"})
    events = [await listener.next() for _ in range(10_001)]
    assert events[-1] is None
    assert None not in events[:-1]
