"""Updates reach the bot in order, wait while it is away, and are repeated until they are confirmed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sandbox.telegram import Stage, TelegramConfig, serve_telegram
from tests.sandbox.telegram_kit import MINA, THEO, HandClock, Sandbox, button, keyboard, running_sandbox


class PollWatch:
    """A hook that tells when a getUpdates has begun."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[int] = asyncio.Queue()

    async def __call__(self, method: str, params: Any, stage: Stage) -> None:
        if method == "getUpdates" and stage is Stage.BEFORE:
            self.begun.put_nowait(int(params.get("timeout", 0)))

    async def long_poll(self) -> None:
        """Returns when a poll that waits has reached the server."""
        while await self.begun.get() == 0:
            pass


@pytest.fixture
def watch() -> PollWatch:
    return PollWatch()


@pytest.fixture
async def sandbox(watch: PollWatch) -> AsyncIterator[Sandbox]:
    async with running_sandbox(TelegramConfig(on_call=watch)) as running:
        yield running


def texts(updates: list[dict[str, Any]]) -> list[str]:
    return [update["message"]["text"] for update in updates]


async def test_updates_are_repeated_until_the_offset_passes_them(sandbox: Sandbox) -> None:
    for text in ("a", "b", "c"):
        await sandbox.say(MINA, text)
    first = await sandbox.updates()
    assert texts(first) == ["a", "b", "c"]
    assert await sandbox.updates() == first
    ids = [update["update_id"] for update in first]
    assert ids == sorted(set(ids))
    assert texts(await sandbox.updates(limit=1)) == ["a"]
    assert texts(await sandbox.updates(offset=ids[1])) == ["b", "c"]
    assert texts(await sandbox.updates()) == ["b", "c"]
    assert await sandbox.updates(offset=ids[-1] + 1) == []


async def test_a_negative_offset_keeps_only_the_last(sandbox: Sandbox) -> None:
    for text in ("a", "b", "c"):
        await sandbox.say(MINA, text)
    assert texts(await sandbox.updates(offset=-2)) == ["b", "c"]
    assert texts(await sandbox.updates()) == ["b", "c"]


async def test_an_offset_from_another_life_loses_nothing(sandbox: Sandbox) -> None:
    await sandbox.say(MINA, "a")
    assert texts(await sandbox.updates(offset=2_000_000_000)) == ["a"]


async def test_a_restarted_server_counts_on_from_the_clock(sandbox: Sandbox) -> None:
    clock = HandClock()
    numbers: list[tuple[int, int]] = []
    for _ in range(2):
        async with serve_telegram(TelegramConfig(clock=clock)) as url:
            reborn = Sandbox(sandbox.session, url, clock)
            said = await reborn.say(MINA, "a")
            numbers.append(((await reborn.updates())[0]["update_id"], said))
        clock.now += 60
    (first_update, first_message), (second_update, second_message) = numbers
    assert first_update < second_update
    assert first_message < second_message


async def test_a_long_poll_waits_for_the_next_update(sandbox: Sandbox, watch: PollWatch) -> None:
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(sandbox.updates(timeout=50))
        await watch.long_poll()
        assert not poll.done()
        await sandbox.say(MINA, "at last")
    assert texts(poll.result()) == ["at last"]


async def test_a_long_poll_ends_empty_when_its_time_is_up(sandbox: Sandbox) -> None:
    assert await sandbox.updates(timeout=1) == []


async def test_a_second_poll_ends_the_first_with_a_conflict(sandbox: Sandbox, watch: PollWatch) -> None:
    async with asyncio.TaskGroup() as group:
        older = group.create_task(sandbox.refusal("getUpdates", timeout=50))
        await watch.long_poll()
        newer = group.create_task(sandbox.updates(timeout=50))
        code, description = await older
        await sandbox.say(MINA, "a")
    assert (code, description) == (
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    )
    assert texts(newer.result()) == ["a"]


async def test_a_webhook_ends_polls_and_forbids_new_ones(sandbox: Sandbox, watch: PollWatch) -> None:
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(sandbox.refusal("getUpdates", timeout=50))
        await watch.long_poll()
        await sandbox.call("setWebhook", url="http://127.0.0.1:9/hook")
    assert poll.result() == (409, "Conflict: terminated by setWebhook request")
    active = "Conflict: can't use getUpdates method while webhook is active; "
    assert await sandbox.refusal("getUpdates") == (409, active + "use deleteWebhook to delete the webhook first")
    await sandbox.call("deleteWebhook")
    assert await sandbox.updates() == []


async def test_only_wanted_kinds_are_kept_and_an_omitted_list_changes_nothing(sandbox: Sandbox) -> None:
    await sandbox.updates(allowed_updates=["callback_query"])
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="x", reply_markup=keyboard(button("a")))
    await sandbox.say(MINA, "unheard")
    await sandbox.press(MINA, sent["message_id"], "a")
    (update,) = await sandbox.updates()
    assert set(update) == {"update_id", "callback_query"}
    await sandbox.say(MINA, "unheard too")
    assert len(await sandbox.updates(allowed_updates=[])) == 1
    await sandbox.say(MINA, "heard")
    assert len(await sandbox.updates()) == 2


async def test_presses_expire_before_messages(sandbox: Sandbox) -> None:
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="x", reply_markup=keyboard(button("a")))
    await sandbox.press(MINA, sent["message_id"], "a")
    await sandbox.say(MINA, "later")
    sandbox.clock.now += 150
    assert texts(await sandbox.updates()) == ["later"]
    sandbox.clock.now += 24 * 3600
    assert await sandbox.updates() == []


async def test_people_are_kept_apart(sandbox: Sandbox) -> None:
    await sandbox.say(THEO, "first")
    await sandbox.say(MINA, "second")
    updates = await sandbox.updates()
    assert [update["message"]["chat"]["id"] for update in updates] == [THEO, MINA]
    assert [update["message"]["from"]["first_name"] for update in updates] == ["Theo", "Mina"]
    await sandbox.call("sendMessage", chat_id=THEO, text="for Theo")
    assert [message["text"] for message in await sandbox.history(THEO)] == ["first", "for Theo"]
    assert [message["text"] for message in await sandbox.history(MINA)] == ["/start", "second"]
