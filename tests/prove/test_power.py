"""The row of the power losses sees a shop that acknowledges before the disk has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from prove import power
from prove.kills.tracing import obstacle
from prove.row import Share, Size


@pytest.mark.skipif(obstacle() is not None, reason="nothing can be traced here")
def test_a_shop_that_does_not_sync_loses_what_it_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = power._record(tmp_path)
    monkeypatch.setattr(power, "_record", lambda scratch: steps)
    share = Share("power", Size.LONG, 0, 0, 6, 1, tmp_path)
    assert power.run(share).broken == ()
    monkeypatch.setattr(power, "_record", lambda scratch: [step for step in steps if step.kind != "sync"])
    assert any("acknowledged and gone" in line or "cannot be opened" in line for line in power.run(share).broken)
