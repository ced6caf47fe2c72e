"""The rows that stand behind the counter see a shop that breaks its word."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.engine import ordering
from prove import crowd
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
