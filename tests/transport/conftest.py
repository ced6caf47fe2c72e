"""Fixtures of the transport's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database
from storage.inbox import Inbox
from storage.migrate import migrate
from tests.transport.kit import BotApi, serving


@pytest.fixture
def api() -> BotApi:
    return BotApi()


@pytest.fixture
async def address(api: BotApi) -> AsyncIterator[str]:
    async with serving(api.answer) as address:
        yield address


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[Inbox]:
    async with await Database.open(f"sqlite:///{tmp_path / 'shop.db'}") as db:
        await migrate(db)
        yield Inbox(db)
