"""The row of the bombs sees a client that believes everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.wire import reading
from prove import bombs
from prove.registry import named
from prove.row import Share, Size


def test_a_client_without_bounds_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert named("bombs").targets[Size.SHORT] == named("bombs").targets[Size.LONG] == len(bombs.BOMBS) >= 20
    first = next(n for n, bomb in enumerate(bombs.BOMBS) if bomb.name == "fractions")
    share = Share("bombs", Size.SHORT, 0, first, 1, 1, tmp_path)
    assert bombs.run(share).broken == ()
    monkeypatch.setattr(reading, "_MOST_PARTS", 10**9)
    (broken,) = bombs.run(share).broken
    assert broken.startswith("too much: fractions")
