"""The workbench of every engine test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Kind
from tests.engine.workshop import Workshop, workshop


@pytest.fixture(autouse=True)
def _on_both(both_databases: Kind) -> None:
    """Every test of the engine runs on both databases."""


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workshop]:
    """A shop on a real database, without a network."""
    async with workshop(tmp_path) as made:
        yield made


@pytest.fixture
async def rich(bench: Workshop) -> Workshop:
    """The same, and a customer with money."""
    await bench.customer("10")
    return bench
