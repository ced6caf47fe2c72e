"""The row about vouchers holds on the shop as it is, and sees a shop that breaks its word."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.engine import vouchers as engine
from prove import vouchers
from prove.row import Share, Size
from storage.database import Tx

CROWD, GUESSES = 0, 2


def broken(folder: Path, index: int, count: int = 66) -> tuple[str, ...]:
    """What a small share of the row finds."""
    folder.mkdir(exist_ok=True)
    return vouchers.run(Share("vouchers", Size.SHORT, index, 0, count, 1, folder)).broken


@pytest.mark.parametrize(("index", "count"), [(CROWD, 66), (GUESSES, 900)])
def test_the_shop_as_it_is_holds(tmp_path: Path, index: int, count: int) -> None:
    assert broken(tmp_path, index, count) == ()


def test_uses_that_are_not_counted_in_the_transaction_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def always(tx: Tx, voucher_id: int, now: object) -> bool:
        return True

    monkeypatch.setattr(engine.vouchers, "take", always)
    assert any("a code of 5 uses was answered" in line for line in broken(tmp_path, CROWD))


def test_a_customer_who_may_use_it_again_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(tx: Tx, voucher_id: int, customer_id: int) -> int:
        row = await tx.one("SELECT COUNT(*) AS n FROM redemptions WHERE voucher_id = $1", voucher_id)
        return -int(row["n"])

    monkeypatch.setattr(engine.vouchers, "count_of", never)
    assert any("one customer with one use" in line for line in broken(tmp_path, CROWD))


def test_guesses_without_a_limit_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MISSES_MOST", 1000)
    monkeypatch.setattr(vouchers, "MISSES_MOST", 5)
    assert any("in a row that there is no such code" in line for line in broken(tmp_path, GUESSES, 900))
