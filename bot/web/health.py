"""`/healthz`: whether this process still does its work, for whatever watches over it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

#: Each named check with its outcome; the process is healthy when all are true.
Checks = Callable[[], Awaitable[Mapping[str, bool]]]


def create_health(checks: Checks) -> web.Application:
    """A tiny site that answers 200 while all checks pass, 503 otherwise; it shows no secrets and no figures."""

    async def healthz(_request: web.Request) -> web.Response:
        found = await checks()
        return web.json_response(dict(found), status=200 if all(found.values()) else 503)

    site = web.Application()
    site.router.add_get("/healthz", healthz)
    return site


@asynccontextmanager
async def serve_health(listen: str, checks: Checks) -> AsyncIterator[None]:
    """Serve it at `host:port` while the context lasts."""
    host, _, port = listen.rpartition(":")
    runner = web.AppRunner(create_health(checks), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host.strip("[]"), int(port)).start()
        yield
    finally:
        await runner.cleanup()
