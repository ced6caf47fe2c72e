"""Updates in, when handlers, storage or Telegram fail, and when the process is asked to stop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from telegram import Update
from telegram.error import BadRequest, Conflict, Forbidden, NetworkError
from telegram.ext import (
    ApplicationHandlerStop,
    ConversationHandler,
)

from bot.transport.intake import TokenTaken
from tests.transport.kit import MemoryRows, VirtualTime, message
from tests.transport.life import decode, handler, living, no_updates

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
