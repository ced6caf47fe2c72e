"""Row "coverage": every branch of ledger, orders, submitting, reconciling and decoding is taken by a test.

The rooms' own tests run under coverage on SQLite; what is counted is files, and a line or a branch that nobody takes
is named.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from prove.row import Share, Tally

_HOME: Final = Path(__file__).parent.parent
FILES: Final = (
    "bot/domain/evidence.py", "bot/domain/money.py", "bot/domain/orders.py", "bot/domain/wallet.py",
    "bot/engine/evidence.py", "bot/engine/fulfilment.py", "bot/engine/judging.py", "bot/engine/leases.py",
    "bot/engine/ordering.py", "bot/engine/reconciling.py", "bot/engine/recovery.py", "bot/engine/tracking.py",
    "bot/panels/wire.py", "bot/panels/wire_add.py", "bot/panels/wire_requests.py", "bot/panels/wire_service_rows.py",
    "bot/panels/wire_services.py", "bot/panels/wire_status.py", "bot/pollers/submit.py", "storage/attempts.py",
    "storage/orders.py", "storage/wallet.py",
)  # fmt: skip
_ROOMS: Final = (
    "tests/domain", "tests/engine", "tests/panels", "tests/pollers", "tests/storage/test_wallet.py",
    "tests/storage/test_orders.py",
)  # fmt: skip


def run(share: Share) -> Tally:
    """Run the tests once, and look at every file."""
    tests = [sys.executable, "-m", "coverage", "run", "--branch", "-m", "pytest", "-q", "-n", "0", "-k", "not postgres"]
    ran = _run(share, *tests, *_ROOMS)
    if ran.returncode:
        return Tally(0, (f"the tests failed: {ran.stdout[-1000:].strip()}",))
    told = share.scratch / "coverage.json"
    _run(share, sys.executable, "-m", "coverage", "json", "-o", str(told), f"--include={','.join(FILES)}")
    found: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))["files"]
    broken = tuple(problem for name in FILES for problem in _problems(name, found.get(name)))
    branches = sum(each["summary"]["num_branches"] for each in found.values())
    taken = sum(each["summary"]["covered_branches"] for each in found.values())
    return Tally(len(FILES), broken, {"branches": branches, "taken": taken})


def _run(share: Share, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COVERAGE_FILE": str(share.scratch / "coverage")}
    return subprocess.run(  # noqa: S603 - this very program
        words, cwd=_HOME, env=environment, capture_output=True, text=True, check=False
    )


def _problems(name: str, found: Mapping[str, Any] | None) -> Iterable[str]:
    if found is None:
        yield f"{name}: nothing of it was run"
        return
    lines = [str(line) for line in found["missing_lines"]]
    branches = [f"{start} to {end}" for start, end in found["missing_branches"]]
    if lines or branches:
        percent = found["summary"]["percent_covered_display"]
        yield f"{name}: {percent} %; lines {', '.join(lines) or 'all'}; not taken {', '.join(branches) or 'none'}"
