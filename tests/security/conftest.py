from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Kind
from tests.handlers.counter import Counter, counter
from tests.kit import Bench, bench


@pytest.fixture
async def on_bench(both_databases: Kind, tmp_path: Path) -> AsyncIterator[Bench]:
    """The engine with a sandbox panel, on each kind of database."""
    async with bench(tmp_path) as made:
        yield made


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Counter]:
    """The real handlers between a sandbox Bot API and a real database."""
    async with counter(tmp_path) as found:
        yield found
