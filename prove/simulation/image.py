"""The database every schedule begins with: migrated, with a catalogue and customers who have money."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import lru_cache
from typing import Any

import httpx
from pydantic import SecretStr

from bot.domain.money import Money
from bot.engine import catalogue, customers, desk, panels
from bot.engine.shelf import Shelf
from bot.engine.shop import Shop
from bot.panels.client import PanelClient
from prove.simulation.database import blank_disk, database
from prove.simulation.loop import ProcessLoop, Turns
from prove.simulation.panel import Panel, PanelWire
from prove.simulation.people import CUSTOMERS
from prove.simulation.process import CAN, PANEL, TERMS
from prove.simulation.verbs import OPERATOR
from prove.simulation.world import START
from storage.instance import next_epoch
from storage.migrate import migrate

_MONEY = 250_000


@lru_cache(maxsize=1)
def image() -> bytes:
    """The bytes of it."""
    turns = Turns(random.Random(1))
    errors: list[dict[str, Any]] = []
    loop = ProcessLoop(turns, "builder", errors.append)  # type: ignore[abstract]  # all that asyncio asks for is there
    disk = blank_disk()
    panel = Panel(turns, random.Random(1), lambda _: None)

    async def build() -> None:
        db = database(loop, disk)
        await migrate(db, now=lambda: START)
        wire = PanelWire(panel, turns, loop, random.Random(1), lambda *_: None)
        client = PanelClient(
            PANEL, "https://north.example/api/v2", SecretStr("panel-key"), httpx.AsyncClient(transport=wire), CAN
        )
        now = START - timedelta(hours=1)
        shop = Shop(db, {PANEL: client}, TERMS, Shelf(), await db.write(next_epoch), lambda: "token")
        await catalogue.load(shop)
        await panels.note_balance(shop, PANEL, await client.balance(), now)
        await catalogue.refresh(shop, PANEL, await client.services(), now)
        for number, customer in enumerate((OPERATOR, *CUSTOMERS)):
            await customers.greet(shop, customer, f"P{customer}", None, "en", now)
            if customer != OPERATOR:
                await desk.move_money(
                    shop, number, OPERATOR, customer, Money(_MONEY), "at the start", now, credit=True
                )  # fmt: skip

    task = loop.create_task(build())
    while not task.done():
        turns.settle()
        turns.leap(0.0)
    task.result()
    disk.execute("DELETE FROM notices")
    return disk.serialize()
