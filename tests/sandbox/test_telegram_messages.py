"""What the bot puts into a chat, changes and takes out again, as both sides see it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.sandbox.telegram_kit import IRIS, MINA, PNG, TOKEN, Sandbox, button, keyboard, running_sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.mark.parametrize("way", ["query", "form", "json", "multipart"])
async def test_a_call_may_come_in_four_ways(sandbox: Sandbox, way: str) -> None:
    fields = {
        "chat_id": str(MINA),
        "text": "😀 hi",
        "reply_markup": '{"inline_keyboard":[[{"text":"a","callback_data":"b"}]]}',
    }
    url = f"{sandbox.bot_url}/sendMessage"
    match way:
        case "query":
            request = sandbox.session.get(url, params=fields)
        case "form":
            request = sandbox.session.post(url, data=fields)
        case "json":
            request = sandbox.session.post(url, json=fields)
        case _:
            form = aiohttp.FormData(fields)
            form.add_field("unused", b"x", filename="x.bin")
            request = sandbox.session.post(url, data=form)
    async with request as response:
        sent = (await response.json())["result"]
    assert sent["text"] == "😀 hi"
    assert sent["reply_markup"] == keyboard(button("b", "a"))
    assert (sent["from"]["is_bot"], sent["chat"]["id"], sent["chat"]["type"]) == (True, MINA, "private")


async def test_the_page_sees_what_the_bot_sent(sandbox: Sandbox) -> None:
    rows = keyboard(button("a"), {"text": "Open", "url": "https://example.org", "style": "primary"})
    sent = await sandbox.call(
        "sendMessage",
        chat_id=MINA,
        text="<b>5 &lt; 6</b>",
        parse_mode="HTML",
        reply_markup=rows,
        disable_notification=True,
    )
    shown = (await sandbox.history(MINA))[-1]
    assert shown["html"] == "<b>5 &lt; 6</b>"
    assert (shown["text"], shown["from"], shown["silent"], shown["edited"]) == ("5 < 6", "bot", True, None)
    assert shown["keyboard"] == [[button("a"), {"text": "Open", "style": "primary", "url": "https://example.org/"}]]
    assert shown["message_id"] == sent["message_id"]
    assert [message["text"] for message in await sandbox.history(IRIS)] == ["/start"]


async def test_an_edit_without_markup_takes_the_keyboard_away(sandbox: Sandbox) -> None:
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="a", reply_markup=keyboard(button("a")))
    place = {"chat_id": MINA, "message_id": sent["message_id"]}
    kept = await sandbox.call("editMessageText", **place, text="b", reply_markup=keyboard(button("a")))
    assert kept["reply_markup"] == keyboard(button("a"))
    assert kept["edit_date"] == sandbox.clock.now
    gone = await sandbox.call("editMessageText", **place, text="c")
    assert "reply_markup" not in gone
    back = await sandbox.call("editMessageReplyMarkup", **place, reply_markup=keyboard(button("z")))
    assert (back["text"], back["reply_markup"]) == ("c", keyboard(button("z")))


async def test_reply_keyboards_stay_with_the_chat_and_are_never_echoed(sandbox: Sandbox) -> None:
    async def shown() -> object:
        return (await sandbox.get(f"/chat/{MINA}/history"))["reply_keyboard"]

    markup = {"keyboard": [["Yes", {"text": "No"}]], "resize_keyboard": True, "input_field_placeholder": "Well?"}
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="a", reply_markup=markup)
    assert "reply_markup" not in sent
    expected = {**markup, "keyboard": [[{"text": "Yes"}, {"text": "No"}]]}
    assert await shown() == expected
    await sandbox.call("sendMessage", chat_id=MINA, text="b", reply_markup=keyboard(button("a")))
    await sandbox.call("sendMessage", chat_id=MINA, text="c")
    assert await shown() == expected
    await sandbox.call("sendMessage", chat_id=MINA, text="d", reply_markup={"remove_keyboard": True})
    assert await shown() is None
    await sandbox.call("sendMessage", chat_id=MINA, text="e", reply_markup={"force_reply": True})
    assert await shown() == {"force_reply": True}
    await sandbox.say(MINA, "there")
    assert await shown() is None


async def test_a_reply_shows_the_message_with_its_buttons(sandbox: Sandbox) -> None:
    sent = await sandbox.call("sendMessage", chat_id=IRIS, text="Order 5", reply_markup=keyboard(button("a")))
    await sandbox.say(IRIS, "done", reply_to=sent["message_id"])
    (update,) = await sandbox.updates()
    replied = update["message"]["reply_to_message"]
    assert (replied["message_id"], replied["reply_markup"]) == (sent["message_id"], keyboard(button("a")))
    back = await sandbox.call(
        "sendMessage",
        chat_id=IRIS,
        text="ok",
        reply_parameters={"message_id": update["message"]["message_id"]},
    )
    assert back["reply_to_message"]["text"] == "done"
    assert "reply_to_message" not in back["reply_to_message"]
    assert (await sandbox.history(IRIS))[-1]["reply_to"]["text"] == "done"
    lenient = {"message_id": 1, "allow_sending_without_reply": True}
    alone = await sandbox.call("sendMessage", chat_id=IRIS, text="ok", reply_parameters=lenient)
    assert "reply_to_message" not in alone


async def test_several_messages_are_deleted_at_once_and_missing_ones_do_not_matter(sandbox: Sandbox) -> None:
    sent = [await sandbox.call("sendMessage", chat_id=MINA, text=text) for text in "abc"]
    ids = [message["message_id"] for message in sent[:2]]
    assert await sandbox.call("deleteMessages", chat_id=MINA, message_ids=[*ids, 1]) is True
    assert [message["text"] for message in await sandbox.history(MINA)] == ["/start", "c"]


async def upload(sandbox: Sandbox, method: str, field: str, data: bytes, **fields: str) -> dict[str, object]:
    form = aiohttp.FormData({"chat_id": str(MINA), **fields}, quote_fields=False)
    form.add_field(field, data, filename="report é.txt", content_type="text/plain")
    async with sandbox.session.post(f"{sandbox.bot_url}/{method}", data=form) as response:
        body: dict[str, object] = await response.json()
        return body


async def test_a_document_is_uploaded_reused_and_downloaded(sandbox: Sandbox) -> None:
    body = await upload(sandbox, "sendDocument", "document", b"rows", caption="<i>Report</i>", parse_mode="HTML")
    sent = body["result"]
    assert isinstance(sent, dict)
    document = sent["document"]
    assert (document["file_name"], document["file_size"], sent["caption"]) == ("report é.txt", 4, "Report")
    again = await sandbox.call("sendDocument", chat_id=IRIS, document=document["file_id"])
    assert again["document"] == document
    file = await sandbox.call("getFile", file_id=document["file_id"])
    async with sandbox.session.get(f"{sandbox.url}/file/bot{TOKEN}/{file['file_path']}") as response:
        assert await response.read() == b"rows"
    async with sandbox.session.get(f"{sandbox.url}/chat/files/{document['file_id']}") as response:
        assert await response.read() == b"rows"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Disposition"].startswith("attachment")
    refusal = await sandbox.refusal("sendPhoto", chat_id=MINA, photo=document["file_id"])
    assert refusal == (400, "Bad Request: can't use file of type Document as Photo")


async def test_a_photo_is_measured_and_something_else_is_refused(sandbox: Sandbox) -> None:
    body = await upload(sandbox, "sendPhoto", "photo", PNG)
    sent = body["result"]
    assert isinstance(sent, dict)
    (size,) = sent["photo"]
    assert (size["width"], size["height"], size["file_size"]) == (2, 3, len(PNG))
    assert (await sandbox.history(MINA))[-1]["photo"]["file_id"] == size["file_id"]
    broken = await upload(sandbox, "sendPhoto", "photo", b"no picture")
    assert broken["description"] == "Bad Request: IMAGE_PROCESS_FAILED"
    empty = await upload(sandbox, "sendDocument", "document", b"")
    assert empty["description"] == "Bad Request: file must be non-empty"
    long = await upload(sandbox, "sendPhoto", "photo", PNG, caption="x" * 1025)
    assert long["description"] == "Bad Request: message caption is too long"


async def test_captions_and_media_are_edited_in_their_own_ways(sandbox: Sandbox) -> None:
    body = await upload(sandbox, "sendPhoto", "photo", PNG, caption="a")
    sent = body["result"]
    assert isinstance(sent, dict)
    place = {"chat_id": MINA, "message_id": sent["message_id"]}
    changed = await sandbox.call("editMessageCaption", **place, caption="b", reply_markup=keyboard(button("x")))
    assert (changed["caption"], changed["reply_markup"]) == ("b", keyboard(button("x")))
    refusal = await sandbox.refusal("editMessageText", **place, text="c")
    assert refusal == (400, "Bad Request: there is no text in the message to edit")
    text = await sandbox.call("sendMessage", chat_id=MINA, text="plain")
    bare = {"chat_id": MINA, "message_id": text["message_id"]}
    refusal = await sandbox.refusal("editMessageCaption", **bare, caption="c")
    assert refusal == (400, "Bad Request: there is no caption in the message to edit")
    media = {"type": "photo", "media": sent["photo"][0]["file_id"], "caption": "now a photo"}
    swapped = await sandbox.call("editMessageMedia", **bare, media=media)
    assert (swapped["caption"], swapped["photo"]) == ("now a photo", sent["photo"])


async def test_a_message_is_copied_without_and_forwarded_with_its_origin(sandbox: Sandbox) -> None:
    asked = await sandbox.say(MINA, "where is my order?")
    source = {"chat_id": IRIS, "from_chat_id": MINA, "message_id": asked}
    forwarded = await sandbox.call("forwardMessage", **source)
    assert forwarded["forward_origin"]["sender_user"]["id"] == MINA
    copied = await sandbox.call("copyMessage", **source)
    shown = await sandbox.history(IRIS)
    assert [message["text"] for message in shown[-2:]] == ["where is my order?"] * 2
    assert shown[-1]["message_id"] == copied["message_id"]
    assert [message["forwarded"] for message in shown[-2:]] == [True, False]
    gone = {**source, "message_id": 1}
    assert await sandbox.refusal("copyMessage", **gone) == (400, "Bad Request: message to copy not found")
    assert await sandbox.refusal("forwardMessage", **gone) == (400, "Bad Request: message to forward not found")


async def test_messages_are_pinned_and_reacted_to(sandbox: Sandbox) -> None:
    asked = await sandbox.say(MINA, "hi")
    place = {"chat_id": MINA, "message_id": asked}
    await sandbox.call("setMessageReaction", **place, reaction=[{"type": "emoji", "emoji": "👍"}])
    assert (await sandbox.history(MINA))[-1]["reaction"] == "👍"
    await sandbox.call("setMessageReaction", **place, reaction=[])
    assert (await sandbox.history(MINA))[-1]["reaction"] is None
    refusal = await sandbox.refusal("setMessageReaction", **place, reaction=[{"type": "emoji", "emoji": "no"}])
    assert refusal == (400, "Bad Request: REACTION_INVALID")
    await sandbox.call("pinChatMessage", **place)
    assert (await sandbox.get(f"/chat/{MINA}/history"))["pinned"] == asked
    assert (await sandbox.call("getChat", chat_id=MINA))["pinned_message"]["text"] == "hi"
    await sandbox.call("unpinChatMessage", chat_id=MINA)
    refusal = await sandbox.refusal("unpinChatMessage", chat_id=MINA)
    assert refusal == (400, "Bad Request: message to unpin not found")
