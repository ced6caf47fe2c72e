"""The matrix of the wire: complete, and able to see an order that is sent twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.wire import exchange
from bot.wire.reasons import UnsentReason
from prove import network
from prove.registry import named
from prove.row import Share, Size


def test_the_target_is_the_whole_matrix() -> None:
    assert named("network").targets[Size.SHORT] == named("network").targets[Size.LONG] == len(network.cells())
    assert len(network.FAULTS) >= 25
    assert len(network.ACTIONS) == 7


def test_a_client_that_takes_a_lost_answer_for_an_unsent_one_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = next(n for n, (f, a, p) in enumerate(network.cells()) if (f.name, a, p) == ("half a body, FIN", "add", True))
    share = Share("network", Size.SHORT, 1, cell, 1, 1, tmp_path)
    assert network.run(share).broken == ()
    monkeypatch.setattr(exchange, "breakdown_of", lambda error, *, sent: UnsentReason.CONNECT)
    (tmp_path / "again").mkdir()
    broken = network.run(Share("network", Size.SHORT, 1, cell, 1, 1, tmp_path / "again")).broken
    assert any("the panel took 2 orders" in line for line in broken)
