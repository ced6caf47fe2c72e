"""The shop's database as a benchmark finds it: a catalogue that was read once, customers with money."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bench.customers import FIRST_CUSTOMER
from bench.town import TOKEN
from bot import app
from bot.config import Settings
from bot.domain import wallet as ledger
from bot.domain.money import Money
from bot.engine import catalogue, customers, panels
from bot.engine.shop import Shop
from storage import wallet

PANEL: Final = "bench"
KEY: Final = "a-panel-key"
OPERATOR: Final = 9001
_START: Final = Money(1_000_000_000_000)
_AT_ONCE: Final = 200


def settings(database: str, panel: str, town: str = "http://127.0.0.1:9") -> Settings:
    """The shop's settings; everything that is not said here is the default."""
    return Settings.model_validate({
        "bot_token": TOKEN,
        "operator_ids": str(OPERATOR),
        "database_url": database,
        "telegram_api_url": town,
        "panels": {PANEL: {"url": f"{panel}/api/v2", "key": KEY}},
    })  # fmt: skip


def environment(database: str, panel: str, town: str) -> dict[str, str]:
    """The same for a process of its own."""
    return {
        "BOT_TOKEN": TOKEN,
        "OPERATOR_IDS": str(OPERATOR),
        "DATABASE_URL": database,
        "TELEGRAM_API_URL": town,
        f"PANELS__{PANEL.upper()}__URL": f"{panel}/api/v2",
        f"PANELS__{PANEL.upper()}__KEY": KEY,
        "LOG_LEVEL": "WARNING",
    }


def address(database: Path) -> str:
    """A file as DATABASE_URL has it."""
    return f"sqlite:///{database}"


@asynccontextmanager
async def stocked(database: str, panel: str, people: int) -> AsyncIterator[Shop]:
    """A shop in this process: its panel's catalogue read, `people` customers with money."""
    async with app.open_shop(settings(database, panel)) as shop:
        client = shop.panels[PANEL]
        await panels.note_balance(shop, PANEL, await client.balance(), app.utc_now())
        await catalogue.refresh(shop, PANEL, await client.services(), app.utc_now())
        numbers = range(FIRST_CUSTOMER, FIRST_CUSTOMER + people)
        for start in range(0, people, _AT_ONCE):
            async with asyncio.TaskGroup() as group:
                for number in numbers[start : start + _AT_ONCE]:
                    group.create_task(_customer(shop, number))
        yield shop


async def _customer(shop: Shop, number: int) -> None:
    now = app.utc_now()
    await customers.greet(shop, number, "Mina", None, "en", now)
    start = ledger.manual(f"seed-{number}", number, _START, actor="bench", reason="a start")
    await shop.db.write(lambda tx: wallet.write(tx, start, now))


def copy_of(database: Path, target: Path) -> str:
    """A fresh copy of a closed database; its address."""
    target.write_bytes(database.read_bytes())
    return address(target)


Environment = Mapping[str, str]
