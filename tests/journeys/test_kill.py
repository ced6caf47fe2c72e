"""Kill -9 at every commit and every network call of a journey, and at random moments: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.engine.audit import audit
from bot.sandbox.panel import Dialect, PanelConfig, create_panel
from bot.sandbox.telegram import Stage, TelegramConfig, create_telegram, serve_application
from storage.database import Database, Kind
from tests import databases
from tests.journeys.kit import Phone, Street
from tests.journeys.process import BotProcess
from tests.kit import IRIS, KEY, MINA, SandboxPanel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

#: Of the points of each kind, a quick run takes every so many-th.
SAMPLE_STRIDE = {Kind.SQLITE: 7, Kind.POSTGRES: 23}
RANDOM_MOMENTS = 50
RANDOM_MOMENTS_SAMPLED = {Kind.SQLITE: 6, Kind.POSTGRES: 3}
WORDS = "https://framely.example/p/"


class Killer:
    """Stands on the wire: counts every call of the bot, and kills it at one of them."""

    def __init__(self) -> None:
        self.calls = 0
        self.target: tuple[int, Stage] | None = None
        self.bot: BotProcess | None = None

    def aim(self, target: tuple[int, Stage] | None) -> None:
        self.calls, self.target = 0, target

    def met(self, stage: Stage) -> None:
        if stage is Stage.BEFORE:
            self.calls += 1
        if self.target == (self.calls, stage) and self.bot:
            self.target = None
            self.bot.kill()

    async def on_call(self, method: str, _params: Mapping[str, object], stage: Stage) -> None:
        if method != "getUpdates":
            self.met(stage)

    @web.middleware
    async def on_panel(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if "/control/" in request.path:
            return await handler(request)
        self.met(Stage.BEFORE)
        answer = await handler(request)
        self.met(Stage.AFTER)
        return answer


class Town:
    """One shop on one database, journey after journey."""

    def __init__(self, place: Street, bot: BotProcess, killer: Killer, mina: Phone, iris: Phone) -> None:
        self.place, self.bot, self.killer, self.mina, self.iris = place, bot, killer, mina, iris
        self.journeys = 0

    async def journey(self, **armed: str) -> None:
        """Buy one order from the first press to the end, whatever happens to the bot meanwhile."""
        self.journeys += 1
        link = f"{WORDS}{self.journeys}"
        adds = await self.place.panel.adds()
        await self.bot.start(**armed)
        alive = asyncio.ensure_future(self.bot.keep_alive())  # noqa: TID251 - a test's own watch
        try:
            number = await self._buy(link)
            placed = await self._finish(number, adds)
        finally:
            await self.bot.stop()
            await alive
        assert await self.place.panel.adds() == adds + placed, "never a second add"

    async def _buy(self, link: str) -> str:
        start = await self.mina.say("/order")
        category = await self.mina.until(lambda m: m.from_bot and m.id > start and "category" in m.text.casefold())
        await self.mina.press(next(iter(category.buttons))["text"], category)
        services = await self.mina.until(lambda m: m.from_bot and m.id >= category.id and _priced(m))
        await self.mina.press(next(b["text"] for b in services.buttons if "USD" in b["text"]), services)
        await self.mina.until(lambda m: m.from_bot and m.id >= category.id and _labelled(m, "Order"))
        await self.mina.press("Order")
        await self.mina.until(lambda m: m.from_bot and m.id >= category.id and "link" in m.text.casefold())
        said = await self.mina.say(link)
        asked = await self.mina.until(
            lambda m: m.from_bot and m.id > said and any(word in m.text for word in ("Minimum", "minimum", "per line"))
        )
        comments = "per line" in asked.text
        said = await self.mina.say("\n".join(f"comment {n}" for n in range(100)) if comments else "100")
        confirm = await self.mina.until(lambda m: m.from_bot and m.id > said and _labelled(m, "Confirm"))
        await self.mina.press("Confirm", confirm)
        card = await self.mina.until(lambda m: m.from_bot and link in m.text and "#" in m.text)
        return card.text.split("#")[1].split()[0].strip(".,:·")

    async def _finish(self, number: str, adds: int) -> bool:
        """Follow the order to its end; whether the panel ever got it."""
        card = await self.mina.until(
            lambda m: m.from_bot and f"#{number}" in m.text and any(w in m.text for w in ("Pending", "Checking"))
        )
        state = await self.place.panel.state()
        upstream = state["orders"][0]["id"] if state["orders"] else ""
        if "Checking" in card.text and state["adds"] == adds:
            await self._not_placed()
            await self.mina.until(lambda m: m.from_bot and f"#{number}" in m.text and "Failed" in m.text)
            return False
        if "Checking" in card.text:
            await self._attach(upstream)
        await self.place.panel.set_order(upstream, status="Completed")
        await self.mina.until(lambda m: m.from_bot and f"#{number}" in m.text and "Completed" in m.text)
        return True

    async def _not_placed(self) -> None:
        """Killed between the commit that said "about to send" and the sending: only a look at the panel can tell."""
        said = await self.iris.say("/resolve")
        decision = await self.iris.until(lambda m: m.from_bot and m.id > said and _labelled(m, "Not placed"))
        await self.iris.press("Not placed", decision)
        sure = await self.iris.until(lambda m: m.from_bot and m.id >= decision.id and _labelled(m, "Confirm"))
        await self.iris.press("Confirm", sure)

    async def _attach(self, upstream: str) -> None:
        said = await self.iris.say("/resolve")
        decision = await self.iris.until(lambda m: m.from_bot and m.id > said and _labelled(m, "Attach"))
        await self.iris.press("Attach", decision)
        await self.iris.until(lambda m: m.from_bot and m.id >= decision.id and "Send the id" in m.text)
        said = await self.iris.say(upstream)
        facts = await self.iris.until(lambda m: m.from_bot and m.id > said and _labelled(m, "Confirm"))
        await self.iris.press("Confirm", facts)

    async def sound(self) -> None:
        async with await Database.open(self.place.settings().database_url) as db:
            report = await audit(db)
            orders = await db.read(lambda tx: tx.one("SELECT COUNT(*) AS n FROM orders"))
        assert report.sound, report.violations
        assert orders is not None
        assert orders["n"] == self.journeys, "one order for each journey"


def _priced(message: Any) -> bool:
    return any("USD" in button["text"] for button in message.buttons)


def _labelled(message: Any, label: str) -> bool:
    return any(label in button["text"] for button in message.buttons)


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    killer = Killer()
    async with AsyncExitStack() as stack:
        site = create_telegram(TelegramConfig(on_call=killer.on_call))
        panel = create_panel(
            PanelConfig("main", Dialect.FIXEDMEMBER, KEY, seed=1, seconds_per_step=None, balance="1000000")
        )
        panel.middlewares.append(killer.on_panel)
        site.add_subapp("/panel", panel)
        base = await stack.enter_async_context(serve_application(site))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        place = Street(base, {"main": SandboxPanel("main", f"{base}/panel", http)}, folder, http)
        bot = BotProcess(place.environment(), folder)
        killer.bot = bot
        mina = await stack.enter_async_context(place.phone(MINA))
        iris = await stack.enter_async_context(place.phone(IRIS))
        made = Town(place, bot, killer, mina, iris)
        await _open(made)
        try:
            yield made
        except BaseException:
            print(bot.log()[-8000:])  # noqa: T201 - the story of the process that failed
            raise


async def _open(made: Town) -> None:
    """Mina has a thousand to spend."""
    await made.bot.start()
    await made.iris.say("/start")
    await made.mina.say("/start")
    await made.mina.until(lambda m: m.from_bot)
    await made.iris.say(f"/credit {MINA} 900 for many orders")
    await made.mina.sees("900")
    assert await made.bot.stop() == 0


def _points(count: int, every: bool, offset: int) -> list[int]:
    stride = 1 if every else SAMPLE_STRIDE[databases.kind()]
    return list(range(1 + offset % stride, count + 1, stride))


@pytest.mark.parametrize("stage", ["before", "after"])
async def test_a_kill_at_any_commit_loses_nothing(stage: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    every = pytestconfig.getoption("--every-kill-point")
    async with town(tmp_path) as made:
        counted = tmp_path / "commits"
        await made.journey(COUNT_COMMITS_IN=str(counted))
        commits = int(counted.read_text())
        for point in _points(commits, every, 0 if stage == "before" else 3):
            await made.journey(KILL_AT=f"{stage}:{point}")
        await made.sound()
        assert made.bot.deaths > 0


@pytest.mark.parametrize("stage", list(Stage))
async def test_a_kill_at_any_network_call_loses_nothing(
    stage: Stage, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    every = pytestconfig.getoption("--every-kill-point")
    async with town(tmp_path) as made:
        made.killer.aim(None)
        await made.journey()
        for point in _points(made.killer.calls, every, 2 if stage is Stage.BEFORE else 5):
            made.killer.aim((point, stage))
            await made.journey()
        await made.sound()
        assert made.bot.deaths > 0


async def test_a_kill_at_any_moment_loses_nothing(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    every = pytestconfig.getoption("--every-kill-point")
    dice = random.Random(20260102)
    async with town(tmp_path) as made:
        for _ in range(RANDOM_MOMENTS if every else RANDOM_MOMENTS_SAMPLED[databases.kind()]):
            asyncio.get_running_loop().call_later(dice.uniform(0.3, 2.5), made.bot.kill)
            await made.journey()
        await made.sound()
