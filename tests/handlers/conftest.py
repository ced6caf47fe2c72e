from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.handlers.counter import Counter, counter


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Counter]:
    async with counter(tmp_path) as found:
        yield found
