"""One process per database on a server: the lock is held while its connection lives, and its loss is told at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Kind
from storage.errors import AlreadyRunning, Unreachable
from storage.locks import only_process
from tests import databases


def never() -> None:
    raise AssertionError("the lock was not lost")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with databases.standing_on(Kind.POSTGRES):
        yield databases.address(tmp_path)


async def test_a_second_process_is_refused_until_the_first_lets_go(url: str) -> None:
    async with only_process(url, never):
        with pytest.raises(AlreadyRunning, match="another process already works on this database"):
            async with only_process(url, never):
                pass
    async with only_process(url, never):
        pass


async def test_two_databases_of_one_server_are_two_shops(url: str, tmp_path: Path) -> None:
    async with only_process(url, never), only_process(databases.empty(tmp_path), never):
        pass


async def test_the_lock_of_a_process_that_is_about_to_be_missed_is_waited_for(url: str) -> None:
    leaving = asyncio.Event()

    async def first() -> None:
        async with only_process(url, never):
            leaving.set()
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(first())
        await leaving.wait()
        async with only_process(url, never):
            pass


async def test_a_lost_lock_is_told_at_once_and_is_somebody_elses(url: str) -> None:
    lost = asyncio.Event()
    async with only_process(url, lost.set):
        await asyncio.to_thread(
            databases.server().run_on,
            url,
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()",
        )
        await lost.wait()
        async with only_process(url, never):
            pass


async def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        async with only_process(f"postgresql://shop:s3cret@/shop?host={tmp_path}", never):
            pass
