"""Connections that are lent, one transaction each."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from storage.postgres import Connection, connect
from storage.postgres_errors import FOREIGN


class Pool:
    """At most so many connections, made when needed and kept; one that broke is never lent again."""

    def __init__(self, url: str, most: int) -> None:
        self._url = url
        self._most = most
        self._free = asyncio.Semaphore(most)
        self._idle: list[Connection] = []

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Connection]:
        """A connection of one's own, waiting for one in turn; Unreachable or Unsafe when none can be had."""
        async with self._free:
            connection = await self._take()
            try:
                yield connection
            finally:
                self._take_back(connection)

    async def close(self) -> None:
        """Wait for what is lent, and close everything."""
        for _ in range(self._most):
            await self._free.acquire()
        for _ in range(self._most):
            self._free.release()
        while self._idle:
            with contextlib.suppress(*FOREIGN):
                await self._idle.pop().close(timeout=1)

    async def _take(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await connect(self._url)

    def _take_back(self, connection: Connection) -> None:
        if connection.is_closed():
            return
        if connection.is_in_transaction():
            # Its work was canceled twice, or could not even be rolled back; the server does it for a lost connection.
            connection.terminate()
            return
        self._idle.append(connection)
