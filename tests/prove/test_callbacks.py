"""The row of forged presses sees a shop that believes its buttons."""

from __future__ import annotations

from pathlib import Path

import pytest

from handlers.operator import guards
from prove import callbacks
from prove.row import Share, Size
from storage import quotes


def broken_lines(folder: Path, monkeypatch: pytest.MonkeyPatch, *prefixes: str) -> tuple[str, ...]:
    """What the row finds with a few of its buttons."""
    monkeypatch.setattr(callbacks, "_ROUNDS", 1)
    some = callbacks._some
    monkeypatch.setattr(callbacks, "_some", lambda all_: (b for b in some(all_) if b.data.startswith(prefixes)))
    return callbacks.run(Share("callbacks", Size.SHORT, 0, 0, 20, 1, folder)).broken


def test_it_finds_a_confirm_that_asks_nobodys_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def of_anybody(tx, token, customer_id, now):
        row = await tx.one("UPDATE quotes SET state = 'used' WHERE token = $1 AND state = 'open' RETURNING *", token)
        return quotes._quote(row) if row else None

    monkeypatch.setattr(quotes, "use", of_anybody)
    broken = broken_lines(tmp_path, monkeypatch, "y:")
    assert any("'y:" in line and "orders" in line and "--seed 1" in line for line in broken)


def test_it_finds_a_desk_that_lets_everybody_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "is_operator", lambda *_: True)
    broken = broken_lines(tmp_path, monkeypatch, "ozZ:")
    assert any("switches" in line for line in broken), "somebody began a maintenance"
    assert any("pressed by 1001 changed" in line for line in broken)


def test_a_payload_follows_from_the_seed_and_its_number() -> None:
    recorded = [callbacks.Recorded(1001, "y:" + "A" * 22), callbacks.Recorded(9001, "od:1")]
    made = [callbacks.forged(callbacks.random.Random(7), recorded) for _ in range(2)]
    assert made[0] == made[1]
