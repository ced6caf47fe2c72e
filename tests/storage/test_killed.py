"""kill -9 in mid-stream: what was acknowledged is there, what is there is whole."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storage.database import Database, Kind, Tx
from tests import databases

STREAM = """
import asyncio, itertools, os, sys
from storage.database import Database

async def main():
    numbers = itertools.count(1)
    async with await Database.open(sys.argv[1]) as db:
        async def make(tx):
            await tx.run("CREATE TABLE IF NOT EXISTS sides (number BIGINT, side TEXT, PRIMARY KEY (number, side))")

        async def stream():
            for number in numbers:
                async def work(tx):
                    await tx.run("INSERT INTO sides VALUES ($1, 'left')", number)
                    if number % 11 == 0:
                        raise LookupError
                    await tx.run("INSERT INTO sides VALUES ($1, 'right')", number)
                try:
                    await db.write(work)
                except LookupError:
                    continue
                os.write(1, b"%d\\n" % number)

        await db.write(make)
        await asyncio.gather(*[stream() for _ in range(50)])

asyncio.run(main())
"""


def acknowledged_before_the_kill(address: str, kill_after: int) -> list[int]:
    """Let a process write until it acknowledged so many commits, kill it, and return all it acknowledged."""
    with subprocess.Popen([sys.executable, "-c", STREAM, address], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(kill_after)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    return [int(line) for line in lines if line.endswith(b"\n")]


async def sides(tx: Tx) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row in await tx.all("SELECT number, side FROM sides ORDER BY number, side"):
        found.setdefault(row["number"], []).append(row["side"])
    return found


@pytest.mark.parametrize("kill_after", [1, 50, *random.Random(9).sample(range(100, 6000), 6)])
async def test_every_acknowledged_commit_outlives_the_process(tmp_path: Path, kill_after: int) -> None:
    address = databases.address(tmp_path)
    acknowledged = await asyncio.to_thread(acknowledged_before_the_kill, address, kill_after)
    assert len(acknowledged) >= kill_after
    async with await Database.open(address) as db:
        await assert_whole(db, acknowledged)
        check = await db.read(lambda tx: tx.one("PRAGMA quick_check"))
        assert check is not None
        assert check["quick_check"] == "ok"


@pytest.mark.parametrize("kill_after", [1, 40, 300])
async def test_the_same_on_a_server(tmp_path: Path, kill_after: int) -> None:
    with databases.standing_on(Kind.POSTGRES):
        address = databases.address(tmp_path)
        acknowledged = await asyncio.to_thread(acknowledged_before_the_kill, address, kill_after)
        assert len(acknowledged) >= kill_after
        async with await Database.open(address) as db:
            await assert_whole(db, acknowledged)


async def assert_whole(db: Database, acknowledged: list[int]) -> None:
    """What was acknowledged is there, and nothing by halves."""
    found = await db.read(sides)
    assert set(acknowledged) <= set(found)
    assert all(both == ["left", "right"] for both in found.values())
    assert not any(number % 11 == 0 for number in found)
