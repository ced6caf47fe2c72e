"""Faults of the wire, the journal and the hook that stands inside a call."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest

from bot.sandbox.telegram import Stage, TelegramConfig
from bot.sandbox.telegram.faults import Faults
from tests.sandbox.telegram_kit import IRIS, MINA, Sandbox, button, keyboard, running_sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


async def texts(sandbox: Sandbox, person: int = MINA) -> list[str]:
    return [message["text"] for message in await sandbox.history(person)]


async def test_a_flood_answers_429_for_as_many_calls_as_asked(sandbox: Sandbox) -> None:
    await sandbox.post("/faults", flood={"retry_after": 7, "count": 2})
    for _ in range(2):
        body = await sandbox.answer("sendMessage", chat_id=MINA, text="x")
        assert (body["error_code"], body["description"]) == (429, "Too Many Requests: retry after 7")
        assert body["parameters"] == {"retry_after": 7}
        assert await sandbox.updates() == []
    await sandbox.call("sendMessage", chat_id=MINA, text="x")
    assert (await sandbox.get("/faults"))["flood"] is None


async def test_a_flood_may_be_about_one_chat(sandbox: Sandbox) -> None:
    await sandbox.post("/faults", flood={"chat_id": MINA, "retry_after": 1, "count": 1})
    await sandbox.call("sendMessage", chat_id=IRIS, text="x")
    await sandbox.call("getMe")
    assert (await sandbox.refusal("sendMessage", chat_id=MINA, text="x"))[0] == 429


@pytest.mark.parametrize(("when", "done"), [("before", []), ("after", ["x"])])
async def test_a_dropped_call_happened_or_did_not(sandbox: Sandbox, when: str, done: list[str]) -> None:
    await sandbox.post("/faults", drop={"methods": ["sendMessage"], "when": when, "count": 1})
    await sandbox.call("getMe")
    with pytest.raises(aiohttp.ClientConnectionError):
        await sandbox.call("sendMessage", chat_id=MINA, text="x")
    assert (await texts(sandbox))[1:] == done
    await sandbox.call("sendMessage", chat_id=MINA, text="y")
    assert (await texts(sandbox))[1:] == [*done, "y"]


async def test_polls_are_only_dropped_by_name(sandbox: Sandbox) -> None:
    await sandbox.post("/faults", drop={"methods": None, "when": "before", "count": 1})
    assert await sandbox.updates() == []
    with pytest.raises(aiohttp.ClientConnectionError):
        await sandbox.call("getMe")
    await sandbox.say(MINA, "heard")
    await sandbox.post("/faults", drop={"methods": ["getUpdates"], "when": "after", "count": 1})
    with pytest.raises(aiohttp.ClientConnectionError):
        await sandbox.updates()
    assert [update["message"]["text"] for update in await sandbox.updates()] == ["heard"]


async def test_server_errors_do_nothing(sandbox: Sandbox) -> None:
    await sandbox.post("/faults", server_error={"count": 1})
    refusal = await sandbox.refusal("sendMessage", chat_id=MINA, text="x")
    assert refusal == (500, "Internal Server Error")
    assert await texts(sandbox) == ["/start"]


async def test_faults_are_changed_one_by_one_and_cleared(sandbox: Sandbox) -> None:
    await sandbox.post("/faults", flood={"retry_after": 3, "count": 5}, delay_ms=1)
    state = await sandbox.post("/faults", drop={"methods": ["sendMessage"], "when": "after", "count": 2})
    assert state == {
        "flood": {"chat_id": None, "retry_after": 3, "count": 5},
        "drop": {"methods": ["sendmessage"], "when": "after", "count": 2},
        "delay_ms": 1,
        "server_error": None,
        "payment": None,
    }
    cleared = await sandbox.post("/faults", flood=None, drop=None, server_error=None, delay_ms=0)
    assert cleared == {"flood": None, "drop": None, "delay_ms": 0, "server_error": None, "payment": None}
    for wrong in ({"drop": {"when": "never"}}, {"flood": {"count": 0}}, {"flood": 5}, {"delay_ms": "x"}):
        assert await sandbox.post_status("/faults", **wrong) == 400


async def test_a_delay_holds_calls_back_but_never_polls(sandbox: Sandbox) -> None:
    faults = Faults()
    faults.change({"delay_ms": 250})
    assert (faults.delay("sendmessage"), faults.delay("getupdates")) == (0.25, 0)
    await sandbox.post("/faults", delay_ms=1)
    await sandbox.call("sendMessage", chat_id=MINA, text="x")
    assert await texts(sandbox) == ["/start", "x"]


async def test_the_journal_shows_what_was_asked_however_it_came(sandbox: Sandbox) -> None:
    mark = (await sandbox.get("/journal"))["next"]
    markup = keyboard(button("a"))
    async with sandbox.session.post(
        f"{sandbox.bot_url}/sendMessage",
        data={
            "chat_id": str(MINA),
            "text": "1",
            "reply_markup": '{"inline_keyboard":[[{"text":"Press","callback_data":"a"}]]}',
        },
    ) as response:
        assert response.status == 200
    await sandbox.refusal("deleteMessage", chat_id=MINA, message_id=1)
    journal = await sandbox.get(f"/journal?after={mark}")
    assert journal["next"] == mark + 2
    first, second = journal["entries"]
    assert first == {
        "n": mark + 1,
        "method": "sendMessage",
        "params": {"chat_id": MINA, "text": "1", "reply_markup": markup},
        "ok": True,
        "error_code": None,
        "description": None,
    }
    assert (second["ok"], second["error_code"], second["description"]) == (
        False,
        400,
        "Bad Request: message to delete not found",
    )
    assert await sandbox.get(f"/journal?after={mark + 2}") == {"next": mark + 2, "entries": []}


async def test_the_journal_keeps_a_bounded_number() -> None:
    async with running_sandbox(TelegramConfig(journal_size=3)) as sandbox:
        for _ in range(5):
            await sandbox.call("getMe")
        journal = await sandbox.get("/journal")
        assert [entry["n"] for entry in journal["entries"]] == list(range(journal["next"] - 2, journal["next"] + 1))


async def test_the_hook_stands_before_and_after_the_work() -> None:
    seen: list[tuple[str, Stage, Any, list[str]]] = []
    views: list[Sandbox] = []

    async def look(method: str, params: Mapping[str, object], stage: Stage) -> None:
        if method == "sendMessage":
            seen.append((method, stage, params["chat_id"], await texts(views[0])))

    async with running_sandbox(TelegramConfig(on_call=look)) as sandbox:
        views.append(sandbox)
        await sandbox.call("sendMessage", chat_id=str(MINA), text="x")
    assert seen == [
        ("sendMessage", Stage.BEFORE, MINA, ["/start"]),
        ("sendMessage", Stage.AFTER, MINA, ["/start", "x"]),
    ]


async def test_a_caller_that_is_gone_still_gets_its_work_done() -> None:
    begun, done = asyncio.Event(), asyncio.Event()

    async def hold(method: str, params: Mapping[str, object], stage: Stage) -> None:
        if method == "sendMessage" and stage is Stage.BEFORE:
            begun.set()
            await done.wait()

    async with running_sandbox(TelegramConfig(on_call=hold)) as sandbox:
        async with aiohttp.ClientSession() as bot, asyncio.TaskGroup() as group:
            sending = group.create_task(bot.post(f"{sandbox.bot_url}/sendMessage", json={"chat_id": MINA, "text": "x"}))
            await begun.wait()
            sending.cancel()
        done.set()
        while len(await texts(sandbox)) < 2:
            pass
        assert await texts(sandbox) == ["/start", "x"]
