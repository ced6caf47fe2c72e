"""A shop on a PostgreSQL server, and a server that lets go of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot import cli, running
from storage.errors import LockLost
from storage.postgres import LOCKS, PROCESS
from tests import databases
from tests.journeys.kit import brisk, open_for_business, street
from tests.journeys.shopping import market, stocked
from tests.kit import MINA

pytestmark = pytest.mark.postgres

_HOLDERS = f"SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = {LOCKS} AND objid = {PROCESS}"
_BREAK = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def test_a_shop_without_its_lock_closes_says_why_and_opens_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with street(tmp_path) as place, place.phone(MINA) as mina:
        made, _ = await stocked(place)
        at_work = asyncio.get_running_loop().create_task(running.run(made, asyncio.Event(), brisk()))
        await mina.say("/start")
        await mina.sees("Balance:")
        databases.change_behind(tmp_path, f"{_BREAK} AND pid IN ({_HOLDERS})")
        with pytest.raises(LockLost, match="start it again") as lost:
            await at_work
        async with open_for_business(made):
            await mina.say("/wallet")
            await mina.sees("Your customer id")
    monkeypatch.setattr(cli, "_parser", lambda: _Raising(lost.value))
    assert cli.main([]) == cli.FAILED
    assert capsys.readouterr().err.startswith("the lock on the database was lost")


async def test_a_shop_that_loses_all_but_its_lock_sells_on(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        await open_shop.buy()
        databases.change_behind(tmp_path, f"{_BREAK} AND pid NOT IN ({_HOLDERS})")
        order = await open_shop.buy()
        await open_shop.card(order, "Pending")
        assert len(await open_shop.adds()) == 2


class _Raising:
    """A command line that ends as a shop did."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def parse_args(self, _arguments: object) -> _Raising:
        return self

    def command(self, _options: object) -> int:
        raise self._error
