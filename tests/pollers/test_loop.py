"""The owner of background tasks."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.engine.shop import Bell
from bot.pollers.loop import Loops


class Watcher:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str | None]] = []
        self.again = asyncio.Event()

    async def __call__(self, name: str, error: Exception | None) -> None:
        self.told.append((name, None if error is None else str(error)))
        if error is None:
            self.again.set()


async def no_sleep(_seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
async def watcher() -> Watcher:
    return Watcher()


async def test_a_poller_that_breaks_runs_again_and_is_reported_once(watcher: Watcher) -> None:
    loops = Loops(watcher, no_sleep)
    rounds = 0

    async def one_round() -> timedelta:
        nonlocal rounds
        rounds += 1
        if rounds <= 10:
            raise RuntimeError("no luck")
        return timedelta(days=1)

    loops.every("unlucky", one_round)
    await watcher.again.wait()
    assert watcher.told == [("unlucky", "no luck"), ("unlucky", None)]
    assert not loops.broken
    await loops.stop()


async def test_one_failure_is_nobodys_business(watcher: Watcher) -> None:
    loops = Loops(watcher, no_sleep)
    went_on = asyncio.Event()
    failed = False

    async def one_round() -> timedelta:
        nonlocal failed
        if not failed:
            failed = True
            raise RuntimeError("once")
        went_on.set()
        return timedelta(days=1)

    loops.every("hiccup", one_round)
    await went_on.wait()
    assert watcher.told == []
    await loops.stop()


async def test_work_that_returns_is_over(watcher: Watcher) -> None:
    loops = Loops(watcher, no_sleep)
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1

    await loops.keep("short", work)
    assert runs == 1


async def test_a_bell_cuts_a_rest_short_even_when_it_rang_during_the_round(watcher: Watcher) -> None:
    loops = Loops(watcher)
    bell = Bell()
    rounds = asyncio.Semaphore(0)

    async def one_round() -> timedelta:
        rounds.release()
        return timedelta(days=1)

    loops.every("rung", one_round, bell)
    await rounds.acquire()
    bell.ring()
    await rounds.acquire()
    bell.ring()
    await rounds.acquire()
    await loops.stop()


async def test_stop_cancels_and_awaits_everything(watcher: Watcher) -> None:
    loops = Loops(watcher)
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    loops.keep("endless", work)
    await begun.wait()
    await loops.stop()
    assert ended.is_set()


async def test_a_watcher_that_fails_stops_nobody() -> None:
    async def deaf(_name: str, _error: Exception | None) -> None:
        raise OSError("no disk")

    loops = Loops(deaf, no_sleep)
    done = asyncio.Event()
    rounds = 0

    async def one_round() -> timedelta:
        nonlocal rounds
        rounds += 1
        if rounds < 5:
            raise RuntimeError("no luck")
        done.set()
        return timedelta(days=1)

    loops.every("unwatched", one_round)
    await done.wait()
    await loops.stop()
