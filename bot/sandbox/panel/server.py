"""The sandbox panel over HTTP: `/api/v2` for the shop, `/control/…` for the hand that plays the world.

It stands in for an upstream panel so that the shop can be tried and broken without one.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.sandbox.panel.actions import carry_out, encoded, settle
from bot.sandbox.panel.config import PanelConfig
from bot.sandbox.panel.control import add_control, answer_bad_wishes
from bot.sandbox.panel.errors import ErrorText
from bot.sandbox.panel.journal import Outcome
from bot.sandbox.panel.keys import PANEL
from bot.sandbox.panel.memory import panel_memory
from bot.sandbox.panel.mischief import json_response, play
from bot.sandbox.panel.panel import Panel, new_panel
from bot.sandbox.panel.steps import Clock
from bot.sandbox.serving import serving

API_PATH = "/api/v2"


def create_panel(config: PanelConfig, clock: Clock = time.time) -> web.Application:
    """A sandbox panel as an application of its own or a subapplication; `clock` gives unix seconds.

    ValueError for a configuration whose amounts are no numbers.
    """
    app = web.Application(middlewares=[answer_bad_wishes, _settled])
    app[PANEL] = new_panel(config, clock)
    app.router.add_post(API_PATH, _api)
    app.router.add_get(API_PATH, _refuse_get)
    add_control(app)
    if config.memory is not None:
        app.cleanup_ctx.append(panel_memory(app[PANEL], config.memory).live)
    app.on_shutdown.append(_let_go)
    return app


@asynccontextmanager
async def serve_panel(
    config: PanelConfig, host: str = "127.0.0.1", port: int = 0, clock: Clock = time.time
) -> AsyncIterator[str]:
    """Serves a panel and yields its base address, without a slash at the end; port 0 takes a free one."""
    async with serving(create_panel(config, clock), host, port) as address:
        yield address


@web.middleware
async def _settled(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Before anything is asked, what became due by now has happened."""
    panel = _panel(request)
    settle(panel, panel.steps.clock())
    return await handler(request)


async def _api(request: web.Request) -> web.Response:
    posted = await request.post()
    form = {name: value for name, value in posted.items() if isinstance(value, str)}
    panel = _panel(request)
    action = form.get("action", "")
    entry = panel.journal.record(action, form)
    fault = panel.faults.take(action)
    if fault is not None:
        return await play(panel, request, form, entry, fault)
    return json_response(carry_out(panel, form, entry, panel.steps.clock()))


async def _refuse_get(request: web.Request) -> web.Response:
    """A key in an address ends up in logs; only form posts are answered."""
    entry = _panel(request).journal.record("GET", {})
    entry.outcome, entry.error = Outcome.REFUSED, ErrorText.REQUEST
    response = json_response(encoded({"error": ErrorText.REQUEST.value}), 405)
    response.headers["Allow"] = "POST"
    return response


def _panel(request: web.Request) -> Panel:
    return request.app[PANEL]


async def _let_go(app: web.Application) -> None:
    app[PANEL].closing.set()
