"""One active process per PostgreSQL database: an advisory lock on a connection that does nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from storage.errors import AlreadyRunning
from storage.postgres import LOCKS, PROCESS, Connection, connect
from storage.postgres_errors import FOREIGN, translated

log = logging.getLogger(__name__)

#: A process that was killed a moment ago is missed by its server a moment later.
_TRIES: Final = 10
_BETWEEN_TRIES_MS: Final = 100
_TAKE: Final = "SELECT pg_try_advisory_lock($1, $2)"


@asynccontextmanager
async def server_lock(url: str, on_lost: Callable[[], None]) -> AsyncIterator[None]:
    """Hold the lock until the end, or until the connection breaks; then `on_lost` is called, at once.

    The server gives the lock back with the connection, so another process may have it from that moment on. Raises
    AlreadyRunning, Unreachable or Unsafe.
    """
    connection = await connect(url)
    releasing = False

    def ended(_connection: object) -> None:
        if not releasing:
            log.critical("the lock on the database is lost")
            on_lost()

    try:
        await _take(connection)
        connection.add_termination_listener(ended)
        yield
    finally:
        releasing = True
        with contextlib.suppress(*FOREIGN):
            await connection.close(timeout=1)


async def _take(connection: Connection) -> None:
    for _ in range(_TRIES):
        try:
            if await connection.fetchval(_TAKE, LOCKS, PROCESS):
                return
        except FOREIGN as error:
            raise translated(error) from None
        await asyncio.sleep(_BETWEEN_TRIES_MS / 1000)
    raise AlreadyRunning("another process already works on this database (it holds its lock)")
