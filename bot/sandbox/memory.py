"""What a sandbox remembers between two runs: its state as one JSON file."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Generic, TypeVar

import msgspec
from aiohttp import web

log = logging.getLogger(__name__)

#: How long it waits between two looks at the state, in seconds.
_PAUSE: Final = 1.0

State = TypeVar("State")


class Memory(Generic[State]):
    """Keeps a dataclass of type `kind` in a file while an application runs.

    The state is looked at once a second and written when it is not what the file holds: whoever changes it has
    nobody to tell, and a process that is killed forgets no more than its last second.
    """

    def __init__(
        self, path: Path, kind: type[State], snapshot: Callable[[], State], restore: Callable[[State], None]
    ) -> None:
        self._path = path
        self._kind = kind
        self._snapshot = snapshot
        self._restore = restore
        self._written = b""
        self._closing = asyncio.Event()

    async def live(self, _app: web.Application) -> AsyncIterator[None]:
        """A cleanup context: recalls before the first request is answered, keeps until after the last."""
        self._recall()
        await self._save()  # numbers left out are left out for good before the next ones are given away
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep())
            yield
            self._closing.set()

    async def _keep(self) -> None:
        while not self._closing.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), _PAUSE)
            await self._save()

    async def _save(self) -> None:
        encoded = _encoded(self._snapshot())
        if encoded == self._written:
            return
        try:
            await asyncio.to_thread(write_private, self._path, encoded)
        except OSError as trouble:
            log.warning("the sandbox could not write its memory %s: %s", self._path, trouble)
            return
        self._written = encoded

    def _recall(self) -> None:
        try:
            # json takes what msgspec's own reader refuses: the escapes of a text cut inside a character
            state = msgspec.convert(json.loads(self._path.read_bytes()), self._kind, str_keys=True)
        except FileNotFoundError:
            return
        except (OSError, ValueError, msgspec.ValidationError) as trouble:
            aside = self._path.replace(self._path.with_name(f"{self._path.name}.damaged"))
            log.warning("the sandbox could not read its memory and starts anew; it is kept as %s: %s", aside, trouble)
            return
        self._restore(state)


def write_private(path: Path, content: bytes) -> None:
    """Puts a whole file in place at once, for its owner's eyes only; OSError when it cannot."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _encoded(state: object) -> bytes:
    try:
        return msgspec.json.encode(state)
    except (UnicodeEncodeError, OverflowError):
        # half a character in somebody's text, or a number beyond 64 bits: slower, and it takes both
        return json.dumps(msgspec.to_builtins(state, str_keys=True)).encode()
