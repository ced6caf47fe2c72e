"""The aiohttp request class against real servers: bodies, files, timeouts, and errors without the token."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from telegram import Bot, InputFile, InputMediaPhoto
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter, TimedOut

from bot.transport.request import AiohttpRequest
from tests.transport.kit import TOKEN, serving

SENT = {"ok": True, "result": {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}, "text": "x"}}


@asynccontextmanager
async def bot_at(address: str, **options: Any) -> AsyncIterator[Bot]:
    async with AiohttpRequest(**options) as request, AiohttpRequest(**options) as polling:
        yield Bot(TOKEN, base_url=f"{address}/bot", request=request, get_updates_request=polling)


@asynccontextmanager
async def deaf() -> AsyncIterator[str]:
    """A server that accepts connections and never reads from them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


async def test_a_call_is_a_form_post_to_the_method_and_its_result_comes_back():
    seen: dict[str, Any] = {}

    async def answer(request: web.Request) -> web.Response:
        seen.update(path=request.path, method=request.method, form=dict(await request.post()))
        return web.json_response(SENT)

    async with serving(answer) as address, bot_at(address) as bot:
        message = await bot.send_message(7, "héllo & <b>سلام</b>", parse_mode="HTML")
    assert message.message_id == 1
    assert seen["path"] == f"/bot{TOKEN}/sendMessage"
    assert seen["method"] == "POST"
    assert seen["form"] == {"chat_id": "7", "text": "héllo & <b>سلام</b>", "parse_mode": "HTML"}


@pytest.mark.parametrize("size", [10, 3_000_000])
@pytest.mark.parametrize("name", ["plain.txt", 'quoted " and; semicolon.txt', "имя файла.txt", "two\r\nlines.txt"])
async def test_a_file_arrives_whole_under_its_name(size: int, name: str):
    seen: dict[str, Any] = {}

    async def answer(request: web.Request) -> web.Response:
        form = await request.post()
        seen.update(name=form["document"].filename, content=form["document"].file.read(), caption=form["caption"])
        seen.update(length=request.content_length)
        return web.json_response(SENT)

    content = bytes(range(256)) * (size // 256 + 1)
    async with serving(answer) as address, bot_at(address) as bot:
        await bot.send_document(7, InputFile(content, filename=name), caption="Ünïcode")
    assert seen["content"] == content
    assert seen["name"] == name.translate({ord(char): "_" for char in '\r\n"'})
    assert seen["caption"] == "Ünïcode"
    assert seen["length"] is not None


async def test_an_open_file_is_sent_whole_each_time_it_is_sent():
    seen: list[bytes] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((await request.post())["document"].file.read())
        return web.json_response(SENT)

    handle = InputFile(io.BytesIO(b"all of it"), filename="a.txt", read_file_handle=False)
    async with serving(answer) as address, bot_at(address) as bot:
        await bot.send_document(7, handle)
        await bot.send_document(7, handle)
    assert seen == [b"all of it"] * 2


async def test_pictures_of_an_album_are_attached_by_name():
    attached: list[bytes] = []

    async def answer(request: web.Request) -> web.Response:
        form = await request.post()
        names = [picture["media"].removeprefix("attach://") for picture in json.loads(str(form["media"]))]
        attached.extend(form[name].file.read() for name in names)
        return web.json_response({"ok": True, "result": [SENT["result"]] * 2})

    async with serving(answer) as address, bot_at(address) as bot:
        await bot.send_media_group(7, [InputMediaPhoto(b"one"), InputMediaPhoto(b"two")])
    assert attached == [b"one", b"two"]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"ok": False, "description": "Bad Request: chat not found"}, BadRequest),
        (401, {"ok": False, "description": "Unauthorized"}, InvalidToken),
        (502, None, NetworkError),
        (302, None, NetworkError),
    ],
)
async def test_refusals_become_the_librarys_errors(status: int, body: dict[str, Any] | None, error: type[Exception]):
    async def answer(request: web.Request) -> web.Response:
        if body is None:
            return web.Response(status=status, text="<html>", headers={"Location": "/elsewhere"})
        return web.json_response(body, status=status)

    async with serving(answer) as address, bot_at(address) as bot:
        with pytest.raises(error):
            await bot.send_message(7, "x")


async def test_retry_after_is_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "1")

    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"ok": False, "description": "x", "parameters": {"retry_after": 7}}, status=429)

    async with serving(answer) as address, bot_at(address) as bot:
        with pytest.raises(RetryAfter) as caught:
            await bot.send_message(7, "x")
    assert caught.value.retry_after.total_seconds() == 7


async def test_read_timeout_is_the_calls_own_where_it_names_one():
    release = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        await release.wait()
        return web.json_response(SENT)

    async with serving(answer) as address, bot_at(address, read_timeout=None) as bot:
        with pytest.raises(TimedOut, match="Read"):
            await bot.send_message(7, "x", read_timeout=0.05)
        asyncio.get_running_loop().call_later(0.1, release.set)
        assert await bot.send_message(7, "x")


async def test_read_timeout_of_the_instance_is_told_and_kept():
    async with deaf() as address, bot_at(address, read_timeout=0.05) as bot:
        assert bot.request.read_timeout == 0.05
        with pytest.raises(TimedOut, match="Read"):
            await bot.send_message(7, "x")


async def test_an_upload_that_nobody_takes_ends_with_the_media_write_timeout():
    async with deaf() as address, bot_at(address, media_write_timeout=0.1, read_timeout=None) as bot:
        with pytest.raises(TimedOut, match="Write"):
            await bot.send_document(7, InputFile(b"x" * 16_000_000, filename="big"))


async def test_the_write_timeout_ends_with_the_upload_and_not_with_the_answer():
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        await asyncio.sleep(0.3)
        return web.json_response(SENT)

    async with serving(answer) as address, bot_at(address, media_write_timeout=0.2) as bot:
        assert await bot.send_document(7, InputFile(b"x" * 200_000, filename="big"))


async def test_redirects_are_not_followed():
    paths: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        paths.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with serving(answer) as address, bot_at(address) as bot:
        with pytest.raises(NetworkError):
            await bot.send_message(7, "x")
    assert paths == [f"/bot{TOKEN}/sendMessage"]


async def test_a_calls_own_write_timeout_is_kept():
    async with deaf() as address, bot_at(address, media_write_timeout=None, read_timeout=None) as bot:
        with pytest.raises(TimedOut, match="Write"):
            await bot.send_document(7, InputFile(b"x" * 16_000_000, filename="big"), write_timeout=0.1)


async def test_more_calls_than_connections_wait_and_time_out_unsent():
    release, arrived = asyncio.Event(), asyncio.Event()
    calls = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal calls
        calls += 1
        arrived.set()
        await release.wait()
        return web.json_response(SENT)

    async with serving(answer) as address, bot_at(address, connection_pool_size=1) as bot, asyncio.TaskGroup() as group:
        first = group.create_task(bot.send_message(7, "x"))
        await arrived.wait()
        with pytest.raises(TimedOut, match="Pool"):
            await bot.send_message(7, "x", pool_timeout=0.05)
        waiting = group.create_task(bot.send_message(7, "x", pool_timeout=None))
        release.set()
        assert await first
        assert await waiting
    assert calls == 2


async def test_a_connection_that_cannot_be_made_in_time_is_said_to_be_unsent():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        async with bot_at(address, connect_timeout=0.05, read_timeout=0.05) as bot:
            for _ in range(4):  # the first ones fill the queue of connections that nobody accepts
                with pytest.raises(TimedOut) as caught:
                    await bot.send_message(7, "x")
    assert "Connect timeout" in str(caught.value)


async def broken_off(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def cut_short(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b"{")
    assert request.transport is not None
    request.transport.close()
    return response


@pytest.mark.parametrize("handler", [broken_off, cut_short])
async def test_broken_connections_are_network_errors_without_the_token(handler: Any):
    async with serving(handler) as address, bot_at(address) as bot:
        with pytest.raises(NetworkError) as caught:
            await bot.send_message(7, "x")
    assert_without_token(caught.value)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1", "http://[bad", "nothing://127.0.0.1", "http://127.0.0.1:99999"]
)
async def test_addresses_that_lead_nowhere_are_network_errors_without_the_token(address: str):
    async with bot_at(address) as bot:
        with pytest.raises(NetworkError) as caught:
            await bot.send_message(7, "x")
    assert_without_token(caught.value)


def assert_without_token(error: BaseException) -> None:
    assert TOKEN not in f"{error} {error!r}"
    assert error.__cause__ is None or TOKEN not in repr(error.__cause__)
    assert TOKEN.partition(":")[2] not in str(error)


async def test_environment_proxies_are_ignored(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(SENT)

    async with serving(answer) as address, bot_at(address) as bot:
        assert await bot.send_message(7, "x")


async def test_it_can_be_opened_again_and_refuses_calls_while_closed():
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(SENT)

    request = AiohttpRequest()
    async with serving(answer) as address:
        bot = Bot(TOKEN, base_url=f"{address}/bot", request=request)
        for _ in range(2):
            await request.initialize()
            await request.initialize()
            assert await bot.send_message(7, "x")
            await request.shutdown()
            await request.shutdown()
        with pytest.raises(NetworkError, match="not initialized"):
            await bot.send_message(7, "x")


async def test_nothing_of_the_address_is_logged(caplog: pytest.LogCaptureFixture):
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(SENT)

    with caplog.at_level("DEBUG"):
        async with serving(answer) as address, AiohttpRequest() as request:
            await request.post(f"{address}/bot{TOKEN}/getMe")
    ours = [record for record in caplog.records if record.name != "aiohttp.access"]
    assert TOKEN not in " ".join(record.getMessage() for record in ours)
