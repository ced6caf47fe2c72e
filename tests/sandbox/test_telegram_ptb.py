"""The library the shop stands on, python-telegram-bot, feels at home in the sandbox."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    CopyTextButton,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    KeyboardButton,
    MenuButtonCommands,
    MenuButtonWebApp,
    MessageOriginUser,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
    WebAppInfo,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler, filters
from telegram.request import HTTPXRequest

from bot.sandbox.telegram import Stage, TelegramConfig
from tests.sandbox.telegram_kit import IRIS, MINA, PNG, THEO, TOKEN, Sandbox, running_sandbox

Context = ContextTypes.DEFAULT_TYPE


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox(TelegramConfig(webhook_retry=0.01)) as running:
        yield running


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with Bot(TOKEN, base_url=f"{sandbox.url}/bot", base_file_url=f"{sandbox.url}/file/bot") as running:
        yield running


class Shop:
    """A small bot: /start shows a counter with a button, the button counts, anything else is echoed."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.seen: asyncio.Queue[str] = asyncio.Queue()
        builder = Application.builder().token(TOKEN).base_url(f"{sandbox.url}/bot")
        self.app = builder.base_file_url(f"{sandbox.url}/file/bot").build()
        self.app.add_handler(CommandHandler("start", self.start))
        self.app.add_handler(CallbackQueryHandler(self.count, pattern=r"^count:\d+$"))
        self.app.add_handler(MessageHandler(filters.TEXT, self.echo))

    @staticmethod
    def counter(number: int) -> InlineKeyboardMarkup:
        return InlineKeyboardMarkup.from_button(InlineKeyboardButton("More", callback_data=f"count:{number}"))

    async def start(self, update: Update, context: Context) -> None:
        assert update.message is not None
        words = " ".join(context.args or ())
        await update.message.reply_html(f"<b>0</b> {words}", reply_markup=self.counter(0))
        self.seen.put_nowait("start")

    async def count(self, update: Update, context: Context) -> None:
        query = update.callback_query
        assert query is not None
        assert query.data is not None
        number = int(query.data.partition(":")[2]) + 1
        await query.answer(f"now {number}")
        await query.edit_message_text(f"<b>{number}</b>", parse_mode="HTML", reply_markup=self.counter(number))
        self.seen.put_nowait("count")

    async def echo(self, update: Update, context: Context) -> None:
        assert update.message is not None
        assert update.message.text is not None
        await update.message.reply_text(update.message.text, do_quote=True)
        self.seen.put_nowait("echo")

    @asynccontextmanager
    async def polling(self) -> AsyncIterator[None]:
        assert self.app.updater is not None
        async with self.app:
            await self.app.start()
            await self.app.updater.start_polling(allowed_updates=Update.ALL_TYPES)
            yield
            await self.app.updater.stop()
            await self.app.stop()

    async def receive(self, request: web.Request) -> web.Response:
        assert request.headers["X-Telegram-Bot-Api-Secret-Token"] == "quiet"
        await self.app.process_update(Update.de_json(await request.json(), self.app.bot))
        return web.Response()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        server = web.Application()
        server.router.add_post("/hook", self.receive)
        runner = web.AppRunner(server, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        finally:
            await runner.cleanup()


async def last(sandbox: Sandbox, person: int) -> dict[str, Any]:
    return (await sandbox.history(person))[-1]


async def test_a_conversation_over_polling_with_two_people_at_once(sandbox: Sandbox) -> None:
    shop = Shop(sandbox)
    async with shop.polling():
        await sandbox.say(MINA, "/start ref_1")
        await sandbox.say(THEO, "/start")
        assert [await shop.seen.get(), await shop.seen.get()] == ["start", "start"]
        assert (await last(sandbox, MINA))["text"] == "0 ref_1"
        card = await last(sandbox, THEO)
        for number in (0, 1):
            await sandbox.press(THEO, card["message_id"], f"count:{number}")
            assert await shop.seen.get() == "count"
        assert (await last(sandbox, THEO))["html"] == "<b>2</b>"
        await sandbox.say(MINA, "สวัสดี 😀 مرحبا")
        assert await shop.seen.get() == "echo"
        echoed = await last(sandbox, MINA)
        assert (echoed["text"], echoed["reply_to"]["text"]) == ("สวัสดี 😀 مرحبا",) * 2
    assert await sandbox.updates() == []


async def test_a_conversation_over_a_webhook(sandbox: Sandbox) -> None:
    shop = Shop(sandbox)
    async with shop.app, shop.listening() as url:
        await shop.app.bot.set_webhook(url, secret_token="quiet")
        await sandbox.say(MINA, "/start")
        assert await shop.seen.get() == "start"
        await sandbox.press(MINA, (await last(sandbox, MINA))["message_id"], "count:0")
        assert await shop.seen.get() == "count"
        assert (await last(sandbox, MINA))["text"] == "1"
        await shop.app.bot.delete_webhook()


async def test_what_was_said_while_the_bot_was_away_is_answered_later(sandbox: Sandbox) -> None:
    await sandbox.say(MINA, "/start")
    for _ in range(2):
        shop = Shop(sandbox)
        async with shop.polling():
            assert await shop.seen.get() in {"start", "echo"}
        await sandbox.say(MINA, "again")
    assert [m["text"] for m in await sandbox.history(MINA)] == ["/start", "/start", "0", "again", "again", "again"]


async def test_an_update_given_to_a_killed_bot_is_given_again(sandbox: Sandbox) -> None:
    await sandbox.say(MINA, "/start")
    async with Bot(TOKEN, base_url=f"{sandbox.url}/bot") as killed:
        (given,) = await killed.get_updates(timeout=5)
    async with Bot(TOKEN, base_url=f"{sandbox.url}/bot") as reborn:
        (again,) = await reborn.get_updates(timeout=5)
    assert given == again


async def test_a_poll_left_behind_by_a_killed_bot_takes_nothing_with_it() -> None:
    polls: asyncio.Queue[None] = asyncio.Queue()

    async def look(method: str, params: Any, stage: Stage) -> None:
        if method == "getUpdates" and stage is Stage.BEFORE and params.get("timeout"):
            polls.put_nowait(None)

    async with running_sandbox(TelegramConfig(on_call=look, online_grace=0)) as sandbox:
        async with Bot(TOKEN, base_url=f"{sandbox.url}/bot") as killed, asyncio.TaskGroup() as group:
            poll = group.create_task(killed.get_updates(timeout=30))
            await polls.get()
            assert (await sandbox.get("/chat/people"))["bot"]["online"] is True
            poll.cancel()
        while (await sandbox.get("/chat/people"))["bot"]["online"]:
            pass
        await sandbox.say(MINA, "anybody?")
        async with Bot(TOKEN, base_url=f"{sandbox.url}/bot") as reborn:
            (update,) = await reborn.get_updates(timeout=5)
        assert update.message is not None
        assert update.message.text == "anybody?"


async def test_errors_arrive_as_the_librarys_own(sandbox: Sandbox, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(5, "x")
    sent = await bot.send_message(MINA, "x")
    with pytest.raises(BadRequest, match="Message is not modified"):
        await sent.edit_text("x")
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query("5")
    await sandbox.post("/faults", flood={"retry_after": 9, "count": 1})
    with pytest.raises(RetryAfter) as flood:
        await bot.send_message(MINA, "x")
    assert flood.value.retry_after == timedelta(seconds=9)
    await sandbox.post("/faults", server_error={"count": 1})
    with pytest.raises(NetworkError, match="Internal Server Error"):
        await bot.send_message(MINA, "x")
    await sandbox.post("/chat/1001/block", blocked=True)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(MINA, "x")
    await bot.set_webhook("http://127.0.0.1:9/hook")
    with pytest.raises(Conflict):
        await bot.get_updates()
    with pytest.raises(InvalidToken):
        async with Bot("nonsense", base_url=f"{sandbox.url}/bot"):
            pass


async def test_texts_come_back_with_their_entities(bot: Bot) -> None:
    html = '<b>😀 bold</b> <a href="https://example.org/">link</a> <code>1 &lt; 2</code> ' * 2
    sent = await bot.send_message(MINA, html, parse_mode=ParseMode.HTML)
    assert sent.text_html == html.strip()
    assert list(sent.parse_entities(["bold"]).values()) == ["😀 bold"] * 2
    marked = await bot.send_message(MINA, sent.text_markdown_v2, parse_mode=ParseMode.MARKDOWN_V2)
    assert (marked.text, marked.entities) == (sent.text, sent.entities)
    rebuilt = await bot.send_message(MINA, sent.text or "", entities=sent.entities)
    assert rebuilt.entities == sent.entities


async def test_every_kind_of_markup_is_taken(sandbox: Sandbox, bot: Bot) -> None:
    buttons = [
        InlineKeyboardButton("Data", callback_data="x", style="primary"),
        InlineKeyboardButton("Link", url="https://example.org/"),
        InlineKeyboardButton("Copy", copy_text=CopyTextButton("order 5")),
        InlineKeyboardButton("App", web_app=WebAppInfo("https://example.org/app")),
    ]
    sent = await bot.send_message(MINA, "x", reply_markup=InlineKeyboardMarkup.from_column(buttons))
    assert sent.reply_markup == InlineKeyboardMarkup.from_column(buttons)
    keyboard = ReplyKeyboardMarkup([[KeyboardButton("Yes"), "No"]], resize_keyboard=True, is_persistent=True)
    for markup in (keyboard, ForceReply(input_field_placeholder="Well?"), ReplyKeyboardRemove()):
        plain = await bot.send_message(MINA, "x", reply_markup=markup)
        assert plain.reply_markup is None
    assert (await sandbox.get(f"/chat/{MINA}/history"))["reply_keyboard"] is None


async def test_files_go_up_and_down(bot: Bot) -> None:
    photo = await bot.send_photo(MINA, PNG, caption="<b>x</b>", parse_mode="HTML", filename="a.png")
    assert (photo.photo[-1].width, photo.photo[-1].height, photo.caption_html) == (2, 3, "<b>x</b>")
    document = await bot.send_document(MINA, b"rows", filename="report.csv")
    assert document.document is not None
    assert document.document.file_name == "report.csv"
    again = await bot.send_document(IRIS, document.document)
    assert again.document == document.document
    assert await (await document.document.get_file()).download_as_bytearray() == b"rows"
    swapped = await bot.edit_message_media(InputMediaPhoto(PNG, caption="y"), MINA, photo.message_id)
    assert swapped is not True
    assert swapped.caption == "y"


async def test_the_rest_of_what_a_shop_calls_works(sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_message(MINA, "x")
    assert await bot.send_chat_action(MINA, ChatAction.TYPING)
    assert await sent.pin()
    assert await sent.unpin()
    assert await sent.set_reaction("👍")
    copy = await sent.copy(IRIS)
    assert (await last(sandbox, IRIS))["message_id"] == copy.message_id
    forwarded = await sent.forward(IRIS)
    assert isinstance(forwarded.forward_origin, MessageOriginUser)
    assert forwarded.forward_origin.sender_user.id == bot.id
    assert (await bot.get_chat(MINA)).first_name == "Mina"
    assert await bot.delete_messages(MINA, [sent.message_id])
    assert (await bot.get_webhook_info()).url == ""
    assert bot.username == "panelgram_sandbox_bot"


async def test_the_profile_is_kept_per_scope_and_language(sandbox: Sandbox, bot: Bot) -> None:
    async def shown(person: int) -> list[str]:
        view = await sandbox.get(f"/chat/{person}/history")
        return [command["command"] for command in view["commands"]]

    everybody = [BotCommand("start", "Begin"), BotCommand("orders", "Your orders")]
    await bot.set_my_commands(everybody[:1])
    await bot.set_my_commands(everybody, scope=BotCommandScopeAllPrivateChats())
    await bot.set_my_commands([("admin", "Desk")], scope=BotCommandScopeChat(IRIS))
    await bot.set_my_commands([("inicio", "Empezar")], language_code="es", scope=BotCommandScopeAllPrivateChats())
    assert list(await bot.get_my_commands(scope=BotCommandScopeAllPrivateChats())) == everybody
    assert (await shown(MINA), await shown(IRIS)) == (["start", "orders"], ["admin"])
    await sandbox.post("/chat/people", first_name="Luz", language_code="es", id=50)
    assert await shown(50) == ["inicio"]
    await bot.delete_my_commands(scope=BotCommandScopeChat(IRIS))
    assert await shown(IRIS) == ["start", "orders"]
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.set_my_commands(everybody, scope=BotCommandScopeChat(THEO))
    await bot.set_my_name("Shop")
    await bot.set_my_description("What it is")
    await bot.set_my_short_description("Short")
    assert (await bot.get_my_name()).name == "Shop"
    assert (await bot.get_my_description()).description == "What it is"
    assert (await bot.get_my_short_description(language_code="es")).short_description == "Short"
    assert (await sandbox.get("/chat/people"))["bot"]["description"] == "What it is"
    assert await bot.get_chat_menu_button(MINA) == MenuButtonCommands()
    app = MenuButtonWebApp("Open", WebAppInfo("https://example.org/"))
    await bot.set_chat_menu_button(MINA, app)
    assert await bot.get_chat_menu_button(MINA) == app
    assert await bot.get_chat_menu_button(IRIS) == MenuButtonCommands()


async def test_changes_of_membership_are_understood(sandbox: Sandbox, bot: Bot) -> None:
    await sandbox.post(f"/chat/{MINA}/block", blocked=True)
    (update,) = await bot.get_updates()
    assert update.my_chat_member is not None
    assert update.my_chat_member.new_chat_member.status == "kicked"


async def test_a_lost_answer_is_a_network_error(sandbox: Sandbox) -> None:
    request = HTTPXRequest(read_timeout=5)
    async with Bot(TOKEN, base_url=f"{sandbox.url}/bot", request=request) as bot:
        await sandbox.post("/faults", drop={"methods": ["sendMessage"], "when": "after", "count": 1})
        with pytest.raises(NetworkError):
            await bot.send_message(MINA, "sent all the same")
        assert (await last(sandbox, MINA))["text"] == "sent all the same"
