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
    "bot/domain/evidence.py", "bot/domain/money.py", "bot/domain/moves.py", "bot/domain/orders.py",
    "bot/domain/refunds.py", "bot/domain/wallet.py", "bot/engine/debts.py", "bot/engine/reversals.py",
    "bot/engine/star_books.py",
    "bot/engine/evidence.py", "bot/engine/fulfilment.py", "bot/engine/judging.py", "bot/engine/leases.py",
    "bot/engine/ordering.py", "bot/engine/orphan_watch.py", "bot/engine/panel_book.py", "bot/engine/reconciling.py",
    "bot/engine/recovery.py", "bot/engine/refusals.py", "bot/engine/sending.py", "bot/engine/tracking.py",
    "bot/panels/wire.py", "bot/panels/wire_add.py", "bot/panels/wire_requests.py", "bot/panels/wire_service_rows.py",
    "bot/panels/wire_services.py", "bot/panels/wire_status.py", "bot/pollers/reconcile.py",
    "bot/pollers/storing.py", "bot/pollers/submit.py", "bot/wire/reading.py", "storage/attempts.py",
    "storage/orders.py", "storage/orphans.py", "storage/receipts.py", "storage/snapshots.py", "storage/unknowns.py",
    "storage/wallet.py",
)  # fmt: skip
#: By room, the files whose tests are run. Other tests take these branches too; here is who answers for them.
TESTS: Final = {
    "domain": ("evidence", "money", "orders", "wallet"),
    "engine": (
        "brake", "charges", "claiming", "corrections", "desk", "evidence", "following", "fulfilment", "judging",
        "leases", "ordering", "overtaken", "panel_book", "quoting", "receipts", "reconciling",
        "recovery", "refunding", "refusals", "reversals", "stale", "stars_credit", "tracking", "with_panels",
    ),
    "panels": ("add_faults", "batches", "denials", "wire", "wire_add", "wire_requests", "wire_services", "wire_status"),
    "pollers": ("reconcile", "stars", "submit", "submit_outcomes"),
    "storage": ("orders", "receipts", "wallet"),
}  # fmt: skip


def run(share: Share) -> Tally:
    """Run the tests once, and look at every file."""
    ran = _run(share, "run", f"--rcfile={os.devnull}", "--branch", f"--include={','.join(FILES)}", "-m", *_tests(share))
    if ran.returncode:
        return Tally(0, (f"the tests failed: {ran.stdout[-1000:].strip()}",))
    told = share.scratch / "coverage.json"
    _run(share, "json", f"--rcfile={os.devnull}", "-o", str(told))
    found: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))["files"]
    broken = tuple(problem for name in FILES for problem in _problems(name, found.get(name)))
    branches = sum(each["summary"]["num_branches"] for each in found.values())
    taken = sum(each["summary"]["covered_branches"] for each in found.values())
    return Tally(len(FILES), broken, {"branches": branches, "taken": taken})


def _tests(share: Share) -> Iterable[str]:
    """What pytest is told: a seed for the examples it makes up, so that the next run of this seed takes the same."""
    yield from ("pytest", "-q", "-n", "0", "-k", "not postgres", f"--hypothesis-seed={share.seed}")
    for room, files in TESTS.items():
        yield from (f"tests/{room}/test_{name}.py" for name in files)


def _run(share: Share, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COVERAGE_FILE": str(share.scratch / "coverage")}
    return subprocess.run(  # noqa: S603 - this very program
        [sys.executable, "-m", "coverage", *words],
        cwd=_HOME,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _problems(name: str, found: Mapping[str, Any] | None) -> Iterable[str]:
    if found is None:
        yield f"{name}: nothing of it was run"
        return
    lines = [str(line) for line in found["missing_lines"]]
    branches = [f"{start} to {end}" for start, end in found["missing_branches"]]
    if lines or branches:
        percent = found["summary"]["percent_covered_display"]
        yield f"{name}: {percent} %; lines {', '.join(lines) or 'none'}; not taken {', '.join(branches) or 'none'}"
