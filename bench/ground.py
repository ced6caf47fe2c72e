"""What all parts of one run share: a folder, the stand-ins for the world, and a database to copy."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import telegram

from bench import stock, wire
from bench.processes import Child, child
from bench.town import Town

#: The shop reads its panel's catalogue when it starts; what is measured begins after that.
_SETTLE_SECONDS: Final = 1.5
#: So many place orders at once where no conversation is held.
_LEAST_PEOPLE: Final = 50


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    #: Seconds of one measurement that count, and seconds before that do not.
    seconds: float = 4.0
    warm: float = 1.5
    #: How often each is repeated, floor and shop in turns.
    repeats: int = 3
    people: tuple[int, ...] = (10, 100, 1000)
    services: tuple[int, ...] = (100, 1_000, 10_000)
    orders: tuple[int, ...] = (1_000, 10_000, 100_000)
    #: Orders placed in one measurement of storage.
    placed: int = 3_000


QUICK: Final = Size(0.4, 0.2, 1, (2, 10, 40), (20, 40, 80), (100, 200, 400), 200)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a run takes place."""

    folder: Path
    size: Size
    town: Town
    town_url: str
    panel_url: str
    #: The packages of this environment but for `sniffio`, as whoever installs python-telegram-bot has them.
    plain: Path
    #: A closed database with the whole catalogue and everybody in it.
    database: Path
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def new_path(self, name: str) -> Path:
        """A path nobody has used."""
        return self.folder / f"{next(self._numbers)}-{name}"

    @asynccontextmanager
    async def bot(self, kind: str, settle: float = _SETTLE_SECONDS) -> AsyncIterator[Child]:
        """A bot of a kind, at work: `reference`, `swift`, `bare`, `shop`, or `command`, which is `panelgram run`."""
        self.town.forget()
        self.town.delay = 0.0
        async with AsyncExitStack() as stack:
            if kind in ("shop", "command"):
                address = stock.copy_of(self.database, self.new_path("shop.db"))
                environment = stock.environment(address, self.panel_url, self.town_url)
                module = ("bench.bots.shop",) if kind == "shop" else ("bot", "run")
                opened = child(self.folder, *module, environment=environment)
            elif kind == "bare":
                opened = child(self.folder, "bench.bots.bare", self.town_url)
            elif kind == "swift":
                opened = child(self.folder, "bench.bots.ptb", kind, self.town_url)
            else:
                opened = child(self.folder, "bench.bots.ptb", kind, self.town_url, packages=self.plain)
            running = await stack.enter_async_context(opened)
            await running.until(self.town.fetched)
            if kind == "shop":
                await asyncio.sleep(settle)
            yield running

    async def adds(self) -> int:
        """How many orders the panel has taken so far."""
        return await asyncio.to_thread(_tally, self.panel_url)


@asynccontextmanager
async def ground(size: Size) -> AsyncIterator[Ground]:
    """Set everything up, and clear it away."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="panelgram-bench-")))
        town = Town()
        town_url = await stack.enter_async_context(wire.serve(town.handle))
        panel = await stack.enter_async_context(child(folder, "bench.panel", str(max(size.services))))
        panel_url = await panel.line()
        database = folder / "template.db"
        async with stock.stocked(stock.address(database), panel_url, max(*size.people, _LEAST_PEOPLE)):
            pass
        yield Ground(folder, size, town, town_url, panel_url, _plain(folder), database)


def _plain(folder: Path) -> Path:
    packages = folder / "packages"
    packages.mkdir()
    for each in Path(telegram.__file__).parent.parent.iterdir():
        if not each.name.startswith("sniffio"):
            (packages / each.name).symlink_to(each)
    return packages


def _tally(panel: str) -> int:
    with urlopen(f"{panel}/api/v2", b"action=tally") as answer:  # noqa: S310 - the panel of this very run
        return int(answer.read())
