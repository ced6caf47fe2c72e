"""Webhooks: signed, one after the other for each source, repeated until a 2xx."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from bot.sandbox.telegram import TelegramConfig
from tests.sandbox.telegram_kit import IRIS, MINA, Sandbox, button, keyboard, running_sandbox


@dataclass
class Hook:
    """A bot's own server: what it got, and what it answers next (a status; 200 when nothing is planned)."""

    url: str = ""
    planned: list[int] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)
    got: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    gates: dict[int, asyncio.Event] = field(default_factory=dict)

    async def receive(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        self.got.put_nowait(update)
        person = (update.get("message") or update.get("callback_query"))["from"]["id"]
        if gate := self.gates.get(person):
            await gate.wait()
        return web.Response(status=self.planned.pop(0) if self.planned else 200)

    async def texts(self, count: int) -> list[str]:
        return [(await self.got.get())["message"]["text"] for _ in range(count)]


@asynccontextmanager
async def listening() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.receive)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield hook
    finally:
        await runner.cleanup()


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    async with listening() as running:
        yield running


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox(TelegramConfig(webhook_retry=0.01, webhook_retry_max=0.05)) as running:
        yield running


async def delivered(sandbox: Sandbox) -> dict[str, Any]:
    """The webhook's state once nothing waits any more."""
    while (info := await sandbox.call("getWebhookInfo"))["pending_update_count"]:
        pass
    return dict(info)


async def test_updates_are_pushed_with_the_secret(sandbox: Sandbox, hook: Hook) -> None:
    await sandbox.call("setWebhook", url=hook.url, secret_token="s3cret_-")
    await sandbox.say(MINA, "a")
    update = await hook.got.get()
    assert (update["message"]["text"], hook.secrets) == ("a", ["s3cret_-"])
    info = await delivered(sandbox)
    assert (info["url"], info["max_connections"], "last_error_date" in info) == (hook.url, 40, False)
    await sandbox.call("deleteWebhook")
    assert (await sandbox.call("getWebhookInfo"))["url"] == ""
    assert await sandbox.updates() == []


async def test_without_a_secret_no_header_is_sent(sandbox: Sandbox, hook: Hook) -> None:
    await sandbox.call("setWebhook", url=hook.url)
    await sandbox.say(MINA, "a")
    await hook.got.get()
    assert hook.secrets == [None]


async def test_what_waited_is_pushed_first_in_order(sandbox: Sandbox, hook: Hook) -> None:
    for text in ("a", "b"):
        await sandbox.say(MINA, text)
    await sandbox.call("setWebhook", url=hook.url)
    await sandbox.say(MINA, "c")
    assert await hook.texts(3) == ["a", "b", "c"]


async def test_dropped_updates_are_never_pushed(sandbox: Sandbox, hook: Hook) -> None:
    await sandbox.say(MINA, "a")
    await sandbox.call("setWebhook", url=hook.url, drop_pending_updates=True)
    await sandbox.say(MINA, "b")
    assert await hook.texts(1) == ["b"]


async def test_an_update_is_repeated_until_it_is_taken(sandbox: Sandbox, hook: Hook) -> None:
    hook.planned += [500, 302, 404]
    await sandbox.call("setWebhook", url=hook.url)
    await sandbox.say(MINA, "a")
    await sandbox.say(MINA, "b")
    assert await hook.texts(5) == ["a", "a", "a", "a", "b"]


async def test_a_failing_webhook_is_reported(sandbox: Sandbox, hook: Hook) -> None:
    gate = asyncio.Event()
    hook.planned += [503]
    await sandbox.call("setWebhook", url=hook.url)
    await sandbox.say(MINA, "a")
    await hook.got.get()
    hook.gates[MINA] = gate
    await hook.got.get()
    info = await sandbox.call("getWebhookInfo")
    assert info["last_error_message"] == "Wrong response from the webhook: 503 Service Unavailable"
    assert (info["last_error_date"], info["pending_update_count"]) == (sandbox.clock.now, 1)
    gate.set()
    assert "last_error_date" not in await delivered(sandbox)


async def test_a_webhook_that_is_away_gets_everything_later(sandbox: Sandbox) -> None:
    async with listening() as gone:
        url = gone.url
    await sandbox.call("setWebhook", url=url)
    await sandbox.say(MINA, "a")
    while "last_error_message" not in (info := await sandbox.call("getWebhookInfo")):
        pass
    assert info["last_error_message"].startswith("Connection failed")
    async with listening() as back:
        await sandbox.call("setWebhook", url=back.url)
        assert await back.texts(1) == ["a"]


async def test_one_person_waits_for_the_answer_and_another_does_not(sandbox: Sandbox, hook: Hook) -> None:
    hook.gates[MINA] = asyncio.Event()
    await sandbox.call("setWebhook", url=hook.url)
    await sandbox.say(MINA, "a")
    await sandbox.say(MINA, "b")
    assert await hook.texts(1) == ["a"]
    await sandbox.say(IRIS, "c")
    assert await hook.texts(1) == ["c"]
    hook.gates[MINA].set()
    assert await hook.texts(1) == ["b"]


async def test_setting_the_same_webhook_again_delivers_nothing_twice(sandbox: Sandbox, hook: Hook) -> None:
    hook.gates[MINA] = asyncio.Event()
    await sandbox.call("setWebhook", url=hook.url)
    await sandbox.say(MINA, "a")
    assert await hook.texts(1) == ["a"]
    await sandbox.call("setWebhook", url=hook.url)
    hook.gates[MINA].set()
    await sandbox.say(MINA, "b")
    assert await hook.texts(1) == ["b"]


async def test_a_press_does_not_wait_behind_a_text(sandbox: Sandbox, hook: Hook) -> None:
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="x", reply_markup=keyboard(button("a")))
    hook.gates[MINA] = asyncio.Event()
    await sandbox.call("setWebhook", url=hook.url)
    await sandbox.say(MINA, "a")
    await hook.got.get()
    await sandbox.press(MINA, sent["message_id"], "a")
    assert "callback_query" in await hook.got.get()
    hook.gates[MINA].set()


@pytest.mark.parametrize(
    ("params", "description"),
    [
        ({"url": "ftp://127.0.0.1/"}, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"),
        (
            {"url": "https://example.org/hook"},
            "Bad Request: bad webhook: the sandbox delivers to loopback addresses only",
        ),
        (
            {"url": "http://localhost/", "secret_token": "no spaces"},
            "Bad Request: secret token contains unallowed characters",
        ),
        ({"url": "http://localhost/", "secret_token": "x" * 257}, "Bad Request: secret token is too long"),
    ],
)
async def test_impossible_webhooks_are_refused(sandbox: Sandbox, params: dict[str, str], description: str) -> None:
    assert await sandbox.refusal("setWebhook", **params) == (400, description)
