"""The shop's site: `/healthz`, whether this process still does its work, and what gateways call beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

#: Nobody has more to say to the shop than this, in bytes; what is longer is refused with 413.
BODY_MOST: Final = 64 * 1024
#: Each named check with its outcome; the process is healthy when all are true.
Checks = Callable[[], Awaitable[Mapping[str, bool]]]


def create_health(checks: Checks, also: Sequence[web.RouteDef] = ()) -> web.Application:
    """A tiny site that answers 200 while all checks pass, 503 otherwise; it shows no secrets and no figures.

    `also` stands beside it.
    """

    async def healthz(_request: web.Request) -> web.Response:
        found = await checks()
        return web.json_response(dict(found), status=200 if all(found.values()) else 503)

    site = web.Application(client_max_size=BODY_MOST)
    site.router.add_get("/healthz", healthz)
    site.router.add_routes(also)
    return site


@asynccontextmanager
async def serve_health(listen: str, checks: Checks, also: Sequence[web.RouteDef] = ()) -> AsyncIterator[None]:
    """Serve it at `host:port` while the context lasts."""
    host, _, port = listen.rpartition(":")
    runner = web.AppRunner(create_health(checks, also), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host.strip("[]"), int(port)).start()
        yield
    finally:
        await runner.cleanup()
