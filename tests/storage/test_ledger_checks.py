"""The invariants as queries: they read, they name offenders, and they never take long."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import ledger_checks
from storage.ledger_checks import CHECKS
from tests.engine.workshop import Workshop, workshop

pytestmark = pytest.mark.usefixtures("both_databases")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as made:
        yield made


def test_the_checks_are_named_in_order_and_say_what_they_promise() -> None:
    assert [check.name for check in CHECKS] == [f"L{n}" for n in range(1, 12)]
    assert all(check.promise and check.promise[0].islower() for check in CHECKS)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_only_reads_and_takes_nothing_from_outside(check: ledger_checks.Check) -> None:
    assert check.sql.startswith("SELECT")
    assert not re.search(r"\b(INSERT|UPDATE|DELETE|DROP|ALTER|CREATE)\b|\$", check.sql)


async def test_each_runs_on_a_connection_that_can_change_nothing(bench: Workshop) -> None:
    found = await bench.shop.db.read(ledger_checks.run_all)
    assert [(check.name, offenders) for check, offenders in found] == [(check.name, []) for check in CHECKS]


async def test_all_hold_on_one_picture_while_others_write(bench: Workshop) -> None:
    await bench.customer("100")
    reports = await asyncio.gather(
        *(bench.order(link=f"https://framely.example/{n}") for n in range(40)),
        *(bench.shop.db.read(ledger_checks.run_all) for _ in range(20)),
    )
    for found in reports[40:]:
        assert not any(offenders for _, offenders in found)  # type: ignore[misc]
