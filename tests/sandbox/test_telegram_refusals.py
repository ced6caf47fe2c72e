"""Everything Telegram refuses, the sandbox refuses in the same words."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.sandbox.telegram_kit import IRIS, MINA, THEO, TOKEN, Sandbox, button, keyboard, running_sandbox

NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
STALE = "Bad Request: query is too old and response timeout expired or query ID is invalid"
PARSE = "Bad Request: can't parse entities: "


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.mark.parametrize(
    ("params", "description"),
    [
        ({"text": ""}, "Bad Request: message text is empty"),
        ({}, "Bad Request: message text is empty"),
        ({"text": "  \n "}, "Bad Request: text must be non-empty"),
        ({"text": "<b> </b>", "parse_mode": "HTML"}, "Bad Request: text must be non-empty"),
        ({"text": "x" * 4097}, "Bad Request: message is too long"),
        ({"text": "x" * 32_769}, "Bad Request: text is too long"),
        ({"text": "x", "parse_mode": "BBCode"}, "Bad Request: unsupported parse_mode"),
        ({"text": "x", "chat_id": ""}, "Bad Request: chat_id is empty"),
        ({"text": "x", "chat_id": 424242}, "Bad Request: chat not found"),
        ({"text": "x", "chat_id": THEO}, "Bad Request: chat not found"),
        ({"text": "x", "chat_id": "@nobody"}, "Bad Request: chat not found"),
        ({"text": "x", "chat_id": -1}, "Bad Request: chat not found"),
        ({"text": "x", "reply_parameters": {"message_id": 5}}, "Bad Request: message to be replied not found"),
        ({"text": "x", "reply_to_message_id": 5}, "Bad Request: message to be replied not found"),
    ],
)
async def test_a_message_telegram_would_not_send_is_refused(
    sandbox: Sandbox, params: dict[str, Any], description: str
) -> None:
    assert await sandbox.refusal("sendMessage", **{"chat_id": MINA, **params}) == (400, description)
    assert len(await sandbox.history(MINA)) == 1


@pytest.mark.parametrize(
    ("mode", "text", "reason"),
    [
        ("HTML", "<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("HTML", "<b><i>test</b></i>", 'Unmatched end tag at byte offset 10, expected "</i>", found "</b>"'),
        ("HTML", "ж</b>", "Unexpected end tag at byte offset 2"),
        ("HTML", "1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("HTML", "<script>x</script>", 'Unsupported start tag "script" at byte offset 0'),
        ("HTML", "😀<b", "Unclosed start tag at byte offset 4"),
        ("HTML", '<a href="x', "Unclosed start tag at byte offset 0"),
        ("HTML", "<b>x</b", "Unclosed end tag at byte offset 4"),
        ("HTML", "<a href>x</a>", 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'),
        ("HTML", "<a =x>x</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ("HTML", "<a href=/x>x</a>", "Unexpected end of name token at byte offset 8"),
        ("HTML", "<span class=red>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("HTML", "<tg-emoji emoji-id='x'>x</tg-emoji>", "Invalid custom emoji identifier specified"),
        ("MarkdownV2", "hello.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("MarkdownV2", "a-b", "Character '-' is reserved and must be escaped with the preceding '\\'"),
        ("MarkdownV2", "a > b", "Character '>' is reserved and must be escaped with the preceding '\\'"),
        ("MarkdownV2", "*unclosed", "Can't find end of Bold entity at byte offset 0"),
        ("MarkdownV2", "*bold _italic\\_*", "Can't find end of Bold entity at byte offset 15"),
        ("MarkdownV2", "é `x", "Can't find end of Code entity at byte offset 3"),
        ("MarkdownV2", "[x](http://example.org", "Can't find end of a URL at byte offset 4"),
        ("MarkdownV2", "![x]", "Custom emoji entity must contain a tg://emoji URL"),
        ("Markdown", "*unclosed", "Can't find end of the entity starting at byte offset 0"),
    ],
)
async def test_broken_markup_is_refused_with_its_place(sandbox: Sandbox, mode: str, text: str, reason: str) -> None:
    refusal = await sandbox.refusal("sendMessage", chat_id=MINA, text=text, parse_mode=mode)
    assert refusal == (400, PARSE + reason)


@pytest.mark.parametrize(
    ("entity", "description"),
    [
        (
            {"type": "bold", "offset": 9, "length": 1},
            "Bad Request: entity begins after the end of the text at UTF-16 offset 9",
        ),
        (
            {"type": "bold", "offset": 0, "length": 9},
            "Bad Request: entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 9",
        ),
        ({"type": "bold", "offset": -1, "length": 1}, "Bad Request: receive an entity with incorrect offset -1"),
        (
            {"type": "shiny", "offset": 0, "length": 1},
            "Bad Request: can't parse MessageEntity: Unsupported type specified",
        ),
        (
            {"type": "text_link", "offset": 0, "length": 1},
            "Bad Request: can't parse MessageEntity: Can't find field \"url\"",
        ),
        (
            {"type": "text_link", "offset": 0, "length": 1, "url": "nowhere"},
            "Bad Request: entity URL 'nowhere' is invalid: Wrong HTTP URL",
        ),
    ],
)
async def test_entities_that_do_not_fit_the_text_are_refused(
    sandbox: Sandbox, entity: dict[str, Any], description: str
) -> None:
    refusal = await sandbox.refusal("sendMessage", chat_id=MINA, text="hello", entities=[entity])
    assert refusal == (400, description)


@pytest.mark.parametrize(
    ("markup", "description"),
    [
        (keyboard(button("x" * 65)), "Bad Request: BUTTON_DATA_INVALID"),
        (keyboard(button("é" * 33)), "Bad Request: BUTTON_DATA_INVALID"),
        (
            keyboard(button("")),
            "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            keyboard({"text": "nothing to do"}),
            "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            keyboard({"callback_data": "x"}),
            "Bad Request: can't parse inline keyboard button: Can't find field \"text\"",
        ),
        (keyboard(button("x", " ")), "Bad Request: BUTTON_TEXT_INVALID"),
        (keyboard(*[button("x")] * 101), "Bad Request: reply markup is too long"),
        (
            keyboard({"text": "x", "url": "not-a-url"}),
            "Bad Request: inline keyboard button URL 'not-a-url' is invalid: Wrong HTTP URL",
        ),
        (
            keyboard({"text": "x", "url": "http://localhost:8080/"}),
            "Bad Request: inline keyboard button URL 'http://localhost:8080/' is invalid: Wrong HTTP URL",
        ),
        (
            keyboard({"text": "x", "url": "ftp://example.org"}),
            "Bad Request: inline keyboard button URL 'ftp://example.org' is invalid: Unsupported URL protocol",
        ),
        (
            keyboard({"text": "x", "web_app": {"url": "http://example.org"}}),
            (
                "Bad Request: inline keyboard button Web App URL 'http://example.org' is invalid: "
                "Only HTTPS links are allowed"
            ),
        ),
        (keyboard({"text": "x", "copy_text": {"text": ""}}), "Bad Request: BUTTON_COPY_TEXT_INVALID"),
        (keyboard({"text": "x", "copy_text": {"text": "x" * 257}}), "Bad Request: BUTTON_COPY_TEXT_INVALID"),
        (keyboard({"text": "x", "pay": True}), "Bad Request: BUTTON_TYPE_INVALID"),
        (
            keyboard({**button("x"), "style": "loud"}),
            "Bad Request: can't parse inline keyboard button: invalid button style specified",
        ),
        ([], "Bad Request: object expected as reply markup"),
        (
            {"inline_keyboard": [button("x")]},
            'Bad Request: field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
        ),
        ({"keyboard": "x"}, 'Bad Request: field "keyboard" must be an Array of Arrays'),
        ({"keyboard": [[{"text": ""}]]}, "Bad Request: keyboard button text must be non-empty"),
    ],
)
async def test_markup_telegram_would_not_show_is_refused(sandbox: Sandbox, markup: Any, description: str) -> None:
    refusal = await sandbox.refusal("sendMessage", chat_id=MINA, text="x", reply_markup=markup)
    assert refusal == (400, description)


async def test_what_just_fits_is_sent(sandbox: Sandbox) -> None:
    rows = {"inline_keyboard": [[button("x" * 64)] for _ in range(100)]}
    await sandbox.call("sendMessage", chat_id=MINA, text="x" * 4096, reply_markup=rows)
    bold = "<b>" + "x" * 4096 + "</b>"
    await sandbox.call("sendMessage", chat_id=MINA, text=bold, parse_mode="HTML")


async def test_an_edit_that_changes_nothing_is_refused(sandbox: Sandbox) -> None:
    markup = keyboard(button("a"))
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="<b>x</b>", parse_mode="HTML", reply_markup=markup)
    same = {"chat_id": MINA, "message_id": sent["message_id"]}
    text = {"text": "*x*", "parse_mode": "MarkdownV2"}
    assert await sandbox.refusal("editMessageText", **same, **text, reply_markup=markup) == (400, NOT_MODIFIED)
    assert await sandbox.refusal("editMessageReplyMarkup", **same, reply_markup=markup) == (400, NOT_MODIFIED)
    await sandbox.call("editMessageText", **same, **text)
    assert await sandbox.refusal("editMessageReplyMarkup", **same) == (400, NOT_MODIFIED)


async def test_only_the_bots_own_plain_messages_can_be_edited(sandbox: Sandbox) -> None:
    theirs = await sandbox.say(MINA, "hello")
    choices = {"keyboard": [[{"text": "Yes"}]]}
    with_choices = await sandbox.call("sendMessage", chat_id=MINA, text="Well?", reply_markup=choices)
    for message_id in (theirs, with_choices["message_id"]):
        refusal = await sandbox.refusal("editMessageText", chat_id=MINA, message_id=message_id, text="new")
        assert refusal == (400, "Bad Request: message can't be edited")
    refusal = await sandbox.refusal("editMessageText", chat_id=MINA, message_id=1, text="new")
    assert refusal == (400, "Bad Request: message to edit not found")


async def test_an_edit_takes_inline_keyboards_only(sandbox: Sandbox) -> None:
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="x")
    edit = {"chat_id": MINA, "message_id": sent["message_id"], "reply_markup": {"keyboard": [["Yes"]]}}
    refusal = await sandbox.refusal("editMessageText", text="y", **edit)
    assert refusal == (400, "Bad Request: inline keyboard expected")


async def test_a_message_of_another_chat_is_not_found(sandbox: Sandbox) -> None:
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="x")
    elsewhere = {"chat_id": IRIS, "message_id": sent["message_id"]}
    assert await sandbox.refusal("editMessageText", **elsewhere, text="y") == (
        400,
        "Bad Request: message to edit not found",
    )
    assert await sandbox.refusal("deleteMessage", **elsewhere) == (400, "Bad Request: message to delete not found")


async def test_what_is_gone_or_too_old_cannot_be_deleted(sandbox: Sandbox) -> None:
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="x")
    gone = {"chat_id": MINA, "message_id": sent["message_id"]}
    assert await sandbox.call("deleteMessage", **gone) is True
    assert await sandbox.refusal("deleteMessage", **gone) == (400, "Bad Request: message to delete not found")
    old = await sandbox.call("sendMessage", chat_id=MINA, text="y")
    sandbox.clock.now += 48 * 3600 + 1
    refusal = await sandbox.refusal("deleteMessage", chat_id=MINA, message_id=old["message_id"])
    assert refusal == (400, "Bad Request: message can't be deleted for everyone")


async def test_a_press_is_answered_once_in_time_and_briefly(sandbox: Sandbox) -> None:
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="x", reply_markup=keyboard(button("a")))
    press = await sandbox.press(MINA, sent["message_id"], "a")
    too_long = await sandbox.refusal("answerCallbackQuery", callback_query_id=press, text="x" * 201)
    assert too_long == (400, "Bad Request: MESSAGE_TOO_LONG")
    assert await sandbox.call("answerCallbackQuery", callback_query_id=press, text="x" * 200) is True
    assert await sandbox.refusal("answerCallbackQuery", callback_query_id=press) == (400, STALE)
    assert await sandbox.refusal("answerCallbackQuery", callback_query_id="77") == (400, STALE)
    late = await sandbox.press(MINA, sent["message_id"], "a")
    sandbox.clock.now += 150
    assert await sandbox.refusal("answerCallbackQuery", callback_query_id=late) == (400, STALE)


async def test_who_blocked_the_bot_gets_nothing(sandbox: Sandbox) -> None:
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="x")
    await sandbox.post(f"/chat/{MINA}/block", blocked=True)
    blocked = (403, "Forbidden: bot was blocked by the user")
    assert await sandbox.refusal("sendMessage", chat_id=MINA, text="y") == blocked
    assert await sandbox.refusal("sendChatAction", chat_id=MINA, action="typing") == blocked
    edit = {"chat_id": MINA, "message_id": sent["message_id"], "text": "y"}
    assert await sandbox.refusal("editMessageText", **edit) == blocked
    await sandbox.post(f"/chat/{MINA}/block", blocked=False)
    await sandbox.call("sendMessage", chat_id=MINA, text="y")


@pytest.mark.parametrize(
    ("commands", "description"),
    [
        ([{"command": "Start", "description": "x"}], "Bad Request: BOT_COMMAND_INVALID"),
        ([{"command": "a-b", "description": "x"}], "Bad Request: BOT_COMMAND_INVALID"),
        ([{"command": "x" * 33, "description": "x"}], "Bad Request: BOT_COMMAND_INVALID"),
        ([{"command": "x", "description": ""}], "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID"),
        ([{"command": "x", "description": "x" * 257}], "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID"),
        ([{"command": f"x{n}", "description": "x"} for n in range(101)], "Bad Request: BOT_COMMANDS_TOO_MUCH"),
        (
            [{"command": "x"}],
            "Bad Request: can't parse BotCommand: Can't find field \"description\"",
        ),
    ],
)
async def test_commands_outside_the_limits_are_refused(
    sandbox: Sandbox, commands: list[dict[str, str]], description: str
) -> None:
    assert await sandbox.refusal("setMyCommands", commands=commands) == (400, description)
    assert await sandbox.call("getMyCommands") == []


async def test_unknown_methods_and_broken_tokens_are_refused(sandbox: Sandbox) -> None:
    assert await sandbox.refusal("makeCoffee") == (404, "Not Found")
    for token, code, description in (
        ("nonsense", 404, "Not Found"),
        ("0:abc", 401, "Unauthorized: invalid token specified"),
        ("12a:abc", 401, "Unauthorized: invalid token specified"),
        ("12:a%20b", 401, "Unauthorized: invalid token specified"),
    ):
        async with sandbox.session.get(f"{sandbox.url}/bot{token}/getMe") as response:
            body = await response.json()
            assert (response.status, body["description"]) == (code, description)
    async with sandbox.session.get(f"{sandbox.url}/bot{TOKEN}/GETME") as response:
        assert (await response.json())["ok"] is True


async def test_a_body_that_is_no_json_object_is_refused(sandbox: Sandbox) -> None:
    for body in (b"{", b"[]"):
        headers = {"Content-Type": "application/json"}
        async with sandbox.session.post(f"{sandbox.bot_url}/getMe", data=body, headers=headers) as response:
            assert response.status == 400
    for field in ("reply_markup", "reply_parameters"):
        refusal = await sandbox.refusal("sendMessage", chat_id=MINA, text="x", **{field: "{"})
        assert refusal == (400, f"Bad Request: can't parse {field.replace('_', ' ')} JSON object")
