"""Row "corruption": one unit changed behind the shop's back, anywhere in the books, is found, and the brake is set.

On a shop of some thousand orders of every fate; each planted change is followed by the very round that runs every five
minutes, and then repaired. Triggers and checks that would refuse such a change are gone: what is tried is the audit.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bot.engine import brake
from bot.engine.shelf import Shelf
from bot.engine.shop import Shop
from bot.pollers.upkeep import check_ledger
from prove.counter import OPERATOR, TERMS, address
from prove.large import Sizes, fill, utc_now
from prove.postgres import Lacking
from prove.row import Share, Tally
from storage import copying
from storage.database import Database, Kind, Tx

SIZES: Final = Sizes(customers=300, orders=4_000, transfers=12_000)
ALLOWED_SECONDS: Final = 60.0
#: Every figure that says where money is.
_FIGURES: Final = (("accounts", "balance"), ("transfers", "amount"), ("orders", "charge"), ("orders", "returned"))
_GUARDS: Final = ("transfers_stay_changed", "transfers_stay_deleted")
_CHECKS: Final = (
    "SELECT conname AS name, CAST(CAST(conrelid AS regclass) AS TEXT) AS tab FROM pg_constraint"
    " WHERE contype = 'c' AND connamespace = CAST(current_schema() AS regnamespace)"
)


def run(share: Share) -> Tally:
    """Plant, look, repair, so often: on SQLite in the first half of the shares, on PostgreSQL in the others."""
    kind = Kind.POSTGRES if share.index % 2 else Kind.SQLITE
    try:
        return asyncio.run(_run(share, kind))
    except Lacking as lacking:
        return Tally(0, skipped=str(lacking))


async def _run(share: Share, kind: Kind) -> Tally:
    broken: list[str] = []
    slowest = 0.0
    with address(kind, share.scratch) as url:
        async with _unguarded(url, share.scratch) as db:
            shop = Shop(db, {}, TERMS, Shelf(), epoch=1, new_token=lambda: "")
            await check_ledger(shop, utc_now())
            if await db.read(brake.engaged):
                return Tally(0, ("the brake was set on a sound ledger",))
            for number in range(share.first, share.first + share.count):
                seconds, told = await _one(shop, random.Random(f"{share.seed}:{number}"))
                slowest = max(slowest, seconds)
                broken += [f"{each}: {kind.value}, seed {share.seed}, change {number}" for each in told]
    return Tally(share.count, tuple(broken), {f"ms at most on {kind.value}": round(slowest * 1000)})


async def _one(shop: Shop, chance: random.Random) -> tuple[float, list[str]]:
    """How long one change took to be found, and what went wrong."""
    (table, column), by = chance.choice(_FIGURES), chance.choice((-1, 1))
    row = await _row(shop.db, table, chance)
    what, begun = f"{table} {row} {column} {by:+}", time.monotonic()
    await _change(shop.db, table, column, row, by)
    await check_ledger(shop, utc_now())
    seconds, told = time.monotonic() - begun, []
    if not await shop.db.read(brake.engaged):
        told.append(f"{what} was not found")
    elif not await shop.db.read(_alerted):
        told.append(f"{what} was found, and nobody told")
    if seconds > ALLOWED_SECONDS:
        told.append(f"{what} was found after {seconds:.0f} s")
    await _change(shop.db, table, column, row, -by)
    await brake.let_go(shop, OPERATOR, utc_now())
    return seconds, told


async def _row(db: Database, table: str, chance: random.Random) -> str | int:
    async def work(tx: Tx) -> str | int:
        rows = await tx.all(f"SELECT id FROM {table} ORDER BY id")
        found: str | int = rows[chance.randrange(len(rows))]["id"]
        return found

    return await db.read(work)


async def _change(db: Database, table: str, column: str, row: str | int, by: int) -> None:
    sql = f"UPDATE {table} SET {column} = {column} + CAST($2 AS BIGINT) WHERE id = $1"

    async def work(tx: Tx) -> None:
        if await tx.run(sql, row, by) != 1:
            raise LookupError(f"{table} {row}")

    await db.write(work)


async def _alerted(tx: Tx) -> bool:
    return bool(await tx.all("SELECT 1 AS yes FROM alerts WHERE kind = 'brake' AND ended_at IS NULL LIMIT 1"))


@asynccontextmanager
async def _unguarded(url: str, scratch: Path) -> AsyncIterator[Database]:
    """A filled database that takes whatever is planted."""
    async with await Database.open(f"sqlite:///{scratch / 'made.db'}") as made, await Database.open(url) as db:
        await fill(made, SIZES, utc_now())
        await copying.copy(made, db, utc_now(), lambda *_progress: None)
        await db.write(_let_anything_in if db.kind is Kind.SQLITE else _let_anything_in_on_a_server)
        yield db


async def _let_anything_in(tx: Tx) -> None:
    for guard in _GUARDS:
        await tx.run(f"DROP TRIGGER {guard}")
    await tx.run("PRAGMA ignore_check_constraints = ON")  # of the one connection that writes


async def _let_anything_in_on_a_server(tx: Tx) -> None:
    for guard in _GUARDS:
        await tx.run(f"DROP TRIGGER {guard} ON transfers")
    for row in await tx.all(_CHECKS):
        await tx.run(f'ALTER TABLE {row["tab"]} DROP CONSTRAINT "{row["name"]}"')
