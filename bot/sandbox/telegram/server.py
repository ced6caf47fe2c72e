"""The sandbox Bot API server: one application, one port, for a bot, its people and whoever breaks the wire."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession, web

from bot.sandbox.serving import serving
from bot.sandbox.telegram.config import Drawer, TelegramConfig
from bot.sandbox.telegram.files import MAX_UPLOAD
from bot.sandbox.telegram.memory import telegram_memory
from bot.sandbox.telegram.paying import tell_what_is_due
from bot.sandbox.telegram.people import PeopleSide
from bot.sandbox.telegram.presence import Presence
from bot.sandbox.telegram.purse import Purse
from bot.sandbox.telegram.wire import BotWire
from bot.sandbox.telegram.world import World

STATIC: Final = Path(__file__).parent / "static"
#: Room for a file of the greatest size and the fields beside it.
_MAX_BODY: Final = MAX_UPLOAD + 1024 * 1024
_STOP_WITHIN: Final = 2.0


def create_telegram(config: TelegramConfig) -> web.Application:
    """The whole server as an application; routes may be added to it before it starts."""
    world = World(config)
    presence = Presence(world)
    app = web.Application(client_max_size=_MAX_BODY)
    app.router.add_routes(BotWire(world, presence).routes())
    app.router.add_routes(PeopleSide(world, presence).routes())
    app.router.add_routes(Purse(world).routes())
    app.router.add_routes(_Bench(world, config.drawer).routes())
    if STATIC.is_dir():
        app.router.add_get("/", _page)
        app.router.add_static("/static", STATIC)
        app.on_response_prepare.append(_ask_again)
    if config.memory is not None:
        app.cleanup_ctx.append(telegram_memory(world, config.memory).live)
    app.cleanup_ctx.append(_background(world, presence))
    app.on_shutdown.append(_hang_up(world))
    return app


@asynccontextmanager
async def serve_telegram(config: TelegramConfig, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serves a new application and yields its base URL; port 0 takes a free one."""
    async with serve_application(create_telegram(config), host, port) as url:
        yield url


@asynccontextmanager
async def serve_application(app: web.Application, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serves an application made by `create_telegram` and yields its base URL, without a slash at the end."""
    async with serving(app, host, port, _STOP_WITHIN) as address:
        yield address


class _Bench:
    """Where the wire is broken, the journal read and the bot's process steered."""

    def __init__(self, world: World, drawer: Drawer | None) -> None:
        self._world = world
        self._drawer = drawer

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/faults", self.faults),
            web.post("/faults", self.break_wire),
            web.get("/journal", self.journal),
            web.get("/drawer", self.drawer),
            web.post("/drawer/bot/{deed:kill|stop|start}", self.steer),
        ]

    async def faults(self, request: web.Request) -> web.Response:
        return web.json_response(self._world.faults.to_json())

    async def break_wire(self, request: web.Request) -> web.Response:
        try:
            self._world.faults.change(json.loads(await request.read()))
        except (ValueError, TypeError, KeyError, AttributeError) as trouble:
            return web.json_response({"error": str(trouble)}, status=400)
        return web.json_response(self._world.faults.to_json())

    async def journal(self, request: web.Request) -> web.Response:
        after = request.query.get("after", "0")
        entries = self._world.journal.after(int(after) if after.isascii() and after.isdigit() else 0)
        return web.json_response({"next": self._world.journal.last, "entries": [entry.to_json() for entry in entries]})

    async def drawer(self, request: web.Request) -> web.Response:
        drawer = self._drawer
        if drawer is None:
            return web.json_response({"panels": [], "bot": {"running": False, "controllable": False}})
        panels = [{"name": panel.name, "url": panel.url} for panel in drawer.panels]
        bot = {"running": await drawer.running(), "controllable": True}
        return web.json_response({"panels": panels, "bot": bot})

    async def steer(self, request: web.Request) -> web.Response:
        if self._drawer is None:
            return web.json_response({"error": "no bot to steer"}, status=404)
        deeds = {"kill": self._drawer.kill, "stop": self._drawer.stop, "start": self._drawer.start}
        await deeds[request.match_info["deed"]]()
        return web.json_response({"running": await self._drawer.running()})


async def _page(request: web.Request) -> web.FileResponse:
    return web.FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})


async def _ask_again(request: web.Request, response: web.StreamResponse) -> None:
    """Parts of the page fit each other only in one version, so a browser asks whether its copy still holds."""
    if request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-cache"


def _background(world: World, presence: Presence) -> Callable[[web.Application], AsyncIterator[None]]:
    """Webhook deliveries and the watch over the bot's presence live as long as the application."""

    async def live(app: web.Application) -> AsyncIterator[None]:
        async with ClientSession() as session, asyncio.TaskGroup() as group:
            world.webhook.open(session, group)
            watch = group.create_task(presence.watch())
            tell_what_is_due(world)
            yield
            watch.cancel()
            world.webhook.close()

    return live


def _hang_up(world: World) -> Callable[[web.Application], Awaitable[Any]]:
    """Lets waiting polls and open pages go, so that the server stops at once."""

    async def hang_up(app: web.Application) -> None:
        world.till.close()
        world.updates.close()
        world.hub.close()

    return hang_up
