"""Puts a sandbox on a port of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

#: So long requests under way may take when the sandbox stops.
STOP_WITHIN_SECONDS = 60.0


@asynccontextmanager
async def serving(
    app: web.Application, host: str, port: int, stop_within: float = STOP_WITHIN_SECONDS
) -> AsyncIterator[str]:
    """Serves an application and yields its base address, without a slash at the end; port 0 takes a free one."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=stop_within)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        bound = runner.addresses[0][1]
        yield f"http://{f'[{host}]' if ':' in host else host}:{bound}"
    finally:
        await runner.cleanup()
