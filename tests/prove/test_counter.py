"""The rows that stand behind the counter see a shop that breaks its word."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.engine import ordering
from prove import crowd, leases
from prove.row import Share, Size
from storage import quotes


def share(folder: Path, row: str, count: int) -> Share:
    return Share(row, Size.SHORT, 0, 0, count, 1, folder)


def test_a_crowd_finds_a_quote_that_can_be_used_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "_AFFORDED", 3)
    (tmp_path / "sound").mkdir()
    assert crowd.run(share(tmp_path / "sound", "crowd", 40)).broken == ()

    async def use_again(tx, token, customer_id, now):
        return await quotes.get(tx, token, customer_id)

    monkeypatch.setattr(ordering.quotes, "use", use_again)
    assert any("one quote was answered" in line for line in crowd.run(share(tmp_path, "crowd", 40)).broken)


def test_pollers_find_a_sweeper_that_takes_what_others_have_in_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sound").mkdir()
    assert leases.run(share(tmp_path / "sound", "leases", 200)).broken == ()
    monkeypatch.setattr(leases.Sweeper, "_abandoned", lambda self, found, now: found)
    record = leases.fulfilment.record

    async def record_after_a_round(*told):
        await asyncio.sleep(leases._ROUND_SECONDS * 4)
        return await record(*told)

    monkeypatch.setattr(leases.fulfilment, "record", record_after_a_round)
    assert leases.run(share(tmp_path, "leases", 8)).broken
