"""Updates in: a real Application, real HTTP, a real database; processes die and go on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from telegram import Update
from telegram.error import BadRequest, Conflict, Forbidden, NetworkError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    ApplicationHandlerStop,
    BaseHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    filters,
)

from bot.transport.intake import Intake, LongPoll, PerCustomer, TokenTaken
from bot.transport.limits import Pace
from bot.transport.persistence import ConversationStore
from bot.transport.polling import Fetch
from bot.transport.request import AiohttpRequest
from storage.database import Database
from storage.inbox import Inbox
from storage.migrate import migrate
from tests.transport.kit import TOKEN, BotApi, MemoryRows, VirtualTime, message, serving

MIGRATIONS = Path(__file__).parents[2] / "storage" / "migrations" / "sqlite"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass(slots=True)
class Memory:
    link: str = ""
    texts: list[str] = field(default_factory=list)


def decode(text: str) -> Memory:
    return Memory(**json.loads(text))


@dataclass
class Process:
    """One life of the bot: an application and its intake on rows that outlive it."""

    application: Application[Any, Any, Any, Any, Any, Any]
    intake: Intake
    tasks: set[asyncio.Task[None]]
    poisoned: list[tuple[int, str]]

    async def stop(self) -> None:
        await self.intake.stop(5)

    async def kill(self) -> None:
        """Everything ends where it stands, and nothing is written any more."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def no_updates(offset: int | None) -> list[dict[str, Any]]:
    await asyncio.Event().wait()
    return []


@asynccontextmanager
async def living(
    address: str,
    rows: Any,
    *handlers: BaseHandler[Any, Any, Any],
    fetch: Fetch | None = None,
    concurrent: int = 256,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    **options: Any,
) -> AsyncIterator[Process]:
    store = ConversationStore(rows, memory=Memory, encode=lambda memory: json.dumps(asdict(memory)), decode=decode)
    request, polling = AiohttpRequest(), AiohttpRequest()
    application = (
        ApplicationBuilder().token(TOKEN).base_url(f"{address}/bot").request(request).get_updates_request(polling)
        .rate_limiter(Pace()).persistence(store).context_types(ContextTypes(user_data=Memory))
        .concurrent_updates(PerCustomer(concurrent)).updater(None).build()
    )  # fmt: skip
    poisoned: list[tuple[int, str]] = []
    tasks: set[asyncio.Task[None]] = set()

    async def on_poison(update_id: int, error: str) -> None:
        poisoned.append((update_id, error))

    def spawn(coroutine: Any, name: str) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return task

    fetch = fetch or LongPoll(polling, application.bot.base_url, ["message"])
    options = {"on_poison": on_poison, "now": lambda: NOW, "jitter": lambda: 1.0, **options}
    intake = Intake(application, rows, store, fetch, spawn, sleep=sleep, **options)
    application.add_handlers(handlers)
    async with application:
        yield Process(application, intake, tasks, poisoned)
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def api() -> BotApi:
    return BotApi()


@pytest.fixture
async def address(api: BotApi) -> AsyncIterator[str]:
    async with serving(api.answer) as address:
        yield address


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[Inbox]:
    async with await Database.open(f"sqlite:///{tmp_path / 'shop.db'}") as db:
        await migrate(db, MIGRATIONS)
        yield Inbox(db)


def handler(callback: Callable[[Update, Any], Awaitable[object]]) -> MessageHandler[Any, Any]:
    return MessageHandler(filters.ALL, callback)


def order_conversation() -> ConversationHandler[Any]:
    """/order, then a link, then a quantity."""

    async def begin(update: Update, context: Any) -> str:
        await update.effective_message.reply_text("link?")
        return "link"

    async def link(update: Update, context: Any) -> int:
        context.user_data.link = update.effective_message.text
        await update.effective_message.reply_text("quantity?")
        return 2

    async def quantity(update: Update, context: Any) -> int:
        await update.effective_message.reply_text(f"{update.effective_message.text} x {context.user_data.link}")
        context.user_data.link = ""
        return ConversationHandler.END

    return ConversationHandler(
        [CommandHandler("order", begin)],
        {"link": [MessageHandler(filters.TEXT, link)], 2: [MessageHandler(filters.TEXT, quantity)]},
        [],
        name="order",
        persistent=True,
    )


# The whole way ------------------------------------------------------------------------------------


async def test_polled_updates_are_stored_handled_and_answered_in_order(api: BotApi, address: str, inbox: Inbox):
    api.add(message(10, 7, "/order"), message(11, 7, "example.com"), message(12, 7, "100"))
    async with living(address, inbox, order_conversation()) as process:
        polling = asyncio.get_running_loop().create_task(process.intake.poll())
        texts = await api.sent_to_people(3)
        await process.intake.idle()
        await process.stop()
        await polling
    assert texts == ["link?", "quantity?", "100 x example.com"]
    assert api.polls[-1]["offset"] == "13"
    assert await inbox.pending() == []
    assert await inbox.load_conversations() == []
    assert await inbox.load_memory() == []


@pytest.mark.parametrize("steps_before", [1, 2])
async def test_a_conversation_goes_on_after_a_restart(api: BotApi, address: str, inbox: Inbox, steps_before: int):
    steps = [message(1, 7, "/order"), message(2, 7, "example.com"), message(3, 7, "100")]
    for part in (steps[:steps_before], steps[steps_before:]):
        async with living(address, inbox, order_conversation()) as process:
            await process.intake.receive(part)
            await process.intake.idle()
            await process.stop()
    assert [text for _, text in api.sent] == ["link?", "quantity?", "100 x example.com"]


async def test_killed_between_store_and_handling_the_update_is_handled_in_the_next_life(address: str, inbox: Inbox):
    handled: list[int] = []

    async def note(update: Update, context: Any) -> None:
        handled.append(update.update_id)

    async with living(address, inbox, handler(note)) as process:
        await process.intake.receive([message(1, 7, "x"), message(2, 7, "y"), message(3, 8, "z")])
        await process.kill()
    assert handled == []
    async with living(address, inbox, handler(note)) as process:
        await process.intake.resume()
        await process.intake.receive([message(3, 8, "z"), message(4, 7, "new")])
        await process.intake.idle()
    assert sorted(handled) == [1, 2, 3, 4]
    assert [number for number in handled if number != 3] == [1, 2, 4]


async def test_killed_between_handler_and_mark_the_update_is_replayed_from_the_same_state(address: str, inbox: Inbox):
    """The conversation has moved on in the dead process only; the replay finds the stored state and moves it again."""
    seen: list[str] = []

    class Dying:
        def __getattr__(self, name: str) -> Any:
            return getattr(inbox, name)

        async def finish(self, *_: Any) -> None:
            reached.set()
            await asyncio.Event().wait()

    async def begin(update: Update, context: Any) -> str:
        seen.append(f"begin {context.user_data.link!r}")
        context.user_data.link = "torn"
        return "open"

    async def again(update: Update, context: Any) -> None:
        raise AssertionError("the conversation was open already")

    def conversation() -> ConversationHandler[Any]:
        entry, inside = CommandHandler("order", begin), CommandHandler("order", again)
        return ConversationHandler([entry], {"open": [inside]}, [], name="order", persistent=True)

    reached = asyncio.Event()
    async with living(address, Dying(), conversation()) as process:
        await process.intake.receive([message(1, 7, "/order")])
        await reached.wait()
        await process.kill()
    async with living(address, inbox, conversation()) as process:
        await process.intake.resume()
        await process.intake.idle()
    assert seen == ["begin ''", "begin ''"]
    assert await inbox.load_conversations() == [("order", "7:7", '"open"')]
    assert await inbox.pending() == []


async def test_an_update_that_is_delivered_again_has_one_effect(address: str, inbox: Inbox):
    handled: list[int] = []

    async def note(update: Update, context: Any) -> None:
        handled.append(update.update_id)

    for _ in range(2):
        async with living(address, inbox, handler(note)) as process:
            for _ in range(2):
                await process.intake.receive([message(1, 7, "x"), message(1, 7, "x"), message(2, 7, "y")])
            await process.intake.idle()
            await process.intake.receive([message(1, 7, "x")])
            await process.intake.idle()
    assert handled == [1, 2]


async def test_update_kinds_nobody_knows_are_stored_and_finished(address: str):
    rows = MemoryRows()
    strange = {"update_id": 5, "of_the_future": {"text": "half \ud83d"}}
    async with living(address, rows, order_conversation()) as process:
        await process.intake.receive([strange, {"update_id": 6, "message": None}])
        await process.intake.idle()
    assert rows.done == {5, 6}
    assert rows.raw(5) == strange
    assert rows.rows[5].raw.isascii()


# Order and concurrency ----------------------------------------------------------------------------


async def test_one_persons_updates_go_in_order_while_others_run_beside_them(address: str):
    rows, order, gate = MemoryRows(), [], asyncio.Event()
    others = asyncio.Event()

    async def work(update: Update, context: Any) -> None:
        order.append(update.update_id)
        if update.update_id == 1:
            await gate.wait()
        if update.update_id == 3:
            others.set()

    async with living(address, rows, handler(work)) as process:
        await process.intake.receive([message(1, 7, "slow"), message(2, 7, "next"), message(3, 8, "other")])
        await others.wait()
        assert 2 not in order
        gate.set()
        await process.intake.idle()
    assert order.index(1) < order.index(2)


async def test_a_person_with_many_updates_takes_one_place_only(address: str):
    rows, gate, other = MemoryRows(), asyncio.Event(), asyncio.Event()

    async def work(update: Update, context: Any) -> None:
        if update.effective_user.id == 8:
            other.set()
        else:
            await gate.wait()

    async with living(address, rows, handler(work), concurrent=2) as process:
        await process.intake.receive([*(message(n, 7, "x") for n in range(50)), message(99, 8, "y")])
        await other.wait()
        gate.set()
        await process.intake.idle()
    assert len(rows.done) == 51


async def test_a_thousand_updates_of_fifty_persons(address: str, inbox: Inbox):
    async def note(update: Update, context: Any) -> None:
        await asyncio.sleep(0)
        context.user_data.texts.append(update.effective_message.text)

    updates = [message(number, 1 + number % 50, str(number)) for number in range(1000)]
    async with living(address, inbox, handler(note)) as process:
        for start in range(0, 1000, 100):
            await process.intake.receive(updates[start : start + 100])
        await process.intake.idle()
        assert not process.intake._queues
        assert process.application.update_processor.remembered == 0
    memories = {person: decode(text).texts for person, text in await inbox.load_memory()}
    expected = {person: [str(n) for n in range(1000) if 1 + n % 50 == person] for person in range(1, 51)}
    assert memories == expected
    assert await inbox.pending() == []


# Failures -----------------------------------------------------------------------------------------


async def test_a_failing_update_is_tried_five_times_then_poison_while_others_go_on(address: str):
    rows, time, tried = MemoryRows(), VirtualTime(), []

    async def work(update: Update, context: Any) -> None:
        tried.append((round(time.now - 1000, 1), update.effective_message.text))
        if update.effective_message.text == "bad":
            raise RuntimeError("the handler broke")

    async with living(address, rows, handler(work), sleep=time.sleep) as process:
        await process.intake.receive([message(1, 7, "bad"), message(2, 7, "later"), message(3, 8, "other")])
        await time.until(lambda: not process.tasks)
    assert tried[0] == (0, "bad")
    assert tried[1] == (0, "other")
    assert tried[2:] == [(1, "bad"), (3, "bad"), (7, "bad"), (15, "bad"), (15, "later")]
    assert rows.done == {2, 3}
    ((update_id, summary),) = process.poisoned
    assert update_id == 1
    assert summary.startswith("RuntimeError: the handler broke (work, line ")
    assert rows.poison == {1: summary}
    assert rows.rows[1].tries == 5


async def test_tries_are_counted_across_lives(address: str):
    rows, time = MemoryRows(), VirtualTime()

    async def work(update: Update, context: Any) -> None:
        raise RuntimeError

    async with living(address, rows, handler(work), sleep=time.sleep) as process:
        await process.intake.receive([message(1, 7, "bad")])
        await time.until(lambda: rows.rows[1].tries == 3)
        await process.kill()
    async with living(address, rows, handler(work), sleep=time.sleep) as process:
        await process.intake.resume()
        await time.until(lambda: bool(process.poisoned))
    assert rows.rows[1].tries == 5


async def test_a_failed_try_leaves_nothing_in_the_memory(address: str):
    rows, time, seen = MemoryRows(), VirtualTime(), []

    async def work(update: Update, context: Any) -> None:
        seen.append(list(context.user_data.texts))
        context.user_data.texts.append(update.effective_message.text)
        if len(seen) < 3:
            raise RuntimeError

    async with living(address, rows, handler(work), sleep=time.sleep) as process:
        await process.intake.receive([message(1, 7, "x"), message(2, 7, "y")])
        await time.until(lambda: not process.tasks)
    assert seen == [[], [], [], ["x"]]
    assert decode(rows.memories[7]).texts == ["x", "y"]


async def test_the_projects_error_handlers_run_and_cannot_hide_the_failure(address: str):
    rows, time, told = MemoryRows(), VirtualTime(), []

    async def work(update: Update, context: Any) -> None:
        raise RuntimeError

    async def on_error(update: object, context: Any) -> None:
        told.append(type(context.error))
        raise ApplicationHandlerStop

    async with living(address, rows, handler(work), sleep=time.sleep) as process:
        process.application.add_error_handler(on_error)
        await process.intake.receive([message(1, 7, "x")])
        await time.until(lambda: not process.tasks)
    assert told == [RuntimeError] * 5
    assert list(rows.poison) == [1]


async def test_an_answer_to_somebody_who_blocked_the_bot_is_no_failure(address: str):
    rows = MemoryRows()

    async def work(update: Update, context: Any) -> None:
        raise Forbidden("bot was blocked by the user")

    async with living(address, rows, handler(work)) as process:
        await process.intake.receive([message(1, 7, "x")])
        await process.intake.idle()
    assert rows.done == {1}


@pytest.mark.parametrize(("error", "poison"), [(NetworkError("down"), False), (BadRequest("no"), True)])
async def test_while_telegram_cannot_be_reached_updates_are_not_given_up_soon(
    address: str, error: Exception, poison: bool
):
    rows, time, tries = MemoryRows(), VirtualTime(), 0

    async def work(update: Update, context: Any) -> None:
        nonlocal tries
        tries += 1
        if tries <= 20:
            raise error

    async with living(address, rows, handler(work), sleep=time.sleep) as process:
        await process.intake.receive([message(1, 7, "x")])
        await time.until(lambda: not process.tasks)
    assert (1 in rows.poison) is poison
    assert (1 in rows.done) is not poison


async def test_an_update_that_cannot_be_read_is_poison_and_harms_nobody(address: str):
    rows, time, handled = MemoryRows(), VirtualTime(), []

    async def work(update: Update, context: Any) -> None:
        handled.append(update.update_id)

    broken = {"update_id": 1, "message": {"from": {"id": 7}, "chat": "no chat"}}
    async with living(address, rows, handler(work), sleep=time.sleep) as process:
        await process.intake.receive([broken, message(2, 7, "x")])
        await time.until(lambda: not process.tasks)
    assert list(rows.poison) == [1]
    assert handled == [2]


async def test_a_conversation_state_that_cannot_be_stored_is_a_failure(address: str):
    rows, time = MemoryRows(), VirtualTime()

    async def begin(update: Update, context: Any) -> tuple[int, int]:
        return (1, 2)

    conversation = ConversationHandler([handler(begin)], {(1, 2): []}, [], name="order", persistent=True)
    async with living(address, rows, conversation, sleep=time.sleep) as process:
        await process.intake.receive([message(1, 7, "x")])
        await time.until(lambda: bool(rows.rows[1].tries))
        await process.kill()
    assert rows.done == set()


async def test_while_storage_cannot_write_the_mark_the_handlers_are_not_run_again(address: str):
    rows, time, handled = MemoryRows(broken=4), VirtualTime(), []

    async def work(update: Update, context: Any) -> None:
        handled.append(round(time.now - 1000))
        context.user_data.link = "kept"

    async with living(address, rows, handler(work), sleep=time.sleep) as process:
        await process.intake.receive([message(1, 7, "x"), message(2, 7, "y")])
        await time.until(lambda: not process.tasks)
    assert handled == [0, 15]
    assert rows.done == {1, 2}
    assert decode(rows.memories[7]).link == "kept"


async def test_an_alert_that_fails_does_not_hold_up_the_customer(address: str):
    rows, time = MemoryRows(), VirtualTime()

    async def work(update: Update, context: Any) -> None:
        if update.update_id == 1:
            raise RuntimeError

    async def broken(update_id: int, error: str) -> None:
        raise OSError

    async with living(address, rows, handler(work), sleep=time.sleep, on_poison=broken) as process:
        await process.intake.receive([message(1, 7, "x"), message(2, 7, "y")])
        await time.until(lambda: not process.tasks)
    assert rows.done == {2}


async def test_a_taken_token_ends_the_polling(address: str):
    async def conflict(offset: int | None) -> list[dict[str, Any]]:
        raise Conflict("terminated by other getUpdates request")

    async with living(address, MemoryRows(), fetch=conflict) as process:
        with pytest.raises(TokenTaken):
            await process.intake.poll()


# Stopping -----------------------------------------------------------------------------------------


async def test_stopping_waits_for_what_is_under_way_and_leaves_the_rest_for_later(address: str):
    rows, begun, gate = MemoryRows(), asyncio.Event(), asyncio.Event()

    async def work(update: Update, context: Any) -> None:
        begun.set()
        await gate.wait()

    async with living(address, rows, handler(work), fetch=no_updates) as process:
        polling = asyncio.get_running_loop().create_task(process.intake.poll())
        await process.intake.receive([message(1, 7, "x"), message(2, 7, "y")])
        await begun.wait()
        stopping = asyncio.get_running_loop().create_task(process.intake.stop(60))
        await polling
        await process.intake.receive([message(3, 8, "late")])
        gate.set()
        await stopping
    assert rows.done == {1}
    assert sorted(rows.rows) == [1, 2, 3]


async def test_stopping_cancels_what_takes_too_long(address: str):
    rows, begun = MemoryRows(), asyncio.Event()

    async def work(update: Update, context: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with living(address, rows, handler(work), concurrent=1) as process:
        await process.intake.receive([message(1, 7, "x"), message(2, 8, "waits for a place")])
        await begun.wait()
        await process.intake.stop(0.01)
        assert not process.tasks
    assert rows.done == set()
    assert [row[0] for row in await rows.pending()] == [1, 2]


async def test_stopping_does_not_wait_for_the_next_try(address: str):
    rows, time = MemoryRows(), VirtualTime()

    async def work(update: Update, context: Any) -> None:
        raise RuntimeError

    async with living(address, rows, handler(work), sleep=time.sleep) as process:
        await process.intake.receive([message(1, 7, "x")])
        await time.until(lambda: rows.rows[1].tries == 1)
        await process.intake.stop(3600)
    assert [tuple(row)[3] for row in await rows.pending()] == [1]
