"""After a start: operators hear where the shop stands when the last run broke off, and only then."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot import app
from bot.engine import recovery
from bot.panels.outcomes import Lost
from bot.wire.reasons import HttpFacts, LostReason
from storage.database import Database
from tests.engine.workshop import LIKES, Workshop, open_shop
from tests.kit import IRIS, LINK, settings


async def start(bench: Workshop) -> bool:
    """The next run, as far as it tells operators."""
    bench.shop = replace(await open_shop(bench.shop.db), shelf=bench.shop.shelf)
    return await recovery.tell_restart(bench.shop, bench.clock())


async def test_after_a_run_that_broke_off_every_operator_hears_once_where_the_shop_stands(bench: Workshop) -> None:
    assert not await recovery.tell_restart(bench.shop, bench.clock()), "the first run follows none"
    await bench.customer("100")
    for n in range(5):
        await bench.order(bench.number(LIKES), link=f"{LINK}/{n}")
    for claim in [await bench.claim(), await bench.claim()]:
        await bench.record(claim, Lost(LostReason.TIMEOUT, HttpFacts()))
    [row] = await bench.rows("SELECT COUNT(*) AS n FROM notices WHERE state = 'waiting'")
    assert await start(bench)
    for operator in bench.shop.terms.operator_ids:
        told = await bench.rows("SELECT facts FROM notices WHERE kind = 'restarted' AND chat_id = $1", operator)
        assert [json.loads(each["facts"]) for each in told] == [{"unknown": 2, "reserved": 3, "unsent": row["n"]}]
    assert await start(bench), "each run that broke off is told"
    assert (await bench.notices(IRIS)).count("restarted") == 2


async def test_after_a_run_that_closed_in_order_nobody_is_told(bench: Workshop) -> None:
    await recovery.tell_restart(bench.shop, bench.clock())
    for _ in range(3):
        await recovery.close(bench.shop)
        assert not await start(bench)
    assert "restarted" not in await bench.notices(IRIS)
    assert await start(bench)


async def test_a_run_that_was_taken_over_notes_nothing_at_its_close(bench: Workshop) -> None:
    await recovery.tell_restart(bench.shop, bench.clock())
    old = bench.shop
    assert await start(bench)
    await recovery.close(old)
    assert await start(bench)


async def test_a_shop_from_before_this_was_noted_is_not_said_to_have_broken_off(bench: Workshop) -> None:
    await bench.sql("UPDATE instance SET closed = NULL, epoch = 41")
    assert not await start(bench)
    assert await start(bench)


async def test_a_real_shop_notes_its_close_and_says_when_it_could_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = settings(tmp_path / "real", {"main": "http://127.0.0.1:9"})
    (tmp_path / "real").mkdir()

    async def told() -> int:
        async with app.open_shop(made) as shop, await Database.open(made.database_url) as db:
            del shop
            row = await db.read(lambda tx: tx.one("SELECT COUNT(*) AS n FROM notices WHERE kind = 'restarted'"))
            return int(row["n"]) if row else 0

    assert [await told(), await told()] == [0, 0]
    with pytest.raises(LookupError):
        async with app.open_shop(made):
            raise LookupError
    assert [await told(), await told()] == [1, 1]


async def test_a_shop_that_was_restored_is_not_said_to_have_broken_off(bench: Workshop) -> None:
    await recovery.tell_restart(bench.shop, bench.clock())
    bench.shop = replace(await open_shop(bench.shop.db), shelf=bench.shop.shelf)
    assert not await recovery.tell_restart(bench.shop, bench.clock(), restored=True)
    assert "restarted" not in await bench.notices(IRIS)
