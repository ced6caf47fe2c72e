"""The row about paying in holds on the shop as it is, and sees a shop that breaks its word."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine import topups
from prove import deposits
from prove.row import Share, Size


def broken(folder: Path) -> tuple[str, ...]:
    """What a small share of the row finds."""
    folder.mkdir(exist_ok=True)
    return deposits.run(Share("deposits", Size.SHORT, 0, 0, 210, 1, folder)).broken


def test_the_shop_as_it_is_holds(tmp_path: Path) -> None:
    assert broken(tmp_path) == ()


def test_a_payment_that_is_credited_each_time_it_is_told_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers, record = itertools.count(), topups.record_in

    async def record_anew(tx, shop, paid, now):
        return await record(tx, shop, replace(paid, payment_id=f"{paid.payment_id}/{next(numbers)}"), now)

    monkeypatch.setattr(topups, "record_in", record_anew)
    found = broken(tmp_path)
    assert any("one payment was answered" in line for line in found)
    assert any("and 1000001 came in" in line or "stands 0 times" in line for line in found)


def test_a_payment_that_is_believed_whatever_it_is_for_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topups, "fits", lambda _topup, _paid: True)
    assert any("found a home" in line for line in broken(tmp_path))


def test_a_callback_that_comes_too_late_and_is_dropped_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = topups.record_in

    async def record_in_time(tx, shop, paid, now):
        if (now - paid.paid_at).total_seconds() > 3600:
            return topups.Recorded(None, None, fresh=False)
        return await record(tx, shop, paid, now)

    monkeypatch.setattr(topups, "record_in", record_in_time)
    assert any("stands 0 times in the books" in line for line in broken(tmp_path))
