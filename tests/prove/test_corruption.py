"""The rows about the audit see an audit that sees nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from prove import corruption
from prove.large import Sizes
from prove.row import Share, Size
from storage import ledger_checks


def test_a_planted_change_that_nobody_finds_is_told_with_what_replays_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corruption, "SIZES", Sizes(customers=5, orders=100, transfers=300))
    for name in ("sound", "blind"):
        (tmp_path / name).mkdir()
    assert corruption.run(Share("corruption", Size.SHORT, 0, 0, 3, 1, tmp_path / "sound")).broken == ()
    monkeypatch.setattr(ledger_checks, "CHECKS", ())
    found = corruption.run(Share("corruption", Size.SHORT, 0, 0, 1, 1, tmp_path / "blind"))
    assert len(found.broken) == 1
    assert "was not found: sqlite, seed 1, change 0" in found.broken[0]
