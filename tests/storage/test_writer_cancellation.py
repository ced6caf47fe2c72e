"""Callers who go away: before their turn nothing happens, later it happens all the same."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database, Tx
from tests.storage.database_kit import Gate, make_table, put, stored, traced, url


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(url(tmp_path / "shop.db")) as opened:
        await opened.write(make_table)
        yield opened


async def canceled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@contextmanager
def never_called() -> Iterator[Callable[[Tx], Coroutine[Any, Any, None]]]:
    calls: list[Tx] = []

    async def work(tx: Tx) -> None:
        calls.append(tx)

    yield work
    assert calls == []


async def test_a_caller_canceled_while_it_waits_for_the_next_batch_is_skipped(db: Database) -> None:
    gate = Gate(1)
    with never_called() as work:
        async with asyncio.TaskGroup() as group:
            group.create_task(db.write(gate))
            await gate.entered.wait()
            waiting = group.create_task(db.write(work))
            after = group.create_task(db.write(put(2)))
            await asyncio.sleep(0)  # both join the queue
            await canceled(waiting)
            gate.open()
    assert after.result() == 2
    assert await stored(db) == [1, 2]


async def test_a_caller_canceled_in_a_running_batch_before_its_turn_is_skipped(db: Database) -> None:
    gate = Gate(1)
    with never_called() as work:
        async with asyncio.TaskGroup() as group:
            group.create_task(db.write(gate))
            same_batch = group.create_task(db.write(work))
            group.create_task(db.write(put(2)))
            await gate.entered.wait()
            await canceled(same_batch)
            gate.open()
    assert await stored(db) == [1, 2]


async def test_a_caller_canceled_in_its_turn_still_commits(db: Database) -> None:
    gate = Gate(1)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(db.write(gate))
        await gate.entered.wait()
        await canceled(running)
        gate.open()
    await db.write(put(2))
    assert await stored(db) == [1, 2]


async def test_a_caller_canceled_between_its_turn_and_the_commit_still_commits(db: Database) -> None:
    gate = Gate(2)
    async with asyncio.TaskGroup() as group:
        ran = group.create_task(db.write(put(1)))
        group.create_task(db.write(gate))
        await gate.entered.wait()
        await canceled(ran)
        gate.open()
    assert await stored(db) == [1, 2]


async def test_a_caller_canceled_before_the_loop_turned_leaves_nothing(db: Database) -> None:
    statements = await traced(db)
    with never_called() as work:
        writing = asyncio.gather(db.write(work), return_exceptions=True)
        await asyncio.sleep(0)  # it joins the queue; the batch would begin in the next turn
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert await db.write(put(1)) == 1
    assert statements.count("COMMIT") == 1


async def test_nothing_depends_on_the_caller_who_came_first(db: Database) -> None:
    gate = Gate(0)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(db.write(gate))
        await gate.entered.wait()
        others = [group.create_task(db.write(put(number))) for number in range(1, 600)]
        await asyncio.sleep(0)  # they join the queue
        await canceled(first)
        await canceled(others[0])
        gate.open()
    assert [task.result() for task in others[1:]] == list(range(2, 600))
    assert await stored(db) == [0, *range(2, 600)]


async def test_when_everybody_left_the_writer_is_ready_for_the_next(db: Database) -> None:
    gate = Gate(0)
    tasks = [asyncio.gather(db.write(gate))]
    await gate.entered.wait()
    tasks += [asyncio.gather(db.write(put(number))) for number in range(1, 10)]
    await asyncio.sleep(0)  # they join the queue
    for task in tasks:
        task.cancel()
    gate.open()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await db.write(put(100)) == 100
    assert await stored(db) == [0, 100]


async def test_a_deadline_around_a_write_is_a_cancellation(db: Database) -> None:
    gate = Gate(1)
    async with asyncio.TaskGroup() as group:
        group.create_task(db.write(gate))
        await gate.entered.wait()
        with never_called() as work, pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await db.write(work)
        gate.open()


async def test_random_cancellations_lose_and_double_nothing(db: Database) -> None:
    chance = random.Random(1906)
    answered: list[int] = []

    async def one(number: int) -> None:
        answered.append(await db.write(put(number)))

    async with asyncio.TaskGroup() as group:
        tasks = []
        for number in range(1500):
            tasks.append(group.create_task(one(number)))
            if chance.random() < 0.3:
                chance.choice(tasks).cancel()
            if chance.random() < 0.1:
                await asyncio.sleep(0)
    kept = await stored(db)
    assert set(answered) <= set(kept)
    assert len(answered) == len(set(answered)) > 1000
    assert await db.write(put(9999)) == 9999
