"""The sandbox gateway over HTTP: `/api/…` for the shop, `/pay/…` for people, `/control/…` for the hand behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiohttp import ClientSession, web

from bot.sandbox.cryptopay import api, page
from bot.sandbox.cryptopay.config import Clock, CryptoPayConfig
from bot.sandbox.cryptopay.control import add_control, answer_bad_wishes
from bot.sandbox.cryptopay.gateway import GATEWAY, new_gateway
from bot.sandbox.cryptopay.memory import gateway_memory
from bot.sandbox.serving import serving

API_PATH = "/api"


def _utc_now() -> datetime:
    return datetime.now(UTC)


def create_cryptopay(config: CryptoPayConfig, clock: Clock = _utc_now) -> web.Application:
    """A sandbox gateway as an application of its own or a subapplication."""
    app = web.Application(middlewares=[answer_bad_wishes])
    gateway = app[GATEWAY] = new_gateway(config, clock)
    app.router.add_route("*", f"{API_PATH}/{{method}}", api.call)
    app.router.add_get("/pay/{hash}", page.show, name="page")
    app.router.add_post("/pay/{hash}", page.pay)
    add_control(app)
    if config.memory is not None:
        app.cleanup_ctx.append(gateway_memory(gateway.book, config.memory).live)
    app.cleanup_ctx.append(_sending)
    app.on_shutdown.append(_let_go)
    return app


@asynccontextmanager
async def serve_cryptopay(
    config: CryptoPayConfig, host: str = "127.0.0.1", port: int = 0, clock: Clock = _utc_now
) -> AsyncIterator[str]:
    """Serves a gateway and yields its base address, without a slash at the end; port 0 takes a free one."""
    async with serving(create_cryptopay(config, clock), host, port) as address:
        yield address


async def _sending(app: web.Application) -> AsyncIterator[None]:
    sender = app[GATEWAY].sender
    async with ClientSession() as session, asyncio.TaskGroup() as group:
        sender.open(session, group)
        yield
        sender.close()


async def _let_go(app: web.Application) -> None:
    app[GATEWAY].faults.closing.set()
