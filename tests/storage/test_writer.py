"""Group commit: shared fsyncs, private fates, and no answer before the commit."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.database import Database, Tx
from storage.errors import Conflict, ProgrammingError
from storage.writer import LARGEST_BATCH
from tests.storage.database_kit import (
    Gate,
    Refused,
    make_table,
    numbers,
    put,
    put_and_refuse,
    stored,
    traced,
    url,
)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(url(tmp_path / "shop.db")) as opened:
        await opened.write(make_table)
        yield opened


# Together, yet apart ------------------------------------------------------------------------------


def refuse_before(number: int) -> Callable[[Tx], Coroutine[Any, Any, int]]:
    async def work(tx: Tx) -> int:
        raise Refused(number)

    return work


def collide(number: int) -> Callable[[Tx], Coroutine[Any, Any, int]]:
    async def work(tx: Tx) -> int:
        await put(number)(tx)
        return await put(number)(tx)

    return work


def await_elsewhere(number: int) -> Callable[[Tx], Coroutine[Any, Any, int]]:
    async def work(tx: Tx) -> int:
        await put(number)(tx)
        await asyncio.sleep(0)
        return number

    return work


#: How a member may go, and what its caller must get for it (None: its number).
FATES: dict[Callable[[int], Callable[[Tx], Coroutine[Any, Any, int]]], type[Exception] | None] = {
    put: None,
    put_and_refuse: Refused,
    refuse_before: Refused,
    collide: Conflict,
    await_elsewhere: ProgrammingError,
}


async def run_mixed(db: Database, fates: list[Any]) -> None:
    """Run members side by side and hold each caller's answer, and the table, against their fates."""
    before = await stored(db)
    first = max(before, default=0) + 1
    answers = await asyncio.gather(
        *[db.write(fate(number)) for number, fate in enumerate(fates, first)], return_exceptions=True
    )
    for number, (fate, answer) in enumerate(zip(fates, answers, strict=True), first):
        assert answer == number if FATES[fate] is None else type(answer) is FATES[fate]
    kept = [number for number, fate in enumerate(fates, first) if FATES[fate] is None]
    assert await stored(db) == before + kept


async def test_thousands_of_mixed_members_each_get_what_is_theirs(db: Database) -> None:
    statements = await traced(db)
    chance = random.Random(20240229)
    fates = chance.choices(list(FATES), weights=[80, 5, 5, 5, 5], k=3000)
    await run_mixed(db, fates)
    assert statements.count("COMMIT") == -(-len(fates) // LARGEST_BATCH)
    assert "ROLLBACK" not in statements


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fates=st.lists(st.sampled_from(list(FATES)), min_size=1, max_size=40))
def test_any_mixture_of_members_is_as_if_each_had_run_alone(
    tmp_path_factory: pytest.TempPathFactory, fates: list[Any]
) -> None:
    async def scenario() -> None:
        async with await Database.open(url(tmp_path_factory.mktemp("mixed") / "shop.db")) as db:
            await db.write(make_table)
            await run_mixed(db, fates)

    asyncio.run(scenario())


async def test_members_are_never_interleaved(db: Database) -> None:
    def transfer(source: int) -> Callable[[Tx], Coroutine[Any, Any, None]]:
        async def work(tx: Tx) -> None:
            for step in range(5):
                await tx.run("INSERT INTO numbers (number) VALUES ($1)", source * 10 + step)
            if source % 7 == 0:
                raise Refused

        return work

    statements = await traced(db)
    await asyncio.gather(*[db.write(transfer(source)) for source in range(500)], return_exceptions=True)
    blocks = "\n".join(statements).split("SAVEPOINT member")[1:]
    assert len(blocks) == 500
    for block in blocks:
        steps = [divmod(int(number), 10) for number in re.findall(r"VALUES \((\d+)\)", block)]
        assert steps == [(steps[0][0], step) for step in range(5)]
        assert ("ROLLBACK TO member" in block) is (steps[0][0] % 7 == 0)


async def test_a_later_member_sees_what_an_earlier_one_of_its_batch_wrote(db: Database) -> None:
    async def take_one(tx: Tx) -> int:
        """Read, decide, write: correct only if nobody comes between."""
        taken = len(await numbers(tx))
        if taken >= 10:
            raise Refused
        return await put(taken)(tx)

    answers = await asyncio.gather(*[db.write(take_one) for _ in range(200)], return_exceptions=True)
    assert sorted(answer for answer in answers if isinstance(answer, int)) == list(range(10))
    assert await stored(db) == list(range(10))


# One commit for all who wait ----------------------------------------------------------------------


async def test_writers_of_one_turn_share_one_commit(db: Database) -> None:
    statements = await traced(db)
    await asyncio.gather(*[db.write(put(number)) for number in range(LARGEST_BATCH)])
    assert statements.count("BEGIN IMMEDIATE") == statements.count("COMMIT") == 1


async def test_writers_that_come_while_a_commit_runs_share_the_next(db: Database) -> None:
    statements = await traced(db)
    gate = Gate(0)
    async with asyncio.TaskGroup() as group:
        group.create_task(db.write(gate))
        await gate.entered.wait()
        for number in range(1, 51):
            group.create_task(db.write(put(number)))
            await asyncio.sleep(0)  # each in a turn of its own
        gate.open()
    assert statements.count("COMMIT") == 2
    assert await stored(db) == list(range(51))


async def test_a_crowd_is_cut_into_batches(db: Database) -> None:
    statements = await traced(db)
    await asyncio.gather(*[db.write(put(number)) for number in range(2 * LARGEST_BATCH + 1)])
    assert statements.count("COMMIT") == 3


async def test_nobody_is_answered_before_the_commit(db: Database) -> None:
    gate = Gate(3)
    async with asyncio.TaskGroup() as group:
        early = group.create_task(db.write(put(1)))
        refused = group.create_task(answer_of(db.write(put_and_refuse(2))))
        group.create_task(db.write(gate))
        await gate.entered.wait()
        # Both ran before the gate, in the batch that still stands there.
        assert await stored(db) == []
        assert not early.done()
        assert not refused.done()
        gate.open()
    assert early.result() == 1
    assert isinstance(refused.result(), Refused)
    assert await stored(db) == [1, 3]


async def answer_of(writing: Coroutine[Any, Any, object]) -> object:
    (answer,) = await asyncio.gather(writing, return_exceptions=True)
    return answer


# A work that leaves in an unusual way -------------------------------------------------------------


@pytest.mark.parametrize(
    "leaving", [asyncio.CancelledError, SystemExit, GeneratorExit, StopAsyncIteration, MemoryError]
)
async def test_whatever_a_work_raises_rolls_back_alone(db: Database, leaving: type[BaseException]) -> None:
    async def work(tx: Tx) -> None:
        await put(1)(tx)
        raise leaving

    gate = Gate(0)
    async with asyncio.TaskGroup() as group:
        group.create_task(db.write(gate))
        await gate.entered.wait()
        strange = group.create_task(leave(db, work, leaving))
        group.create_task(db.write(put(2)))
        await asyncio.sleep(0)  # both join the queue
        gate.open()
    assert strange.done()
    assert await stored(db) == [0, 2]


async def leave(db: Database, work: Callable[[Tx], Coroutine[Any, Any, None]], leaving: type[BaseException]) -> None:
    with pytest.raises(leaving):
        await db.write(work)
