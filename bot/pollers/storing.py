"""Storing what must not be forgotten, however long the disk or the server refuses."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar

from storage.errors import Conflict, ProgrammingError, StorageError, Superseded

log = logging.getLogger(__name__)

RETRY_SECONDS: Final = 0.5
#: Tried again these would only fail again.
HOPELESS: Final = (Conflict, ProgrammingError, Superseded)

Stored = TypeVar("Stored")


async def until_stored(
    store: Callable[[], Awaitable[Stored]],
    about: Mapping[str, object],
    *,
    hopeless: tuple[type[StorageError], ...] = HOPELESS,
    waits: Callable[[StorageError], None] = lambda _error: None,
) -> Stored:
    """Store something by `store`, which is safe to repeat; while storage refuses, tell `waits` and try again.

    Raises what is hopeless, and whatever comes from elsewhere than storage. `about` is what the log says of it.
    """
    while True:
        try:
            return await store()
        except hopeless:
            raise
        except StorageError as error:
            log.exception("what happened waits for the database", extra=dict(about))
            waits(error)
            await asyncio.sleep(RETRY_SECONDS)
