"""What PostgreSQL's tests share: a table, gates that stand in the database itself, and a wire that breaks on demand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg

from storage.database import Database, Tx

GATE = 77
COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"


async def make_table(tx: Tx) -> None:
    await tx.run("CREATE TABLE numbers (number BIGINT PRIMARY KEY, weight BYTEA)")


class Gate:
    """Closed while its connection holds it; a work that passes waits for it in the database."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def open(self) -> None:
        await self._connection.execute("SELECT pg_advisory_unlock($1)", GATE)

    async def waiting(self, count: int) -> None:
        """Wait until so many works stand before the gate, or before one another."""
        look = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()"
        while await self._connection.fetchval(look) != count:  # noqa: ASYNC110 - the server's event, not the loop's
            await asyncio.sleep(0)


async def pass_gate(tx: Tx) -> None:
    await tx.all("SELECT pg_advisory_xact_lock_shared($1)", GATE)


@asynccontextmanager
async def closed_gate(url: str) -> AsyncIterator[Gate]:
    own = await asyncpg.connect(url)
    try:
        await own.execute("SELECT pg_advisory_lock($1)", GATE)
        yield Gate(own)
    finally:
        await own.close()


class Wire:
    """Between the driver and the server: breaks at the next COMMIT, before the server sees it or after it answered."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.break_at: str | None = None
        #: Break every connection, not only the one that commits.
        self.all_at_once = False
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.current_task())
        upstream, server = await asyncio.open_unix_connection(self.server)
        self._open.add(writer)
        answers = asyncio.get_running_loop().create_task(_pump(upstream, writer))
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                if data == COMMIT and self.break_at:
                    self._break(writer, answers)
                    if self.break_at == "after":
                        await asyncio.wait([answers])
                        server.write(data)
                        await upstream.read(1 << 16)
                    break
                server.write(data)
        answers.cancel()
        self.break_at = None
        server.close()
        writer.close()

    async def end(self) -> None:
        await asyncio.wait([task for task in self._serving if task])

    def _break(self, writer: asyncio.StreamWriter, answers: asyncio.Task[None]) -> None:
        answers.cancel()
        for one in self._open if self.all_at_once else [writer]:
            one.close()


async def _pump(upstream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await upstream.read(1 << 16):
            writer.write(data)


@asynccontextmanager
async def wired(url: str, folder: Path) -> AsyncIterator[tuple[Wire, Database]]:
    """A database behind a wire."""
    parts = urlsplit(url)
    wire = Wire(f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432")
    listening = await asyncio.start_unix_server(wire.serve, str(folder / ".s.PGSQL.5432"))
    try:
        async with await Database.open(f"postgresql://postgres@{parts.path}?host={folder}") as db:
            yield wire, db
    finally:
        listening.close()
        await wire.end()
