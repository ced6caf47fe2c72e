"""`panelgram copy`: a stopped shop moves from one database to another, and both are audited."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial

from bot.config import shown_address
from bot.engine.audit import audit
from storage import copying
from storage.database import Database
from storage.errors import LockLost, StorageError
from storage.locks import only_process
from storage.migrate import exists


async def copy(source_url: str, target_url: str, now: datetime, say: Callable[[str], None]) -> bool:
    """Copy everything; False when an audit finds something, and then no shop opens on the copy.

    Raises AlreadyRunning while a shop runs on either, and what storage.copying does.
    """
    if not await exists(source_url):
        raise StorageError(f"there is no database at {shown_address(source_url)}")
    lost: list[str] = []
    async with AsyncExitStack() as stack:
        for url in (source_url, target_url):
            await stack.enter_async_context(only_process(url, partial(lost.append, url)))
        source = await stack.enter_async_context(await Database.open(source_url))
        target = await stack.enter_async_context(await Database.open(target_url))
        counts = await copying.copy(
            source, target, now, lambda table, done, of: say(f"{table}: {done} of {of} rows")
        )  # fmt: skip
        say(f"copied {sum(counts.values())} rows of {len(counts)} tables")
        sound = [
            await _audited(db, shown_address(url), say) for db, url in ((source, source_url), (target, target_url))
        ]
        if lost:
            raise LockLost("the lock on a database was lost while copying; the copy cannot be used")
        if all(sound) and not await copying.finish(source, target, now):
            say("this shop was copied from here before: open only one of its copies")
        return all(sound)


async def _audited(db: Database, address: str, say: Callable[[str], None]) -> bool:
    report = await audit(db)
    broken = ", ".join(violation.name for violation in report.violations)
    say(f"{address}: " + (f"sound: {', '.join(report.checked)} hold" if report.sound else f"violated: {broken}"))
    return report.sound
