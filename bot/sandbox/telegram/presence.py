"""Whether the bot is there: a getUpdates is under way or has just ended, or its webhook takes updates."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiohttp import web

from bot.sandbox.telegram.world import World

#: How often it is looked whether the bot went away, in seconds.
_BEAT: Final = 0.5


class Presence:
    """Watches polls; tells the pages when the bot comes or goes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._polls: list[web.Request] = []
        self._last_poll: float | None = None
        self._told: bool | None = None

    @contextmanager
    def polling(self, request: web.Request) -> Iterator[None]:
        """Counts a getUpdates while it is under way."""
        self._polls.append(request)
        self.look()
        try:
            yield
        finally:
            self._polls.remove(request)
            if _alive(request):
                self._last_poll = _moment()

    @property
    def online(self) -> bool:
        """Whether the bot would take an update now, as far as one can tell."""
        if self._world.webhook.webhook:
            return self._world.webhook.healthy
        if any(_alive(request) for request in self._polls):
            return True
        return self._last_poll is not None and _moment() - self._last_poll < self._world.config.online_grace

    async def watch(self) -> None:
        """Looks for ever whether the bot went away: nothing else tells that it did."""
        while True:
            self.look()
            await asyncio.sleep(_BEAT)

    def look(self) -> bool:
        """Whether the bot is there; tells every open page when that has changed."""
        online = self.online
        if self._told != online:
            self._told = online
            self._world.hub.broadcast({"type": "bot", "online": online})
        return online


def _alive(request: web.Request) -> bool:
    """Whether somebody is still at the other end; a killed bot leaves its poll behind."""
    return request.transport is not None and not request.transport.is_closing()


def _moment() -> float:
    """Seconds that only go forward: presence is about this process, not about the calendar."""
    return asyncio.get_running_loop().time()
